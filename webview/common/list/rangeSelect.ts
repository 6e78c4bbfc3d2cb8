import { h } from '../dom';
import type { VElement } from '../dom';
import { t } from '../l10n';
import { time } from '../numbers';
import { iconButton } from '../text';
import { dropdown } from '../toolkit';

const MINUTE = 60_000;

/** Milliseconds since 1970. */
interface Range {
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

export interface RangeView {
  readonly filter: Range;
  /** Whether the range is written in fields. */
  readonly custom: boolean;
  readonly now: number;
}

export interface RangeDeeds {
  readonly change: (part: Range) => void;
  readonly custom: (on: boolean) => void;
}

/** "14:29:30 to now". */
export function rangeText({ from, to }: Range, now: number): string {
  const end = to === undefined ? 'now' : time(to, now);
  return from === undefined ? t('until {0}', end) : t('{0} to {1}', time(from, now), end);
}

/** Which times are shown. A range that ends now goes on with the newest lines. */
export function rangeSelect({ filter, now, custom }: RangeView, deeds: RangeDeeds): VElement {
  const { from, to } = filter;
  const isAll = from === undefined && to === undefined;
  const range = `range ${String(from)} ${String(to)}`;
  return dropdown({
    label: t('Time range'),
    value: custom ? 'custom' : isAll ? 'all' : range,
    choices: [
      ...(isAll ? [] : [{ value: range, label: rangeText({ from, to }, now) }]),
      { value: 'all', label: t('All times') },
      { value: '15', label: t('Last 15 min') },
      { value: '60', label: t('Last hour') },
      { value: 'custom', label: t('Custom…') },
    ],
    choose: (value) => {
      deeds.custom(value === 'custom');
      if (value === 'all') {
        deeds.change({ from: undefined, to: undefined });
      } else if (value === '15' || value === '60') {
        deeds.change({ from: Date.now() - Number(value) * MINUTE, to: undefined });
      }
    },
  });
}

/** The range as two fields. */
export function rangeFields({ filter }: Pick<RangeView, 'filter'>, deeds: RangeDeeds): VElement {
  return h(
    'span',
    { key: 'range fields', class: 'bar range', attrs: { role: 'group', 'aria-label': t('Time range') } },
    field(t('From'), filter.from, (from) => {
      deeds.change({ from });
    }),
    field(t('To'), filter.to, (to) => {
      deeds.change({ to });
    }),
    iconButton('close', t('Close the fields of the time range'), () => {
      deeds.custom(false);
    }),
  );
}

function field(label: string, at: number | undefined, change: (at: number | undefined) => void): VElement {
  return h(
    'label',
    { class: 'field' },
    h('span', {}, label),
    h('input', {
      set: { value: at === undefined ? '' : localTime(at) },
      attrs: { type: 'datetime-local', step: 1 },
      on: {
        change: (event) => {
          if (event.target instanceof HTMLInputElement) {
            const { value } = event.target;
            const time = value === '' ? Number.NaN : new Date(value).getTime();
            change(Number.isNaN(time) ? undefined : time);
          }
        },
      },
    }),
  );
}

/** "2026-11-29T14:32:08", by the reader's clock. */
function localTime(at: number): string {
  return new Date(at - new Date(at).getTimezoneOffset() * MINUTE).toISOString().slice(0, 19);
}
