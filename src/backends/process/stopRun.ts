import { rm, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { RunRecord } from '../local/ledger';
import type { Observation } from './observation';
import type { RunContext } from './runContext';
import { observe } from './observe';
import { readServerState } from '../local/serverState';

const POLL_MS = 50;
/** What a stop may take beyond the time that running requests get. */
const MARGIN_MS = 5000;
/** What a server may take to be gone once it was killed. */
const KILLED_MS = 5000;
/** Stands on the command line of each worker. */
const WORKER_MARK = 'run.py work';

/** Ends a run: running requests may end, then what is left is killed; at once when the signal comes. */
export async function stopRun(context: RunContext, run: RunRecord, signal: AbortSignal): Promise<void> {
  const state = context.paths.run(run.instance).state;
  const pid = run.server?.pid ?? (await readServerState(state))?.pid;
  if (pid === undefined || !(await context.processes.isAlive(pid, run.instance))) {
    return;
  }
  await writeFile(context.paths.run(run.instance).stop, '').catch((error: unknown) => {
    context.log.warn(`could not write the stop file of ${run.definition.name}: ${String(error)}`);
  });
  context.processes.ask(pid);
  const limit = context.settings.drainSeconds * 1000 + MARGIN_MS;
  if (!(await hasEnded(context, pid, run.instance, limit, signal))) {
    await kill(context, pid, run.instance);
  }
}

/** Brings to an end what a window that was killed left half done; only for the holder of the serving's lock. */
export async function settle(context: RunContext, signal: AbortSignal): Promise<Observation> {
  const seen = await observe(context);
  const { run } = seen;
  if (run === undefined || (!run.successor && !run.replaced && !(run.preparing && seen.alive))) {
    return seen;
  }
  const { successor, replaced, preparing: _prepared, ...rest } = run;
  if (successor) {
    await stopRun(context, successor, signal);
    await rm(context.paths.run(successor.instance).directory, { recursive: true, force: true });
  }
  if (replaced) {
    await stopRun(context, replaced, signal);
  }
  const server = rest.server ?? (seen.pid === undefined ? undefined : { pid: seen.pid });
  await context.ledger.write({ ...rest, ...(server ? { server } : {}) });
  return observe(context);
}

/** Ends what runs and writes down that it was asked for; nothing happens when nothing runs. */
export async function end(context: RunContext, signal: AbortSignal): Promise<void> {
  const { run, alive } = await settle(context, signal);
  if (run === undefined || (run.endedAt !== undefined && !alive)) {
    return;
  }
  const { preparing: _gone, ...rest } = run;
  await context.ledger.write({ ...rest, stopAsked: true });
  await stopRun(context, run, signal);
  await context.ledger.write({ ...rest, stopAsked: true, endedAt: new Date().toISOString() });
}

async function kill({ processes, paths }: RunContext, pid: number, instance: string): Promise<void> {
  const workers = (await readServerState(paths.run(instance).state))?.replicas ?? [];
  await processes.kill(pid);
  // Workers lead groups of their own; one that hangs in C code does not see that its server is gone.
  for (const worker of workers) {
    if (worker.pid !== undefined && (await processes.isAlive(worker.pid, WORKER_MARK))) {
      await processes.kill(worker.pid);
    }
  }
  const limit = performance.now() + KILLED_MS;
  while (performance.now() < limit && (await processes.isAlive(pid, instance))) {
    await sleep(POLL_MS);
  }
}

async function hasEnded(
  { processes }: RunContext,
  pid: number,
  instance: string,
  milliseconds: number,
  signal: AbortSignal,
): Promise<boolean> {
  const limit = performance.now() + milliseconds;
  while (performance.now() < limit && !signal.aborted) {
    if (!(await processes.isAlive(pid, instance))) {
      return true;
    }
    await sleep(POLL_MS);
  }
  return false;
}
