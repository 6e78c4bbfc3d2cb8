import type { DockerContext } from './dockerContext';
import type { ContainerSummary } from './engine/port';
import { endReplicas, makeReplicas } from './replicas';
import { isReady, type Seen } from './state';
import { untilAnswering } from './waiting';

/** Changes the number of a run's replicas. Resolves when the new ones answer; when they do not come up they are gone. */
export async function scaleRun(
  context: DockerContext,
  { run, replicas }: Seen,
  wanted: number,
  signal: AbortSignal,
): Promise<void> {
  const { ledger, engine, objects, listing } = context;
  if (run === undefined) {
    return;
  }
  const next = { ...run, replicas: wanted };
  if (wanted > replicas.length) {
    const numbers = freeNumbers(
      replicas.map(({ number }) => number),
      wanted - replicas.length,
    );
    try {
      const made = await makeReplicas(context, next, numbers, signal);
      await untilAnswering(context, next, made, signal);
    } catch (error) {
      const names = new Set(numbers.map((number) => objects.replica(run.instance, number)));
      const left = (await engine.listContainers(objects.filter('replica'))).filter(({ name }) => names.has(name));
      await endReplicas(context, left, { keepLog: false, atOnce: true });
      throw error;
    } finally {
      listing.forget();
    }
  } else if (wanted < replicas.length) {
    // Those that do not answer first, then the youngest.
    const order = [...replicas].sort((a, b) => Number(isReady(a)) - Number(isReady(b)) || b.number - a.number);
    const ending: readonly ContainerSummary[] = order
      .slice(0, replicas.length - wanted)
      .map(({ container }) => container);
    await ledger.write(next);
    await endReplicas(context, ending, { keepLog: true });
    listing.forget();
  }
  await ledger.write(next);
}

/** The lowest numbers that none has. */
export function freeNumbers(taken: readonly number[], count: number): readonly number[] {
  const found: number[] = [];
  for (let number = 1; found.length < count; number++) {
    if (!taken.includes(number)) {
      found.push(number);
    }
  }
  return found;
}
