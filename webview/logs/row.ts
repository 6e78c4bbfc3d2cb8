import type { LogEntry, LogLevel } from '../../src/protocol/logPanel';
import { h, icon } from '../common/dom';
import type { Child, VElement } from '../common/dom';
import { count, date, time, timeWithMs } from '../common/numbers';
import { link } from '../common/text';
import type { Item } from './lines';
import { marked } from './marked';
import { placeOf } from './place';
import type { Place } from './place';
import { record } from './record';
import type { RecordDeeds, RecordOptions } from './record';

export interface RowDeeds extends RecordDeeds {
  readonly select: (id: number) => void;
  readonly toggle: (id: number) => void;
}

export interface RowOptions extends RecordOptions {
  /** Place in the list, from 0. */
  readonly index: number;
  readonly open: boolean;
  readonly selected: boolean;
  readonly now: number;
}

const LEVELS: Readonly<Record<LogLevel, readonly [string, string]>> = {
  ERROR: ['error', 'error'],
  WARN: ['warn', 'warning'],
  INFO: ['info', 'info'],
  DEBUG: ['debug', 'circle-small'],
};

/** One item of the list, with its record under it when it is open. */
export function row(item: Item, options: RowOptions, deeds: RowDeeds): VElement {
  const key = String(item.id);
  if (item.kind !== 'line') {
    const text = item.kind === 'day' ? date(item.at) : `Started ${time(item.at, options.now)}`;
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
    options.open && record(item, options, deeds),
  );
}

function line(item: Extract<Item, { kind: 'line' }>, options: RowOptions, deeds: RowDeeds): VElement {
  const { entry, id } = item;
  const [tone, name] = LEVELS[entry.level];
  const [clock, ms] = timeWithMs(entry.time);
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
          // A second click opens the line; it is not to mark a word of it as well.
          if (event instanceof MouseEvent && event.detail > 1) {
            event.preventDefault();
          }
          deeds.select(id);
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
    cell('time', clock, h('span', { class: 'ms' }, ms)),
    cell(`lv ${tone}`, icon(name), h('span', { class: 'word' }, entry.level)),
    cell('rep', entry.replica === undefined ? '' : `r${String(entry.replica)}`),
    h(
      'span',
      { class: 'req', attrs: { role: 'gridcell', title: entry.request } },
      marked(entry.request?.slice(0, 8) ?? '', options),
    ),
    folded ? foldedMessage(entry, options, deeds) : cell('msg', marked(entry.message, options)),
  );
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
    h('span', { class: 'clip' }, marked(`${first}${exception}`, options)),
    h('span', { class: 'dim wide-only' }, hidden === 1 ? '1 line' : `${count(hidden)} lines`),
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
    { title: label, tabindex: '-1', 'aria-label': `Open ${label}` },
  );
  return {
    ...shown,
    children: [
      h('span', { class: 'wide-only' }, label),
      h('span', { class: 'narrow-only' }, `line ${String(place.line)}`),
    ],
  };
}
