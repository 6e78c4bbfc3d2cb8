import type { Outcome } from '../../src/protocol/views/record';
import { h, icon } from '../common/dom';
import type { VElement } from '../common/dom';
import { t } from '../common/l10n';
import { count, latency } from '../common/numbers';
import { button, iconButton } from '../common/text';
import type { Replayed } from './replayed';

export interface ReplayDeeds {
  readonly only: (outcome: Outcome | undefined) => void;
  readonly cancel: () => void;
  readonly close: () => void;
}

/** Icon, tone and word of each way to be answered. */
export const OUTCOMES: Readonly<Record<Outcome, readonly [string, string, string]>> = {
  same: ['pass', 'running', t('same')],
  close: ['pass', 'idle', t('within tolerance')],
  different: ['diff-modified', 'degraded', t('different')],
  failed: ['error', 'failed', t('failed')],
};

/** What was sent again and how it was answered, above the list. */
export function replayBar(replayed: Replayed, deeds: ReplayDeeds): VElement | undefined {
  const { view, counts, done, latencies } = replayed;
  if (view === undefined) {
    return undefined;
  }
  const whole = (ms: number): string => {
    const { value, unit } = latency(ms);
    return `${value} ${unit}`;
  };
  return h(
    'div',
    { key: 'replay', class: 'replaybar', attrs: { role: 'region', 'aria-label': t('Replay') } },
    h(
      'span',
      { class: 'state', attrs: { role: 'status', 'aria-live': 'polite' } },
      icon(view.running ? 'sync' : 'debug-rerun', view.running ? 'codicon-modifier-spin' : ''),
      view.running
        ? t('Replaying to {0}: {1} of {2}', view.target, count(done), count(view.of))
        : t('Replayed to {0}: {1} of {2}', view.target, count(done), count(view.of)),
    ),
    h(
      'span',
      { class: 'levels', attrs: { role: 'group', 'aria-label': t('Outcomes') } },
      (['same', 'close', 'different', 'failed'] as const).map((outcome) => {
        const [sign, look, word] = OUTCOMES[outcome];
        return h(
          'button',
          {
            key: outcome,
            class: 'toggle',
            attrs: {
              type: 'button',
              'aria-pressed': String(replayed.only === outcome),
              'aria-label': t('{0}, {1}', word, count(counts[outcome])),
              title: t('Show only what is {0}', word),
              disabled: view.running || counts[outcome] === 0,
            },
            on: {
              click: () => {
                deeds.only(replayed.only === outcome ? undefined : outcome);
              },
            },
          },
          h('span', { class: `state ${look}` }, icon(sign)),
          `${word} `,
          h('span', { class: 'count num' }, count(counts[outcome])),
        );
      }),
    ),
    latencies !== undefined &&
      h('span', { class: 'dim num' }, t('median {0}, now {1}', whole(latencies.before), whole(latencies.now))),
    view.left > 0 && h('span', { class: 'dim' }, t('{0} left out: they cannot be sent again', count(view.left))),
    view.problem !== undefined && h('span', { class: 'bad-text' }, t('Ended early: {0}', view.problem)),
    h('span', { class: 'grow' }),
    view.running
      ? button(t('Cancel'), deeds.cancel, { key: 'cancel' })
      : iconButton('close', t('Close the replay'), deeds.close),
  );
}
