import type { HeldState, InferenceSubject } from '../../src/protocol/inferencePanel';
import { h } from '../common/dom';
import type { VElement } from '../common/dom';
import { t } from '../common/l10n';
import { frame } from '../common/list/frame';
import type { Order } from './order';
import type { Picked } from './picked';
import { replayBar } from './replayBar';
import type { ReplayDeeds } from './replayBar';
import type { Replayed } from './replayed';
import type { Rows } from './rows';
import { isNarrow } from './state';
import type { PageState } from './state';
import { emptyList, statusLine } from './status';
import type { EmptyDeeds } from './status';
import { tools } from './tools';
import type { ToolDeeds } from './tools';

export interface LayoutView {
  readonly subject: InferenceSubject | undefined;
  readonly state: PageState;
  readonly rows: Rows;
  readonly order: Order;
  readonly replayed: Replayed;
  readonly picked: Picked;
  readonly custom: boolean;
  readonly work: string | undefined;
  readonly problem: string | undefined;
  readonly busy: boolean;
  readonly held: HeldState | undefined;
}

export interface PageDeeds extends ToolDeeds, ReplayDeeds, EmptyDeeds {
  readonly again: () => void;
}

/** The page around the records: tools, replay, frame of the list, status. */
export function layout(view: LayoutView, deeds: PageDeeds, onKey: (event: Event) => void): readonly VElement[] {
  const { subject, state, rows, order, replayed, picked, held } = view;
  const { filter, sort, follow } = state;
  const now = Date.now();
  const shown = order.length;
  const selected = picked.count > 1 ? picked.count : undefined;
  const isRead = held?.read === true && !view.busy;
  const hidden = isNarrow(filter) || replayed.only !== undefined ? rows.length : 0;
  const order1 = { oldest: 'ascending', newest: 'descending', slowest: undefined, fastest: undefined } as const;
  const order2 = { oldest: undefined, newest: undefined, slowest: 'descending', fastest: 'ascending' } as const;
  return [
    h(
      'main',
      { class: 'logpage records' },
      h('h1', { class: 'sr' }, t('Inference Log: {0}', subject?.name ?? '')),
      tools({ filter, counts: rows.counts, sort, follow, custom: view.custom, selected, shown, now }, deeds),
      replayBar(replayed, deeds),
      h(
        'div',
        { key: 'list', class: 'listarea' },
        frame(
          {
            label: t('Records'),
            class: 'rows',
            columns: [
              [t('Time'), 'time', order1[sort]],
              [t('Verb'), 'verb'],
              [t('Status'), 'st'],
              [t('Latency'), 'lat', order2[sort]],
              [t('Size'), 'size'],
              ...(replayed.view === undefined ? [] : ([[t('Replay'), 'again']] as const)),
              [t('Request'), 'asked'],
              [t('Reply'), 'answer'],
            ],
            rows: shown,
            selected: picked.current,
          },
          onKey,
        ),
        shown === 0 && isRead ? emptyList(hidden, subject?.empty, deeds) : undefined,
      ),
      statusLine(
        {
          held: rows.length,
          shown,
          oldest: rows.oldest?.time,
          state: held,
          follow: follow && sort === 'oldest',
          live: subject?.live ?? false,
          busy: view.busy && rows.length > 0,
          work: view.work,
          problem: view.problem,
          now,
        },
        deeds.again,
      ),
    ),
  ];
}
