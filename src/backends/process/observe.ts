import type { Observation } from './observation';
import type { RunContext } from './runContext';
import { isHeld } from '../local/held';
import { readServerState } from '../local/serverState';

/** What is seen of a serving's last run. */
export async function observe({ paths, ledger, processes }: RunContext): Promise<Observation> {
  const run = await ledger.read();
  if (run === undefined) {
    return { run, server: undefined, alive: false, preparerAlive: false };
  }
  const server = await readServerState(paths.run(run.instance).state);
  // A window that was killed right after it had started the server could not write down its pid.
  const pid = run.server?.pid ?? server?.pid;
  return {
    run,
    server,
    ...(pid === undefined ? {} : { pid }),
    alive: pid !== undefined && (await processes.isAlive(pid, run.instance)),
    preparerAlive: (run.preparing === true || run.successor !== undefined) && (await isHeld(paths.lock)),
  };
}
