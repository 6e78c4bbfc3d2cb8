export interface KeyPlace {
  readonly count: number;
  /** Place of the selected item; undefined when none is. */
  readonly selected: number | undefined;
  /** Place of the first item in sight. */
  readonly top: number;
  /** Items in one window. */
  readonly page: number;
  readonly isOpen: boolean;
  /** Whether the selected item is a line, which can be opened. */
  readonly isLine: boolean;
}

export type Move = { readonly kind: 'select'; readonly index: number } | { readonly kind: 'end' | 'toggle' };

/** What a key does in the list; undefined: nothing. */
export function toMove(key: string, { count, selected, top, page, isOpen, isLine }: KeyPlace): Move | undefined {
  const start = selected ?? top - 1;
  const index = {
    ArrowDown: start + 1,
    ArrowUp: selected === undefined ? count - 1 : selected - 1,
    Home: 0,
    PageDown: start + page,
    PageUp: start - page,
  }[key];
  if (index !== undefined) {
    return { kind: 'select', index };
  }
  if (key === 'End') {
    return { kind: 'end' };
  }
  const opens = (key === 'ArrowRight' && !isOpen) || (key === 'ArrowLeft' && isOpen) || key === 'Enter';
  return selected !== undefined && isLine && opens ? { kind: 'toggle' } : undefined;
}
