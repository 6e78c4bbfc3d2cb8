import { MARKS } from '../../src/protocol/recordBatch';
import type { OutcomeView } from '../../src/protocol/views/record';
import { h, icon } from '../common/dom';
import type { Child, VElement } from '../common/dom';
import { t } from '../common/l10n';
import { focusList } from '../common/list/frame';
import { bytes, isSameDay, latency, time, timeWithMs } from '../common/numbers';
import { quantity } from '../common/text';
import { detail } from './detail';
import type { DetailDeeds } from './detail';
import type { OpenRecord } from './opened';
import { OUTCOMES } from './replayBar';
import { wordOf } from './rows';
import type { Row } from './rows';
import { tone } from './tools';

export interface RowDeeds extends DetailDeeds {
  /** @param how several at once: those in between, or this one, too */
  readonly select: (number: number, how: 'one' | 'further' | 'toggle') => void;
  readonly toggle: (number: number) => void;
}

export interface RowOptions {
  /** Place in the list, from 0. */
  readonly index: number;
  readonly open: OpenRecord | undefined;
  readonly selected: boolean;
  /** Whether there is a column for how they were answered this time. */
  readonly replayed: boolean;
  readonly outcome: OutcomeView | undefined;
  readonly now: number;
}

const SIGNS = { ok: 'pass', '4xx': 'warning', '5xx': 'error' } as const;

/** One row of the list, with its record under it when it is open. */
export function recordRow(row: Row, options: RowOptions, deeds: RowDeeds): VElement {
  return h(
    'div',
    { key: String(row.number), class: 'item', attrs: { role: 'none' } },
    line(row, options, deeds),
    options.open && detail(row, options.open, options.outcome, deeds),
  );
}

function line(row: Row, { index, open, selected, replayed, outcome, now }: RowOptions, deeds: RowDeeds): VElement {
  const { number } = row;
  return h(
    'div',
    {
      class: `lr${selected ? ' sel' : ''}`,
      attrs: {
        role: 'row',
        id: `line-${String(number)}`,
        'aria-rowindex': index + 2,
        'aria-expanded': String(open !== undefined),
        'aria-selected': String(selected),
      },
      on: {
        mousedown: (event) => {
          if (event instanceof MouseEvent) {
            if (event.detail > 1 || event.shiftKey || event.ctrlKey || event.metaKey) {
              event.preventDefault();
            }
            deeds.select(number, event.shiftKey ? 'further' : event.ctrlKey || event.metaKey ? 'toggle' : 'one');
          }
        },
        dblclick: () => {
          deeds.toggle(number);
        },
      },
    },
    h(
      'span',
      {
        class: 'tw',
        // Something in what scrolls can have the focus, as screen readers expect.
        attrs: { role: 'gridcell', tabindex: '-1' },
        on: {
          focus: focusList,
          click: () => {
            deeds.toggle(number);
          },
        },
      },
      icon(open === undefined ? 'chevron-right' : 'chevron-down'),
    ),
    timeCell(row.time, now),
    cell('verb', row.verb),
    cell(
      'st',
      h('span', { class: `state ${tone(wordOf(row.status))}` }, icon(SIGNS[wordOf(row.status)])),
      String(row.status),
    ),
    cell('lat num', ...(row.latency < 0 ? [] : quantity(latency(row.latency)))),
    sizeCell(row),
    replayed && outcomeCell(outcome),
    cell('asked', ...marksOf(row), row.request),
    cell('answer', row.reply),
  );
}

function cell(classes: string, ...children: readonly Child[]): VElement {
  return h('span', { class: classes, attrs: { role: 'gridcell' } }, ...children);
}

function timeCell(at: number, now: number): VElement {
  const [clock, ms] = timeWithMs(at);
  return h(
    'span',
    { class: 'time num', attrs: { role: 'gridcell', title: isSameDay(at, now) ? undefined : time(at, now) } },
    clock,
    h('span', { class: 'ms' }, ms),
  );
}

function sizeCell({ requestBytes, replyBytes }: Row): VElement {
  const whole = (size: number): string => {
    const { value, unit } = bytes(size);
    return size < 0 ? t('not kept') : `${value} ${unit}`;
  };
  return h(
    'span',
    {
      class: 'size num',
      attrs: { role: 'gridcell', title: t('Request {0}, reply {1}', whole(requestBytes), whole(replyBytes)) },
    },
    replyBytes < 0 ? '' : quantity(bytes(replyBytes)),
  );
}

function marksOf({ marks }: Row): readonly VElement[] {
  const mark = (bit: number, name: string, label: string): readonly VElement[] =>
    (marks & bit) === 0
      ? []
      : [h('span', { class: 'mark', attrs: { title: label } }, icon(name), h('span', { class: 'sr' }, label))];
  return [
    ...mark(MARKS.redacted, 'shield', t('redacted')),
    ...mark(MARKS.withheld, 'eye-closed', t('withheld')),
    ...mark(MARKS.aborted, 'debug-disconnect', t('the client left')),
  ];
}

function outcomeCell(outcome: OutcomeView | undefined): VElement {
  if (outcome === undefined) {
    return cell('again');
  }
  const [sign, look, word] = OUTCOMES[outcome.outcome];
  return cell('again', h('span', { class: `state ${look}` }, icon(sign)), h('span', { class: 'word' }, word));
}
