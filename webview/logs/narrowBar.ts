import type { LogLevel, LogSubject } from '../../src/protocol/logPanel';
import type { ViewRef } from '../../src/protocol/views/basics';
import { h } from '../common/dom';
import type { VElement } from '../common/dom';
import { t } from '../common/l10n';
import { count } from '../common/numbers';
import { iconButton } from '../common/text';
import { dropdown } from '../common/toolkit';
import { withoutRule } from './filter';
import type { Filter, FilterChange } from './filter';
import { rangeFields, rangeSelect } from '../common/list/rangeSelect';
import type { Counts } from './view';

export interface NarrowView {
  readonly subject: LogSubject | undefined;
  readonly filter: Filter;
  readonly counts: Counts;
  readonly replicas: readonly number[];
  /** Whether there are lines that no replica has printed. */
  readonly hasOthers: boolean;
  /** Whether the range is written in fields. */
  readonly custom: boolean;
  readonly now: number;
}

export interface NarrowDeeds {
  readonly choose: (ref: ViewRef) => void;
  readonly change: (part: FilterChange) => void;
  readonly custom: (on: boolean) => void;
}

const LEVELS: readonly (readonly [LogLevel, string, string])[] = [
  ['ERROR', t('Error'), 'error'],
  ['WARN', t('Warn'), 'warn'],
  ['INFO', t('Info'), 'info'],
  ['DEBUG', t('Debug'), 'debug'],
];

/** Where the lines are from and which of them are shown. */
export function narrowBar(view: NarrowView, deeds: NarrowDeeds): VElement {
  return h(
    'div',
    { class: 'bar' },
    servingSelect(view, deeds),
    replicaSelect(view, deeds),
    rangeSelect(view, deeds),
    h(
      'span',
      { key: 'levels', class: 'levels', attrs: { role: 'group', 'aria-label': t('Levels') } },
      LEVELS.map((level) => levelToggle(level, view, deeds)),
    ),
    view.custom && rangeFields(view, deeds),
    chips(view, deeds),
  );
}

const keyOf = ({ backend, name }: ViewRef): string => `${backend}/${name}`;

function servingSelect({ subject }: NarrowView, { choose }: NarrowDeeds): VElement | false {
  if (subject === undefined || subject.choices.length < 2) {
    return false;
  }
  return dropdown({
    label: t('Serving'),
    value: keyOf(subject.ref),
    choices: subject.choices.map(({ ref, label }) => ({ value: keyOf(ref), label })),
    choose: (value) => {
      const chosen = subject.choices.find(({ ref }) => keyOf(ref) === value);
      if (chosen !== undefined && value !== keyOf(subject.ref)) {
        choose(chosen.ref);
      }
    },
  });
}

function replicaSelect({ replicas, filter, hasOthers }: NarrowView, deeds: NarrowDeeds): VElement | false {
  return (
    (replicas.length > 1 || filter.replica !== undefined) &&
    dropdown({
      label: t('Replica'),
      value: filter.replica === undefined ? 'all' : String(filter.replica),
      choices: [
        { value: 'all', label: t('All replicas') },
        ...replicas.map((each) => ({ value: String(each), label: t('replica {0}', String(each)) })),
        ...(hasOthers ? [{ value: 'none', label: t('No replica') }] : []),
      ],
      choose: (value) => {
        deeds.change({ replica: value === 'all' ? undefined : value === 'none' ? value : Number(value) });
      },
    })
  );
}

function levelToggle(
  [level, label, name]: (typeof LEVELS)[number],
  { filter, counts }: NarrowView,
  deeds: NarrowDeeds,
): VElement {
  const on = !filter.off.includes(level);
  return h(
    'button',
    {
      key: level,
      class: 'toggle',
      attrs: {
        type: 'button',
        'aria-pressed': String(on),
        'aria-label': t('{0}, {1} lines', label, count(counts[level])),
      },
      on: {
        click: () => {
          deeds.change({ off: on ? [...filter.off, level] : filter.off.filter((each) => each !== level) });
        },
      },
    },
    swatch(name),
    `${label} `,
    h('span', { class: 'count num' }, count(counts[level])),
  );
}

function swatch(name: string): VElement {
  return h(
    'svg',
    { class: 'swatch', attrs: { viewBox: '0 0 10 10', 'aria-hidden': 'true' } },
    h('rect', { class: `lv-${name}`, attrs: { width: 10, height: 10 } }),
    name === 'warn' && h('rect', { attrs: { width: 10, height: 10, fill: 'url(#hatch)' } }),
  );
}

/** What else narrows the list, each to be taken away. */
function chips({ filter }: NarrowView, deeds: NarrowDeeds): readonly (VElement | false)[] {
  const { request } = filter;
  return [
    request !== undefined &&
      chip(
        'request',
        t('Request {0}', request.slice(0, 8)),
        request,
        t('Show all requests, not only {0}', request),
        () => {
          deeds.change({ request: undefined });
        },
      ),
    ...(filter.rules ?? []).map((rule) => {
      const { field, value, out } = rule;
      const text = `${field} ${out ? '≠' : '='} ${value.length > 40 ? `${value.slice(0, 40)}…` : value}`;
      return chip(
        `${field}${value}`,
        text,
        `${field}: ${value.slice(0, 1000)}`,
        t('Take the filter {0} away', text),
        () => {
          deeds.change({ rules: withoutRule(filter, rule) });
        },
      );
    }),
  ];
}

function chip(key: string, text: string, title: string, label: string, press: () => void): VElement {
  return h(
    'span',
    { key: `chip ${key}`, class: 'chip' },
    h('span', { class: 'clip', attrs: { title } }, text),
    iconButton('close', label, press),
  );
}
