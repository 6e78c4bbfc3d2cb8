import { h, icon } from '../common/dom';
import type { VElement } from '../common/dom';
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
      view.shown === view.held ? `${count(view.held)} lines` : `${count(view.shown)} of ${count(view.held)} lines`,
    ),
    view.held > 0 && h('span', { key: 'bytes', class: 'wide-only' }, quantity(bytes(view.bytes))),
    view.oldest !== undefined &&
      h(
        'span',
        { key: 'oldest', class: 'wide-only' },
        view.isCut
          ? `cut at the limit, oldest ${time(view.oldest, view.now)}, earlier ones are in the log files`
          : `oldest ${time(view.oldest, view.now)}`,
      ),
    view.partly > 0 &&
      h('span', { key: 'partly' }, `${count(view.partly)} long lines searched only at their beginning`),
    view.work !== undefined && h('span', { key: 'work', attrs: { role: 'status' } }, view.work),
    view.problem === undefined ? following(view) : failed(view.problem, deeds),
  );
}

function following({ follow, live }: StatusView): VElement {
  if (!follow) {
    return h('span', { class: 'state idle' }, icon('debug-pause'), 'not following');
  }
  return h(
    'span',
    { class: `state ${live ? 'running' : 'idle'}` },
    icon('arrow-circle-down'),
    live ? 'following' : 'following, not running',
  );
}

function failed(problem: string, { again }: StatusDeeds): VElement {
  return h(
    'span',
    { key: 'problem', class: 'state failed problem', attrs: { role: 'status' } },
    icon('error'),
    h('span', {}, problem),
    button('Read Again', again),
  );
}

/** In place of the list where it is empty: one sentence and one way on. */
export function emptyList(hidden: number, started: boolean, deeds: StatusDeeds): VElement | undefined {
  if (hidden > 0) {
    return h(
      'p',
      { key: 'empty', class: 'empty' },
      `No line matches: ${count(hidden)} ${hidden === 1 ? 'is' : 'are'} hidden. `,
      button('Clear Filters', deeds.showAll),
    );
  }
  return started
    ? h('p', { key: 'empty', class: 'empty dim' }, 'No lines yet. They appear here as the serving writes them.')
    : undefined;
}
