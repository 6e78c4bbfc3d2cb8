/** Draws a tree of plain nodes into the page and, drawn again, changes only what differs: what has focus, is scrolled or typed in stays. */
export type Child = VElement | string | number | false | null | undefined;
export type Attribute = string | number | boolean | undefined;
export type Listener = (event: Event) => void;
type Listeners = Readonly<Partial<Record<keyof HTMLElementEventMap, Listener>>>;

export interface Props {
  /** Tells an element from its siblings of the same parent, so that it is found again at another place. */
  readonly key?: string;
  readonly class?: string;
  readonly on?: Listeners;
  /** `true` is an attribute without value, `false` and undefined are none. */
  readonly attrs?: Readonly<Record<string, Attribute>>;
  /** Properties of the element, written only when the given value changes. */
  readonly set?: Readonly<Record<string, string | boolean | number>>;
  /** Its children belong to someone else: drawn once and then left alone. */
  readonly keep?: boolean;
}

export interface VElement {
  readonly tag: string;
  readonly props: Props;
  readonly children: readonly (VElement | string)[];
}

const SVG = 'http://www.w3.org/2000/svg';
const SVG_TAGS: ReadonlySet<string> = new Set(['svg', 'line', 'rect', 'path', 'g', 'defs', 'pattern']);

export function h(tag: string, props: Props, ...children: readonly (Child | readonly Child[])[]): VElement {
  return { tag, props, children: [...flat(children)] };
}

/** An icon of the codicon font; hidden from screen readers. */
export function icon(name: string, extra = ''): VElement {
  return h('span', {
    class: `codicon codicon-${name}${extra === '' ? '' : ` ${extra}`}`,
    attrs: { 'aria-hidden': 'true' },
  });
}

const drawn = new WeakMap<Node, VElement>();

/** Makes the children of `parent` what `children` says. */
export function patch(parent: Element, children: readonly (Child | readonly Child[])[]): void {
  patchChildren(parent, [...flat(children)]);
}

function* flat(children: readonly (Child | readonly Child[])[]): Generator<VElement | string> {
  for (const child of children) {
    if (isList(child)) {
      yield* flat(child);
    } else if (typeof child === 'number') {
      yield String(child);
    } else if (child !== false && child !== null && child !== undefined && child !== '') {
      yield child;
    }
  }
}

function isList(child: Child | readonly Child[]): child is readonly Child[] {
  return Array.isArray(child);
}

function patchChildren(parent: Element, children: readonly (VElement | string)[]): void {
  if (isInPlace(parent, children)) {
    let node = parent.firstChild;
    for (const child of children) {
      const next = node?.nextSibling ?? null;
      if (node !== null) {
        update(node, child);
      }
      node = next;
    }
    return;
  }
  const matches = match(parent, children);
  const kept = new Set(matches);
  for (const node of [...parent.childNodes]) {
    if (!kept.has(node)) {
      node.remove();
    }
  }
  let cursor = parent.firstChild;
  children.forEach((child, index) => {
    const found = matches[index];
    const node = found ?? create(child);
    if (node === cursor) {
      cursor = cursor.nextSibling;
    } else {
      parent.insertBefore(node, cursor);
    }
    if (found !== undefined) {
      update(found, child);
    }
  });
}

/** Whether each child has its node at its place already, which is so for most of a page that is drawn again. */
function isInPlace(parent: Element, children: readonly (VElement | string)[]): boolean {
  let node = parent.firstChild;
  for (const child of children) {
    if (node === null || !isFor(node, child)) {
      return false;
    }
    node = node.nextSibling;
  }
  return node === null;
}

function isFor(node: Node, child: VElement | string): boolean {
  if (typeof child === 'string') {
    return node.nodeType === Node.TEXT_NODE;
  }
  const old = drawn.get(node);
  return old?.tag === child.tag && old.props.key === child.props.key;
}

/** The node that is there already for each child: by key, else the next one of the same tag. */
function match(parent: Element, children: readonly (VElement | string)[]): (Node | undefined)[] {
  const keyed = new Map<string, Node>();
  const plain = new Map<string, Node[]>();
  for (const node of parent.childNodes) {
    const old = drawn.get(node);
    const name = old?.tag ?? '#text';
    if (old?.props.key !== undefined) {
      keyed.set(`${name} ${old.props.key}`, node);
    } else if (old !== undefined || node.nodeType === Node.TEXT_NODE) {
      const list = plain.get(name);
      if (list) {
        list.push(node);
      } else {
        plain.set(name, [node]);
      }
    }
  }
  for (const list of plain.values()) {
    list.reverse();
  }
  return children.map((child) => {
    if (typeof child === 'string') {
      return plain.get('#text')?.pop();
    }
    const { key } = child.props;
    if (key === undefined) {
      return plain.get(child.tag)?.pop();
    }
    const node = keyed.get(`${child.tag} ${key}`);
    keyed.delete(`${child.tag} ${key}`);
    return node;
  });
}

function create(child: VElement | string): Node {
  if (typeof child === 'string') {
    return document.createTextNode(child);
  }
  const element = SVG_TAGS.has(child.tag)
    ? document.createElementNS(SVG, child.tag)
    : document.createElement(child.tag);
  apply(element, {}, child.props);
  drawn.set(element, child);
  patchChildren(element, child.children);
  return element;
}

function update(node: Node, child: VElement | string): void {
  if (typeof child === 'string') {
    if (node.nodeValue !== child) {
      node.nodeValue = child;
    }
    return;
  }
  const old = drawn.get(node);
  if (old === child || old === undefined || !(node instanceof Element)) {
    return;
  }
  apply(node, old.props, child.props);
  drawn.set(node, child);
  if (child.props.keep !== true) {
    patchChildren(node, child.children);
  }
}

function apply(element: Element, old: Props, next: Props): void {
  if (old.class !== next.class) {
    setAttribute(element, 'class', next.class);
  }
  const before = old.attrs ?? {};
  const after = next.attrs ?? {};
  for (const name of Object.keys(before)) {
    if (!(name in after)) {
      element.removeAttribute(name);
    }
  }
  for (const [name, value] of Object.entries(after)) {
    if (before[name] !== value) {
      setAttribute(element, name, value);
    }
  }
  for (const [name, value] of Object.entries(next.set ?? {})) {
    if (old.set?.[name] !== value) {
      Reflect.set(element, name, value);
    }
  }
  for (const type of Object.keys(next.on ?? {})) {
    if (old.on?.[type as keyof Listeners] === undefined) {
      element.addEventListener(type, dispatch);
    }
  }
}

function setAttribute(element: Element, name: string, value: Attribute): void {
  if (value === undefined || value === false) {
    element.removeAttribute(name);
  } else {
    element.setAttribute(name, value === true ? '' : String(value));
  }
}

/** One listener for every element: it calls what was drawn last, so that nothing is removed and added at each update. */
function dispatch(event: Event): void {
  const target = event.currentTarget;
  if (target instanceof Element) {
    drawn.get(target)?.props.on?.[event.type as keyof Listeners]?.(event);
  }
}
