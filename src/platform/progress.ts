import * as vscode from 'vscode';
import type { Operation } from '../core/backend';
import type { Transfer } from '../core/registry';
import { STAGE_LABELS } from '../core/serving';

/** Runs a long call under a notification with its stage and a Cancel button. */
export function withOperation<T>(title: string, work: (operation: Operation) => Promise<T>): Promise<T> {
  return withTransfer(title, ({ signal, tell }) =>
    work({
      signal,
      report: ({ stage, message }) => {
        tell(message === undefined ? STAGE_LABELS[stage] : `${STAGE_LABELS[stage]}: ${message}`);
      },
    }),
  );
}

/** The same for one that says in its own words how far it is. */
export async function withTransfer<T>(title: string, work: (transfer: Transfer) => Promise<T>): Promise<T> {
  return vscode.window.withProgress(
    { location: vscode.ProgressLocation.Notification, title, cancellable: true },
    async (progress, token) => {
      const abort = new AbortController();
      const subscription = token.onCancellationRequested(() => {
        abort.abort();
      });
      try {
        return await work({
          signal: abort.signal,
          tell: (message) => {
            progress.report({ message });
          },
        });
      } finally {
        subscription.dispose();
      }
    },
  );
}

/** Runs a look that may take a while under the bar of a view. What it finds comes bit by bit, so there is nothing to cancel. */
export async function withBar<T>(
  viewId: 'modelServing.servings' | 'modelServing.models',
  work: () => Promise<T>,
): Promise<T> {
  return vscode.window.withProgress({ location: { viewId } }, work);
}
