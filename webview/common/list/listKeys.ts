import { toMove } from './keys';
import type { VirtualList } from './list';

/** The ids of the rows, from the top. */
export interface RowIds {
  readonly length: number;
  readonly last: number | undefined;
  at(index: number): number | undefined;
  indexOf(id: number): number | undefined;
}

export interface RowSelection {
  readonly current: number | undefined;
  /** @param further from the row that was selected before to this one */
  select(row: number | undefined, further?: boolean): void;
  between(first: number, last: number): void;
}

export interface ListKeyPorts {
  rows(): RowIds;
  readonly selection: RowSelection;
  /** Whether a row can be opened. */
  isLine(id: number): boolean;
  list(): VirtualList | undefined;
  isOpen(id: number | undefined): boolean;
  toggle(id: number, index: number): void;
  /** Brings a row into sight. */
  goTo(index: number): void;
  /** To the end, and on with what comes. */
  end(): void;
  copy(): void;
  changed(): void;
}

/** The keys of the list. */
export class ListKeys {
  constructor(private readonly ports: ListKeyPorts) {}

  press(event: Event): void {
    if (!(event instanceof KeyboardEvent) || event.target !== event.currentTarget) {
      return;
    }
    const { ports } = this;
    const rows = ports.rows();
    const { selection } = ports;
    const { current } = selection;
    const at = current === undefined ? undefined : rows.indexOf(current);
    const list = ports.list();
    const move = toMove(event, {
      count: rows.length,
      selected: at,
      top: list?.anchor.index ?? 0,
      page: list?.page ?? 1,
      isOpen: ports.isOpen(current),
      isLine: current !== undefined && ports.isLine(current),
    });
    // What was marked with the mouse is copied by the browser.
    if (move === undefined || (move.kind === 'copy' && window.getSelection()?.isCollapsed === false)) {
      return;
    }
    event.preventDefault();
    switch (move.kind) {
      case 'select': {
        const index = Math.max(0, Math.min(move.index, rows.length - 1));
        selection.select(rows.at(index), move.further);
        ports.goTo(index);
        break;
      }
      case 'end':
        selection.select(rows.last);
        ports.end();
        break;
      case 'toggle':
        if (current !== undefined && at !== undefined) {
          ports.toggle(current, at);
        }
        break;
      case 'all':
        selection.between(rows.at(0) ?? 0, rows.last ?? 0);
        ports.changed();
        break;
      case 'less':
        selection.select(current);
        ports.changed();
        break;
      case 'copy':
        ports.copy();
        break;
    }
  }
}
