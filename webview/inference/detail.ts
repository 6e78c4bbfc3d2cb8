import type { BodySide } from '../../src/protocol/inferencePanel';
import type { OutcomeView } from '../../src/protocol/views/record';
import { h, icon } from '../common/dom';
import type { Child, VElement } from '../common/dom';
import { t } from '../common/l10n';
import { bytes, count, date, latency, timeWithMs } from '../common/numbers';
import { button, iconButton, quantity } from '../common/text';
import type { OpenRecord } from './opened';
import { OUTCOMES } from './replayBar';
import type { Row } from './rows';

export interface DetailDeeds {
  readonly raw: (number: number, raw: boolean) => void;
  readonly copyBody: (number: number, side: BodySide) => void;
  readonly copyText: (number: number) => void;
  readonly showLogs: (request: string) => void;
  readonly replay: (number: number) => void;
  readonly makeTest: (number: number) => void;
}

/** A record under its row: request and reply side by side, and what can be done with it. */
export function detail(row: Row, open: OpenRecord, outcome: OutcomeView | undefined, deeds: DetailDeeds): VElement {
  return h(
    'div',
    { key: 'record', attrs: { role: 'row' } },
    h(
      'div',
      { class: 'rec code', attrs: { role: 'gridcell' } },
      open.view === undefined
        ? h('p', { class: open.problem === undefined ? 'dim' : 'bad-text' }, open.problem ?? t('Reading…'))
        : [
            top(row, open, deeds),
            h('div', { class: 'pair' }, side(row, open, 'request', deeds), side(row, open, 'reply', deeds)),
            outcome !== undefined && differences(outcome),
          ],
    ),
  );
}

function top(row: Row, open: OpenRecord, deeds: DetailDeeds): VElement {
  const { id, serving, model, replica, notAgain, notTest } = open.view ?? { id: '', serving: '', model: '' };
  const { number } = row;
  return h(
    'div',
    { class: 'top' },
    h('span', { class: 'dim' }, `${date(row.time)} ${timeWithMs(row.time).join('')}`),
    h('span', {}, [serving, model, ...(replica === undefined ? [] : [t('replica {0}', String(replica))])].join(' · ')),
    h('span', { class: 'grow' }),
    open.note !== undefined && h('span', { class: 'dim', attrs: { role: 'status' } }, open.note),
    id !== '' && h('span', { class: 'dim mono id', attrs: { title: id } }, id.length > 16 ? `${id.slice(0, 16)}…` : id),
    h(
      'span',
      { class: 'bar' },
      id !== '' &&
        button(
          t('Log Lines'),
          () => {
            deeds.showLogs(id);
          },
          { icon: 'output', attrs: { 'aria-label': t('Log Lines of the request {0}', id) } },
        ),
      button(
        t('Replay…'),
        () => {
          deeds.replay(number);
        },
        { icon: 'debug-rerun', attrs: { disabled: notAgain !== undefined, title: notAgain } },
      ),
      button(
        t('Make Test…'),
        () => {
          deeds.makeTest(number);
        },
        { icon: 'beaker', attrs: { disabled: notTest !== undefined, title: notTest } },
      ),
      h(
        'button',
        {
          class: 'toggle',
          attrs: { type: 'button', 'aria-pressed': String(open.raw), title: t('As it was sent, not laid out') },
          on: {
            click: () => {
              deeds.raw(number, !open.raw);
            },
          },
        },
        t('Raw'),
      ),
      iconButton('copy', t('Copy record'), () => {
        deeds.copyText(number);
      }),
    ),
  );
}

function side(row: Row, open: OpenRecord, which: BodySide, deeds: DetailDeeds): VElement {
  const body = open.view?.[which];
  const name = which === 'request' ? t('Request') : t('Reply');
  const headers = which === 'request' ? Object.entries(open.view?.headers ?? {}) : [];
  const facts: readonly Child[] = [
    which === 'request' ? row.verb : String(row.status),
    which === 'reply' && row.latency >= 0 ? h('span', { class: 'num' }, quantity(latency(row.latency))) : undefined,
    body?.bytes === undefined ? undefined : h('span', { class: 'num' }, quantity(bytes(body.bytes))),
    body?.type,
    ...(body?.notes ?? []),
  ];
  return h(
    'section',
    { class: 'side', attrs: { 'aria-label': name } },
    h(
      'div',
      { class: 'sidetop' },
      h('strong', {}, name),
      facts.map((fact) => fact !== undefined && h('span', { class: 'dim' }, fact)),
      h('span', { class: 'grow' }),
      body?.text !== undefined &&
        iconButton('copy', which === 'request' ? t('Copy request') : t('Copy reply'), () => {
          deeds.copyBody(row.number, which);
        }),
    ),
    body?.text === undefined
      ? h('p', { class: 'dim none' }, icon('eye-closed'), body?.none)
      : h('pre', { class: 'body', attrs: { tabindex: '0', 'aria-label': name } }, open.body(which)),
    body?.cutFrom !== undefined &&
      h('p', { class: 'dim' }, t('The beginning of {0} characters; Copy takes all.', count(body.cutFrom))),
    which === 'request' && open.view?.path !== undefined && h('p', { class: 'dim mono' }, open.view.path),
    headers.map(([header, value]) =>
      h('p', { key: header, class: 'mono header' }, h('span', { class: 'tk-name' }, header), `: ${value}`),
    ),
  );
}

function differences(outcome: OutcomeView): VElement {
  const [sign, look, word] = OUTCOMES[outcome.outcome];
  const { before, now, message } = outcome;
  const times =
    before === undefined || now === undefined
      ? undefined
      : [
          h('span', { class: 'num' }, quantity(latency(before))),
          ' → ',
          h('span', { class: 'num' }, quantity(latency(now))),
        ];
  return h(
    'section',
    { class: 'differences', attrs: { 'aria-label': t('Outcome of the replay') } },
    h(
      'div',
      { class: 'sidetop' },
      h('strong', {}, t('Replay')),
      h('span', { class: `state ${look}` }, icon(sign), word),
      times !== undefined && h('span', { class: 'dim' }, times),
      message !== undefined && h('span', { class: 'bad-text' }, message),
    ),
    outcome.differences.length > 0 &&
      h(
        'table',
        { attrs: { 'aria-label': t('Differences') } },
        h(
          'thead',
          {},
          h(
            'tr',
            {},
            [t('Path'), t('Then'), t('Now')].map((name) => h('th', { key: name, attrs: { scope: 'col' } }, name)),
          ),
        ),
        h(
          'tbody',
          {},
          outcome.differences.map((each, at) =>
            h(
              'tr',
              { key: String(at) },
              h('th', { attrs: { scope: 'row' } }, each.path),
              h('td', {}, each.before === '' ? h('span', { class: 'dim' }, t('nothing')) : each.before),
              h('td', {}, each.now === '' ? h('span', { class: 'dim' }, t('nothing')) : each.now),
            ),
          ),
        ),
      ),
    outcome.more > 0 && h('p', { class: 'dim' }, t('{0} more differences', count(outcome.more))),
  );
}
