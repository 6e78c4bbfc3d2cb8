import { h, icon } from '../common/dom';
import type { VElement } from '../common/dom';
import { t } from '../common/l10n';
import { iconButton } from '../common/text';
import { narrowBar } from './narrowBar';
import type { NarrowDeeds, NarrowView } from './narrowBar';
import { searchField } from './searchField';
import type { SearchDeeds, SearchView } from './searchField';
import type { StatusDeeds } from './status';

export interface ToolDeeds extends NarrowDeeds, SearchDeeds, StatusDeeds {
  readonly follow: (on: boolean) => void;
  readonly wrap: (on: boolean) => void;
  readonly relative: (on: boolean) => void;
  readonly copyShown: () => void;
  readonly save: () => void;
  readonly openText: () => void;
  readonly clear: () => void;
}

export interface ToolsView extends NarrowView, SearchView {
  readonly follow: boolean;
  readonly wrap: boolean;
  readonly relative: boolean;
}

/** The bars above the list: what to narrow to, what to search for, what to do with the lines. */
export function tools(view: ToolsView, deeds: ToolDeeds): VElement {
  return h(
    'div',
    { key: 'tools', class: 'tools' },
    narrowBar(view, deeds),
    h('div', { class: 'bar' }, searchField(view, deeds), actions(view, deeds)),
  );
}

function actions({ follow, wrap, relative }: ToolsView, deeds: ToolDeeds): VElement {
  return h(
    'span',
    { class: 'icons', attrs: { role: 'toolbar', 'aria-label': t('Log actions'), id: 'log-actions' } },
    h(
      'button',
      {
        class: 'toggle',
        attrs: {
          type: 'button',
          'aria-pressed': String(follow),
          'aria-label': t('Follow'),
          title: t('Follow: stay at the newest line'),
        },
        on: {
          click: () => {
            deeds.follow(!follow);
          },
        },
      },
      icon('arrow-circle-down'),
      h('span', { class: 'wide-only' }, t('Follow')),
    ),
    toggle('word-wrap', t('Wrap lines'), wrap, deeds.wrap),
    toggle('history', t('Show how long ago'), relative, deeds.relative),
    h('span', { class: 'sep' }),
    iconButton('copy', t('Copy shown lines'), deeds.copyShown),
    iconButton('save', t('Save shown lines as…'), deeds.save),
    iconButton('go-to-file', t('Open shown lines as text'), deeds.openText),
    iconButton('clear-all', t('Clear view'), deeds.clear),
  );
}

function toggle(name: string, label: string, on: boolean, press: (on: boolean) => void): VElement {
  return h(
    'button',
    {
      class: 'toggle',
      attrs: { type: 'button', 'aria-pressed': String(on), 'aria-label': label, title: label },
      on: {
        click: () => {
          press(!on);
        },
      },
    },
    icon(name),
  );
}
