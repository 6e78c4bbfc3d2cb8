import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { BackendId } from '../../src/core/serving';
import type { Engine } from '../../src/backends/docker/engine/port';
import { Fresh } from '../../src/backends/docker/fresh';
import { EngineWatch } from '../../src/backends/docker/watch';
import { host, image, NEVER, python, testEngine } from './place';
import { describeWithEngine } from './support/engine';
import { Relay } from './support/relay';

const folder = `watch-${Math.random().toString(36).slice(2, 10)}`;
const log = { debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined };

describeWithEngine('the watch on the engine', () => {
  let engine: Engine;
  let relayed: Engine;
  let relay: Relay;
  let watch: EngineWatch | undefined;
  const labels = { 'model-serving': '1', 'model-serving.folder': folder };

  beforeAll(async () => {
    engine = await testEngine();
    if (!(await engine.inspectImage(image))) {
      await engine.pullImage(image, () => undefined, NEVER);
    }
    relay = await Relay.make(host);
    relayed = await testEngine(relay.address);
  });

  afterEach(async () => {
    watch?.dispose();
    const others = { 'model-serving.folder': `${folder}-other` };
    for (const { id } of [...(await engine.listContainers(labels)), ...(await engine.listContainers(others))]) {
      await engine.removeContainer(id);
    }
  });

  afterAll(async () => {
    relayed.dispose();
    engine.dispose();
    await relay.dispose();
  });

  function watching(): { heard: string[]; available: boolean[]; watch: EngineWatch } {
    const made = new EngineWatch({
      engine: relayed,
      labels,
      refOf: (each) => ({ backend: 'docker:x' as BackendId, name: each['model-serving.serving'] ?? '' }),
      log,
    });
    watch = made;
    const heard: string[] = [];
    const available: boolean[] = [];
    made.onDidChange((ref) => heard.push(ref?.name ?? '*'));
    made.onDidChangeAvailability((now) => available.push(now));
    return { heard, available, watch: made };
  }

  async function container(name: string, code = 'import time; time.sleep(60)'): Promise<string> {
    const id = await engine.createContainer(
      python(code, { ...labels, 'model-serving.serving': name, 'model-serving.role': 'replica' }),
    );
    await engine.startContainer(id);
    return id;
  }

  async function until(done: () => boolean): Promise<void> {
    for (let n = 0; n < 200 && !done(); n++) {
      await sleep(50);
    }
    expect(done()).toBe(true);
  }

  it('hears of our containers, each within a moment, and of nobody else', async () => {
    const { heard, available } = watching();
    await until(() => available[0] === true);
    await sleep(1300);
    heard.length = 0;
    const id = await container('iris');
    await until(() => heard.includes('iris'));
    await sleep(200);
    heard.length = 0;
    await engine.readContainerFile(id, '/etc/hostname');
    await engine.createContainer(python('pass', { 'model-serving': '1', 'model-serving.folder': `${folder}-other` }));
    await sleep(300);
    expect(heard).toEqual([]);
    await engine.killContainer(id, 'SIGKILL');
    await until(() => heard.includes('iris'));
  });

  it('sends nothing while nothing happens, however often is asked what there is', async () => {
    const { available, watch: made } = watching();
    await container('iris');
    await until(() => available[0] === true);
    await sleep(1500);
    const containers = new Fresh(made, () => relayed.listContainers(labels));
    expect((await containers.get()).length).toBe(1);
    relay.requests.length = 0;
    for (let n = 0; n < 50; n++) {
      await containers.get();
      await sleep(60);
    }
    expect(relay.requests).toEqual([]);
    await container('other');
    await sleep(300);
    expect((await containers.get()).length).toBe(2);
    expect(relay.requests.length).toBe(1);
  });

  it('says when the engine goes, and that anything may have changed when it is back', async () => {
    const { heard, available } = watching();
    await until(() => available[0] === true);
    await relay.close();
    await until(() => available[1] === false);
    await container('iris');
    heard.length = 0;
    await sleep(1000);
    await relay.open();
    await until(() => available[2] === true);
    await until(() => heard.includes('*'));
    await sleep(1300);
    heard.length = 0;
    await container('other');
    await until(() => heard.includes('other'));
  });
});
