import type { Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import type { Settled } from '../local/localBackend';
import { observe, type DockerContext } from './dockerContext';
import { endRun } from './endRun';
import { endGateways, ensureGateway, publishedPort } from './gatewayContainer';
import { startRun } from './startRun';
import { heldSecrets } from './secretsVolume';
import type { Seen } from './state';
import { untilAnswering } from './waiting';

/** Starts a serving anew; `elsewhere`: at a free port, whatever its definition says. */
export async function beginRun(
  context: DockerContext,
  seen: Seen & Settled,
  definition: ServingDefinition,
  operation: Operation,
  elsewhere = false,
): Promise<void> {
  if (seen.alive || seen.gateway !== undefined) {
    await endRun(context, seen);
  }
  await startRun(context, definition, operation, { replicas: definition.replicas.min, elsewhere });
  context.listing.forget();
}

/** Another gateway at this port takes the place of the one that answers at another one; replicas stay as they are. */
export async function takePort(context: DockerContext, port: number, operation: Operation): Promise<void> {
  const { engine, ledger, listing } = context;
  const { run, gateway, replicas } = await observe(context, true);
  if (run === undefined || (gateway && publishedPort(gateway.container) === port)) {
    return;
  }
  const { old, beside } = await ensureGateway(context, run.definition, operation, {
    at: port,
    secrets: await heldSecrets(context, run),
  });
  try {
    await untilAnswering(
      context,
      run,
      replicas.map(({ container: { id, labels }, number }) => ({ id, labels, number })),
      operation.signal,
    );
  } catch (error) {
    if (beside !== undefined) {
      await engine.removeContainer(beside);
    }
    throw error;
  } finally {
    listing.forget();
  }
  await ledger.write({ ...run, port });
  await endGateways(context, old);
  listing.forget();
}
