import { t } from '../../core/l10n';
import type { Serving, ServingState } from '../../core/serving';
import { stateLook } from './stateWords';

const GROUPINGS = ['backend', 'model', 'state'] as const;
const ORDERS = ['name', 'state', 'change'] as const;
const SHOWN = ['all', 'running', 'failed'] as const;

export type Grouping = (typeof GROUPINGS)[number];
export type Order = (typeof ORDERS)[number];
/** Which servings are shown, by their state. */
export type Shown = (typeof SHOWN)[number];

/** How the Servings view is laid out: what stands together, in which order, and what is left out. */
export interface Arrangement {
  readonly grouping: Grouping;
  readonly order: Order;
  readonly shown: Shown;
  /** Words that name, model or state hold; empty: any. */
  readonly text: string;
}

export const PLAIN: Arrangement = { grouping: 'backend', order: 'name', shown: 'all', text: '' };

/** What was kept of an earlier window, as far as it still means something. */
export function toArrangement(kept: unknown): Arrangement {
  const { grouping, order, shown, text } = (typeof kept === 'object' && kept !== null ? kept : {}) as Readonly<
    Partial<Record<keyof Arrangement, unknown>>
  >;
  return {
    grouping: GROUPINGS.find((each) => each === grouping) ?? PLAIN.grouping,
    order: ORDERS.find((each) => each === order) ?? PLAIN.order,
    shown: SHOWN.find((each) => each === shown) ?? PLAIN.shown,
    text: typeof text === 'string' ? text : PLAIN.text,
  };
}

export function isFiltered({ shown, text }: Arrangement): boolean {
  return shown !== 'all' || text !== '';
}

const SERVING: readonly ServingState[] = ['running', 'idle', 'updating'];

/** Whether it answers requests, or would at once. */
export function isServing({ state }: Serving): boolean {
  return SERVING.includes(state);
}

/** Tells which servings are shown. */
export function filterOf({ shown, text }: Arrangement): (serving: Serving) => boolean {
  const words = text.toLowerCase().split(/\s+/).filter(Boolean);
  return (serving) => {
    if (shown !== 'all' && !(shown === 'failed' ? serving.state === 'failed' : isServing(serving))) {
      return false;
    }
    const { name, version } = serving.definition.model;
    const held = `${serving.ref.name} ${name} v${version} ${stateLook(serving).word}`.toLowerCase();
    return words.every((word) => held.includes(word));
  };
}

/** What needs somebody first. */
const BY_STATE: readonly ServingState[] = [
  'failed',
  'unknown',
  'creating',
  'starting',
  'updating',
  'stopping',
  'running',
  'idle',
  'stopped',
];
/** One for all: making it costs more than sorting with it. */
const COLLATOR = new Intl.Collator(undefined, { numeric: true });

export function compareNames(a: string, b: string): number {
  return COLLATOR.compare(a, b);
}

/** In the order that was chosen; what is alike by it by name. */
export function sorted(servings: readonly Serving[], order: Order): readonly Serving[] {
  const byName = (a: Serving, b: Serving): number => compareNames(a.ref.name, b.ref.name);
  if (order === 'name') {
    return [...servings].sort(byName);
  }
  const rank =
    order === 'state' ? ({ state }: Serving) => BY_STATE.indexOf(state) : (each: Serving) => -lastChange(each);
  return servings
    .map((serving) => ({ serving, rank: rank(serving) }))
    .sort((a, b) => a.rank - b.rank || byName(a.serving, b.serving))
    .map(({ serving }) => serving);
}

/** When it was started or ended last, in milliseconds since 1970; 0 when it never was. */
export function lastChange({ run, remote }: Serving): number {
  return (run?.endedAt ?? run?.startedAt ?? remote?.deployed ?? remote?.created)?.getTime() ?? 0;
}

/** What the view says above its rows while some are left out. */
export function filterText({ shown, text }: Arrangement, count: number, all: number): string {
  const any = text === '';
  switch (shown) {
    case 'all':
      return any
        ? t('Filter: {0} of {1} servings', count, all)
        : t('Filter “{0}”: {1} of {2} servings', text, count, all);
    case 'failed':
      return any
        ? t('Filter, failed only: {0} of {1} servings', count, all)
        : t('Filter “{0}”, failed only: {1} of {2} servings', text, count, all);
    case 'running':
      return any
        ? t('Filter, running only: {0} of {1} servings', count, all)
        : t('Filter “{0}”, running only: {1} of {2} servings', text, count, all);
  }
}
