import type { RequestsFileView, SavedView } from '../../../src/protocol/views/console';
import { h, icon } from '../../common/dom';
import type { Child } from '../../common/dom';
import { t } from '../../common/l10n';
import type { Menu } from '../../common/menu';
import { link } from '../../common/text';

export interface SavedDeeds {
  readonly openRequests: () => void;
  readonly take: (saved: SavedView) => void;
}

/** Beside the section's heading: the file of the saved requests, what is wrong with it, and the requests to take. */
export function savedTitle(file: RequestsFileView | undefined, menu: Menu, deeds: SavedDeeds): readonly Child[] {
  if (file?.exists !== true) {
    return [];
  }
  return [
    link(file.name, deeds.openRequests, { title: t('Open the file with the saved requests') }),
    file.problem !== undefined && h('span', { class: 'note error' }, icon('error'), h('span', {}, file.problem)),
    file.requests.length > 0 &&
      menu.view(
        file.requests.map((saved) => ({
          label: saved.name,
          icon: saved.isTest ? 'beaker' : 'json',
          apart: false,
          pick: () => {
            deeds.take(saved);
          },
        })),
      ),
  ];
}
