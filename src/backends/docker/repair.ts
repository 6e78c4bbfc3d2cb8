import type { Operation } from '../../core/backend';
import { messageOf } from '../../core/errors';
import { isHeld } from '../local/held';
import type { RunRecord } from '../local/ledger';
import { observe, type DockerContext } from './dockerContext';
import { endAll, endThese } from './endRun';
import { ensureGateway, endGateways } from './gatewayContainer';
import { LABEL } from './labels';
import { ensureNetwork } from './network';
import { keepLastRecords, recordsOf } from './records';
import { scaleRun } from './scaleRun';
import { makeReplicas } from './replicas';
import { runSecrets } from './runSecrets';
import { heldSecrets, removeSecrets, withSecrets } from './secretsVolume';
import { untilAnswering } from './waiting';
import { isReady, isRunning, lacksSecrets, type Seen, type SeenReplica } from './state';

/** A container that is to be started is so within a moment. */
const LATE_SECONDS = 10;
/** Within it a gateway has found what answers. */
const FOUND_MS = 10_000;

/** Brings to an end what a window that was killed left half done; only for the holder of the serving's lock. */
export async function settle(context: DockerContext): Promise<Seen> {
  const seen = await observe(context, true);
  const { run, replicas, others } = seen;
  const { ledger, listing } = context;
  if (run?.preparing === true) {
    const { preparing: _done, ...rest } = run;
    const isWhole = replicas.length >= (run.replicas ?? 1) && replicas.every(isReady);
    // The engine was away when it failed or was given up, so it was not taken back.
    const isGivenUp = run.failure !== undefined || run.stopAsked === true;
    if (isWhole && !isGivenUp && run.endedAt === undefined) {
      await ledger.write(rest);
    } else {
      await endAll(context, await context.engine.listContainers(context.objects.filter()), {
        keepLog: false,
        atOnce: true,
      });
      await (run.failure === undefined ? ledger.clear() : ledger.write({ ...rest, endedAt: new Date().toISOString() }));
    }
    listing.forget();
    return observe(context, true);
  }
  if ((await isLate(context, seen)) === true) {
    await endAll(context, await context.engine.listContainers(context.objects.filter()), {
      keepLog: false,
      atOnce: true,
    });
    listing.forget();
    return observe(context, true);
  }
  if (others.length === 0 && run?.successor === undefined && run?.replaced === undefined) {
    return seen;
  }
  const { successor, replaced } = run ?? {};
  const half = others.filter(({ labels }) => labels[LABEL.run] === successor?.instance);
  await Promise.all([
    endThese(context, half, { keepLog: false, atOnce: true }),
    endThese(
      context,
      others.filter((each) => !half.includes(each)),
      { keepLog: true },
    ),
  ]);
  if (run && (successor ?? replaced)) {
    const { successor: _successor, replaced: _replaced, ...whole } = run;
    await ledger.write(whole);
  }
  listing.forget();
  return observe(context, true);
}

/** Whether a window that is gone left something half done, or something that runs lacks a part; `later`: one works on it. */
export async function needsMending(context: DockerContext): Promise<boolean | 'later'> {
  const { paths } = context;
  if (await isHeld(paths.lock)) {
    return 'later';
  }
  const seen = await observe(context);
  const { run, others } = seen;
  const isHalf = run?.preparing === true || run?.successor !== undefined || run?.replaced !== undefined;
  return isHalf || others.length > 0 || needsRepair(seen) ? true : isLate(context, seen);
}

/**
 * Whether all that there is are containers that nobody will start: an engine goes on to make one whose window was killed
 * meanwhile, also when the next window has taken away by then what it found.
 */
async function isLate({ ledger }: DockerContext, { replicas, others, gateway }: Seen): Promise<boolean | 'later'> {
  const all = [...replicas.map(({ container }) => container), ...others, ...(gateway ? [gateway.container] : [])];
  if (all.length === 0 || all.some(({ state }) => state !== 'created')) {
    return false;
  }
  const run = await ledger.read();
  if (run !== undefined && run.endedAt === undefined) {
    return false;
  }
  // Another computer of the engine may have a folder of the same name, and be about to start them.
  return all.every(({ created }) => Date.now() / 1000 - created > LATE_SECONDS) ? true : 'later';
}

/** Whether a serving that runs lacks something that can be put back. */
export function needsRepair(seen: Seen): boolean {
  const { run, replicas, gateway, spareGateways = 0 } = seen;
  if (run === undefined || run.endedAt !== undefined || run.stopAsked === true || replicas.length === 0) {
    return false;
  }
  const anyRuns = replicas.some(({ container }) => isRunning(container) || container.state === 'restarting');
  return (
    anyRuns &&
    (gateway === undefined ||
      !isRunning(gateway.container) ||
      spareGateways > 0 ||
      replicas.some(({ container }) => container.state === 'exited' || container.state === 'created') ||
      replicas.length < Math.max(run.replicas ?? 1, run.definition.replicas.min) ||
      replicas.some(lacksSecrets))
  );
}

/**
 * Puts back what a serving that runs lacks: its gateway, replicas that were killed or taken away, the secrets that its
 * memory held until the engine was restarted.
 */
export async function repair(context: DockerContext, seen: Seen, operation: Operation): Promise<void> {
  const { run, replicas, gateway } = seen;
  const { engine, log, name, listing } = context;
  if (run?.image === undefined) {
    return;
  }
  const { definition } = run;
  await ensureNetwork(context);
  const without = replicas.filter(lacksSecrets);
  const lacking = without.length > 0 && (await valuesAreThere(context, run)) ? without : [];
  if (lacking.length > 0) {
    await putBackSecrets(context, { run, replicas, lacking }, operation);
  } else {
    const secrets = await heldSecrets(context, run);
    try {
      const { old } = await ensureGateway(context, definition, operation, { lastPort: run.port, secrets });
      if (old.length > 0) {
        await untilFound(context, run, replicas.filter(isReady), operation.signal);
      }
      await endGateways(context, old);
    } catch (error) {
      // One that could not have its port answers at another one: that must not keep the rest from being put back.
      if (gateway === undefined || !isRunning(gateway.container)) {
        throw error;
      }
      log.warn(`the gateway of ${name} stays as it is: ${messageOf(error)}`);
    }
  }
  for (const { container } of replicas.filter((each) => !isRunning(each.container) && !lacksSecrets(each))) {
    log.info(`${name}: replica ${container.name} is started again`);
    if (container.state === 'restarting') {
      await engine.stopContainer(container.id, 1);
    }
    await engine.startContainer(container.id);
  }
  const wanted = Math.max(run.replicas ?? 1, definition.replicas.min);
  if (replicas.length < wanted) {
    await scaleRun(context, seen, wanted, operation.signal);
  }
  listing.forget();
}

/** A gateway that has just started does not know its replicas yet, and the one before it does. */
async function untilFound(
  context: DockerContext,
  run: RunRecord,
  ready: readonly SeenReplica[],
  signal: AbortSignal,
): Promise<void> {
  const made = ready.map(({ container: { id, labels }, number }) => ({ id, labels, number }));
  const limited = AbortSignal.any([signal, AbortSignal.timeout(FOUND_MS)]);
  await untilAnswering(context, run, made, limited).catch(() => undefined);
}

/** Where a secret has no value, what is shown of the serving asks for it. */
async function valuesAreThere(context: DockerContext, run: RunRecord): Promise<boolean> {
  try {
    await runSecrets(context, run);
    return true;
  } catch (error) {
    context.log.warn(`could not put back the secrets of ${context.name}: ${messageOf(error)}`);
    return false;
  }
}

interface Lacking {
  readonly run: RunRecord;
  readonly replicas: readonly SeenReplica[];
  readonly lacking: readonly SeenReplica[];
}

/** Makes replicas that lack their secrets anew, on another volume: whether the one that they have can be used is not known. */
async function putBackSecrets(
  context: DockerContext,
  { run, replicas, lacking }: Lacking,
  operation: Operation,
): Promise<void> {
  const { engine, log, name, objects } = context;
  const { definition } = run;
  log.info(`${name}: ${String(lacking.length)} replicas are made again, as their secrets are gone`);
  await withSecrets(context, run, { isFresh: true }, operation.signal, async (secrets) => {
    if (lacking.length === replicas.length) {
      // Nothing answers: the gateway is made again, too, to hold the volume.
      const gateways = await engine.listContainers(objects.filter('gateway'));
      await Promise.all(gateways.map(({ id }) => engine.removeContainer(id)));
    }
    const { old } = await ensureGateway(context, definition, operation, { lastPort: run.port, secrets });
    await endGateways(context, old);
    await keepLastRecords(
      recordsOf(context),
      lacking.map(({ container }) => container),
      log,
    );
    await Promise.all(lacking.map(({ container }) => engine.removeContainer(container.id)));
    await makeReplicas(context, run, { numbers: lacking.map(({ number }) => number), secrets }, operation.signal);
    if (lacking.length === replicas.length) {
      await removeSecrets(context, secrets);
    }
  });
}
