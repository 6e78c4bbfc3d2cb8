import type { LogEntry } from '../../src/protocol/logPanel';
import { h } from '../common/dom';
import type { VElement } from '../common/dom';
import { t } from '../common/l10n';
import { count, date, timeWithMs } from '../common/numbers';
import { iconButton } from '../common/text';
import { trace } from '../common/trace';
import type { FieldRule } from './filter';
import { marked } from './marked';
import type { Searched } from './marked';
import { recordJson, recordText } from './text';

export interface RecordDeeds {
  readonly toggleFrames: (id: number) => void;
  readonly toggleJson: (id: number) => void;
  readonly openFile: (file: string, line: number) => void;
  readonly showRequest: (request: string) => void;
  readonly addRule: (rule: FieldRule) => void;
  readonly copy: (text: string) => void;
}

export interface RecordOptions extends Searched {
  readonly framesOpen: boolean;
  readonly jsonOpen: boolean;
}

/** Characters of one value that are drawn in an open record. */
const DRAWN = 20_000;

/** All of a line, under it: its fields and its traceback. @param line its number, from 1 */
export function record(
  entry: LogEntry,
  line: number,
  id: number,
  options: RecordOptions,
  deeds: RecordDeeds,
): VElement {
  const { request } = entry;
  return h(
    'div',
    { key: 'record', attrs: { role: 'row' } },
    h(
      'div',
      { class: 'rec code', attrs: { role: 'gridcell' } },
      h(
        'div',
        { class: 'top' },
        h('span', { class: 'dim' }, t('Line {0}', count(line))),
        h('span', { class: 'dim wide-only' }, `${date(entry.time)} ${timeWithMs(entry.time).join('')}`),
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
            t('Lines of This Request'),
          ),
        iconButton(
          'json',
          t('Show as JSON'),
          () => {
            deeds.toggleJson(id);
          },
          { 'aria-pressed': String(options.jsonOpen) },
        ),
        iconButton('copy', t('Copy record'), () => {
          deeds.copy(recordText(entry));
        }),
      ),
      options.jsonOpen
        ? h('pre', { class: 'json' }, recordJson(entry).slice(0, DRAWN))
        : fields(entry, line, options, deeds),
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

function fields(entry: LogEntry, line: number, options: Searched, deeds: RecordDeeds): VElement {
  const all: [string, unknown][] = [
    ['message', entry.message],
    ...Object.entries({ request: entry.request, serving: entry.serving, replica: entry.replica }),
    ['logger', entry.logger],
    ...Object.entries(entry.fields),
  ];
  const shown = all.filter(([, value]) => value !== undefined && value !== null);
  return h(
    'table',
    { attrs: { 'aria-label': t('Fields of line {0}', count(line)) } },
    h(
      'tbody',
      {},
      shown.map(([name, value]) =>
        h(
          'tr',
          { key: name },
          h('th', { attrs: { scope: 'row' } }, name),
          h('td', {}, fieldValue(name, value, entry, options)),
          h('td', { class: 'f' }, rules(name, value, deeds)),
        ),
      ),
    ),
  );
}

function rules(field: string, value: unknown, deeds: RecordDeeds): readonly VElement[] {
  const text = JSON.stringify(value);
  return [
    iconButton('zoom-in', t('Show only lines with this {0}', field), () => {
      deeds.addRule({ field, value: text, out: false });
    }),
    iconButton('zoom-out', t('Hide lines with this {0}', field), () => {
      deeds.addRule({ field, value: text, out: true });
    }),
  ];
}

function fieldValue(name: string, value: unknown, entry: LogEntry, options: Searched): VElement {
  if (typeof value === 'string') {
    const styles = name === 'message' ? entry.styles : undefined;
    return h('span', { class: 'tk-str' }, marked(value, options, styles, DRAWN));
  }
  const tone = typeof value === 'number' ? 'tk-num' : typeof value === 'boolean' ? 'tk-bool' : '';
  return h('span', { class: tone }, marked(JSON.stringify(value), options, [], DRAWN));
}
