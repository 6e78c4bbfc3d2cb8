import type { HeldState, InferenceSubject } from '../../src/protocol/inferencePanel';
import { h } from '../common/dom';
import type { VElement } from '../common/dom';
import { t } from '../common/l10n';
import { failed, following } from '../common/list/following';
import { bytes, count, time } from '../common/numbers';
import { button, quantity } from '../common/text';

export interface StatusView {
  readonly held: number;
  readonly shown: number;
  readonly oldest: number | undefined;
  readonly state: HeldState | undefined;
  readonly follow: boolean;
  readonly live: boolean;
  /** Whether the rest is still being looked at. */
  readonly busy: boolean;
  readonly work: string | undefined;
  readonly problem: string | undefined;
  readonly now: number;
}

/** What is held and whether it follows. */
export function statusLine(view: StatusView, again: () => void): VElement {
  const { held, shown, state } = view;
  return h(
    'div',
    { key: 'status', class: 'statusline' },
    h(
      'span',
      { attrs: { role: 'status', 'aria-live': 'polite' } },
      shown === held ? t('{0} records', count(held)) : t('{0} of {1} records', count(shown), count(held)),
      view.busy ? ` ${t('(looking)')}` : '',
    ),
    state !== undefined && held > 0 && h('span', { key: 'bytes', class: 'wide-only' }, quantity(bytes(state.bytes))),
    view.oldest !== undefined &&
      h(
        'span',
        { key: 'oldest', class: 'wide-only' },
        (state?.oldest ?? 0) > 0
          ? t('cut at the limit, oldest {0}', time(view.oldest, view.now))
          : t('oldest {0}', time(view.oldest, view.now)),
      ),
    state?.troubles.map((trouble) => h('span', { key: trouble, class: 'warn-text' }, trouble)),
    view.work !== undefined && h('span', { key: 'work', attrs: { role: 'status' } }, view.work),
    view.problem === undefined ? following(view) : failed(view.problem, again),
  );
}

export interface EmptyDeeds {
  readonly showAll: () => void;
  readonly remedy: (index: number) => void;
}

/** In place of the list where it is empty: why, and the ways on. @param hidden records that the filter hides */
export function emptyList(
  hidden: number,
  empty: InferenceSubject['empty'] | undefined,
  { showAll, remedy }: EmptyDeeds,
): VElement | undefined {
  if (hidden > 0) {
    return h(
      'p',
      { key: 'empty', class: 'empty' },
      hidden === 1 ? t('No record fits: 1 is hidden. ') : t('No record fits: {0} are hidden. ', count(hidden)),
      button(t('Clear Filters'), showAll),
    );
  }
  return (
    empty &&
    h(
      'p',
      { key: 'empty', class: 'empty' },
      `${empty.text} `,
      empty.remedies.map(({ label, icon }, at) =>
        button(
          label,
          () => {
            remedy(at);
          },
          icon === undefined ? {} : { icon },
        ),
      ),
    )
  );
}
