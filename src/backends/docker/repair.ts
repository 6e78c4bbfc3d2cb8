import type { Operation } from '../../core/backend';
import { secretNames } from '../../core/definition';
import { messageOf } from '../../core/errors';
import { isHeld } from '../local/held';
import { secretsOf } from '../local/secrets';
import { observe, type DockerContext } from './dockerContext';
import { endAll, endThese } from './endRun';
import { ensureGateway, endGateways } from './gatewayContainer';
import { LABEL } from './labels';
import { ensureNetwork } from './network';
import { scaleRun } from './scaleRun';
import { ensureSecretsVolume, fillSecrets } from './secretsVolume';
import { isReady, isRunning, type Seen, type SeenReplica } from './state';

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

/** Whether a window that is gone left something half done, or something that runs lacks a part. */
export async function needsMending(context: DockerContext): Promise<boolean> {
  const { paths } = context;
  if (await isHeld(paths.lock)) {
    return false;
  }
  const seen = await observe(context);
  const { run, others } = seen;
  const isHalf = run?.preparing === true || run?.successor !== undefined || run?.replaced !== undefined;
  return isHalf || others.length > 0 || needsRepair(seen);
}

/** Whether a serving that runs lacks something that can be put back. */
export function needsRepair(seen: Seen): boolean {
  const { run, replicas, gateway } = seen;
  if (run === undefined || run.endedAt !== undefined || run.stopAsked === true || replicas.length === 0) {
    return false;
  }
  const anyRuns = replicas.some(({ container }) => isRunning(container) || container.state === 'restarting');
  return (
    anyRuns &&
    (gateway === undefined ||
      !isRunning(gateway.container) ||
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
  const { run, replicas } = seen;
  const { engine, log, name, listing } = context;
  if (run?.image === undefined) {
    return;
  }
  const { definition, image } = run;
  await ensureNetwork(context);
  await ensureSecretsVolume(context);
  const { old } = await ensureGateway(context, definition, operation, run.port);
  await endGateways(context, old);
  if (secretNames(definition).length > 0 && replicas.some(lacksSecrets)) {
    try {
      await fillSecrets(context, image, await secretsOf(definition, context.secrets), operation.signal);
    } catch (error) {
      log.warn(`could not put back the secrets of ${name}: ${messageOf(error)}`);
    }
  }
  for (const { container } of replicas.filter((each) => !isRunning(each.container) || lacksSecrets(each))) {
    log.info(`${name}: replica ${container.name} is started again`);
    if (isRunning(container) || container.state === 'restarting') {
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

/** A container that serves is never without them, so they are only missing when the memory was emptied. */
function lacksSecrets({ server }: SeenReplica): boolean {
  return server?.failure?.kind === 'secrets-missing' || server?.failure?.kind === 'token-missing';
}
