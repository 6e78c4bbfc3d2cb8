import type { LogEntry } from '../../src/protocol/logPanel';
import type { Shown } from './shown';
import { kindOfRow, LINE, lineOfRow } from './view';

/** The lines that are shown, one after the other, also while lines come and go. @param range the first and the last row */
export function* shownEntries({ view, store }: Shown, range?: readonly [number, number]): Generator<LogEntry> {
  const last = range?.[1] ?? view.rows.last ?? -1;
  for (let next = range?.[0] ?? 0; ;) {
    const row = view.rows.at(view.rows.below(next));
    if (row === undefined || row > last) {
      return;
    }
    next = row + 1;
    const entry = kindOfRow(row) === LINE ? store.entry(lineOfRow(row)) : undefined;
    if (entry !== undefined) {
      yield entry;
    }
  }
}
