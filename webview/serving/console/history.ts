import type { Sent } from '../../../src/protocol/views/console';
import { h, icon } from '../../common/dom';
import type { VElement } from '../../common/dom';
import { t } from '../../common/l10n';
import { bytes, latency, time } from '../../common/numbers';
import { quantity } from '../../common/text';
import { columnHead } from '../parts';

export interface HistoryDeeds {
  readonly take: (sent: Sent) => void;
  readonly clear: () => void;
}

/** The requests that were sent before, newest first; one of them can be taken again. */
export function history(sent: readonly Sent[], now: number, deeds: HistoryDeeds): VElement {
  return h(
    'div',
    { key: 'history', class: 'sent' },
    h(
      'div',
      { class: 'bar' },
      h('h3', { class: 'dim', attrs: { id: 'h-history' } }, t('History')),
      h('span', { class: 'grow' }),
      h('button', { class: 'text-btn', attrs: { type: 'button' }, on: { click: deeds.clear } }, t('Clear History')),
    ),
    h(
      'table',
      { class: 'history', attrs: { 'aria-label': t('Request history'), id: 'history' } },
      h(
        'thead',
        {},
        h(
          'tr',
          {},
          columnHead(t('Sent')),
          columnHead(t('Verb'), 'h-verb'),
          columnHead(t('Request')),
          columnHead(t('Status')),
          columnHead(t('Latency'), 'r'),
          columnHead(t('Size'), 'r h-size'),
        ),
      ),
      h(
        'tbody',
        {},
        sent.map((each) => row(each, now, deeds)),
      ),
    ),
  );
}

function row(sent: Sent, now: number, deeds: HistoryDeeds): VElement {
  const good = sent.status < 400;
  const isKept = sent.body !== '';
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
          attrs: {
            type: 'button',
            title: isKept ? sent.what : t('{0} (too long to be kept)', sent.what),
            'aria-disabled': isKept ? undefined : 'true',
          },
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
