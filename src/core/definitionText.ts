import { applyEdits, findNodeAtLocation, modify, parse, parseTree, type JSONPath, type ParseError } from 'jsonc-parser';
import { DEFAULTS, type ServingDefinition } from './definition';
import { DefinitionReader, toPath, type DefinitionIssue } from './definitionReader';
import { t } from './l10n';

export interface ParsedDefinition {
  /** There is one only when nothing is wrong. */
  readonly definition?: ServingDefinition;
  /** What is right of it, with defaults for the rest; absent when the text is no JSON object. */
  readonly draft?: ServingDefinition;
  readonly issues: readonly DefinitionIssue[];
}

export const BYTE_ORDER_MARK = '\uFEFF';
export const PARSE = { allowTrailingComma: true, disallowComments: false };

/** Reads `servings/<name>.serving.json`. Defaults are filled in, unknown fields are passed over. */
export function parseDefinition(text: string): ParsedDefinition {
  const errors: ParseError[] = [];
  const root = parseTree(readable(text), errors, PARSE);
  const first = errors[0];
  if (first !== undefined || root?.type !== 'object') {
    const offset = first?.offset ?? 0;
    return {
      issues: [
        {
          message: t('This is not a JSON object: check commas, quotes and braces'),
          offset,
          length: first?.length ?? text.length,
          field: '',
          structural: true,
        },
      ],
    };
  }
  const reader = new DefinitionReader(root);
  const draft = reader.definition();
  return reader.issues.length > 0 ? { draft, issues: reader.issues } : { draft, definition: draft, issues: [] };
}

/** Where a field stands in a text, for diagnostics and for opening it; the whole text when it is not there. */
export function locateField(text: string, field: string): { offset: number; length: number } {
  const root = parseTree(readable(text), [], PARSE);
  const node = root && findNodeAtLocation(root, toPath(field));
  return node ? { offset: node.offset, length: node.length } : { offset: 0, length: root?.length ?? text.length };
}

/** A definition's text; with `before`, its comments, order and unknown fields are kept and only what differs is written. */
export function writeDefinition(definition: ServingDefinition, before?: string): string {
  const mark = before?.startsWith(BYTE_ORDER_MARK) === true ? BYTE_ORDER_MARK : '';
  let text = (before ?? '{}').slice(mark.length);
  const formattingOptions = formatOf(text);
  const current: unknown = parse(text, [], PARSE);
  for (const [field, value, fallback] of fieldsOf(definition)) {
    const there = valueAt(current, toPath(field));
    const wanted = there === undefined && same(value, fallback) ? undefined : value;
    if (!same(there, wanted)) {
      text = applyEdits(text, modify(text, toPath(field), wanted, { formattingOptions }));
    }
  }
  return mark + (text.endsWith('\n') ? text : text + formattingOptions.eol);
}

/** The same places in a text, without the mark that some editors begin it with. */
export function readable(text: string): string {
  return text.startsWith(BYTE_ORDER_MARK) ? ` ${text.slice(1)}` : text;
}

/** How a text is indented and which line ends it has. */
export function formatOf(text: string): { insertSpaces: boolean; tabSize: number; eol: string } {
  const indent = /\n([ \t]+)\S/.exec(text)?.[1] ?? '  ';
  return {
    insertSpaces: !indent.startsWith('\t'),
    tabSize: indent.startsWith('\t') ? 1 : indent.length,
    eol: text.includes('\r\n') ? '\r\n' : '\n',
  };
}

/** Every known field, its value and the default that need not be written; `undefined`: always written. */
function fieldsOf(d: ServingDefinition): readonly (readonly [field: string, value: unknown, fallback: unknown])[] {
  return [
    ['name', d.name, undefined],
    ['backend', d.backend, undefined],
    ['model.name', d.model.name, undefined],
    ['model.version', d.model.version, undefined],
    ['script', d.script, undefined],
    ['artifact', d.artifact, undefined],
    ['replicas.min', d.replicas.min, undefined],
    ['replicas.max', d.replicas.max, undefined],
    ['preload', d.preload, DEFAULTS.preload],
    ['resources.cores', d.resources.cores, DEFAULTS.resources.cores],
    ['resources.memoryMb', d.resources.memoryMb, DEFAULTS.resources.memoryMb],
    ['resources.gpus', d.resources.gpus, DEFAULTS.resources.gpus],
    ['environment.python', d.environment.python, undefined],
    ['environment.requirements', d.environment.requirements, undefined],
    ['environment.variables', d.environment.variables, {}],
    ['environment.secrets', d.environment.secrets, []],
    ['transformer', d.transformer, undefined],
    ['batching.enabled', d.batching.enabled, DEFAULTS.batching.enabled],
    ['batching.maxRows', d.batching.maxRows, DEFAULTS.batching.maxRows],
    ['batching.check', d.batching.check, DEFAULTS.batching.check],
    ['limits.queueLength', d.limits.queueLength, DEFAULTS.limits.queueLength],
    ['limits.requestSeconds', d.limits.requestSeconds, DEFAULTS.limits.requestSeconds],
    ['port', d.port, DEFAULTS.port],
    ['token', d.token, undefined],
    ['pickleImports', d.pickleImports, undefined],
    ['lenientReplies', d.lenientReplies, DEFAULTS.lenientReplies],
    ['reload', d.reload, DEFAULTS.reload],
    ['sample', d.sample, undefined],
    ['inferenceLog.mode', d.inferenceLog.mode, DEFAULTS.inferenceLog.mode],
    ['inferenceLog.local', d.inferenceLog.local, DEFAULTS.inferenceLog.local],
    ['inferenceLog.redact', d.inferenceLog.redact, DEFAULTS.inferenceLog.redact],
    ['inferenceLog.headers', d.inferenceLog.headers, DEFAULTS.inferenceLog.headers],
    ['inferenceLog.kafka.topic', d.inferenceLog.kafka.topic, DEFAULTS.inferenceLog.kafka.topic],
    ['inferenceLog.kafka.partitions', d.inferenceLog.kafka.partitions, DEFAULTS.inferenceLog.kafka.partitions],
    ['inferenceLog.kafka.copies', d.inferenceLog.kafka.copies, DEFAULTS.inferenceLog.kafka.copies],
    ['inferenceLog.kafka.schemaVersion', d.inferenceLog.kafka.schemaVersion, DEFAULTS.inferenceLog.kafka.schemaVersion],
    ['description', d.description, DEFAULTS.description],
  ];
}

/** Whether two definitions ask for the same. */
export function sameDefinition(a: ServingDefinition, b: ServingDefinition): boolean {
  return same(fieldsOf(a), fieldsOf(b));
}

function valueAt(value: unknown, path: JSONPath): unknown {
  return path.reduce<unknown>(
    (at, key) => (typeof at === 'object' && at !== null ? (at as Record<string, unknown>)[String(key)] : undefined),
    value,
  );
}

function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
