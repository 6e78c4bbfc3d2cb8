import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { folderFilter } from '../../../src/backends/docker/labels';
import type { Backend } from '../../../src/core/backend';
import type { ServingRef } from '../../../src/core/serving';
import { DockerPlace } from '../../contract/dockerPlace';
import { NEVER } from '../../docker/place';
import { OPERATION } from './place';
import type { DockerBench } from './parts';

const SERVINGS = 20;
const REPLICAS = 3;
/** No longer than a person notices. */
const GOAL_MS = 300;
/** Calls to the engine in a minute in which nothing happens: nobody looks, and the tree is open. */
const UNSEEN_CALLS = 5;
const SEEN_CALLS = 60;
/** How often the tree asks while it is open: POLL_MS of servingStore.ts. */
const TREE_MS = 3000;
const SCRIPT = `class Predict:
    def predict(self, inputs):
        return inputs
`;

/**
 * Twenty servings of three replicas: what the tree needs to know of them, beside the list of `docker ps` and one `inspect`
 * each, one after the other, as the CLI asks. Then what is asked while nothing happens.
 */
export async function manyListed({ figure, median, log, quick }: DockerBench): Promise<void> {
  const place = new DockerPlace({ name: 'bench-docker-' });
  const backend = place.open();
  try {
    log(`starting ${String(SERVINGS)} servings of ${String(REPLICAS)} replicas`);
    await startAll(place, backend);
    const times: Record<'first' | 'again' | 'inspected', number[]> = { first: [], again: [], inspected: [] };
    for (let round = 0; round <= (quick ? 3 : 10); round++) {
      const inspected = await timed(() => inspectAll(place));
      // Another window knows nothing yet. Only one of them puts back what is missing.
      const other = place.open({ tends: false });
      await other.availability(NEVER);
      const first = await timed(() => listAll(other));
      // What a gateway has just said would be taken again.
      await sleep(500);
      const again = await timed(() => listAll(other));
      other.dispose();
      // The first round warms both up.
      if (round > 0) {
        times.inspected.push(inspected);
        times.first.push(first);
        times.again.push(again);
      }
    }
    log(`docker ps and one inspect each: ${median(times.inspected).toFixed(0)} ms`);
    const below = Math.min(GOAL_MS, Math.round(median(times.inspected)));
    const what = `${String(SERVINGS)} × ${String(REPLICAS)} replicas listed`;
    const common = { unit: 'ms', baseline: times.inspected, below };
    figure({
      ...common,
      name: `${what}, first time in a window, beside docker ps and one inspect each`,
      values: times.first,
    });
    figure({ ...common, name: `${what}, again, beside docker ps and one inspect each`, values: times.again });
    await idle(backend, { figure, log, quick });
    await Promise.all(refs(backend).map((ref) => backend.stop(ref, OPERATION)));
  } finally {
    await place.dispose();
  }
}

function refs(backend: Backend): readonly ServingRef[] {
  return Array.from({ length: SERVINGS }, (_, number) => ({ backend: backend.id, name: `s${String(number)}` }));
}

async function startAll(place: DockerPlace, backend: Backend): Promise<void> {
  await place.write('Models/plain/1/plain.py', SCRIPT);
  const waiting = [...refs(backend)];
  const one = async (): Promise<void> => {
    for (let ref = waiting.shift(); ref; ref = waiting.shift()) {
      const replicas = { min: REPLICAS, max: REPLICAS };
      await backend.create(place.define(ref.name, 'plain', { backend: 'docker', replicas }), OPERATION);
      await backend.start(ref, OPERATION);
    }
  };
  // Both have to have ended before anything is taken away.
  const ends = await Promise.allSettled([one(), one()]);
  const failed = ends.find((end) => end.status === 'rejected');
  if (failed) {
    throw failed.reason;
  }
}

async function inspectAll(place: DockerPlace): Promise<void> {
  const engine = await place.engine();
  const containers = await engine.listContainers(folderFilter(place.folder));
  for (const { id } of containers) {
    await engine.inspectContainer(id);
  }
  expectAll(containers.length, SERVINGS * (REPLICAS + 1), 'containers');
}

/** What the tree asks for. */
async function listAll(backend: Backend): Promise<void> {
  const [servings] = await Promise.all([backend.servings(NEVER), backend.availability(NEVER)]);
  const ready = servings.flatMap(({ run }) => run?.replicas ?? []).filter(({ state }) => state === 'ready');
  expectAll(ready.length, SERVINGS * REPLICAS, 'replicas that are ready');
}

function expectAll(found: number, wanted: number, what: string): void {
  if (found !== wanted) {
    throw new Error(`${String(wanted)} ${what} were expected, not ${String(found)}`);
  }
}

/** Counts what is sent in a minute without any event. */
async function idle(
  backend: Backend,
  { figure, log, quick }: Pick<DockerBench, 'figure' | 'log' | 'quick'>,
): Promise<void> {
  const seconds = quick ? 15 : 60;
  const goals = { 'nobody looks': UNSEEN_CALLS, 'the tree is open': SEEN_CALLS } as const;
  for (const who of ['nobody looks', 'the tree is open'] as const) {
    // What is asked once of each container, and the events of what was before, are over.
    await listAll(backend);
    await sleep(3000);
    const counted = await counting(async () => {
      for (const end = performance.now() + seconds * 1000; performance.now() < end;) {
        if (who === 'the tree is open') {
          await listAll(backend);
        }
        await sleep(TREE_MS);
      }
    });
    const perMinute = (count: number): number => Math.round((count * 60) / seconds);
    const kinds = [...counted.byKind].map(([kind, count]) => `${String(perMinute(count))} ${kind}`);
    log(
      `while ${who}: ${kinds.join(', ') || 'nothing'}, and ${String(perMinute(counted.gateways))} to gateways, a minute`,
    );
    figure({
      name: `calls to the engine a minute for ${String(SERVINGS)} × ${String(REPLICAS)} replicas while ${who}`,
      unit: 'calls',
      values: [perMinute(counted.engine)],
      below: goals[who],
    });
  }
}

interface Counted {
  readonly engine: number;
  readonly gateways: number;
  readonly byKind: ReadonlyMap<string, number>;
}

/** The requests that this process sends meanwhile: to the engine by method and path without ids, and to gateways. */
async function counting(work: () => Promise<void>): Promise<Counted> {
  const byKind = new Map<string, number>();
  let engine = 0;
  let gateways = 0;
  const count = (message: unknown): void => {
    const { request } = message as { readonly request: ClientRequest };
    const path = request.path.split('?')[0] ?? '';
    if (path.includes('/stats;csv')) {
      gateways++;
    } else {
      const kind = `${request.method} ${path.replace(/[0-9a-f]{64}/, 'ID')}`;
      byKind.set(kind, (byKind.get(kind) ?? 0) + 1);
      engine++;
    }
  };
  subscribe('http.client.request.start', count);
  try {
    await work();
  } finally {
    unsubscribe('http.client.request.start', count);
  }
  return { engine, gateways, byKind };
}

async function timed(work: () => Promise<void>): Promise<number> {
  const began = performance.now();
  await work();
  return performance.now() - began;
}
