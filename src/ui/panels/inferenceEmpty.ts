import type { Remedy } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Serving } from '../../core/serving';

/** Why there may be no records, and the ways on. @param isRead whether there is anything to read from */
export function emptyLog(
  serving: Serving | undefined,
  isRead: boolean,
  isOff: boolean,
): { readonly text: string; readonly remedies: readonly Remedy[] } {
  if (serving === undefined) {
    return { text: isRead ? t('There are no records.') : t('There is no such serving any more.'), remedies: [] };
  }
  if (!isRead) {
    return { text: t('No local log is kept where this serving runs.'), remedies: [] };
  }
  const { local, mode } = serving.definition.inferenceLog;
  if (!local || mode === 'NONE') {
    return {
      text: t('Its definition says that no predictions are kept on this computer.'),
      remedies: [{ kind: 'openDefinition', field: 'inferenceLog' }],
    };
  }
  if (isOff) {
    return {
      text: t('A setting says that no predictions are kept on this computer.'),
      remedies: [{ kind: 'openSettings', setting: 'modelServing.inferenceLog.local' }],
    };
  }
  const runs = serving.state === 'running' || serving.state === 'idle' || serving.state === 'updating';
  return runs
    ? { text: t('No predictions yet. They appear here as they are answered.'), remedies: [] }
    : { text: t('No predictions yet: it has to run to answer.'), remedies: [{ kind: 'start' }] };
}
