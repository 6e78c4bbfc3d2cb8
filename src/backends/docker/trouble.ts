import { MEMORY_LIMIT, type Remedy } from '../../core/errors';
import type { Failure } from '../../core/serving';
import type { ContainerDetail } from './engine/port';

/** Why a container does not run, or ran into the end before. */
export interface Trouble {
  readonly kind: 'out-of-memory' | 'killed' | 'stopped' | 'ended' | 'not-started';
  /** Goes on after "Replica 2 ": `was killed`. */
  readonly text: string;
  readonly remedies: readonly Remedy[];
}

const SIGNALS: Readonly<Record<number, string>> = {
  6: 'aborted',
  7: 'bus error',
  9: 'killed',
  11: 'segmentation fault',
};
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
    return { kind: 'ended', text: 'ended and was started again', remedies: [] };
  }
  if (startedAt === undefined && !running && exitCode === 0) {
    return { kind: 'not-started', text: 'was made but not started', remedies: [] };
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
  const text = `ran out of memory at ${String(memoryMb)} MB: raise the limit`;
  return { kind: 'out-of-memory', text, remedies: [RAISE_MEMORY] };
}

function ended(exitCode: number): Trouble {
  const signal = exitCode > 128 ? exitCode - 128 : undefined;
  if (signal === 9) {
    return { kind: 'killed', text: 'was killed', remedies: [] };
  }
  if (exitCode === 0 || signal === 15 || signal === 2) {
    return { kind: 'stopped', text: 'was stopped from outside', remedies: [] };
  }
  const word = signal === undefined ? undefined : SIGNALS[signal];
  const how = word === undefined ? `with exit code ${String(exitCode)}` : `by a fault: ${word}`;
  return { kind: 'ended', text: `ended ${how}`, remedies: [] };
}

/** They lie in the memory of the engine's computer only, and those who have their values put them back by themselves. */
export function secretsGone(serving: string, names: readonly string[]): Failure {
  return {
    stage: 'server',
    kind: 'secrets-missing',
    message: `The memory that held its secrets was emptied by a restart of the engine: it goes on when ${names.join(', ')} ${names.length === 1 ? 'has a value' : 'have values'} here`,
    remedies: [...names.map((name): Remedy => ({ kind: 'setSecret', name })), { kind: 'showLogs', serving }],
  };
}

export function failureOf({ kind, text, remedies }: Trouble, serving: string, replica: number): Failure {
  return {
    stage: 'ready',
    kind,
    message: `Replica ${String(replica)} ${text}`,
    remedies: [...remedies, { kind: 'showLogs', serving }],
  };
}
