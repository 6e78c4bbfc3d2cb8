import { t } from '../../core/l10n';
import type { RunRecord } from '../local/ledger';
import type { ServerState } from '../local/serverState';
import type { Derived } from '../local/shown';

export interface Observed {
  readonly run: RunRecord | undefined;
  readonly server: ServerState | undefined;
  /** Whether the process of the run's server lives. */
  readonly alive: boolean;
  /** Whether the window that prepares the run, or the one that takes its place, is at work. */
  readonly preparerAlive: boolean;
}

/** The state of a serving, from what is seen of it. Total. */
export function toState({ run, server, alive, preparerAlive }: Observed): Derived {
  if (run === undefined) {
    return { state: 'stopped' };
  }
  if (run.successor !== undefined && preparerAlive && run.stopAsked !== true) {
    // Also when its server ends already: then the other one answers at the same port.
    return { state: 'updating' };
  }
  if (alive) {
    return living(run, server);
  }
  return run.preparing === true && run.endedAt === undefined ? preparing(run, preparerAlive) : ended(run, server);
}

function preparing(run: RunRecord, preparerAlive: boolean): Derived {
  if (!preparerAlive) {
    return { state: 'stopped', reason: t('The window that started it was closed before the server ran') };
  }
  return { state: run.stages.at(-1)?.name === 'environment' ? 'creating' : 'starting' };
}

function living(run: RunRecord, server: ServerState | undefined): Derived {
  if (run.stopAsked === true || server?.state === 'stopping' || server?.state === 'stopped') {
    return { state: 'stopping' };
  }
  if (server?.state === 'failed') {
    return { state: 'failed', ...(server.failure ? { reason: server.failure.message } : {}) };
  }
  if (server?.state !== 'ready') {
    return { state: 'starting' };
  }
  const troubled = server.replicas.find((replica) => replica.state !== 'ready' && replica.lastFailure !== undefined);
  return {
    state: 'running',
    ...(troubled?.lastFailure === undefined
      ? {}
      : { reason: t('Replica {0} {1}', troubled.number, troubled.lastFailure) }),
  };
}

function ended(run: RunRecord, server: ServerState | undefined): Derived {
  const failure = run.failure ?? server?.failure;
  if (failure !== undefined) {
    return { state: 'failed', reason: failure.message };
  }
  if (run.stopAsked === true || server?.state === 'stopped' || server?.state === 'stopping') {
    const reason =
      server?.stoppedBecause === 'lease'
        ? { reason: t('It ended by itself: no window of its workspace was open') }
        : {};
    return { state: 'stopped', ...reason };
  }
  return {
    state: 'failed',
    reason: t('The server ended without a word: it was killed, or this computer was restarted'),
  };
}
