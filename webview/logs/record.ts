import { h } from '../common/dom';
import type { VElement } from '../common/dom';
import { date, timeWithMs } from '../common/numbers';
import { iconButton } from '../common/text';
import { trace } from '../common/trace';
import type { Item } from './lines';
import { marked } from './marked';
import type { Searched } from './marked';
import { recordText } from './text';

export interface RecordDeeds {
  readonly toggleFrames: (id: number) => void;
  readonly openFile: (file: string, line: number) => void;
  readonly showRequest: (request: string) => void;
  readonly copy: (text: string) => void;
}

export interface RecordOptions extends Searched {
  readonly framesOpen: boolean;
}

/** All of a line, under it: its fields and its traceback. */
export function record(
  { entry, id }: Extract<Item, { kind: 'line' }>,
  options: RecordOptions,
  deeds: RecordDeeds,
): VElement {
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

function fieldValue(value: unknown, options: Searched): VElement {
  if (typeof value === 'string') {
    return h('span', { class: 'tk-str' }, marked(value, options));
  }
  return h(
    'span',
    { class: typeof value === 'number' ? 'tk-num' : typeof value === 'boolean' ? 'tk-bool' : '' },
    JSON.stringify(value),
  );
}
