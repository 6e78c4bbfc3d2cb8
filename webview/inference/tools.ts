import { isProblem, parseExpression } from '../../src/core/recordExpression';
import type { RecordNarrow, StatusWord } from '../../src/protocol/inferencePanel';
import { h, icon } from '../common/dom';
import type { VElement } from '../common/dom';
import { t } from '../common/l10n';
import { rangeFields, rangeSelect } from '../common/list/rangeSelect';
import { count } from '../common/numbers';
import { iconButton } from '../common/text';
import { dropdown } from '../common/toolkit';
import { SORTS } from './order';
import type { Sort } from './order';
import type { Counts } from './rows';
import type { NarrowChange } from './state';

export interface ToolView {
  readonly filter: RecordNarrow;
  readonly counts: Counts;
  readonly sort: Sort;
  readonly follow: boolean;
  readonly custom: boolean;
  /** Records that are selected, where they are several. */
  readonly selected: number | undefined;
  readonly shown: number;
  readonly now: number;
}

export interface ToolDeeds {
  readonly change: (part: NarrowChange) => void;
  readonly custom: (on: boolean) => void;
  readonly sort: (sort: Sort) => void;
  readonly follow: (on: boolean) => void;
  /** Of the selected ones, where they are several, else of all that are shown. */
  readonly replay: () => void;
  readonly copy: () => void;
  readonly save: () => void;
}

const STATUSES: readonly (readonly [StatusWord, string, string])[] = [
  ['ok', 'OK', 'pass'],
  ['4xx', '4xx', 'warning'],
  ['5xx', '5xx', 'error'],
];

/** The bars above the list: what to narrow to, what to do with the records. */
export function tools(view: ToolView, deeds: ToolDeeds): VElement {
  const { filter } = view;
  return h(
    'div',
    { key: 'tools', class: 'tools' },
    h(
      'div',
      { class: 'bar' },
      rangeSelect(view, deeds),
      dropdown({
        label: t('Order'),
        value: view.sort,
        choices: SORTS.map((sort) => ({ value: sort, label: sortLabel(sort) })),
        choose: (value) => {
          const sort = SORTS.find((each) => each === value);
          if (sort !== undefined) {
            deeds.sort(sort);
          }
        },
      }),
      h(
        'span',
        { key: 'levels', class: 'levels', attrs: { role: 'group', 'aria-label': t('Status') } },
        STATUSES.map((status) => statusToggle(status, view, deeds)),
      ),
      view.custom && rangeFields(view, deeds),
      actions(view, deeds),
    ),
    h('div', { class: 'bar' }, textField(filter, deeds), pathField(filter, deeds)),
    pathProblem(filter),
  );
}

function sortLabel(sort: Sort): string {
  return {
    oldest: t('Oldest first'),
    newest: t('Newest first'),
    slowest: t('Slowest first'),
    fastest: t('Fastest first'),
  }[sort];
}

function statusToggle(
  [status, label, sign]: readonly [StatusWord, string, string],
  { filter, counts }: ToolView,
  { change }: ToolDeeds,
): VElement {
  const isOn = !filter.off.includes(status);
  return h(
    'button',
    {
      key: status,
      class: 'toggle',
      attrs: {
        type: 'button',
        'aria-pressed': String(isOn),
        'aria-label': t('{0}, {1}', label, count(counts[status])),
        title: isOn ? t('Hide {0}', label) : t('Show {0}', label),
      },
      on: {
        click: () => {
          change({ off: isOn ? [...filter.off, status] : filter.off.filter((each) => each !== status) });
        },
      },
    },
    h('span', { class: `state ${tone(status)}` }, icon(sign)),
    `${label} `,
    h('span', { class: 'count num' }, count(counts[status])),
  );
}

export function tone(status: StatusWord): string {
  return { ok: 'running', '4xx': 'degraded', '5xx': 'failed' }[status];
}

function actions({ follow, sort, selected, shown }: ToolView, deeds: ToolDeeds): VElement {
  const which = selected === undefined ? t('all {0} shown', count(shown)) : t('{0} selected', count(selected));
  return h(
    'span',
    { class: 'icons', attrs: { role: 'toolbar', 'aria-label': t('Actions on records'), id: 'record-actions' } },
    h(
      'button',
      {
        class: 'toggle',
        attrs: {
          type: 'button',
          'aria-pressed': String(follow && sort === 'oldest'),
          'aria-label': t('Follow'),
          title: t('Follow: stay at the newest record'),
        },
        on: {
          click: () => {
            deeds.follow(!(follow && sort === 'oldest'));
          },
        },
      },
      icon('arrow-circle-down'),
      h('span', { class: 'wide-only' }, t('Follow')),
    ),
    h('span', { class: 'sep' }),
    iconButton('debug-rerun', t('Replay {0}…', which), deeds.replay),
    iconButton('copy', t('Copy {0} as NDJSON', which), deeds.copy),
    iconButton('save', t('Save {0} as NDJSON, CSV or Parquet…', which), deeds.save),
  );
}

function textField({ text = '' }: RecordNarrow, { change }: ToolDeeds): VElement {
  return field(
    'search',
    'search',
    t('Filter by text'),
    t('Text in request, reply, headers or id'),
    text,
    undefined,
    (next) => {
      change({ text: next });
    },
  );
}

function pathField({ path = '' }: RecordNarrow, { change }: ToolDeeds): VElement {
  return field('path', 'json', t('Filter by JSON path'), '$.inputs[0][2] > 1.5', path, problemOf(path), (next) => {
    change({ path: next });
  });
}

/** Why a path cannot be looked for; undefined where it can. */
export function problemOf(path: string): string | undefined {
  const parsed = path.trim() === '' ? undefined : parseExpression(path);
  return parsed !== undefined && isProblem(parsed)
    ? t('At character {0}: {1}', parsed.offset + 1, parsed.message)
    : undefined;
}

function pathProblem({ path = '' }: RecordNarrow): VElement {
  const problem = problemOf(path);
  return h(
    'p',
    {
      key: 'path problem',
      class: 'path-problem bad-text',
      attrs: { id: 'path-problem', role: 'status', 'aria-live': 'polite' },
    },
    problem,
  );
}

function field(
  id: string,
  sign: string,
  label: string,
  placeholder: string,
  value: string,
  problem: string | undefined,
  change: (value: string) => void,
): VElement {
  return h(
    'div',
    { key: id, class: `field find${problem === undefined ? '' : ' wrong'}` },
    icon(sign),
    h('input', {
      set: { value },
      attrs: {
        id,
        type: 'text',
        'aria-label': label,
        'aria-invalid': problem === undefined ? undefined : 'true',
        'aria-describedby': problem === undefined ? undefined : `${id}-problem`,
        placeholder,
        title: label,
        spellcheck: 'false',
        autocomplete: 'off',
      },
      on: {
        input: (event) => {
          if (event.target instanceof HTMLInputElement) {
            change(event.target.value);
          }
        },
        keydown: (event) => {
          if (event instanceof KeyboardEvent && event.key === 'Escape' && value !== '') {
            event.preventDefault();
            change('');
          }
        },
      },
    }),
    value !== '' &&
      iconButton('close', t('Clear: {0}', label), () => {
        change('');
        document.getElementById(id)?.focus();
      }),
  );
}
