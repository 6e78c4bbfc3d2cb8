import { arrayOf, isBoolean, isNumber, shape, word } from '../../src/protocol/checks';
import { isRecordNarrow } from '../../src/protocol/inferencePanel';
import type { RecordNarrow } from '../../src/protocol/inferencePanel';
import { isViewRef } from '../../src/protocol/views/basics';
import type { ViewRef } from '../../src/protocol/views/basics';
import { SORTS } from './order';
import type { Sort } from './order';

/** Where the list is, by the times of records, milliseconds since 1970. */
export interface KeptPlace {
  /** The one at the top; undefined while the list follows. */
  readonly top?: number;
  /** Those that are open. */
  readonly open: readonly number[];
}

/** What the page keeps of its own, over hiding and reloading. */
export interface PageState {
  readonly ref?: ViewRef;
  readonly filter: RecordNarrow;
  readonly sort: Sort;
  readonly follow: boolean;
  readonly place?: KeptPlace;
}

export const ALL: RecordNarrow = { off: [] };

const isPageState = shape<PageState>(
  { filter: isRecordNarrow, sort: word(...SORTS), follow: isBoolean },
  { ref: isViewRef, place: shape<KeptPlace>({ open: arrayOf(isNumber) }, { top: isNumber }) },
);

/** The kept state, or a first one where there is none that can be read. */
export function toPageState(saved: unknown): PageState {
  return isPageState(saved) ? saved : { filter: ALL, sort: 'oldest', follow: true };
}

/** A change of a filter: a field that is undefined is taken away. */
export type NarrowChange = { readonly [K in keyof RecordNarrow]?: RecordNarrow[K] | undefined };

export function withChange(filter: RecordNarrow, change: NarrowChange): RecordNarrow {
  const fields = Object.entries({ ...filter, ...change }).filter(([, value]) => value !== undefined && value !== '');
  return Object.fromEntries(fields) as unknown as RecordNarrow;
}

/** Whether anything of the filter can hide records. */
export function isNarrow({ off, ...rest }: RecordNarrow): boolean {
  return off.length > 0 || Object.keys(rest).length > 0;
}
