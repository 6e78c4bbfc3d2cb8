import type { ConfigurationRow, ConfigurationView } from '../../src/protocol/views/configuration';
import { h, icon } from '../common/dom';
import type { Child, VElement } from '../common/dom';
import { t } from '../common/l10n';
import { link } from '../common/text';
import type { Deeds } from './deeds';

/** What was asked for, with what differs from what runs at its row. */
export function configuration(view: ConfigurationView, deeds: Deeds): VElement {
  const first = view.rows.find((each) => each.difference !== undefined);
  return h(
    'section',
    { key: 'configuration', attrs: { 'aria-labelledby': 'h-config' } },
    h(
      'div',
      { class: 'title' },
      h('h2', { attrs: { id: 'h-config' } }, t('Configuration')),
      view.file !== undefined &&
        h(
          'span',
          { class: 'note' },
          link(view.file, () => {
            deeds.open('definition');
          }),
        ),
    ),
    h(
      'table',
      { class: 'kv', attrs: { 'aria-labelledby': 'h-config' } },
      h(
        'tbody',
        {},
        view.rows.map((each) => row(each, each === first, view.canRestart, deeds)),
      ),
    ),
  );
}

function row(view: ConfigurationRow, isFirst: boolean, canRestart: boolean, deeds: Deeds): VElement {
  return h(
    'tr',
    {
      key: view.label,
      class: view.difference === undefined ? '' : 'differs',
      attrs: { id: isFirst ? 'differences' : undefined, tabindex: isFirst ? '-1' : undefined },
    },
    h('th', { attrs: { scope: 'row' } }, view.label),
    h(
      'td',
      { class: 'num' },
      value(view, deeds),
      view.difference !== undefined && difference(view, view.difference, canRestart, deeds),
    ),
  );
}

function value(view: ConfigurationRow, deeds: Deeds): readonly Child[] {
  const { link: target, linkText } = view;
  const parts: readonly Child[] = [
    view.text,
    target !== undefined &&
      linkText !== undefined &&
      link(linkText, () => {
        deeds.open(target);
      }),
  ];
  return view.code ? [h('span', { class: 'mono' }, parts)] : parts;
}

function difference({ canCompare }: ConfigurationRow, text: string, canRestart: boolean, deeds: Deeds): VElement {
  return h(
    'div',
    { class: 'diffnote prose' },
    icon('diff-modified'),
    h(
      'span',
      {},
      t('Differs from what runs: {0}.', text),
      canCompare === true && ' ',
      canCompare === true &&
        link(t('Compare'), () => {
          deeds.open('compareScript');
        }),
      canCompare === true && '.',
      canRestart && ' ',
      canRestart &&
        link(t('Restart'), () => {
          deeds.act('restart');
        }),
      canRestart && t(' to take it up.'),
    ),
  );
}
