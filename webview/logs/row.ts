import type { LogEntry, LogLevel } from '../../src/protocol/logPanel';
import { h, icon } from '../common/dom';
import type { Child, VElement } from '../common/dom';
import { count, date, time, timeWithMs } from '../common/numbers';
import { iconButton, link } from '../common/text';
import { asText, trace } from '../common/trace';
import type { Item } from './lines';

export interface RowDeeds {
  readonly select: (id: number) => void;
  readonly toggle: (id: number) => void;
  readonly toggleFrames: (id: number) => void;
  readonly openFile: (file: string, line: number) => void;
  readonly showRequest: (request: string) => void;
  readonly copy: (text: string) => void;
}

export interface RowOptions {
  /** Place in the list, from 0. */
  readonly index: number;
  readonly open: boolean;
  readonly framesOpen: boolean;
  readonly selected: boolean;
  readonly pattern: RegExp | undefined;
  /** Whether the current match is in this line. */
  readonly current: boolean;
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

interface Place {
  readonly file: string;
  readonly label: string;
  readonly line: number;
}

const FRAME = /File "([^"\n]+)", line (\d+)/g;
const NOT_THE_USERS = /[\\/](?:site-packages|lib[\\/]python\d|model_server)[\\/]|^</;

/** Where in the user's code it happened: the last frame that is theirs. */
function placeOf(entry: LogEntry): Place | undefined {
  const frame = entry.trace?.frames.findLast((each) => each.user);
  if (frame !== undefined) {
    return { file: frame.file, label: frame.label, line: frame.line };
  }
  const found = [...entry.message.matchAll(FRAME)].findLast(([, file = '']) => !NOT_THE_USERS.test(file));
  const file = found?.[1];
  return file === undefined ? undefined : { file, label: file.split(/[\\/]/).at(-1) ?? file, line: Number(found?.[2]) };
}

/** The text with what was searched for marked. */
function marked(text: string, { pattern, current }: RowOptions): readonly Child[] {
  if (pattern === undefined || text === '') {
    return [text];
  }
  const parts: Child[] = [];
  let from = 0;
  for (const match of text.matchAll(pattern)) {
    parts.push(
      text.slice(from, match.index),
      h('mark', { class: current && parts.length === 0 ? 'now' : '' }, match[0]),
    );
    from = match.index + match[0].length;
  }
  parts.push(text.slice(from));
  return parts;
}

function record({ entry, id }: Extract<Item, { kind: 'line' }>, options: RowOptions, deeds: RowDeeds): VElement {
  const { request } = entry;
  const fields: [string, unknown][] = [
    ['message', entry.message],
    ...(request === undefined ? [] : [['request', request] as [string, unknown]]),
    ...(entry.replica === undefined ? [] : [['replica', entry.replica] as [string, unknown]]),
    ['logger', entry.logger],
    ...Object.entries(entry.fields).filter(([, value]) => value !== null),
  ];
  return h(
    'div',
    { attrs: { role: 'row' } },
    h(
      'div',
      { class: 'rec code', attrs: { role: 'gridcell' } },
      h(
        'div',
        { class: 'top' },
        h('span', { class: 'dim' }, `${date(entry.time)} ${timeWithMs(entry.time).join('')}`),
        h('span', { class: 'grow' }),
        request !== undefined &&
          h(
            'button',
            {
              class: 'text-btn',
              attrs: { type: 'button' },
              on: {
                click: () => {
                  deeds.showRequest(request);
                },
              },
            },
            'Lines of This Request',
          ),
        iconButton('copy', 'Copy record', () => {
          deeds.copy(recordText(entry));
        }),
      ),
      h(
        'table',
        { attrs: { 'aria-label': 'Fields' } },
        h(
          'tbody',
          {},
          fields.map(([name, value]) =>
            h('tr', { key: name }, h('th', { attrs: { scope: 'row' } }, name), h('td', {}, fieldValue(value, options))),
          ),
        ),
      ),
      entry.trace !== undefined &&
        trace(entry.trace, {
          open: options.framesOpen,
          toggle: () => {
            deeds.toggleFrames(id);
          },
          openFrame: deeds.openFile,
          copy: deeds.copy,
        }),
    ),
  );
}

function fieldValue(value: unknown, options: RowOptions): VElement {
  if (typeof value === 'string') {
    return h('span', { class: 'tk-str' }, marked(value, options));
  }
  return h(
    'span',
    { class: typeof value === 'number' ? 'tk-num' : typeof value === 'boolean' ? 'tk-bool' : '' },
    JSON.stringify(value),
  );
}

function recordText(entry: LogEntry): string {
  const { time: at, trace: view, level, logger, replica, request, message, fields } = entry;
  const shown = JSON.stringify(
    { time: new Date(at).toISOString(), level, logger, replica, request, message, ...fields },
    undefined,
    2,
  );
  return view === undefined ? shown : `${shown}\n${asText(view)}`;
}

/** A line as text: date, time, level, replica, request, message, traceback. */
export function lineText(entry: LogEntry): string {
  const at = new Date(entry.time);
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${String(at.getFullYear())}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
  const clock = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${String(at.getMilliseconds()).padStart(3, '0')}`;
  const parts = [
    day,
    clock,
    entry.level,
    entry.replica === undefined ? '-' : `r${String(entry.replica)}`,
    entry.request ?? '-',
    entry.message,
  ];
  return entry.trace === undefined ? parts.join(' ') : `${parts.join(' ')}\n${asText(entry.trace).trimEnd()}`;
}
