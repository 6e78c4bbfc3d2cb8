import type { Verb } from '../../../src/core/serving';
import type { StreamForm } from '../../../src/core/backend';
import { isStreamForm } from '../../../src/protocol/views/console';
import type { VerbView } from '../../../src/protocol/views/console';
import type { RequestRoute, TestView } from '../../../src/protocol/views/endpoint';
import { h, icon } from '../../common/dom';
import type { Child, VElement } from '../../common/dom';
import { t } from '../../common/l10n';
import { button, link } from '../../common/text';
import { dropdown, primaryButton } from '../../common/toolkit';
import type { PageState } from '../state';
import type { Editor } from './editor';
import type { Exchange, Note } from './exchange';

export interface RequestDeeds {
  readonly send: () => void;
  readonly cancel: () => void;
  readonly chooseVerb: (verb: Verb) => void;
  readonly chooseRoute: (route: RequestRoute) => void;
  readonly chooseStream: (stream: StreamForm | undefined) => void;
  readonly goTo: (place: NonNullable<Note['place']>) => void;
  readonly format: () => void;
  readonly save: () => void;
  readonly sendRows: () => void;
}

export interface RequestOptions {
  readonly test: TestView;
  readonly state: PageState;
  readonly exchange: Exchange;
  readonly note: Note | undefined;
  readonly verb: VerbView | undefined;
  readonly canStream: boolean;
  readonly editor: Editor;
}

/** The way that was chosen, as long as it is there. */
export function routeOf({ routes }: TestView, { route }: PageState): RequestRoute | undefined {
  return routes?.some((each) => each.route === route) === true ? route : undefined;
}

/** The body that is shown until something is typed: one that the server takes. */
export function sampleOf(test: TestView, verb: VerbView | undefined): string {
  return verb?.sample ?? test.sample;
}

export function requestPane(options: RequestOptions, deeds: RequestDeeds): VElement {
  const { test, state, note, verb, editor } = options;
  return h(
    'div',
    { class: 'pane in' },
    h(
      'div',
      { class: 'bar' },
      h('span', { class: 'dim' }, t('Request')),
      h('span', { class: 'grow' }),
      h(
        'button',
        {
          class: 'icon-btn',
          attrs: { type: 'button', 'aria-label': t('Format request'), title: t('Format request (Shift+Alt+F)') },
          on: { click: deeds.format },
        },
        icon('json'),
      ),
      options.canStream && forms(state, deeds),
      test.routes !== undefined && ways(test, state, deeds),
      verbs(test, state, deeds),
    ),
    editor.view(state.body ?? sampleOf(test, verb), note?.tone === 'error'),
    h('div', { class: 'under', attrs: { id: 'hint' } }, under(note, verb, deeds)),
    buttons(options, deeds),
  );
}

/** How the reply is asked for: what a script yields can be shown as it comes. */
function forms(state: PageState, deeds: RequestDeeds): VElement {
  return dropdown({
    label: t('Reply as'),
    value: state.stream ?? 'json',
    choices: [
      { value: 'json', label: 'JSON' },
      { value: 'events', label: t('Events') },
      { value: 'lines', label: 'NDJSON' },
    ],
    choose: (value) => {
      deeds.chooseStream(isStreamForm(value) ? value : undefined);
    },
  });
}

function ways(test: TestView, state: PageState, deeds: RequestDeeds): VElement {
  return dropdown({
    label: t('Way'),
    value: routeOf(test, state) ?? 'project',
    choices: (test.routes ?? []).map(({ route, label }) => ({ value: route, label })),
    choose: (value) => {
      const found = test.routes?.find(({ route }) => route === value);
      if (found) {
        deeds.chooseRoute(found.route);
      }
    },
  });
}

function verbs(test: TestView, state: PageState, deeds: RequestDeeds): VElement {
  return dropdown({
    label: t('Verb'),
    value: state.verb,
    choices: test.verbs.map((verb) => ({ value: verb, label: verb })),
    choose: (value) => {
      const verb = test.verbs.find((each) => each === value);
      if (verb !== undefined) {
        deeds.chooseVerb(verb);
      }
    },
  });
}

const ICONS = { error: 'error', warning: 'warning', info: 'info' } as const;

/** What is wrong or was done; while there is nothing to say, what a request is checked against. */
function under(note: Note | undefined, verb: VerbView | undefined, deeds: RequestDeeds): Child {
  if (note === undefined) {
    return h('span', { key: 'source', class: 'dim' }, verb?.inputs?.source);
  }
  const { tone, text, place } = note;
  return h(
    'span',
    { key: 'note', class: `note ${tone}` },
    icon(ICONS[tone]),
    place === undefined
      ? h('span', {}, text)
      : link(text, () => {
          deeds.goTo(place);
        }),
  );
}

function buttons({ exchange }: RequestOptions, deeds: RequestDeeds): VElement {
  const waiting = exchange.kind === 'waiting';
  return h(
    'div',
    { class: 'bar' },
    primaryButton({ label: t('Send'), keys: 'Control+Enter', press: deeds.send }),
    waiting && button(t('Cancel'), deeds.cancel, { key: 'cancel' }),
    h(
      'span',
      { key: 'keys', class: 'dim nowrap' },
      waiting ? h('kbd', {}, 'Escape') : [h('kbd', {}, isMac() ? '⌘' : 'Ctrl'), ' ', h('kbd', {}, 'Enter')],
    ),
    h('span', { class: 'grow' }),
    button(t('Rows from File…'), deeds.sendRows, {
      icon: 'table',
      key: 'rows',
      attrs: { title: t('Make a request of rows of a CSV or Parquet file') },
    }),
    button(t('Save Request…'), deeds.save, { icon: 'save', key: 'save' }),
  );
}

function isMac(): boolean {
  return /mac/i.test(navigator.userAgent);
}
