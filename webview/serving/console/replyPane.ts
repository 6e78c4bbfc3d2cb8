import { h, icon } from '../../common/dom';
import type { Child, VElement } from '../../common/dom';
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
      return 'Pretty';
    case 'raw':
      return 'Raw';
    case 'headers':
      return 'Headers';
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
      h('span', { class: 'dim' }, 'Reply'),
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
      { class: 'code reply', attrs: { id: 'reply', role: 'tabpanel', tabindex: '0', 'aria-label': 'Reply body' } },
      reply === undefined ? withoutReply(exchange) : text.of(reply, state.tab),
    ),
    h(
      'div',
      { class: 'under dim' },
      reply?.cutFrom !== undefined &&
        `Cut after ${count(reply.body.length)} of ${count(reply.cutFrom)} characters: Copy Reply and Save Reply have all of them.`,
    ),
    buttons(exchange, deeds),
  );
}

function tabs(state: PageState, deeds: ReplyDeeds): VElement {
  return h(
    'span',
    { class: 'bar tabs', attrs: { role: 'tablist', 'aria-label': 'Reply view', id: 'reply-tabs' } },
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
      button('Copy Reply', deeds.copyReply, { icon: 'copy', key: 'copy' }),
      button('Save Reply…', deeds.saveReply, { icon: 'save-as', key: 'save' }),
      button('Make Test…', deeds.makeTest, {
        icon: 'beaker',
        key: 'test',
        attrs: { title: 'Save the request with this reply as what is expected' },
      }),
    ],
    h('span', { class: 'grow' }),
    request !== undefined &&
      link(
        'Log Lines',
        () => {
          deeds.logs(request);
        },
        { 'aria-label': 'Log lines of this request' },
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
      return [icon('sync', 'codicon-modifier-spin'), 'Waiting'];
    case 'cancelled':
      return [icon('circle-slash'), 'Cancelled'];
    case 'failed':
      return [icon('error'), 'No reply'];
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
  return h('span', { class: 'dim' }, exchange.kind === 'none' ? 'No requests yet. Send one.' : '');
}
