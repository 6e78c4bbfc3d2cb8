import type { LogLevel } from '../../src/protocol/logPanel';
import { h, icon } from '../common/dom';
import type { VElement } from '../common/dom';
import { count, time } from '../common/numbers';
import { button, iconButton } from '../common/text';
import { dropdown } from '../common/toolkit';
import type { Filter, FilterChange } from './filter';
import type { Counts } from './lines';

export interface ToolDeeds {
  readonly change: (part: FilterChange) => void;
  readonly next: (step: 1 | -1) => void;
  readonly follow: (on: boolean) => void;
  readonly wrap: (on: boolean) => void;
  readonly copyShown: () => void;
  readonly openText: () => void;
  readonly clear: () => void;
  readonly again: () => void;
  readonly showAll: () => void;
}

export interface ToolsView {
  readonly filter: Filter;
  readonly counts: Counts;
  readonly replicas: readonly number[];
  /** Whether there are lines that no replica has printed. */
  readonly hasOthers: boolean;
  /** "3 of 17". */
  readonly found: string;
  readonly problem: string | undefined;
  readonly follow: boolean;
  readonly wrap: boolean;
}

const LEVELS: readonly (readonly [LogLevel, string, string])[] = [
  ['ERROR', 'Error', 'error'],
  ['WARN', 'Warn', 'warn'],
  ['INFO', 'Info', 'info'],
  ['DEBUG', 'Debug', 'debug'],
];

/** The bars above the list: what to narrow to, what to search for, what to do with the lines. */
export function tools(view: ToolsView, deeds: ToolDeeds): VElement {
  return h(
    'div',
    { key: 'tools', class: 'tools' },
    narrowBar(view, deeds),
    h('div', { class: 'bar' }, search(view, deeds), actions(view, deeds)),
  );
}

function narrowBar({ filter, counts, replicas, hasOthers }: ToolsView, deeds: ToolDeeds): VElement {
  const { request } = filter;
  return h(
    'div',
    { class: 'bar' },
    (replicas.length > 1 || filter.replica !== undefined) &&
      dropdown({
        label: 'Replica',
        value: filter.replica === undefined ? 'all' : String(filter.replica),
        choices: [
          { value: 'all', label: 'All replicas' },
          ...replicas.map((each) => ({ value: String(each), label: `replica ${String(each)}` })),
          ...(hasOthers ? [{ value: 'none', label: 'No replica' }] : []),
        ],
        choose: (value) => {
          deeds.change({ replica: value === 'all' ? undefined : value === 'none' ? value : Number(value) });
        },
      }),
    h(
      'span',
      { key: 'levels', class: 'levels', attrs: { role: 'group', 'aria-label': 'Levels' } },
      LEVELS.map(([level, label, name]) => {
        const on = !filter.off.includes(level);
        return h(
          'button',
          {
            key: level,
            class: 'toggle',
            attrs: {
              type: 'button',
              'aria-pressed': String(on),
              'aria-label': `${label}, ${count(counts[level])} lines`,
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
      }),
    ),
    request !== undefined &&
      h(
        'span',
        { key: 'request', class: 'chip' },
        h('span', { class: 'clip', attrs: { title: request } }, `Request ${request.slice(0, 8)}`),
        iconButton('close', `Show all requests, not only ${request}`, () => {
          deeds.change({ request: undefined });
        }),
      ),
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

function search({ filter, found, problem }: ToolsView, deeds: ToolDeeds): VElement {
  const toggle = (name: string, label: string, part: 'matchCase' | 'regex' | 'onlyMatching'): VElement =>
    h(
      'button',
      {
        key: part,
        class: 'toggle',
        attrs: { type: 'button', 'aria-pressed': String(filter[part]), 'aria-label': label, title: label },
        on: {
          click: () => {
            deeds.change({ [part]: !filter[part] });
          },
        },
      },
      icon(name),
    );
  return h(
    'div',
    { class: 'field find', attrs: { role: 'search' } },
    icon('search'),
    h('input', {
      set: { value: filter.text },
      attrs: {
        id: 'search',
        type: 'text',
        'aria-label': 'Search in log',
        placeholder: 'Search',
        spellcheck: 'false',
        autocomplete: 'off',
        'aria-invalid': problem === undefined ? undefined : 'true',
      },
      on: {
        input: (event) => {
          if (event.target instanceof HTMLInputElement) {
            deeds.change({ text: event.target.value });
          }
        },
        keydown: (event) => {
          if (!(event instanceof KeyboardEvent)) {
            return;
          }
          if (event.key === 'Enter') {
            event.preventDefault();
            deeds.next(event.shiftKey ? -1 : 1);
          } else if (event.key === 'Escape' && filter.text !== '') {
            event.preventDefault();
            deeds.change({ text: '' });
          }
        },
      },
    }),
    h('span', { class: 'count num', attrs: { role: 'status', 'aria-live': 'polite' } }, found),
    iconButton('arrow-up', 'Previous match', () => {
      deeds.next(-1);
    }),
    iconButton('arrow-down', 'Next match', () => {
      deeds.next(1);
    }),
    toggle('case-sensitive', 'Match case', 'matchCase'),
    toggle('regex', 'Use regular expression', 'regex'),
    toggle('filter', 'Show only matching lines', 'onlyMatching'),
  );
}

function actions({ follow, wrap }: ToolsView, deeds: ToolDeeds): VElement {
  return h(
    'span',
    { class: 'icons', attrs: { role: 'toolbar', 'aria-label': 'Log actions', id: 'log-actions' } },
    h(
      'button',
      {
        class: 'toggle',
        attrs: {
          type: 'button',
          'aria-pressed': String(follow),
          'aria-label': 'Follow',
          title: 'Follow: stay at the newest line',
        },
        on: {
          click: () => {
            deeds.follow(!follow);
          },
        },
      },
      icon('arrow-circle-down'),
      h('span', { class: 'wide-only' }, 'Follow'),
    ),
    h(
      'button',
      {
        class: 'toggle',
        attrs: { type: 'button', 'aria-pressed': String(wrap), 'aria-label': 'Wrap lines', title: 'Wrap lines' },
        on: {
          click: () => {
            deeds.wrap(!wrap);
          },
        },
      },
      icon('word-wrap'),
    ),
    h('span', { class: 'sep' }),
    iconButton('copy', 'Copy shown lines', deeds.copyShown),
    iconButton('go-to-file', 'Open shown lines as text', deeds.openText),
    iconButton('clear-all', 'Clear view', deeds.clear),
  );
}

export interface StatusView {
  readonly held: number;
  readonly shown: number;
  readonly oldest: number | undefined;
  readonly isCut: boolean;
  readonly follow: boolean;
  readonly live: boolean;
  readonly problem: string | undefined;
  readonly now: number;
}

/** What is held and whether it follows. */
export function statusLine(view: StatusView, deeds: ToolDeeds): VElement {
  return h(
    'div',
    { key: 'status', class: 'statusline' },
    h(
      'span',
      {},
      view.shown === view.held ? `${count(view.held)} lines` : `${count(view.shown)} of ${count(view.held)} lines`,
    ),
    view.oldest !== undefined &&
      h(
        'span',
        { class: 'wide-only' },
        `oldest ${time(view.oldest, view.now)}${view.isCut ? ', earlier ones are in the log files' : ''}`,
      ),
    view.problem === undefined
      ? view.follow
        ? h(
            'span',
            { class: `state ${view.live ? 'running' : 'idle'}` },
            icon('arrow-circle-down'),
            view.live ? 'following' : 'following, not running',
          )
        : h('span', { class: 'state idle' }, icon('debug-pause'), 'not following')
      : h(
          'span',
          { key: 'problem', class: 'state failed problem', attrs: { role: 'status' } },
          icon('error'),
          h('span', {}, view.problem),
          button('Read Again', deeds.again),
        ),
  );
}

/** In place of the list where it is empty: one sentence and one way on. */
export function emptyList(hidden: number, started: boolean, deeds: ToolDeeds): VElement | undefined {
  if (hidden > 0) {
    return h(
      'p',
      { key: 'empty', class: 'empty' },
      `No line matches: ${count(hidden)} ${hidden === 1 ? 'is' : 'are'} hidden. `,
      button('Clear Filters', deeds.showAll),
    );
  }
  return started
    ? h('p', { key: 'empty', class: 'empty dim' }, 'No lines yet. They appear here as the serving writes them.')
    : undefined;
}
