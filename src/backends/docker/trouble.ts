import { MEMORY_LIMIT, type Remedy } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Failure } from '../../core/serving';
import type { ContainerDetail } from './engine/port';

/** Why a container does not run, or ran into the end before. */
export interface Trouble {
  readonly kind: 'out-of-memory' | 'killed' | 'stopped' | 'ended' | 'not-started';
  /** Goes on after "Replica 2 ": `was killed`. */
  readonly text: string;
  readonly remedies: readonly Remedy[];
}

const signals = (): Readonly<Record<number, string>> => ({
  6: t('aborted'),
  7: t('bus error'),
  9: t('killed'),
  11: t('segmentation fault'),
});
const RAISE_MEMORY: Remedy = { kind: 'raiseLimit', setting: MEMORY_LIMIT };

/** Undefined while it runs as it should. Total. */
export function troubleOf(detail: ContainerDetail, memoryMb: number): Trouble | undefined {
  const { running, restarting, exitCode, restartCount, oomKilled, startedAt } = detail;
  if (running && !restarting && restartCount === 0) {
    return undefined;
  }
  if (oomKilled) {
    return outOfMemory(memoryMb);
  }
  if (running && !restarting) {
    // The engine does not know any more how it ended.
    return { kind: 'ended', text: t('ended and was started again'), remedies: [] };
  }
  if (startedAt === undefined && !running && exitCode === 0) {
    return { kind: 'not-started', text: t('was made but not started'), remedies: [] };
  }
  return ended(exitCode);
}

/** Of an end that was heard of when it came. */
export function troubleOfEnd(
  { exitCode, outOfMemory: isShort }: { readonly exitCode: number; readonly outOfMemory: boolean },
  memoryMb: number,
): Trouble {
  return isShort && exitCode !== 0 ? outOfMemory(memoryMb) : ended(exitCode);
}

function outOfMemory(memoryMb: number): Trouble {
  const text = t('ran out of memory at {0} MB: raise the limit', String(memoryMb));
  return { kind: 'out-of-memory', text, remedies: [RAISE_MEMORY] };
}

function ended(exitCode: number): Trouble {
  const signal = exitCode > 128 ? exitCode - 128 : undefined;
  if (signal === 9) {
    return { kind: 'killed', text: t('was killed'), remedies: [] };
  }
  if (exitCode === 0 || signal === 15 || signal === 2) {
    return { kind: 'stopped', text: t('was stopped from outside'), remedies: [] };
  }
  const word = signal === undefined ? undefined : signals()[signal];
  const text = word === undefined ? t('ended with exit code {0}', exitCode) : t('ended by a fault: {0}', word);
  return { kind: 'ended', text, remedies: [] };
}

/** They lie in the memory of the engine's computer only, and those who have their values put them back by themselves. */
export function secretsGone(serving: string, names: readonly string[]): Failure {
  return {
    stage: 'server',
    kind: 'secrets-missing',
    message:
      names.length === 1
        ? t(
            'The memory that held its secrets was emptied by a restart of the engine: it goes on when {0} has a value here',
            names.join(', '),
          )
        : t(
            'The memory that held its secrets was emptied by a restart of the engine: it goes on when {0} have values here',
            names.join(', '),
          ),
    remedies: [...names.map((name): Remedy => ({ kind: 'setSecret', name })), { kind: 'showLogs', serving }],
  };
}

export function failureOf({ kind, text, remedies }: Trouble, serving: string, replica: number): Failure {
  return {
    stage: 'ready',
    kind,
    message: t('Replica {0} {1}', String(replica), text),
    remedies: [...remedies, { kind: 'showLogs', serving }],
  };
}
