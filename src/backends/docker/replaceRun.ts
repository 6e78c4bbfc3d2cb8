import type { Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import { sameDefinition } from '../../core/definitionText';
import type { DockerContext } from './dockerContext';
import { endRun } from './endRun';
import { endGateways } from './gatewayContainer';
import { LABEL } from './labels';
import { endReplicas } from './replicas';
import { scaleRun } from './scaleRun';
import { startRun } from './startRun';
import { isReady, type Seen } from './state';

/**
 * The definition of a serving that runs has changed. New replicas are started beside those that answer, which end once
 * the gateway sends its requests to the new ones; when those do not come up, the old ones answer on. When nothing but the
 * number of replicas has changed, only that is changed.
 */
export async function replaceRun(
  context: DockerContext,
  seen: Seen,
  definition: ServingDefinition,
  operation: Operation,
): Promise<void> {
  const { run, replicas } = seen;
  const { ledger, engine, objects, listing, log } = context;
  const wanted = clamp(replicas.length, definition);
  if (run === undefined || !replicas.some(isReady)) {
    await endRun(context, seen);
    await startRun(context, definition, operation, { replicas: definition.replicas.min });
    return;
  }
  const isSame = sameDefinition(run.definition, definition);
  if (!isSame && sameDefinition(replicasOf(run.definition, definition), definition)) {
    if (wanted !== replicas.length) {
      await scaleRun(context, { ...seen, run: { ...run, definition } }, wanted, operation.signal);
    } else {
      await ledger.write({ ...run, definition });
    }
    return;
  }
  const started = await startRun(context, definition, operation, { before: run, replicas: wanted });
  // From here on it is done: what ends is nobody's to wait for.
  const all = await engine.listContainers(objects.filter());
  const old = all.filter(
    ({ labels }) => labels[LABEL.role] === 'replica' && labels[LABEL.run] !== started.run.instance,
  );
  await endReplicas(context, old, { keepLog: true });
  await endGateways(context, started.oldGateways);
  await ledger.write(started.run);
  listing.forget();
  log.info(`${context.name}: ${String(old.length)} replicas were replaced by ${String(wanted)}`);
}

/** The first with what changes nothing of its containers from the second. */
function replicasOf(running: ServingDefinition, wanted: ServingDefinition): ServingDefinition {
  return { ...running, replicas: wanted.replicas, description: wanted.description };
}

export function clamp(count: number, { replicas: { min, max } }: ServingDefinition): number {
  return Math.min(Math.max(count, min), max);
}
