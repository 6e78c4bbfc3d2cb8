import { readFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest';
import type { Engine } from '../../src/backends/docker/engine/port';
import { gatewayImage } from '../../src/backends/docker/gateway/image';
import { gatewayFiles, GatewayPlace, haproxyImage, QUIET, settings } from './gatewayPlace';
import { image, NEVER, testEngine } from './place';
import { describeWithEngine, engineIsUp } from './support/engine';
import { Load } from './support/load';

interface Answer {
  readonly replica: string;
  readonly id: string;
  readonly size: number;
}

describeWithEngine('the gateway', () => {
  let engine: Engine;
  let place: GatewayPlace;

  beforeAll(async () => {
    await engineIsUp();
    engine = await testEngine();
    if (!(await engine.inspectImage(image))) {
      await engine.pullImage(image, () => undefined, NEVER);
    }
    await new GatewayPlace(engine).gateways.image(settings, QUIET);
  }, 120_000);
  afterAll(() => {
    engine.dispose();
  });
  beforeEach(async () => {
    place = new GatewayPlace(engine);
    await place.begin();
  });
  afterEach(async () => {
    await place.end();
  });

  const post = async (path: string, body = '{}', headers: Readonly<Record<string, string>> = {}) => {
    const reply = await fetch(await place.url(path), { method: 'POST', body, headers });
    return { reply, value: (await reply.json()) as Answer };
  };
  const load = async (rate = 100) => new Load({ url: await place.url(), rate, body: '{"inputs":[[1,2,3,4]]}' });
  const expectNoneFailed = async (running: Load) => {
    const result = await running.stop();
    expect(result.failures).toEqual([]);
    expect(result.sent).toBeGreaterThan(100);
  };

  it('has an image that is made once, and tells when a base has no HAProxy', async () => {
    const parts = { engine, files: gatewayFiles, base: haproxyImage };
    const began = performance.now();
    const tag = await gatewayImage(parts, QUIET);
    expect(performance.now() - began).toBeLessThan(1000);
    expect(tag).toMatch(/^model-serving\/gateway:[0-9a-f]{16}$/);
    expect((await engine.inspectImage(tag))?.user).toBe('10001:10001');
    const error = await gatewayImage({ ...parts, base: image }, QUIET).catch((reason: unknown) => reason);
    expect(error).toMatchObject({ name: 'ServingError' });
    expect(String(error)).toMatch(/haproxy/i);
  });

  it('balances, and passes streams, large bodies and ids on', async () => {
    const ids = [await place.replica(), await place.replica()];
    await place.ready(...ids);
    const answers = await Promise.all(Array.from({ length: 8 }, () => post('/slow/0.2')));
    const replicas = answers.map(({ value }) => value.replica);
    expect(replicas.filter((name) => name === '1')).toHaveLength(4);
    expect(new Set(answers.map(({ value }) => value.id)).size).toBe(8);

    const { reply, value } = await post('/predict');
    expect(value.id).toMatch(/^g[0-9a-f-]{36}$/);
    expect(reply.headers.get('x-request-id')).toBe(value.id);
    expect((await post('/predict', '{}', { 'x-request-id': 'mine' })).value.id).toBe('mine');

    const large = 'x'.repeat(5_000_000);
    expect((await post('/predict', large)).value.size).toBe(large.length);
    const parts = new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode('a'.repeat(70_000)));
        controller.enqueue(new TextEncoder().encode('b'));
        controller.close();
      },
    });
    const chunked = await fetch(await place.url(), { method: 'POST', body: parts, duplex: 'half' });
    expect(((await chunked.json()) as Answer).size).toBe(70_001);

    const began = performance.now();
    const stream = await fetch(await place.url('/stream'));
    const moments: number[] = [];
    const decoder = new TextDecoder();
    let text = '';
    for await (const part of stream.body ?? []) {
      moments.push(performance.now() - began);
      text += decoder.decode(part as Uint8Array, { stream: true });
    }
    expect(text).toBe([0, 1, 2, 3, 4].map((number) => `data: ${number}\n\n`).join(''));
    expect((moments.at(-1) ?? 0) - (moments[0] ?? 0)).toBeGreaterThan(600);

    const refused = await post('/predict', 'x'.repeat(8_000_001));
    expect(refused.reply.status).toBe(413);
    expect(refused.value).toMatchObject({
      kind: 'body-too-large',
      error: expect.stringContaining('8000000') as string,
    });

    const reading = await place.read();
    expect(reading?.replicas.map(({ up }) => up)).toEqual([true, true]);
    expect(reading?.replies['4xx']).toBe(1);
    expect(reading?.replies['2xx']).toBeGreaterThanOrEqual(13);
  });

  it('tells of its requests only to whoever knows the path', async () => {
    await place.ready(await place.replica());
    const gateway = await place.gateway();
    const port = gateway.ports.find(({ inside }) => inside === 8404);
    expect(port?.address).toBe('127.0.0.1');
    for (const path of ['/', '/metrics', '/stats', '/stats;csv', '/haproxy?stats', '/path/metrics']) {
      expect((await fetch(`http://127.0.0.1:${port?.outside ?? 0}${path}`)).status).toBe(404);
    }
    const known = `http://127.0.0.1:${port?.outside ?? 0}/${gateway.labels['model-serving.admin-path'] ?? ''}`;
    expect(await (await fetch(`${known}/metrics`)).text()).toMatch(/^haproxy_server_status\{proxy="replicas"/m);
    const slow = post('/slow/1');
    await place.until((reading) => reading?.inFlight === 1 && reading.replicas[0]?.inFlight === 1);
    await slow;
    await place.until((reading) => reading?.inFlight === 0);
  });

  // The hardest of replicas: ports that are open before they are ready, and connections that are cut off at SIGTERM.
  for (const [kind, variables] of [
    ['that say before that they end', { NOT_READY: '0.5', LAME: '1' }],
    ['that end at once', { NOT_READY: '1' }],
  ] as const) {
    it(`loses nothing while replicas ${kind} come and go`, async () => {
      const first = await place.replica(variables);
      await place.ready(first);
      const running = await load();
      await sleep(500);
      const more = [await place.replica(variables), await place.replica(variables)];
      await place.ready(...more);
      await sleep(500);
      await place.stop(first);
      await sleep(300);
      const others = [await place.replica(variables), await place.replica(variables)];
      await place.ready(...others);
      await place.stop(...more);
      await place.stop(others[0] ?? '');
      await sleep(500);
      await expectNoneFailed(running);
    }, 60_000);
  }

  it('loses nothing when one of two replicas is killed, and keeps the id of what it sends again', async () => {
    const ids = [await place.replica(), await place.replica()];
    await place.ready(...ids);
    const running = await load();
    await sleep(700);
    await engine.killContainer(ids[0] ?? '', 'SIGKILL');
    await sleep(1000);
    await expectNoneFailed(running);

    const dying = await place.replica({ DIES: '1' });
    await place.ready(dying);
    const answered = await Promise.all(Array.from({ length: 6 }, () => post('/die')));
    expect(answered.map(({ reply }) => reply.status)).toEqual(Array(6).fill(200));
    const died: string[] = [];
    for await (const { text } of engine.containerLogs(dying, { follow: false }, NEVER)) {
      died.push(text.replace('die ', ''));
    }
    expect(died).toHaveLength(1);
    expect(answered.map(({ value }) => value.id)).toContain(died[0]);
    const reading = await place.read();
    expect(reading?.retries).toBeGreaterThan(0);
  }, 60_000);

  it('holds requests while the only replica starts again', async () => {
    const id = await place.replica({ NOT_READY: '1' });
    await place.ready(id);
    const running = await load(50);
    await sleep(500);
    await engine.killContainer(id, 'SIGKILL');
    await sleep(300);
    const held = await place.read();
    expect(held?.held).toBeGreaterThan(0);
    expect(held?.inFlight).toBeGreaterThanOrEqual(held?.held ?? 0);
    await engine.startContainer(id);
    await place.ready(id);
    await sleep(500);
    await expectNoneFailed(running);
  }, 60_000);

  it('answers 503 when no replica comes, and says when to try again', async () => {
    const began = performance.now();
    const { reply, value } = await post('/predict');
    expect(reply.status).toBe(503);
    expect(reply.headers.get('retry-after')).toBe('1');
    expect(value).toMatchObject({ kind: 'not-ready', request: expect.stringMatching(/^g/) as string });
    const seconds = (performance.now() - began) / 1000;
    expect(seconds).toBeGreaterThan(9);
    expect(seconds).toBeLessThan(13);
  }, 30_000);

  it('ends when its requests have, whatever connections stay', async () => {
    await place.ready(await place.replica());
    const idle = connect(Number(new URL(await place.url()).port), '127.0.0.1');
    await new Promise((resolve) => {
      idle.once('data', resolve);
      idle.write('GET /predict HTTP/1.1\r\nhost: test\r\n\r\n');
    });
    const slow = post('/slow/1.5');
    await place.until((reading) => reading?.inFlight === 1);
    const began = performance.now();
    await engine.stopContainer((await place.gateway()).id, 15);
    expect(performance.now() - began).toBeLessThan(8000);
    expect((await slow).reply.status).toBe(200);
    idle.destroy();
  }, 40_000);

  it('is back soon after it was killed', async (context) => {
    await place.ready(await place.replica());
    const { id } = await place.gateway();
    const pid = (await engine.inspectContainer(id))?.pid ?? 0;
    // One that the engine is told to kill stays down, so this has to be its process, seen from here.
    if (!(await readFile(`/proc/${pid}/cgroup`, 'utf8').catch(() => '')).includes(id)) {
      context.skip("the engine's processes are not seen from here");
    }
    const url = await place.url();
    const running = await load();
    await sleep(500);
    process.kill(pid, 'SIGKILL');
    await sleep(4000);
    const result = await running.stop();
    expect(await place.url()).toBe(url);
    expect(result.failedFor).toBeLessThan(3000);
    expect(result.ok).toBeGreaterThan(100);
  }, 60_000);
});
