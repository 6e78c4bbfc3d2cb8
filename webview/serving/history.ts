import { h, icon } from '../common/dom';
import type { VElement } from '../common/dom';
import { bytes, latency, time } from '../common/numbers';
import { quantity } from '../common/text';
import type { Deeds } from './deeds';
import type { PageState, Sent } from './state';

export interface HistoryOptions {
  readonly state: PageState;
  readonly now: number;
}

/** The requests that were sent before, newest first; one of them can be taken again. */
export function history({ state, now }: HistoryOptions, deeds: Deeds): VElement {
  const head = (text: string, extra = ''): VElement => h('th', { class: extra, attrs: { scope: 'col' } }, text);
  return h(
    'table',
    { class: 'history', attrs: { 'aria-label': 'Request history' } },
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        head('Sent'),
        head('Verb', 'h-verb'),
        head('Request'),
        head('Status'),
        head('Latency', 'r'),
        head('Size', 'r h-size'),
      ),
    ),
    h(
      'tbody',
      {},
      state.history.map((each) => row(each, now, deeds)),
    ),
  );
}

function row(sent: Sent, now: number, deeds: Deeds): VElement {
  const good = sent.status < 400;
  return h(
    'tr',
    { key: String(sent.at) },
    h('td', { class: 'num' }, time(sent.at, now)),
    h('td', { class: 'h-verb' }, sent.verb),
    h(
      'td',
      { class: 'what' },
      h(
        'button',
        {
          class: 'clip',
          attrs: { type: 'button', title: sent.what },
          on: {
            click: () => {
              deeds.take(sent);
            },
          },
        },
        sent.what,
      ),
    ),
    h(
      'td',
      {},
      h('span', { class: `state ${good ? 'running' : 'failed'}` }, icon(good ? 'pass' : 'error'), String(sent.status)),
    ),
    h('td', { class: 'r' }, quantity(latency(sent.latencyMs))),
    h('td', { class: 'r h-size' }, quantity(bytes(sent.bytes))),
  );
}
