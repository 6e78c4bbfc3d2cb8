import type { LogEntry, LogLevel } from '../../src/protocol/logPanel';
import { h, icon } from '../common/dom';
import type { Child, VElement } from '../common/dom';
import { t } from '../common/l10n';
import { count, date, duration, time, timeWithMs } from '../common/numbers';
import { link } from '../common/text';
import { marked } from './marked';
import { placeOf } from './place';
import type { Place } from './place';
import { record } from './record';
import type { RecordDeeds, RecordOptions } from './record';
import { DAY, LINE } from './view';
import type { RowKind } from './view';

export interface RowDeeds extends RecordDeeds {
  /** @param further the rows between this one and the one that was selected before are selected, too */
  readonly select: (id: number, further: boolean) => void;
  readonly toggle: (id: number) => void;
}

/** A row of the list: a line, or what divides lines: the day or the start that begins with it. */
export interface Row {
  readonly id: number;
  readonly kind: RowKind;
  readonly entry: LogEntry;
  /** Number of the line, from 1. */
  readonly line: number;
}

export interface RowOptions extends RecordOptions {
  /** Place in the list, from 0. */
  readonly index: number;
  readonly open: boolean;
  readonly selected: boolean;
  readonly now: number;
  /** Times as how long ago. */
  readonly relative: boolean;
}

const LEVELS: Readonly<Record<LogLevel, readonly [string, string]>> = {
  ERROR: ['error', 'error'],
  WARN: ['warn', 'warning'],
  INFO: ['info', 'info'],
  DEBUG: ['debug', 'circle-small'],
};

/** What writes lines that no replica has printed, as short as the column. */
const OTHERS: Readonly<Record<string, string>> = { build: 'build', start: 'start', scaling: 'scale', gateway: 'gate' };

/** One row of the list, with its record under it when it is open. */
export function row(item: Row, options: RowOptions, deeds: RowDeeds): VElement {
  const { id, kind, entry } = item;
  const key = String(id);
  if (kind !== LINE) {
    const text = kind === DAY ? date(entry.time) : started(entry, options.now);
    return h(
      'div',
      { key, class: 'item', attrs: { role: 'none' } },
      h(
        'div',
        { class: 'divider', attrs: { role: 'row', id: `line-${key}`, 'aria-rowindex': options.index + 2 } },
        h('span', { attrs: { role: 'gridcell' } }, text),
      ),
    );
  }
  return h(
    'div',
    { key, class: 'item', attrs: { role: 'none' } },
    line(item, options, deeds),
    options.open && record(entry, item.line, id, options, deeds),
  );
}

function started({ time: at, replica, serving }: LogEntry, now: number): string {
  const what = replica === undefined ? t('Started') : t('Replica {0} started', String(replica));
  return serving === undefined ? `${what} ${time(at, now)}` : `${serving}: ${what} ${time(at, now)}`;
}

function line({ entry, id }: Row, options: RowOptions, deeds: RowDeeds): VElement {
  const [tone, name] = LEVELS[entry.level];
  const folded = isFolded(entry);
  const cell = (classes: string, ...children: readonly (Child | readonly Child[])[]): VElement =>
    h('span', { class: classes, attrs: { role: 'gridcell' } }, ...children);
  return h(
    'div',
    {
      class: `lr${options.selected ? ' sel' : ''}${folded ? ' has-more' : ''}`,
      attrs: {
        role: 'row',
        id: `line-${String(id)}`,
        'aria-rowindex': options.index + 2,
        'aria-expanded': String(options.open),
        'aria-selected': String(options.selected),
      },
      on: {
        mousedown: (event) => {
          if (event instanceof MouseEvent) {
            // Neither a second click, which opens the line, nor one that selects more lines is to mark words.
            if (event.detail > 1 || event.shiftKey) {
              event.preventDefault();
            }
            deeds.select(id, event.shiftKey);
          }
        },
        dblclick: () => {
          deeds.toggle(id);
        },
      },
    },
    h(
      'span',
      {
        class: 'tw',
        attrs: { role: 'gridcell' },
        on: {
          click: () => {
            deeds.toggle(id);
          },
        },
      },
      icon(options.open ? 'chevron-down' : 'chevron-right'),
    ),
    timeCell(entry.time, options),
    cell(`lv ${tone}`, icon(name), h('span', { class: 'word' }, entry.level)),
    entry.serving !== undefined &&
      h('span', { class: 'srv', attrs: { role: 'gridcell', title: entry.serving } }, entry.serving),
    cell('rep', entry.replica === undefined ? (OTHERS[entry.logger] ?? '') : `r${String(entry.replica)}`),
    h(
      'span',
      { class: 'req', attrs: { role: 'gridcell', title: entry.request } },
      marked(entry.request?.slice(0, 8) ?? '', options),
    ),
    folded ? foldedMessage(entry, options, deeds) : cell('msg', marked(entry.message, options, entry.styles)),
  );
}

function timeCell(at: number, { relative, now }: RowOptions): VElement {
  const [clock, ms] = timeWithMs(at);
  return relative
    ? h(
        'span',
        { class: 'time', attrs: { role: 'gridcell', title: `${clock}${ms}` } },
        t('{0} ago', duration(now - at, 1)),
      )
    : h('span', { class: 'time', attrs: { role: 'gridcell' } }, clock, h('span', { class: 'ms' }, ms));
}

/** Whether there is more to the message than its first line. */
function isFolded(entry: LogEntry): boolean {
  return entry.trace !== undefined || entry.message.includes('\n');
}

function foldedMessage(entry: LogEntry, options: RowOptions, deeds: RowDeeds): VElement {
  const { trace: view } = entry;
  const lines = entry.message.split('\n');
  const hidden = lines.length - 1 + (view === undefined ? 0 : view.frames.length * 2 + 1);
  const place = placeOf(entry);
  const first = lines[0] ?? '';
  // The exception's own words, where the message does not have them.
  const exception =
    view === undefined || first.includes(view.type) ? '' : ` ${view.type}: ${view.text.split('\n', 1)[0] ?? ''}`;
  return h(
    'span',
    { class: 'msg fold', attrs: { role: 'gridcell' } },
    h('span', { class: 'clip' }, marked(`${first}${exception}`, options, entry.styles)),
    h('span', { class: 'dim wide-only' }, hidden === 1 ? '1 line' : t('{0} lines', count(hidden))),
    place !== undefined &&
      h(
        'span',
        {
          class: 'place',
          on: {
            mousedown: (event) => {
              event.stopPropagation();
            },
          },
        },
        placeLink(place, deeds),
      ),
  );
}

function placeLink(place: Place, deeds: RowDeeds): VElement {
  const label = `${place.label}:${String(place.line)}`;
  const shown = link(
    label,
    () => {
      deeds.openFile(place.file, place.line);
    },
    { title: label, tabindex: '-1', 'aria-label': t('Open {0}, line {1}', label, String(place.line)) },
  );
  return {
    ...shown,
    children: [
      h('span', { class: 'wide-only' }, label),
      h('span', { class: 'narrow-only' }, t('line {0}', String(place.line))),
    ],
  };
}
