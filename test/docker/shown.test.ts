import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DockerBackend } from '../../src/backends/docker/dockerBackend';
import type { LogLine } from '../../src/core/backend';
import { DEFAULTS } from '../../src/core/definition';
import type { Serving, ServingRef } from '../../src/core/serving';
import { until } from '../contract/backend.contract';
import { DockerPlace } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { describeWithEngine, engineIsUp } from './support/engine';
import { Load } from './support/load';

const NEVER = new AbortController().signal;
const SCRIPT = `
import time

class Predict:
    def predict(self, inputs):
        time.sleep(float(inputs[0]))
        return [len(inputs)]
`;

describeWithEngine('what is shown of a serving that runs', () => {
  let place: DockerPlace;
  let backend: DockerBackend;
  let ref: ServingRef;

  const serving = async (): Promise<Serving> => {
    const found = (await backend.servings(NEVER)).find(({ ref: { name } }) => name === ref.name);
    if (!found) {
      throw new Error('it is not there');
    }
    return found;
  };
  const log = async (): Promise<readonly LogLine[]> => {
    const lines: LogLine[] = [];
    for await (const line of backend.logs(ref, { follow: false }, NEVER)) {
      lines.push(line);
    }
    return lines;
  };

  beforeAll(async () => {
    await engineIsUp();
    place = new DockerPlace();
    await place.write('Models/slow/1/slow.py', SCRIPT);
    await place.write('Models/slow/1/model.bin', `weights ${String(Math.random())}`);
    backend = place.open();
    const definition = place.define('shown', 'slow', {
      backend: 'docker',
      replicas: { min: 2, max: 3 },
      resources: { cores: 1, memoryMb: 256, gpus: 0 },
      batching: { ...DEFAULTS.batching, enabled: false },
    });
    ref = await backend.create(definition, operation());
    await backend.start(ref, operation());
  }, 180_000);
  afterAll(() => place.dispose());

  it('names the containers as the engine does, and counts what goes through the gateway', async () => {
    for (let number = 0; number < 5; number++) {
      await backend.predict(ref, { verb: 'predict', body: '{"inputs": [0.02]}' }, NEVER);
    }
    await backend.predict(ref, { verb: 'predict', body: '{' }, NEVER);
    await until(async () => ((await serving()).run?.gateway?.requests ?? 0) >= 6, 10_000);
    const { run } = await serving();
    const named = (await place.containers('shown')).map(({ id, name }) => `${id.slice(0, 12)} ${name}`);
    const shown = [...(run?.replicas ?? []), ...(run?.gateway ? [run.gateway] : [])];
    expect(shown.map(({ container, containerName }) => `${container ?? ''} ${containerName ?? ''}`).sort()).toEqual(
      named.sort(),
    );
    expect(run?.replicas.map(({ inFlight, restarts, trouble }) => ({ inFlight, restarts, trouble }))).toEqual([
      { inFlight: 0, restarts: 0, trouble: undefined },
      { inFlight: 0, restarts: 0, trouble: undefined },
    ]);
    const traffic = run?.gateway?.traffic;
    expect(traffic?.replies['2xx']).toBe(5);
    expect(traffic?.replies['4xx']).toBe(1);
    expect(traffic?.errors).toEqual({ requests: 0, connections: 0, replies: 0 });
    expect(traffic?.connections.total).toBeGreaterThan(0);
    // Five of the six take 20 ms.
    expect(traffic?.meanMs).toBeGreaterThanOrEqual(10);
  }, 60_000);

  it('says why a replica was started again, and how often in every window', async () => {
    const engine = await place.engine();
    const second = (await serving()).run?.replicas.find(({ number }) => number === 2);
    const { pid } = (await engine.inspectContainer(second?.container ?? '')) ?? {};
    process.kill(pid ?? 0, 'SIGKILL');
    const found = async (of: DockerBackend) =>
      (await of.servings(NEVER)).flatMap(({ run }) => run?.replicas ?? []).find(({ number }) => number === 2);
    await until(async () => (await found(backend))?.restarts === 1, 20_000);
    await until(async () => (await found(backend))?.state === 'ready', 30_000);
    expect(await found(backend)).toMatchObject({ restarts: 1, lastFailure: 'was killed' });
    const other = place.open();
    // The gateway sees a moment later that a replica was away.
    await until(async () => (await found(other))?.restarts === 1 && (await found(other))?.state === 'ready', 30_000);
    expect(await found(other)).not.toHaveProperty('lastFailure');
    other.dispose();
  }, 90_000);

  it('has what the build printed in its log', async () => {
    const built = (await log()).filter(({ logger }) => logger === 'build');
    expect(built.map(({ message }) => message).join('\n')).toMatch(/Sending the model[^]*Adding the script/);
    expect(built.every(({ replica }) => replica === undefined)).toBe(true);
  }, 30_000);

  it('tells by which rule its number follows the load, each decision, and has it in its log', async () => {
    const before = (await serving()).run?.scaling;
    expect(before).toMatchObject({ isActive: true, decisions: [] });
    expect(before?.rule.more).toContain('more than 4 requests in flight');
    const url = `${(await serving()).run?.endpoint?.url ?? ''}:predict`;
    const load = new Load({ url, rate: 20, body: '{"inputs": [0.2]}', seconds: 60 });
    await until(async () => (await serving()).run?.replicas.length === 3, 40_000);
    expect((await load.stop()).failures).toEqual([]);
    const [decision] = (await serving()).run?.scaling?.decisions ?? [];
    expect(decision).toMatchObject({ from: 2, to: 3 });
    expect(decision?.reason).toMatch(/requests in flight per replica for 2 s \(more than 4\)/);
    const told = (await log()).filter(({ logger }) => logger === 'scaling');
    expect(told.map(({ message }) => message)).toEqual([`Scaled by load, ${decision?.reason ?? ''}`]);
    const gateway = (await log()).filter(({ logger }) => logger === 'gateway');
    expect(gateway.map(({ level, message }) => `${level} ${message}`)).toContainEqual(
      expect.stringMatching(/^DEBUG Gateway: place 3 is UP, reason: Layer7 check passed, code: 200$/),
    );
    // Another window shows the same.
    const other = place.open();
    const seen = (await other.servings(NEVER)).find(({ ref: { name } }) => name === ref.name);
    expect(seen?.run?.scaling?.decisions).toEqual((await serving()).run?.scaling?.decisions);
    expect(seen?.run?.scaling?.isActive).toBe(true);
    other.dispose();
  }, 90_000);

  it('says that no window decides when none is there to do it', async () => {
    backend.dispose();
    await sleep(300);
    // A window that does not tend to the servings: it shows what is, and decides nothing.
    backend = place.open({ tends: false });
    expect((await serving()).run?.scaling).toMatchObject({ isActive: false, decisions: [{ from: 2, to: 3 }] });
  }, 30_000);
});
