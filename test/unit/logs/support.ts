import { toBatch } from '../../../src/protocol/logBatch';
import type { LogEntry } from '../../../src/protocol/logPanel';
import { ALL_LINES, NO_FILTER, withChange } from '../../../webview/logs/filter';
import type { FilterChange } from '../../../webview/logs/filter';
import { work } from '../../../webview/logs/patternWork';
import type { PatternEngine } from '../../../webview/logs/patternWork';
import { Shown } from '../../../webview/logs/shown';
import { Store } from '../../../webview/logs/store';
import type { Limits } from '../../../webview/logs/store';
import { DAY, kindOfRow, LINE, lineOfRow } from '../../../webview/logs/view';

export const NOW = Date.UTC(2026, 10, 23, 12);

export const entry = (part: Partial<LogEntry> = {}): LogEntry => ({
  time: NOW,
  level: 'INFO',
  logger: 'access',
  message: 'POST',
  fields: {},
  starts: false,
  ...part,
});

export const everything = withChange(NO_FILTER, ALL_LINES);

/** Small chunks, so that few lines are many of them. */
const SMALL: Limits = { lines: 1_000_000, bytes: 2 ** 30, chunk: 4 };

/** The lines of a page without one: patterns are searched for here. */
export function makeShown(change: FilterChange = {}, limits: Partial<Limits> = {}) {
  const told = { changed: 0, replaced: 0, dropped: 0 };
  const patterns: PatternEngine = {
    ask: (task, lines) => Promise.resolve(work({ ...task, ...lines?.read(), id: 1 })),
    end: () => undefined,
  };
  const shown = new Shown(
    withChange(everything, change),
    {
      patterns,
      slice: Infinity,
      turn: () => new Promise((resolve) => setImmediate(resolve)),
      changed: () => (told.changed += 1),
      replaced: () => (told.replaced += 1),
      dropped: (rows) => (told.dropped += rows),
    },
    new Store({ ...SMALL, ...limits }),
  );
  return {
    shown,
    told,
    add: (entries: readonly LogEntry[]) => {
      shown.add(toBatch(false, entries), NOW);
    },
    narrow: (to: FilterChange) => {
      shown.narrow(withChange(everything, to));
    },
    rows: () => rowsOf(shown),
    messages: () => messagesOf(shown),
    matches: () => Array.from({ length: shown.view.matches.length }, (_, at) => lineOfRow(shown.view.matches.at(at)!)),
    settled: async () => {
      while (shown.isBusy) {
        await new Promise((resolve) => setImmediate(resolve));
      }
    },
  };
}

function idsOf({ view }: Shown): number[] {
  return Array.from({ length: view.rows.length }, (_, at) => view.rows.at(at)!);
}

function rowsOf(shown: Shown): string[] {
  return idsOf(shown).map((id) => {
    const kind = kindOfRow(id);
    return kind === LINE ? 'line' : kind === DAY ? 'day' : 'run';
  });
}

function messagesOf(shown: Shown): string[] {
  return idsOf(shown)
    .filter((id) => kindOfRow(id) === LINE)
    .map((id) => shown.store.entry(lineOfRow(id))!.message);
}
