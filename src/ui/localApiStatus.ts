import * as vscode from 'vscode';
import type { LocalApis } from '../app/localApis';
import { Disposables, type Disposable } from '../core/disposables';
import { t } from '../core/l10n';

/** The item of the status bar that is there while a local Hopsworks API of this window runs. */
export class LocalApiStatus implements Disposable {
  private readonly owned = new Disposables();
  private readonly item = this.owned.add(
    vscode.window.createStatusBarItem('modelServing.localApi', vscode.StatusBarAlignment.Left, 10),
  );

  constructor(private readonly apis: LocalApis) {
    this.item.name = 'Local Hopsworks API';
    this.item.command = 'modelServing.api.menu';
    this.owned.add(
      apis.onDidChange(() => {
        this.show();
      }),
    );
    this.show();
  }

  dispose(): void {
    this.owned.dispose();
  }

  private show(): void {
    const places = this.apis.list();
    const [first, ...others] = places;
    if (!first) {
      this.item.hide();
      return;
    }
    const text = others.length > 0 ? t('{0} Hopsworks APIs', places.length) : `Hopsworks API :${first.port}`;
    this.item.text = `$(plug) ${text}`;
    const lines = places.map(({ project, address }) => t('{0} at {1}', project, address));
    this.item.tooltip = [t('Local Hopsworks API'), ...lines, t('Click to copy a login snippet, or to stop it')].join(
      '\n',
    );
    this.item.accessibilityInformation = { label: t('Local Hopsworks API: {0}', lines.join(', ')), role: 'button' };
    this.item.show();
  }
}
