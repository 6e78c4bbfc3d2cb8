import type { DecisionView, ScalingView } from '../../src/protocol/views/scaling';
import { h, icon } from '../common/dom';
import type { VElement } from '../common/dom';
import { t } from '../common/l10n';
import { count, time } from '../common/numbers';
import { sentence } from '../common/sentence';
import { link } from '../common/text';
import type { Deeds } from './deeds';
import { columnHead, facts, section } from './parts';

/** Decisions that are shown before more are asked for. */
const SHOWN = 5;

export interface ScalingOptions {
  readonly now: number;
  /** Whether all decisions are shown. */
  readonly all: boolean;
}

/** The rule by which the number of replicas follows the load, and what came of it. */
export function scaling(view: ScalingView, options: ScalingOptions, deeds: Deeds): VElement {
  return section(
    'scaling',
    t('Scaling'),
    [
      h('span', { class: 'note' }, view.note),
      view.canEdit &&
        h(
          'span',
          { class: 'note' },
          link(
            t('Edit…'),
            () => {
              deeds.act('edit');
            },
            { 'aria-label': t('Edit the number of replicas…') },
          ),
        ),
    ],
    view.idle !== undefined && h('p', { class: 'state idle note-warn' }, icon('debug-pause'), view.idle),
    view.rows.length > 0 &&
      facts(
        'h-scaling',
        view.rows.map(({ label, parts }) => [label, sentence(parts, options.now)]),
      ),
    view.rows.length > 0 && decisions(view.decisions, options, deeds),
  );
}

function decisions(all: readonly DecisionView[], { now, all: isOpen }: ScalingOptions, deeds: Deeds): VElement {
  if (all.length === 0) {
    return h('p', { class: 'dim decisions' }, t('No decisions yet.'));
  }
  const shown = isOpen ? all : all.slice(0, SHOWN);
  const more = all.length - SHOWN;
  return h(
    'div',
    { class: 'decisions' },
    h(
      'table',
      { attrs: { role: 'table', 'aria-label': t('Decisions, newest first') } },
      h(
        'thead',
        { attrs: { role: 'rowgroup' } },
        h(
          'tr',
          { attrs: { role: 'row' } },
          columnHead(t('Time')),
          columnHead(t('Replicas')),
          columnHead(t('Reason'), 'why'),
        ),
      ),
      h(
        'tbody',
        { attrs: { role: 'rowgroup' } },
        shown.map((each) => decision(each, now)),
      ),
    ),
    more > 0 &&
      h(
        'button',
        {
          class: 'text-btn',
          attrs: { type: 'button', 'aria-expanded': String(isOpen) },
          on: {
            click: () => {
              deeds.openDecisions(!isOpen);
            },
          },
        },
        isOpen ? t('Show Fewer') : t('Show {0} More', String(more)),
      ),
  );
}

function decision({ at, from, to, reason }: DecisionView, now: number): VElement {
  const cell = (classes: string, text: string, label?: string): VElement =>
    h('td', { class: classes, attrs: { role: 'cell', 'aria-label': label } }, text);
  return h(
    'tr',
    { key: String(at), attrs: { role: 'row' } },
    cell('num nowrap', time(at, now)),
    cell('num nowrap', `${count(from)} → ${count(to)}`, t('from {0} to {1}', count(from), count(to))),
    cell('why', reason),
  );
}
