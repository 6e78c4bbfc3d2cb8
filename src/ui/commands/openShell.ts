import * as vscode from 'vscode';
import { BACK, type Prompts } from '../../app/prompts';
import type { Servings } from '../../app/servings';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Serving } from '../../core/serving';
import { ShellTerminal } from '../shellTerminal';

/** Until the editor tells the size of the terminal. */
const SIZE = { columns: 80, rows: 24 };
const OPEN_MS = 30_000;

/** Opens a terminal with a shell in the replica of that number; without it, of several in the one that is asked for. */
export async function openShell(
  prompts: Prompts,
  servings: Servings,
  { ref, run }: Serving,
  number?: number,
): Promise<void> {
  const replicas = (run?.replicas ?? []).filter(({ state }) => state === 'ready' || state === 'starting');
  const [first] = replicas;
  if (first === undefined) {
    throw new ServingError('unavailable', t('Could not open a shell in {0}: none of its replicas runs', ref.name), {
      remedies: [{ kind: 'start' }],
    }).of(ref);
  }
  const title = t('Open a Shell in {0}', ref.name);
  const named = replicas.find((replica) => replica.number === number);
  const chosen =
    named ??
    (replicas.length === 1
      ? first
      : await prompts.pick({
          title,
          placeholder: t('In which replica?'),
          choices: replicas.map((replica) => ({
            label: t('replica {0}', replica.number),
            description: [replica.state, ...(replica.container === undefined ? [] : [replica.container])].join(' · '),
            icon: 'terminal',
            value: replica,
          })),
        }));
  if (chosen === BACK) {
    throw ServingError.cancelled(title);
  }
  const shell = await servings.openShell(ref, chosen.number, SIZE, AbortSignal.timeout(OPEN_MS));
  const terminal = vscode.window.createTerminal({
    name: replicas.length === 1 ? ref.name : `${ref.name} ${chosen.number}`,
    pty: new ShellTerminal(shell, t('Replica {0} of {1}', chosen.number, ref.name)),
    iconPath: new vscode.ThemeIcon('terminal'),
  });
  terminal.show();
}
