import type { Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import { ServingError } from '../../core/errors';
import type { Observation } from './observation';
import { observe } from './observe';
import type { RunContext } from './runContext';
import { startRun } from './serverRun';
import { toState } from './state';
import { end, stopRun } from './stopRun';

/**
 * Another run takes the place of the one that answers, at the same port. Where it can take over the socket no request
 * is lost, and a start that fails leaves the old run answering; else there is a gap.
 */
export async function replaceRun(
  context: RunContext,
  seen: Observation,
  definition: ServingDefinition,
  operation: Operation,
): Promise<void> {
  const { run: before, server } = seen;
  const port = definition.port === 'auto' && server !== undefined && server.port > 0 ? { port: server.port } : {};
  const samePort = definition.port === 'auto' || definition.port === server?.port;
  if (before && samePort && process.platform !== 'win32' && toState(seen).state === 'running') {
    try {
      const run = await startRun(context, definition, operation, { before, ...port });
      await stopRun(context, before, operation.signal);
      await context.ledger.write(run);
      return;
    } catch (error) {
      // A server that cannot hand over its socket still has the port.
      if (!isPortTaken(error)) {
        throw error;
      }
    }
  }
  await end(context, operation.signal);
  try {
    await startRun(context, definition, operation, port);
  } catch (error) {
    if (!isPortTaken(error) || definition.port !== 'auto') {
      throw error;
    }
    await startRun(context, definition, operation);
  }
}

/** Another run at this port takes the place of the one that answers at another one. */
export async function takePort(context: RunContext, port: number, operation: Operation): Promise<void> {
  const { run: before, server } = await observe(context);
  if (before === undefined || server?.port === port) {
    return;
  }
  const run = await startRun(context, before.definition, operation, { before, port });
  await stopRun(context, before, new AbortController().signal);
  await context.ledger.write(run);
}

function isPortTaken(error: unknown): boolean {
  return error instanceof ServingError && error.code === 'portInUse';
}
