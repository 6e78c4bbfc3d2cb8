import type { LogLevel } from '../../src/protocol/logPanel';

/** A change of a filter: a field that is undefined is taken away. */
export type FilterChange = { readonly [K in keyof Filter]?: Filter[K] | undefined };

/** Lines in which a field has a value, or those in which it has not. */
export interface FieldRule {
  readonly field: string;
  /** As JSON. */
  readonly value: string;
  readonly out: boolean;
}

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
  /** The range of time, milliseconds since 1970. Without an end it goes on with the newest lines. */
  readonly from?: number;
  readonly to?: number;
  readonly rules?: readonly FieldRule[];
}

export const NO_FILTER: Filter = { off: ['DEBUG'], text: '', matchCase: false, regex: false, onlyMatching: false };
/** The change that shows every line that is held. */
export const ALL_LINES: FilterChange = {
  off: [],
  onlyMatching: false,
  request: undefined,
  replica: undefined,
  clearedAt: undefined,
  from: undefined,
  to: undefined,
  rules: undefined,
};

/** The filter with some fields changed. */
export function withChange(filter: Filter, change: FilterChange): Filter {
  const fields = Object.entries({ ...filter, ...change }).filter(([, value]) => value !== undefined);
  return Object.fromEntries(fields) as unknown as Filter;
}

/** With one more rule; the opposite of one that is there takes its place, and the same one is not there twice. */
export function withRule(filter: Filter, rule: FieldRule): readonly FieldRule[] {
  const others = (filter.rules ?? []).filter(({ field, value }) => field !== rule.field || value !== rule.value);
  return [...others, rule];
}

export function withoutRule(filter: Filter, rule: FieldRule): readonly FieldRule[] | undefined {
  const others = (filter.rules ?? []).filter((each) => each !== rule);
  return others.length === 0 ? undefined : others;
}

/** Whether anything of the filter can hide lines. */
export function isNarrow(filter: Filter): boolean {
  return (
    filter.off.length > 0 ||
    filter.onlyMatching ||
    [filter.request, filter.replica, filter.clearedAt, filter.from, filter.to, filter.rules].some(
      (each) => each !== undefined,
    )
  );
}
