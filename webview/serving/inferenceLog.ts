import type { InferenceLogRow, InferenceLogView } from '../../src/protocol/views/inferenceLog';
import { h } from '../common/dom';
import type { Child, VElement } from '../common/dom';
import { t } from '../common/l10n';
import { sentence } from '../common/sentence';
import { link, state } from '../common/text';
import type { Deeds } from './deeds';
import { facts, section } from './parts';

/** What becomes of the records of predictions. */
export function inferenceLog(view: InferenceLogView, now: number, deeds: Deeds): VElement {
  const { view: shown } = view;
  return section(
    'topic',
    t('Inference log'),
    [
      view.state !== undefined && state(view.state),
      shown !== undefined &&
        h(
          'span',
          { class: 'end' },
          link(
            shown.text,
            () => {
              deeds.open(shown.target);
            },
            { 'aria-label': t('Show records of the inference log') },
          ),
        ),
    ],
    view.note !== undefined && h('p', { key: 'note', class: 'prose dim' }, view.note),
    view.rows.length > 0 &&
      facts(
        'h-topic',
        view.rows.map((row) => [row.label, value(row, now, deeds)] as const),
      ),
  );
}

function value({ parts, code, link: target, remedy }: InferenceLogRow, now: number, deeds: Deeds): readonly Child[] {
  const text = sentence(parts, now);
  const open = (): void => {
    if (target !== undefined) {
      deeds.open(target.target);
    }
  };
  return [
    target === undefined
      ? h('span', { class: code ? 'mono' : '' }, text)
      : h('span', { class: 'prose' }, text, '. ', link(target.text, open)),
    remedy !== undefined && h('div', { class: 'prose dim' }, remedy),
  ];
}
