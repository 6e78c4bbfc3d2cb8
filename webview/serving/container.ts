import type { ContainerView } from '../../src/protocol/views/replicas';
import { h } from '../common/dom';
import type { VElement } from '../common/dom';
import { t } from '../common/l10n';
import { iconButton } from '../common/text';
import type { Deeds } from './deeds';

const END = 9;

/** A container by the short form of its id and by its name, both to copy. `of`: whose it is, "replica 2". */
export function container({ id, name }: ContainerView, of: string, deeds: Deeds): VElement {
  const part = (text: string, what: string, classes: string): VElement =>
    h(
      'span',
      { key: what, class: `copied ${classes}` },
      // Where it is cut, it keeps its end, which tells one replica from another.
      h(
        'span',
        { class: 'mono whole', attrs: { title: text } },
        h('span', { class: 'clip' }, text.slice(0, -END)),
        h('span', { class: 'nowrap' }, text.slice(-END)),
      ),
      iconButton('copy', t('Copy container {0} of {1}', what, of), () => {
        deeds.copy(text);
      }),
    );
  return h('span', { class: 'container' }, part(id, 'id', 'c-id'), name !== '' && part(name, 'name', 'dim'));
}
