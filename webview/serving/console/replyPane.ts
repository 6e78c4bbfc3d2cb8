import { h, icon } from '../../common/dom';
import type { Child, VElement } from '../../common/dom';
import { t } from '../../common/l10n';
import { bytes, count, latency } from '../../common/numbers';
import { button, link } from '../../common/text';
import type { PageState, ReplyTab } from '../state';
import type { Exchange } from './exchange';
import type { ReplyText } from './replyText';

export interface ReplyDeeds {
  readonly chooseTab: (tab: ReplyTab) => void;
  readonly copyReply: () => void;
  readonly saveReply: () => void;
  readonly makeTest: () => void;
  readonly replyRemedy: (index: number) => void;
  /** The log lines of a request. */
  readonly logs: (request: string) => void;
}

const TABS: readonly ReplyTab[] = ['pretty', 'raw', 'headers'];

function tabLabel(tab: ReplyTab): string {
  switch (tab) {
    case 'pretty':
      return t('Pretty');
    case 'raw':
      return t('Raw');
    case 'headers':
      return t('Headers');
  }
}

export function replyPane(state: PageState, exchange: Exchange, text: ReplyText, deeds: ReplyDeeds): VElement {
  const reply = exchange.kind === 'reply' ? exchange.reply : undefined;
  return h(
    'div',
    { class: 'pane out' },
    h(
      'div',
      { class: 'bar' },
      h('span', { class: 'dim' }, t('Reply')),
      h(
        'span',
        { key: 'status', class: `state num ${tone(exchange)}`, attrs: { role: 'status', 'aria-live': 'polite' } },
        status(exchange),
      ),
      h('span', { class: 'grow' }),
      tabs(state, deeds),
    ),
    h(
      'pre',
      { class: 'code reply', attrs: { id: 'reply', role: 'tabpanel', tabindex: '0', 'aria-label': t('Reply body') } },
      reply === undefined ? withoutReply(exchange) : text.of(reply, state.tab),
    ),
    h(
      'div',
      { class: 'under dim' },
      reply?.cutFrom !== undefined &&
        t(
          'Cut after {0} of {1} characters: Copy Reply and Save Reply have all of them.',
          count(reply.body.length),
          count(reply.cutFrom),
        ),
    ),
    buttons(exchange, deeds),
  );
}

function tabs(state: PageState, deeds: ReplyDeeds): VElement {
  return h(
    'span',
    { class: 'bar tabs', attrs: { role: 'tablist', 'aria-label': t('Reply view'), id: 'reply-tabs' } },
    TABS.map((tab) =>
      h(
        'button',
        {
          key: tab,
          class: 'toggle',
          attrs: {
            type: 'button',
            role: 'tab',
            id: `tab-${tab}`,
            'aria-selected': String(state.tab === tab),
            'aria-controls': 'reply',
          },
          on: {
            click: () => {
              deeds.chooseTab(tab);
            },
            focus: () => {
              if (state.tab !== tab) {
                deeds.chooseTab(tab);
              }
            },
          },
        },
        tabLabel(tab),
      ),
    ),
  );
}

function buttons(exchange: Exchange, deeds: ReplyDeeds): VElement {
  if (exchange.kind === 'failed') {
    return h(
      'div',
      { class: 'bar' },
      exchange.failure.remedies.map(({ label, icon: name }, index) =>
        button(
          label,
          () => {
            deeds.replyRemedy(index);
          },
          { key: label, ...(name === undefined ? {} : { icon: name }) },
        ),
      ),
    );
  }
  const request = exchange.kind === 'reply' ? exchange.reply.requestId : undefined;
  return h(
    'div',
    { class: 'bar' },
    exchange.kind === 'reply' && [
      button(t('Copy Reply'), deeds.copyReply, { icon: 'copy', key: 'copy' }),
      button(t('Save Reply…'), deeds.saveReply, { icon: 'save-as', key: 'save' }),
      button(t('Make Test…'), deeds.makeTest, {
        icon: 'beaker',
        key: 'test',
        attrs: { title: t('Save the request with this reply as what is expected') },
      }),
    ],
    h('span', { class: 'grow' }),
    request !== undefined &&
      link(
        t('Log Lines'),
        () => {
          deeds.logs(request);
        },
        { 'aria-label': t('Log lines of this request') },
      ),
  );
}

function tone(exchange: Exchange): string {
  switch (exchange.kind) {
    case 'reply':
      return exchange.reply.status < 400 ? 'running' : 'failed';
    case 'failed':
      return 'failed';
    case 'waiting':
      return 'busy';
    case 'none':
    case 'cancelled':
      return 'idle';
  }
}

function status(exchange: Exchange): readonly Child[] {
  switch (exchange.kind) {
    case 'none':
      return [];
    case 'waiting':
      return [icon('sync', 'codicon-modifier-spin'), t('Waiting')];
    case 'cancelled':
      return [icon('circle-slash'), t('Cancelled')];
    case 'failed':
      return [icon('error'), t('No reply')];
    case 'reply': {
      const { status: code, statusText, latencyMs, bytes: size } = exchange.reply;
      const took = latency(latencyMs);
      const long = bytes(size);
      const text = `${String(code)}${statusText === '' ? '' : ` ${statusText}`} · ${took.value} ${took.unit} · ${long.value} ${long.unit}`;
      return [icon(code < 400 ? 'pass' : 'error'), text];
    }
  }
}

function withoutReply(exchange: Exchange): Child {
  if (exchange.kind === 'failed') {
    return h('span', { class: 'bad-text' }, exchange.failure.message);
  }
  if (exchange.kind === 'waiting') {
    return exchange.text;
  }
  return h('span', { class: 'dim' }, exchange.kind === 'none' ? t('No requests yet. Send one.') : '');
}
