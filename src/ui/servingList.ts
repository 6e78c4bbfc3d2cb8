import * as vscode from 'vscode';
import type { LocalApis } from '../app/localApis';
import type { ServingStore } from '../app/servingStore';
import { Disposables } from '../core/disposables';
import { t } from '../core/l10n';
import type { Serving } from '../core/serving';
import type { CommandId } from './commands/ids';
import { sorted } from './tree/arrangement';
import { stateLook, stateWord } from './tree/stateWords';

interface ListItem extends vscode.QuickPickItem {
  /** Stays over updates. */
  readonly key: string;
  readonly open?: readonly [id: CommandId, ...args: unknown[]];
  readonly buttons?: readonly ListButton[];
}

interface ListButton extends vscode.QuickInputButton {
  readonly run: readonly [id: CommandId, ...args: unknown[]];
  /** The list stays open: what it does shows in it. */
  readonly stays?: true;
}

export interface ListParts {
  readonly store: ServingStore;
  readonly apis: LocalApis;
  readonly run: (id: CommandId, ...args: unknown[]) => Promise<void>;
}

/** What runs in this window, as a list that follows the changes; each row has its buttons, Enter opens it. */
export function showServingList({ store, apis, run }: ListParts): void {
  const owned = new Disposables();
  const quick = owned.add(vscode.window.createQuickPick<ListItem>());
  quick.title = t('Servings');
  quick.placeholder = t('Enter opens a serving; its buttons start, stop and show logs');
  quick.matchOnDescription = true;
  quick.keepScrollPosition = true;
  let drawn = '';
  const draw = (): void => {
    const items = [...servingItems(store), ...apiItems(apis), ...otherItems(store)];
    const now = JSON.stringify(items);
    if (now !== drawn) {
      drawn = now;
      const active = quick.activeItems[0]?.key;
      quick.items = items;
      quick.activeItems = quick.items.filter(({ key }) => key === active);
    }
  };
  owned.add(store.onDidChange(draw));
  owned.add(apis.onDidChange(draw));
  owned.add(store.watch());
  owned.add(
    quick.onDidAccept(() => {
      const open = quick.activeItems[0]?.open;
      quick.hide();
      if (open) {
        void run(...open);
      }
    }),
  );
  owned.add(
    quick.onDidTriggerItemButton(({ button }) => {
      const chosen = button as ListButton;
      if (chosen.stays !== true) {
        quick.hide();
      }
      void run(...chosen.run);
    }),
  );
  owned.add(
    quick.onDidHide(() => {
      owned.dispose();
    }),
  );
  draw();
  quick.show();
}

function servingItems(store: ServingStore): readonly ListItem[] {
  return sorted(store.all(), 'state').map((serving) => ({
    key: `${serving.ref.backend}/${serving.ref.name}`,
    label: `$(${stateLook(serving).icon}) ${serving.ref.name}`,
    description: `${stateWord(serving, store.progress(serving.ref))} · ${store.labelOf(serving.ref)}`,
    open: ['modelServing.serving.open', serving.ref],
    buttons: buttonsOf(serving, store),
  }));
}

function buttonsOf(serving: Serving, store: ServingStore): readonly ListButton[] {
  const { ref } = serving;
  const actions = store.actions(serving);
  const button = (icon: string, tooltip: string, id: CommandId, stays: boolean): ListButton => ({
    iconPath: new vscode.ThemeIcon(icon),
    tooltip,
    run: [id, ref],
    ...(stays ? { stays: true } : {}),
  });
  return [
    ...(actions.includes('start')
      ? [button('debug-start', t('Start {0}', ref.name), 'modelServing.serving.start', true)]
      : []),
    ...(actions.includes('stop')
      ? [button('debug-stop', t('Stop {0}', ref.name), 'modelServing.serving.stop', true)]
      : []),
    ...(actions.includes('logs')
      ? [button('output', t('Logs of {0}', ref.name), 'modelServing.serving.logs', false)]
      : []),
  ];
}

function apiItems(apis: LocalApis): readonly ListItem[] {
  return apis.list().map(({ project, address, folder }) => ({
    key: `api ${folder}`,
    label: t('$(plug) Local Hopsworks API'),
    description: t('{0} at {1}', project, address),
    open: ['modelServing.api.menu', folder],
    buttons: [
      {
        iconPath: new vscode.ThemeIcon('copy'),
        tooltip: t('Copy a login snippet'),
        run: ['modelServing.api.copySnippet'],
      },
      {
        iconPath: new vscode.ThemeIcon('debug-stop'),
        tooltip: t('Stop the local Hopsworks API of {0}', project),
        run: ['modelServing.api.stop', folder],
        stays: true,
      },
    ],
  }));
}

function otherItems(store: ServingStore): readonly ListItem[] {
  const hasFolder = store.backends().some(({ folder }) => folder !== undefined);
  return hasFolder
    ? [
        { key: 'line', label: '', kind: vscode.QuickPickItemKind.Separator },
        {
          key: 'create',
          label: t('$(add) Create Serving from Script…'),
          open: ['modelServing.serving.create'],
        },
      ]
    : [];
}
