import type { EndpointView } from '../../src/protocol/views/endpoint';
import { h, icon } from '../common/dom';
import type { VElement } from '../common/dom';
import { address, iconButton, link } from '../common/text';
import type { Deeds } from './deeds';
import type { Verb } from '../../src/core/serving';
import { t } from '../common/l10n';

/** Where it answers, and the request as a program. */
export function endpoint(view: EndpointView, verb: Verb, canCopyRequest: boolean, deeds: Deeds): VElement {
  const url = view.url.replace(/:predict$/, `:${verb}`);
  return h(
    'section',
    { key: 'endpoint', attrs: { 'aria-labelledby': 'h-endpoint' } },
    h(
      'div',
      { class: 'title' },
      h('h2', { attrs: { id: 'h-endpoint' } }, t('Endpoint')),
      view.answering
        ? h('span', { class: 'note' }, view.note)
        : h('span', { class: 'state stopped' }, icon('circle-large-outline'), t('Not answering')),
    ),
    h(
      'div',
      { class: 'endpoint' },
      h('span', { class: 'verb mono' }, view.method),
      h(
        'div',
        { class: 'url code' },
        h('code', view.answering ? {} : { class: 'dim' }, address(url)),
        iconButton('copy', t('Copy endpoint'), () => {
          deeds.copy(url);
        }),
      ),
      canCopyRequest &&
        h(
          'div',
          { class: 'bar', attrs: { role: 'group', 'aria-label': t('Copy request as') } },
          h('span', { class: 'dim' }, t('Copy as')),
          textButton('curl', () => {
            deeds.copyAs('curl');
          }),
          textButton('Python', () => {
            deeds.copyAs('python');
          }),
          textButton('JavaScript', () => {
            deeds.copyAs('javascript');
          }),
        ),
    ),
    view.answering &&
      view.pages.length > 0 &&
      h(
        'p',
        { class: 'also' },
        h('span', {}, t('Also here:')),
        view.pages.map(({ target, label }) =>
          link(label, () => {
            deeds.open(target);
          }),
        ),
      ),
  );
}

function textButton(label: string, press: () => void): VElement {
  return h('button', { class: 'text-btn', attrs: { type: 'button' }, on: { click: press } }, label);
}
