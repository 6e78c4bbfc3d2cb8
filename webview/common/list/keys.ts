export interface KeyPlace {
  readonly count: number;
  /** Place of the selected row; undefined when none is. */
  readonly selected: number | undefined;
  /** Place of the first row in sight. */
  readonly top: number;
  /** Rows in one window. */
  readonly page: number;
  readonly isOpen: boolean;
  /** Whether the selected row is a line, which can be opened. */
  readonly isLine: boolean;
}

/** `further`: the rows in between are selected, too. */
export type Move =
  | { readonly kind: 'select'; readonly index: number; readonly further: boolean }
  | { readonly kind: 'end' | 'toggle' | 'all' | 'copy' | 'less' };

interface Key {
  readonly key: string;
  readonly shiftKey: boolean;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

/** What a key does in the list; undefined: nothing. */
export function toMove(pressed: Key, { count, selected, top, page, isOpen, isLine }: KeyPlace): Move | undefined {
  const { key, shiftKey: further, ctrlKey, metaKey } = pressed;
  if (ctrlKey || metaKey) {
    return key === 'a' ? { kind: 'all' } : key === 'c' && selected !== undefined ? { kind: 'copy' } : undefined;
  }
  const start = selected ?? top - 1;
  const index = {
    ArrowDown: start + 1,
    ArrowUp: selected === undefined ? count - 1 : selected - 1,
    Home: 0,
    PageDown: start + page,
    PageUp: start - page,
  }[key];
  if (index !== undefined) {
    return { kind: 'select', index, further };
  }
  if (key === 'End') {
    return further ? { kind: 'select', index: count - 1, further } : { kind: 'end' };
  }
  if (key === 'Escape') {
    return { kind: 'less' };
  }
  const opens = (key === 'ArrowRight' && !isOpen) || (key === 'ArrowLeft' && isOpen) || key === 'Enter';
  return selected !== undefined && isLine && opens ? { kind: 'toggle' } : undefined;
}
