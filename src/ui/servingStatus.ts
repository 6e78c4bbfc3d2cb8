import * as vscode from 'vscode';
import type { LocalApis } from '../app/localApis';
import type { ServingStore } from '../app/servingStore';
import { Disposables, type Disposable } from '../core/disposables';
import { t } from '../core/l10n';
import type { Serving } from '../core/serving';
import { isServing } from './tree/arrangement';
import { stateWord } from './tree/stateWords';

/** How often what is shown is read again while no view does that: milliseconds. */
const LOOK_MS = 15_000;
/** How many servings the tooltip names. */
const MOST_NAMED = 10;

export interface StatusText {
  readonly text: string;
  readonly tooltip: string;
  readonly spoken: string;
  readonly isWarning: boolean;
}

/** What the status bar says; undefined while there is nothing of ours. */
export function statusText(
  servings: readonly Serving[],
  apis: readonly { readonly port: number; readonly address: string; readonly project: string }[],
): StatusText | undefined {
  if (servings.length === 0 && apis.length === 0) {
    return undefined;
  }
  const serving = servings.filter(isServing).length;
  const failed = servings.filter(({ state }) => state === 'failed').length;
  const count = failed > 0 ? t('{0} running, {1} failed', serving, failed) : t('{0} running', serving);
  const [only, ...others] = apis;
  const api = only && (others.length > 0 ? t('{0} Hopsworks APIs', apis.length) : `Hopsworks API :${only.port}`);
  const parts = [
    ...(servings.length > 0 ? [`$(${failed > 0 ? 'warning' : 'server-process'}) ${count}`] : []),
    ...(api === undefined ? [] : [`$(plug) ${api}`]),
  ];
  const named = servings.slice(0, MOST_NAMED).map((each) => `${each.ref.name}: ${stateWord(each)}`);
  const rest = servings.length - named.length;
  const lines = [
    ...named,
    ...(rest > 0 ? [t('… and {0} more', rest)] : []),
    ...apis.map(({ project, address }) => t('Local Hopsworks API: {0} at {1}', project, address)),
  ];
  return {
    text: parts.join('  '),
    tooltip: [...lines, t('Click to see them all')].join('\n'),
    spoken: t(
      'Model Serving: {0}. Show the list',
      [...(servings.length > 0 ? [count] : []), ...(api === undefined ? [] : [api])].join(', '),
    ),
    isWarning: failed > 0,
  };
}

/**
 * The one item of the status bar: how much is served here, what failed, and the local Hopsworks API while it runs. It is
 * kept true while the window has the focus, also when no view watches.
 */
export class ServingStatus implements Disposable {
  private readonly owned = new Disposables();
  private readonly item = this.owned.add(
    vscode.window.createStatusBarItem('modelServing.status', vscode.StatusBarAlignment.Left, 10),
  );
  private isShown = false;

  constructor(
    private readonly store: ServingStore,
    private readonly apis: LocalApis,
  ) {
    this.item.name = 'Model Serving';
    this.item.command = 'modelServing.view.list';
    for (const { onDidChange } of [store, apis]) {
      this.owned.add(
        onDidChange(() => {
          this.show();
        }),
      );
    }
    this.owned.add(
      vscode.window.onDidChangeWindowState(({ focused }) => {
        this.look(focused);
      }),
    );
    const timer = setInterval(() => {
      this.look(vscode.window.state.focused);
    }, LOOK_MS);
    this.owned.add({
      dispose: () => {
        clearInterval(timer);
      },
    });
    this.show();
  }

  dispose(): void {
    this.owned.dispose();
  }

  private look(focused: boolean): void {
    if (focused && this.isShown) {
      void this.store.refresh();
    }
  }

  private show(): void {
    const said = statusText(this.store.all(), this.apis.list());
    this.isShown = said !== undefined;
    if (!said) {
      this.item.hide();
      return;
    }
    this.item.text = said.text;
    this.item.tooltip = said.tooltip;
    this.item.backgroundColor = said.isWarning ? new vscode.ThemeColor('statusBarItem.warningBackground') : undefined;
    this.item.accessibilityInformation = { label: said.spoken, role: 'button' };
    this.item.show();
  }
}
