import type { LogLevel } from '../../src/protocol/logPanel';
import type { Item } from './lines';

/** A change of a filter: a field that is undefined is taken away. */
export type FilterChange = { readonly [K in keyof Filter]?: Filter[K] | undefined };

/** What the list is narrowed to and searched for. */
export interface Filter {
  readonly off: readonly LogLevel[];
  readonly text: string;
  readonly matchCase: boolean;
  readonly regex: boolean;
  readonly onlyMatching: boolean;
  readonly request?: string;
  /** `none`: what no replica has printed, but builds, gateway, scaling. */
  readonly replica?: number | 'none';
  /** Lines up to this time are not shown, milliseconds since 1970: the view was cleared then. */
  readonly clearedAt?: number;
}

export const NO_FILTER: Filter = { off: ['DEBUG'], text: '', matchCase: false, regex: false, onlyMatching: false };
/** The change that shows every line that is held. */
export const ALL_LINES: FilterChange = {
  off: [],
  onlyMatching: false,
  request: undefined,
  replica: undefined,
  clearedAt: undefined,
};

/** The filter with some fields changed. */
export function withChange(filter: Filter, change: FilterChange): Filter {
  const fields = Object.entries({ ...filter, ...change }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(fields) as unknown as Filter;
}

/** The pattern that is searched for; a message when it is no regular expression; undefined when nothing is. */
export function toPattern(filter: Filter): RegExp | { readonly message: string } | undefined {
  if (filter.text === '') {
    return undefined;
  }
  const flags = filter.matchCase ? 'gu' : 'giu';
  try {
    const pattern = new RegExp(filter.regex ? filter.text : filter.text.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), flags);
    return pattern.test('') ? { message: 'matches everything' } : pattern;
  } catch {
    return { message: 'not a regular expression' };
  }
}

/** Whether a line is among those whose levels are counted. */
export function isCounted(item: Item, filter: Filter): boolean {
  return (
    item.kind === 'line' &&
    (filter.clearedAt === undefined || item.entry.time > filter.clearedAt) &&
    (filter.request === undefined || item.entry.request === filter.request) &&
    (filter.replica === undefined || (item.entry.replica ?? 'none') === filter.replica)
  );
}

/** Whether an item is in the list. Dividers are, unless the list is narrowed so far that they divide nothing. */
export function isShown(item: Item, filter: Filter, pattern: RegExp | undefined): boolean {
  if (item.kind !== 'line') {
    return (
      filter.request === undefined &&
      !(filter.onlyMatching && pattern !== undefined) &&
      (filter.replica === undefined || item.kind !== 'run' || (item.replica ?? filter.replica) === filter.replica) &&
      (filter.clearedAt === undefined || item.at > filter.clearedAt)
    );
  }
  return (
    isCounted(item, filter) &&
    !filter.off.includes(item.entry.level) &&
    (!filter.onlyMatching || pattern === undefined || isMatch(item, pattern))
  );
}

export function isMatch(item: Item, pattern: RegExp): boolean {
  pattern.lastIndex = 0;
  return item.kind === 'line' && pattern.test(item.text);
}

/** Whether anything of the filter can hide lines. */
export function isNarrow(filter: Filter): boolean {
  return (
    filter.off.length > 0 ||
    filter.onlyMatching ||
    filter.request !== undefined ||
    filter.replica !== undefined ||
    filter.clearedAt !== undefined
  );
}
