import * as vscode from 'vscode';
import type { Operation } from '../core/backend';
import { STAGE_LABELS } from '../core/serving';

/** Runs a long call under a notification with its stage and a Cancel button. */
export async function withOperation<T>(title: string, work: (operation: Operation) => Promise<T>): Promise<T> {
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
          report: ({ stage, message }) => {
            progress.report({
              message: message === undefined ? STAGE_LABELS[stage] : `${STAGE_LABELS[stage]}: ${message}`,
            });
          },
        });
      } finally {
        subscription.dispose();
      }
    },
  );
}
