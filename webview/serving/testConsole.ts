import type { Verb } from '../../src/core/serving';
import type { PredictReply } from '../../src/protocol/servingPanel';
import type { RequestRoute, TestView } from '../../src/protocol/views/endpoint';
import { h, icon } from '../common/dom';
import type { Child, VElement } from '../common/dom';
import type { JsonProblem } from '../common/json';
import { prettyJson, tokens } from '../common/json';
import { bytes, latency } from '../common/numbers';
import { dropdown, primaryButton } from '../common/toolkit';
import { button, link } from '../common/text';
import type { Deeds } from './deeds';
import type { Editor } from './editor';
import { history } from './history';
import type { PageState, ReplyTab } from './state';

/** Where the request is that was sent last. */
export type Exchange =
  | { readonly kind: 'none' }
  | { readonly kind: 'waiting'; readonly since: number }
  | { readonly kind: 'cancelled' }
  | { readonly kind: 'failed'; readonly message: string }
  | { readonly kind: 'reply'; readonly reply: PredictReply };

export interface ConsoleOptions {
  readonly state: PageState;
  readonly exchange: Exchange;
  readonly problem: JsonProblem | undefined;
  readonly now: number;
}

/** Longer replies are shown cut, in characters. */
const LONGEST_SHOWN = 200_000;
const TABS: readonly (readonly [ReplyTab, string])[] = [
  ['pretty', 'Pretty'],
  ['raw', 'Raw'],
  ['headers', 'Headers'],
];

/** A request to send, its reply, and those before. */
export function testConsole(view: TestView, editor: Editor, options: ConsoleOptions, deeds: Deeds): VElement {
  return h(
    'section',
    { key: 'test', attrs: { 'aria-labelledby': 'h-test', id: 'test' } },
    h('div', { class: 'title' }, h('h2', { attrs: { id: 'h-test' } }, 'Test')),
    h('div', { class: 'console' }, requestPane(view, editor, options, deeds), replyPane(options, deeds)),
    options.state.history.length > 0 && history(options, deeds),
  );
}

/** The way that was chosen, as long as it is there. */
export function routeOf({ routes }: TestView, { route }: PageState): RequestRoute | undefined {
  return routes?.some((each) => each.route === route) === true ? route : undefined;
}

function requestPane(
  view: TestView,
  editor: Editor,
  { state, exchange, problem }: ConsoleOptions,
  deeds: Deeds,
): VElement {
  const waiting = exchange.kind === 'waiting';
  return h(
    'div',
    { class: 'pane in' },
    h(
      'div',
      { class: 'bar' },
      h('span', { class: 'dim' }, 'Request'),
      h('span', { class: 'grow' }),
      view.routes !== undefined &&
        dropdown({
          label: 'Way',
          value: routeOf(view, state) ?? 'project',
          choices: view.routes.map(({ route, label }) => ({ value: route, label })),
          choose: (value) => {
            const found = view.routes?.find(({ route }) => route === value);
            if (found) {
              deeds.chooseRoute(found.route);
            }
          },
        }),
      dropdown({
        label: 'Verb',
        value: state.verb,
        choices: view.verbs.map((verb) => ({ value: verb, label: verb })),
        choose: (value) => {
          const verb = view.verbs.find((each: Verb) => each === value);
          if (verb !== undefined) {
            deeds.chooseVerb(verb);
          }
        },
      }),
    ),
    editor.view(state.body ?? view.sample, problem),
    h(
      'div',
      { class: 'bar' },
      primaryButton({
        label: 'Send',
        keys: 'Control+Enter',
        press: () => {
          deeds.send();
        },
      }),
      waiting &&
        button(
          'Cancel',
          () => {
            deeds.cancel();
          },
          { key: 'cancel' },
        ),
      h(
        'span',
        { key: 'hint', class: problem === undefined ? 'dim' : 'problem', attrs: { id: 'hint' } },
        problem === undefined
          ? [h('kbd', {}, waiting ? 'Escape' : 'Ctrl'), !waiting && ' ', !waiting && h('kbd', {}, 'Enter')]
          : [
              icon('error'),
              h('span', {}, `Line ${String(problem.line)}, column ${String(problem.column)}: ${problem.message}`),
            ],
      ),
    ),
  );
}

function replyPane({ state, exchange }: ConsoleOptions, deeds: Deeds): VElement {
  const reply = exchange.kind === 'reply' ? exchange.reply : undefined;
  const request = reply?.requestId;
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
      h(
        'span',
        { class: 'bar tabs', attrs: { role: 'tablist', 'aria-label': 'Reply view', id: 'reply-tabs' } },
        TABS.map(([tab, label]) =>
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
            label,
          ),
        ),
      ),
    ),
    h(
      'pre',
      { class: 'code reply', attrs: { id: 'reply', role: 'tabpanel', tabindex: '0', 'aria-label': 'Reply body' } },
      replyText(exchange, state.tab),
    ),
    h(
      'div',
      { class: 'bar' },
      reply !== undefined &&
        button(
          'Copy Reply',
          () => {
            deeds.copy(reply.body);
          },
          { icon: 'copy' },
        ),
      h('span', { class: 'grow' }),
      request !== undefined &&
        link(
          'Log Lines',
          () => {
            deeds.logs({ request });
          },
          { 'aria-label': 'Log lines of this request' },
        ),
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

function replyText(exchange: Exchange, tab: ReplyTab): readonly Child[] {
  if (exchange.kind === 'failed') {
    return [h('span', { class: 'bad-text' }, exchange.message)];
  }
  if (exchange.kind !== 'reply') {
    return [h('span', { class: 'dim' }, exchange.kind === 'none' ? 'No requests yet. Send one.' : '')];
  }
  const { reply } = exchange;
  if (tab === 'headers') {
    return Object.entries(reply.headers).map(([name, value]) =>
      h('span', { key: name, class: 'line' }, h('span', { class: 'tk-name' }, name), `: ${value}\n`),
    );
  }
  const cut = reply.body.length > LONGEST_SHOWN;
  const body = cut ? reply.body.slice(0, LONGEST_SHOWN) : reply.body;
  const rest = cut
    ? `\n… ${String(reply.body.length - LONGEST_SHOWN)} more characters: Copy Reply has all of them.`
    : undefined;
  const pretty = tab === 'pretty' && !cut ? prettyJson(body) : undefined;
  return pretty === undefined
    ? [body, rest !== undefined && h('span', { class: 'dim' }, rest)]
    : tokens(pretty).map((token) =>
        token.kind === 'plain' ? token.text : h('span', { class: `tk-${token.kind}` }, token.text),
      );
}
