import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import type { DockerBackend } from '../../../src/backends/docker/dockerBackend';
import type { ServingDefinition } from '../../../src/core/definition';
import type { Serving, ServingRef } from '../../../src/core/serving';
import { until } from '../../contract/backend.contract';
import { DockerPlace, NEVER } from '../../contract/dockerPlace';
import { operation } from '../../contract/fixture';
import { describeStopping, engineIsUp, killEngine, pauseEngine, resumeEngine } from '../support/engine';
import { Load } from '../support/load';

const ways = [
  ['stopped', pauseEngine],
  ['killed', killEngine],
] as const;
/** Prints with each request, as scripts do. */
const SCRIPT = (word: string) => `
class Predict:
    def predict(self, inputs):
        print("asked", *inputs)
        return ["${word}"] * len(inputs)
`;
const AWAY_MS = 2500;

describeStopping('A serving whose engine goes and comes back', () => {
  let place: DockerPlace;
  let backend: DockerBackend;
  let definition: ServingDefinition;
  let ref: ServingRef;
  let url: string;
  let inside: string;

  const find = async (): Promise<Serving | undefined> =>
    (await backend.servings(NEVER)).find(({ ref: { name } }) => name === 'iris');
  const isWhole = async (): Promise<boolean> => {
    const found = await find();
    const ready = found?.run?.replicas.filter(({ state }) => state === 'ready') ?? [];
    return found?.state === 'running' && ready.length === 2;
  };
  const asked = async (inputs: readonly unknown[], at = url): Promise<unknown> => {
    const reply = await fetch(at, { method: 'POST', body: JSON.stringify({ inputs }) });
    return ((await reply.json()) as { predictions?: unknown }).predictions;
  };
  /** Id, and since when it runs. */
  const running = async (): Promise<readonly string[]> => {
    const engine = await place.engine();
    const all = await Promise.all((await place.containers('iris')).map(({ id }) => engine.inspectContainer(id)));
    return all.map((each) => `${each?.id ?? ''} ${each?.startedAt?.toISOString() ?? ''}`).sort();
  };

  beforeEach(async () => {
    await engineIsUp();
    place = new DockerPlace();
    await place.write('Models/words/1/words.py', SCRIPT('first'));
    backend = place.open();
    definition = place.define('iris', 'words', { backend: 'docker', replicas: { min: 2, max: 2 } });
    ref = await backend.create(definition, operation());
    await backend.start(ref, operation());
    inside = await place.gatewayUrl('iris');
    url = `${(await find())?.run?.endpoint?.url ?? ''}:predict`;
  }, 120_000);
  afterEach(async () => {
    await engineIsUp();
    await place.dispose();
  }, 60_000);
  afterAll(engineIsUp);

  it.each(ways)(
    'answers every request while it is %s and started again, and nothing of it is made anew',
    async (_, stop) => {
      const before = await running();
      const options = { rate: 60, body: '{"inputs": [1, 2]}', seconds: 120 };
      // Of this computer only: nothing else can look into the serving's network.
      const load = new Load({ ...options, url: inside, isOfContainer: true });
      const published = new Load({ ...options, url });
      await sleep(700);
      const since = Date.now();
      await stop();
      await sleep(AWAY_MS);
      expect((await find())?.state).toBe('unknown');
      await resumeEngine();
      const away = Date.now() - since;
      await until(isWhole, 30);
      // What a window puts back it would put back now.
      await sleep(3000);
      const result = await load.stop();
      const through = await published.stop();
      console.log(
        `engine away for ${String(away)} ms: ${String(result.sent)} requests, the slowest took ${String(result.slowest)} ms; on 127.0.0.1 ${String(through.failed)} of ${String(through.sent)} failed, for ${String(through.failedFor)} ms`,
      );
      // The engine's own program between 127.0.0.1 and the gateway is away with it, and no longer.
      expect(through.failedFor).toBeLessThan(away + 500);
      expect(result.failures).toEqual([]);
      expect(result.sent).toBeGreaterThan(250);
      expect(await running()).toEqual(before);
      expect((await find())?.run?.replicas.map(({ restarts }) => restarts)).toEqual([0, 0]);
    },
    120_000,
  );

  it.each(ways)(
    'is replaced without a failed request after it was %s and started again',
    async (_, stop) => {
      await stop();
      await resumeEngine();
      await until(isWhole, 30);
      await place.write('Models/words/1/words.py', SCRIPT('second'));
      const load = new Load({ url, rate: 80, body: '{"inputs": [1, 2]}', seconds: 120 });
      await sleep(700);
      await backend.update(ref, definition, operation());
      await sleep(700);
      expect((await load.stop()).failures).toEqual([]);
      expect(await asked([1])).toEqual(['second']);
    },
    120_000,
  );

  it.each(ways)(
    'has a log that goes on when it is %s and started again: every line, once and in order',
    async (_, stop) => {
      const lines: string[] = [];
      const ended = new AbortController();
      const reading = (async () => {
        for await (const { message } of backend.logs(ref, { follow: true }, ended.signal)) {
          lines.push(message);
        }
      })().catch((error: unknown) => error);
      const words = (): readonly string[] => lines.filter((line) => line.startsWith('asked'));
      let count = 0;
      const ask = async (times: number): Promise<void> => {
        for (const last = count + times; count < last; count++) {
          expect(await asked([count], inside)).toEqual(['first']);
          await sleep(10);
        }
      };
      await ask(40);
      await until(() => words().length === 40);
      await stop();
      await ask(40);
      await resumeEngine();
      await ask(40);
      await until(() => words().length >= 120, 40);
      await sleep(1500);
      const all = Array.from({ length: 120 }, (__, n) => `asked ${String(n)}`);
      expect([...words()].sort()).toEqual([...all].sort());
      const past: string[] = [];
      for await (const { message } of backend.logs(ref, { follow: false }, NEVER)) {
        past.push(message);
      }
      expect(past.filter((line) => line.startsWith('asked'))).toEqual(all);
      ended.abort();
      await reading;
    },
    120_000,
  );

  it('comes back at the same address when the engine ended its containers with itself', async () => {
    const engine = await place.engine();
    const before = await place.containers('iris');
    const pids = await Promise.all(before.map(async ({ id }) => (await engine.inspectContainer(id))?.pid ?? 0));
    // As an engine without live-restore ends: its containers are told to.
    await pauseEngine();
    pids.forEach((pid) => process.kill(pid, 'SIGTERM'));
    await until(() => pids.every((pid) => !isAlive(pid)), 20);
    await expect(asked([1])).rejects.toThrow();
    await resumeEngine();
    const began = Date.now();
    await until(isWhole, 60);
    console.log(`all of it is back ${String(Date.now() - began)} ms after its engine`);
    expect(await asked([1])).toEqual(['first']);
    expect((await place.containers('iris')).map(({ id }) => id).sort()).toEqual(before.map(({ id }) => id).sort());
    await place.write('Models/words/1/words.py', SCRIPT('second'));
    await backend.update(ref, definition, operation());
    expect(await asked([1])).toEqual(['second']);
    await backend.stop(ref, operation());
    expect(await place.objects()).toEqual([]);
  }, 150_000);

  it('that was stopped before stays stopped', async () => {
    await backend.stop(ref, operation());
    await killEngine();
    expect((await find())?.state).toBe('stopped');
    await resumeEngine();
    await sleep(2500);
    expect(await place.objects()).toEqual([]);
    expect((await find())?.state).toBe('stopped');
  }, 60_000);
});

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}
