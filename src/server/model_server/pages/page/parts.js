'use strict';
// What page.js is made with; both are one script in the page.

/** JSON with lists of numbers and texts in one line each. */
function text(value, margin = '') {
  const inner = `${margin}  `;
  const isList = Array.isArray(value);
  const parts = isList ? value : value && typeof value === 'object' ? Object.values(value) : [];
  if (!parts.length) return JSON.stringify(value);
  if (isList && parts.every((part) => part === null || typeof part !== 'object')) {
    return `[${parts.map((part) => JSON.stringify(part)).join(', ')}]`;
  }
  const lines = isList
    ? parts.map((part) => inner + text(part, inner))
    : Object.entries(value).map(([key, part]) => `${inner}${JSON.stringify(key)}: ${text(part, inner)}`);
  const [open, close] = isList ? '[]' : '{}';
  return `${open}\n${lines.join(',\n')}\n${margin}${close}`;
}

function element(name, content, className) {
  const made = document.createElement(name);
  if (content !== undefined) made.textContent = content;
  if (className) made.className = className;
  return made;
}

function row(kind, cells) {
  const made = element('tr');
  for (const cell of cells) made.append(cell instanceof Node ? wrap(kind, cell) : element(kind, cell));
  return made;
}

function wrap(kind, node) {
  const made = element(kind);
  made.append(node);
  return made;
}

function kindOf(schema) {
  if (schema.enum) return `one of ${schema.enum.map((value) => JSON.stringify(value)).join(', ')}`;
  if (schema.anyOf) return schema.anyOf.map(kindOf).join(' or ');
  if (schema.type === 'array') return `list of ${schema.items ? kindOf(schema.items) : 'anything'}`;
  return schema.format ? `${schema.type} (${schema.format})` : (schema.type ?? 'anything');
}
