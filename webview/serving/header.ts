import type { ActionView } from '../../src/protocol/views/header';
import type { ServingView } from '../../src/protocol/servingPanel';
import { h, icon } from '../common/dom';
import type { VElement } from '../common/dom';
import { t } from '../common/l10n';
import type { Menu } from '../common/menu';
import { sentence } from '../common/sentence';
import { button, link, state } from '../common/text';
import type { Deeds } from './deeds';

/** Name, state, actions and what it is made of. */
export function header(view: ServingView, menu: Menu, deeds: Deeds): VElement {
  const bar = view.actions.filter((each) => each.place !== 'more');
  const more = view.actions.filter((each) => each.place !== 'bar');
  return h(
    'header',
    { class: 'head' },
    h(
      'div',
      { class: 'row' },
      h('h1', { attrs: { title: view.name } }, view.name),
      state(view.state, true),
      h(
        'div',
        { class: 'bar', attrs: { role: 'toolbar', 'aria-label': t('Actions for {0}', view.name), id: 'actions' } },
        bar.map((each) =>
          button(
            each.label,
            () => {
              deeds.act(each.action);
            },
            { icon: each.icon, key: each.action, class: each.place === 'wide' ? 'wide-only' : '' },
          ),
        ),
        menu.view(more.map((each) => item(each, deeds))),
      ),
    ),
    h(
      'p',
      { class: 'meta' },
      h('span', {}, icon('server'), view.backend),
      h(
        'span',
        {},
        icon('package'),
        h(
          'span',
          {},
          link(view.model, () => {
            deeds.open('model');
          }),
        ),
      ),
      view.artifact !== undefined && h('span', {}, view.artifact),
      view.revision !== undefined && h('span', { class: 'wide-only' }, view.revision),
    ),
  );
}

function item(action: ActionView, deeds: Deeds): Parameters<Menu['view']>[0][number] {
  return {
    label: action.label,
    icon: action.icon,
    apart: action.action === 'remove',
    ...(action.place === 'wide' ? { class: 'narrow-only' } : {}),
    pick: () => {
      deeds.act(action.action);
    },
  };
}

/** One sentence on how it is, with the one thing to act on. */
export function health(view: ServingView, now: number, deeds: Deeds): VElement {
  const { parts, act } = view.health;
  return h(
    'p',
    { class: 'health prose' },
    sentence(parts, now),
    act !== undefined && ' ',
    act !== undefined &&
      link(act.text, () => {
        if (act.to === 'differences' || act.to === 'test' || act.to === 'replicas') {
          deeds.goTo(act.to);
        } else {
          deeds.act(act.to);
        }
      }),
  );
}
