import * as vscode from 'vscode';
import type { About, Remedy } from '../core/errors';
import { t } from '../core/l10n';
import { remedyLabel, type RemedyRunner } from '../platform/notify';

/** One finding of the checks. */
export interface Finding {
  readonly name: string;
  readonly state: 'ok' | 'warning' | 'problem';
  readonly text: string;
  readonly remedy?: Remedy;
  /** The serving that the remedy is for. */
  readonly about?: About;
}

const ICONS: Readonly<Record<Finding['state'], string>> = { ok: 'pass', warning: 'warning', problem: 'error' };
const words = (): Readonly<Record<Finding['state'], string>> => ({
  ok: 'OK',
  warning: t('Warning'),
  problem: t('Problem'),
});

/** Shows what the checks found as a list; choosing a line carries out its fix. */
export class DoctorView {
  constructor(
    private readonly check: (signal: AbortSignal) => Promise<readonly Finding[]>,
    private readonly runRemedy: RemedyRunner,
  ) {}

  async run(signal: AbortSignal): Promise<void> {
    const findings = await this.check(signal);
    const worst = findings.filter(({ state }) => state !== 'ok').length;
    // Not awaited: the checks are done while the list is still looked at.
    void this.show(
      findings,
      worst === 0 ? t('Everything is fine') : t('{0} of {1} checks found something', worst, findings.length),
    );
  }

  private async show(findings: readonly Finding[], summary: string): Promise<void> {
    const order: readonly Finding['state'][] = ['problem', 'warning', 'ok'];
    const sorted = [...findings].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state));
    const chosen = await vscode.window.showQuickPick(
      sorted.map((finding) => ({
        label: `$(${ICONS[finding.state]}) ${finding.name}`,
        description: `${words()[finding.state]}${finding.remedy ? ` · ${remedyLabel(finding.remedy)}` : ''}`,
        detail: finding.text,
        finding,
      })),
      {
        title: t('Model Serving: Checks'),
        placeHolder: t('{0}. Choose a line to mend it.', summary),
        ignoreFocusOut: true,
        matchOnDetail: true,
      },
    );
    if (chosen?.finding.remedy) {
      await this.runRemedy(chosen.finding.remedy, chosen.finding.about);
    }
  }
}
