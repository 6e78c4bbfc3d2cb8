import type { Backend, Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import { messageOf, ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { ServingRef } from '../../core/serving';

/** What is done cannot be cancelled any more. */
const TO_THE_END_MS = 600_000;

/** What a serving becomes at its new place. */
export interface Made {
  /** Undefined: it is there already, and stopped. */
  readonly definition?: ServingDefinition;
  /** Takes away again what was fetched for it. */
  takeBack?(): Promise<void>;
}

/**
 * Makes the same serving on a backend that shares nothing with the one it is on, has it answer there, and stops the one
 * of before then: that one stays as it is. Cancelled or failed before: nothing of it is there.
 */
export async function moveElsewhere(
  from: Backend,
  to: Backend,
  ref: ServingRef,
  make: (operation: Operation) => Promise<Made>,
  operation: Operation,
): Promise<ServingRef> {
  const serving = (await from.servings(operation.signal)).find(({ ref: { name } }) => name === ref.name);
  if (!serving) {
    throw new ServingError('notFound', t('Could not move {0}: it is not there any more', ref.name));
  }
  const runs = serving.state === 'running' || serving.state === 'idle';
  const made = await make(operation);
  let there: ServingRef;
  try {
    there = await arrive(to, ref, made.definition, runs, operation);
  } catch (error) {
    await made.takeBack?.();
    throw error;
  }
  if (runs) {
    await end(from, to, ref, operation);
  }
  return there;
}

async function arrive(
  to: Backend,
  { name }: ServingRef,
  definition: ServingDefinition | undefined,
  runs: boolean,
  operation: Operation,
): Promise<ServingRef> {
  if (definition === undefined) {
    const there = { backend: to.id, name };
    if (runs) {
      await to.start(there, operation);
    }
    return there;
  }
  if (!runs) {
    return to.create(definition, operation);
  }
  return to.createStarted?.(definition, operation) ?? createStarted(to, definition, operation);
}

async function createStarted(to: Backend, made: ServingDefinition, operation: Operation): Promise<ServingRef> {
  const there = await to.create(made, operation);
  try {
    await to.start(there, operation);
    return there;
  } catch (error) {
    await to.remove(there, untilEnd(operation)).catch((problem: unknown) => {
      throw new ServingError(
        'unavailable',
        t('{0}. What was begun is left: {1}', messageOf(error), messageOf(problem)),
        {
          cause: error,
        },
      );
    });
    throw error;
  }
}

async function end(from: Backend, to: Backend, ref: ServingRef, operation: Operation): Promise<void> {
  try {
    operation.report({ stage: 'ready', message: t('what ran before ends') });
    await from.stop(ref, untilEnd(operation));
  } catch (error) {
    throw new ServingError(
      'unavailable',
      t('{0} is served by {1} now, but what ran before goes on: {2}', ref.name, to.label, messageOf(error)),
      { cause: error, remedies: [{ kind: 'stop' }] },
    ).of(ref);
  }
}

function untilEnd(operation: Operation): Operation {
  return { ...operation, signal: AbortSignal.timeout(TO_THE_END_MS) };
}
