import { h } from '../common/dom';
import type { VElement } from '../common/dom';
import { t } from '../common/l10n';
import { failed, following } from '../common/list/following';
import { bytes, count, time } from '../common/numbers';
import { button, quantity } from '../common/text';

export interface StatusDeeds {
  readonly again: () => void;
  readonly showAll: () => void;
}

export interface StatusView {
  readonly held: number;
  readonly shown: number;
  readonly bytes: number;
  readonly oldest: number | undefined;
  readonly isCut: boolean;
  readonly follow: boolean;
  readonly live: boolean;
  /** Lines so long that only their beginning was searched. */
  readonly partly: number;
  /** What is being written out: "Saving: 120,000 lines". */
  readonly work: string | undefined;
  readonly problem: string | undefined;
  readonly now: number;
}

/** What is held and whether it follows. */
export function statusLine(view: StatusView, deeds: StatusDeeds): VElement {
  return h(
    'div',
    { key: 'status', class: 'statusline' },
    h(
      'span',
      {},
      view.shown === view.held
        ? t('{0} lines', count(view.held))
        : t('{0} of {1} lines', count(view.shown), count(view.held)),
    ),
    view.held > 0 && h('span', { key: 'bytes', class: 'wide-only' }, quantity(bytes(view.bytes))),
    view.oldest !== undefined &&
      h(
        'span',
        { key: 'oldest', class: 'wide-only' },
        view.isCut
          ? t('cut at the limit, oldest {0}, earlier ones are in the log files', time(view.oldest, view.now))
          : t('oldest {0}', time(view.oldest, view.now)),
      ),
    view.partly > 0 &&
      h('span', { key: 'partly' }, t('{0} long lines searched only at their beginning', count(view.partly))),
    view.work !== undefined && h('span', { key: 'work', attrs: { role: 'status' } }, view.work),
    view.problem === undefined ? following(view) : failed(view.problem, deeds.again),
  );
}

/** In place of the list where it is empty: one sentence and one way on. */
export function emptyList(hidden: number, started: boolean, deeds: StatusDeeds): VElement | undefined {
  if (hidden > 0) {
    return h(
      'p',
      { key: 'empty', class: 'empty' },
      hidden === 1 ? t('No line matches: 1 is hidden. ') : t('No line matches: {0} are hidden. ', count(hidden)),
      button(t('Clear Filters'), deeds.showAll),
    );
  }
  return started
    ? h('p', { key: 'empty', class: 'empty dim' }, t('No lines yet. They appear here as the serving writes them.'))
    : undefined;
}
