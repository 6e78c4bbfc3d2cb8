import type { Operation } from '../../core/backend';
import { isCancelled, ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Logger } from '../../core/log';
import type { ServingState } from '../../core/serving';
import type { HopsworksClient } from './client';
import { failureText, toProgress } from './conditions';
import { isPassing, isTheir } from './failures';
import { toState } from './mapping';
import { pause, type Timing } from './timing';
import { ERROR, textAt, type ServingView } from './wire';

/** One serving of a project, and what is needed to change it. */
export interface Life {
  readonly client: HopsworksClient;
  readonly project: number;
  readonly name: string;
  readonly timing: Timing;
  readonly log: Logger;
}

interface Seen {
  readonly view: ServingView;
  readonly state: ServingState;
}

/** How often something is sent again whose answer was lost. */
const MOST_SENT = 3;
/** Looks at an old state that may follow what was sent, before it counts. */
const STALE_LOOKS = 3;

/** Resolves when it answers; waits as long as the server works at it. */
export async function startServing(life: Life, operation: Operation): Promise<void> {
  const what = t('Could not start {0}', life.name);
  const sender = new Sender(life, what);
  let isBegun = false;
  try {
    let failedLooks = 0;
    let stoppedLooks = 0;
    let onItsWay = false;
    for (;;) {
      const { view, state } = await look(life, what, operation);
      failedLooks = state === 'failed' ? failedLooks + 1 : 0;
      if (state === 'running' || state === 'idle') {
        return;
      }
      if (state === 'failed' && !isBegun) {
        // A failed one has to be stopped before it can be started.
        await sender.act(view, 'STOP', operation.signal);
      } else if (failedLooks > 1) {
        throw failed(what, view);
      } else if (state === 'stopped') {
        stoppedLooks += isBegun ? 1 : 0;
        if (isBegun && onItsWay) {
          throw new ServingError('conflict', t('{0}: it was stopped in Hopsworks while it started', what), {
            remedies: [{ kind: 'start' }],
          });
        }
        if (!isBegun || stoppedLooks > STALE_LOOKS) {
          stoppedLooks = 0;
          isBegun = await sender.act(view, 'START', operation.signal);
        }
      }
      onItsWay ||= isBegun && (state === 'starting' || state === 'updating');
      operation.report(toProgress(view, state));
      await pause(life.timing.pollMs, what, operation.signal);
    }
  } catch (error) {
    if (isCancelled(error) && sender.hasStarted) {
      await undo(life, what);
    }
    throw error;
  }
}

/** Resolves when nothing of it runs any more. */
export async function stopServing(life: Life, operation: Operation): Promise<void> {
  const what = t('Could not stop {0}', life.name);
  const sender = new Sender(life, what);
  let stopped: ServingView | undefined;
  for (;;) {
    // One that is gone once it was stopped does not run.
    const seen = stopped ? await lookFor(life, operation) : await look(life, what, operation);
    if (seen === undefined || seen.state === 'stopped' || seen.state === 'creating') {
      return;
    }
    const { view, state } = seen;
    if (stopped && state !== 'stopping' && isAnother(view, stopped)) {
      throw new ServingError('conflict', t('{0}: it was started again in Hopsworks while it stopped', what), {
        remedies: [{ kind: 'stop' }],
      });
    }
    if (state !== 'stopping' && !stopped) {
      stopped = (await sender.act(view, 'STOP', operation.signal)) ? view : undefined;
      if (!stopped) {
        operation.report({
          stage: toProgress(view, state).stage,
          message: t('Hopsworks stops it once it has started'),
        });
      }
    }
    await pause(life.timing.pollMs, what, operation.signal);
  }
}

/** Each start has a revision of its own, where there are revisions. */
function isAnother(view: ServingView, before: ServingView): boolean {
  return view.id !== before.id || textAt(view, 'revision') !== textAt(before, 'revision');
}

/** Resolves with what it was once it is gone; undefined: it was not there. */
export async function removeServing(life: Life, operation: Operation): Promise<ServingView | undefined> {
  const what = t('Could not remove {0}', life.name);
  const { client, project, name, timing } = life;
  let last: ServingView | undefined;
  for (let sent = 0; ;) {
    const view = await patiently(life, operation, () => client.servingNamed(project, name, operation.signal));
    // One that was made anew under the name meanwhile is another one.
    if (view === undefined || (last && view.id !== last.id)) {
      return last;
    }
    last = view;
    try {
      await client.deleteServing(what, project, view.id, operation.signal);
      continue;
    } catch (error) {
      if (isTheir(error, ERROR.noServing)) {
        // Somebody else was faster.
        continue;
      }
      const waits = isTheir(error, ERROR.deletionError, ERROR.lifecycleBusy);
      if (!waits && (!isPassing(error) || ++sent >= MOST_SENT)) {
        throw error;
      }
      operation.report({
        stage: toProgress(view, toState(view.status)).stage,
        message: waits ? t('Hopsworks deletes it once it has started') : t('Asking again'),
      });
    }
    await pause(timing.pollMs, what, operation.signal);
  }
}

/** Changes it by what `make` makes from what it is, and tells when that is taken; one that runs has gone over to it when this resolves. */
export async function updateServing(
  life: Life,
  make: (before: ServingView) => unknown,
  onTaken: () => void,
  operation: Operation,
): Promise<void> {
  const what = t('Could not update {0}', life.name);
  const before = await put(life, what, make, operation);
  onTaken();
  // Somebody else may have started it between the look and the change.
  const wasOn = before.state === 'running' || before.state === 'idle' || before.state === 'failed';
  if (!wasOn && (await lookFor(life, operation))?.state !== 'updating') {
    return;
  }
  const old = textAt(before.view, 'revision');
  let [same, failedLooks] = [0, 0];
  for (;;) {
    await pause(life.timing.pollMs, what, operation.signal);
    const { view, state } = await look(life, what, operation);
    const isNew = textAt(view, 'revision') !== old;
    same = isNew ? 0 : same + 1;
    failedLooks = state === 'failed' ? failedLooks + 1 : 0;
    if (failedLooks > (isNew ? 1 : STALE_LOOKS)) {
      throw failed(what, view);
    }
    // Without a new revision there was nothing to change, or it has not begun yet.
    if ((state === 'running' || state === 'idle') && (isNew || same >= STALE_LOOKS)) {
      return;
    }
    if (state === 'stopped') {
      return;
    }
    operation.report(toProgress(view, state));
  }
}

async function put(
  life: Life,
  what: string,
  make: (before: ServingView) => unknown,
  operation: Operation,
): Promise<Seen> {
  for (let sent = 0; ;) {
    const seen = await look(life, what, operation);
    try {
      await life.client.putServing(what, life.project, make(seen.view), operation.signal);
      return seen;
    } catch (error) {
      const waits = isTheir(error, ERROR.updateError, ERROR.lifecycleBusy);
      if (!waits && (!isPassing(error) || ++sent >= MOST_SENT)) {
        throw error;
      }
    }
    operation.report(toProgress(seen.view, seen.state));
    await pause(life.timing.pollMs, what, operation.signal);
  }
}

/** Sends starts and stops, and tells apart what has to be waited for from what is refused. */
class Sender {
  hasStarted = false;
  private lost = 0;

  constructor(
    private readonly life: Life,
    private readonly what: string,
  ) {}

  /** False: not now; the state has to be looked at again. */
  async act({ id }: ServingView, action: 'START' | 'STOP', signal: AbortSignal): Promise<boolean> {
    const { client, project, log, name } = this.life;
    try {
      this.hasStarted ||= action === 'START';
      await client.act(this.what, project, id, action, signal);
      return true;
    } catch (error) {
      // "Deployment is busy. Please, try later." and "Deployment is already started." are told by their text only.
      const later = isTheir(error, ERROR.lifecycleBusy) || (isTheir(error, ERROR.lifecycleError) && isLater(error));
      if (!later && (!isPassing(error) || ++this.lost >= MOST_SENT)) {
        throw error;
      }
      log.info(`${action} of ${name}: ${error instanceof Error ? error.message : ''}`);
      return false;
    }
  }
}

function isLater({ message }: Error): boolean {
  return /try later|already (started|stopped|starting)/i.test(message);
}

async function look(life: Life, what: string, operation: Operation): Promise<Seen> {
  const seen = await lookFor(life, operation);
  if (seen === undefined) {
    throw new ServingError('notFound', t('{0}: there is no serving of that name in Hopsworks', what));
  }
  return seen;
}

/** Undefined: it is not there. */
async function lookFor(life: Life, operation: Operation): Promise<Seen | undefined> {
  const { client, project, name } = life;
  const view = await patiently(life, operation, () => client.servingNamed(project, name, operation.signal));
  return view && { view, state: toState(view.status) };
}

/** A server that does not answer for a while says nothing about the serving. */
async function patiently<T>({ timing, log, name }: Life, operation: Operation, ask: () => Promise<T>): Promise<T> {
  const since = performance.now();
  for (;;) {
    try {
      return await ask();
    } catch (error) {
      if (!isPassing(error) || performance.now() - since > timing.patienceMs) {
        throw error;
      }
      log.info(`looking at ${name}: ${error instanceof Error ? error.message : ''}`);
    }
    await pause(timing.pollMs, t('Looking at {0}', name), operation.signal);
  }
}

function failed(what: string, view: ServingView): ServingError {
  return new ServingError('script', `${what}: ${failureText(view)}`, {
    remedies: [{ kind: 'showLogs', serving: view.name }, { kind: 'stopAndStart' }],
  });
}

/** Ends a start that was cancelled. Hopsworks refuses that while it starts, so that it may take several tries. */
async function undo(life: Life, what: string): Promise<void> {
  const { client, project, name, timing, log } = life;
  const signal = AbortSignal.timeout(timing.cancelMs);
  let isStopped = false;
  try {
    for (;;) {
      const view = await client.servingNamed(project, name, signal);
      const state = toState(view?.status);
      if (view === undefined || state === 'stopped' || state === 'creating') {
        return;
      }
      isStopped ||= state === 'stopping' || (await new Sender(life, what).act(view, 'STOP', signal));
      await pause(timing.pollMs, what, signal);
    }
  } catch (error) {
    if (isStopped) {
      // It takes its time to end.
      return;
    }
    log.warn(`${what}: cancelled, and not stopped: ${error instanceof Error ? error.message : ''}`);
    throw new ServingError(
      'unavailable',
      t('{0}: it was cancelled, but Hopsworks does not let it be stopped while it starts: it goes on there', what),
      { cause: error, remedies: [{ kind: 'stop' }] },
    );
  }
}
