import { afterAll, beforeAll, expect, it } from 'vitest';
import type { DockerBackend } from '../../src/backends/docker/dockerBackend';
import type { ServingRef } from '../../src/core/serving';
import { DockerPlace, NEVER } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { ask, describeWithEngine, engineIsUp } from './support/engine';

interface Inspected {
  readonly Config: { readonly User: string; readonly Env: readonly string[] };
  readonly HostConfig: {
    readonly ReadonlyRootfs: boolean;
    readonly CapDrop: readonly string[];
    readonly CapAdd: readonly string[] | null;
    readonly Privileged: boolean;
    readonly SecurityOpt: readonly string[];
    readonly PidsLimit: number;
    readonly Memory: number;
    readonly MemorySwap: number;
    readonly NanoCpus: number;
    readonly Binds: readonly string[] | null;
    readonly RestartPolicy: { readonly Name: string };
    readonly LogConfig: { readonly Type: string; readonly Config: Readonly<Record<string, string>> };
    readonly PortBindings: Readonly<Record<string, readonly { readonly HostIp: string }[]>>;
  };
  readonly Mounts: readonly { readonly Type: string }[];
}

const SECRET = 'a value that nobody may see 4711';
const TOKEN = 'a token that nobody may see 0815';
const SCRIPT = `
import os
class Predict:
    def predict(self, inputs):
        try:
            open("/written", "w").close()
            root = "writable"
        except OSError:
            root = "read-only"
        with open("/tmp/scratch", "w") as file:
            file.write("x")
        return [os.environ["KEY"] == ${JSON.stringify(SECRET)}, os.getuid(), root, os.environ["COLOUR"]]
`;

describeWithEngine('what runs on Docker', () => {
  let place: DockerPlace;
  let backend: DockerBackend;
  let ref: ServingRef;
  const inspected = new Map<string, { readonly text: string; readonly value: Inspected }>();

  beforeAll(async () => {
    await engineIsUp();
    place = new DockerPlace();
    place.secrets.set('KEY', SECRET);
    place.secrets.set('TOKEN', TOKEN);
    await place.write('Models/hard/1/hard.py', SCRIPT);
    backend = place.open();
    ref = await backend.create(
      place.define('hard', 'hard', {
        backend: 'docker',
        token: 'TOKEN',
        environment: { variables: { COLOUR: 'blue' }, secrets: ['KEY'] },
        resources: { cores: 0.5, memoryMb: 300, gpus: 0 },
        replicas: { min: 2, max: 2 },
      }),
      operation(),
    );
    await backend.start(ref, operation());
    for (const { id, name } of await place.containers('hard')) {
      const text = await ask(`/containers/${id}/json`);
      inspected.set(name, { text, value: JSON.parse(text) as Inspected });
    }
  }, 180_000);
  afterAll(() => place.dispose());

  const each = (): readonly (readonly [string, Inspected])[] =>
    [...inspected].map(([name, { value }]) => [name, value] as const);

  it('answers, knows its secrets, and cannot write where it need not', async () => {
    const answer = await backend.predict(ref, { verb: 'predict', body: '{"inputs": [1]}' }, NEVER);
    expect(JSON.parse(answer.body)).toEqual({ predictions: [true, 10001, 'read-only', 'blue'] });
    const url = `${(await backend.servings(NEVER))[0]?.run?.endpoint?.url ?? ''}:predict`;
    expect((await fetch(url, { method: 'POST', body: '{"inputs": [1]}' })).status).toBe(401);
  });

  it('is two replicas and a gateway with as little as they need', () => {
    expect(inspected.size).toBe(3);
    for (const [name, { Config, HostConfig, Mounts }] of each()) {
      expect(Config.User, name).toBe('10001:10001');
      expect(HostConfig, name).toMatchObject({
        ReadonlyRootfs: true,
        CapDrop: ['ALL'],
        Privileged: false,
        SecurityOpt: ['no-new-privileges'],
        RestartPolicy: { Name: 'unless-stopped' },
        LogConfig: { Type: 'json-file' },
      });
      expect(HostConfig.CapAdd ?? [], name).toEqual([]);
      expect(HostConfig.Binds ?? [], name).toEqual([]);
      expect(HostConfig.PidsLimit, name).toBeGreaterThan(0);
      expect(HostConfig.LogConfig.Config['max-size'], name).toBeTruthy();
      expect(HostConfig.Memory, name).toBeGreaterThan(0);
      expect(HostConfig.MemorySwap, name).toBe(HostConfig.Memory);
      expect(new Set(Mounts.map(({ Type }) => Type)), name).not.toContain('bind');
    }
  });

  it('has the resources that were asked for, and no port but the gateway has', () => {
    for (const [name, { HostConfig }] of each()) {
      const ports = Object.values(HostConfig.PortBindings).flat();
      if (name.endsWith('-gateway')) {
        expect(ports.map(({ HostIp }) => HostIp)).toEqual(['127.0.0.1', '127.0.0.1']);
      } else {
        expect(ports).toEqual([]);
        expect(HostConfig.Memory).toBe(300 * 1024 * 1024);
        expect(HostConfig.NanoCpus).toBe(5e8);
      }
    }
  });

  it('shows no secret to whoever looks at the engine', async () => {
    const filters = encodeURIComponent(JSON.stringify({ label: ['model-serving=1'] }));
    const lists = await Promise.all(
      ['containers/json?all=1&', 'networks?', 'volumes?', 'images/json?'].map((path) =>
        ask(`/${path}filters=${filters}`),
      ),
    );
    const images = await Promise.all(
      (await (await place.engine()).listImages({ 'model-serving': '1' })).map(async ({ id }) =>
        [await ask(`/images/${id}/json`), await ask(`/images/${id}/history`)].join('\n'),
      ),
    );
    for (const text of [...[...inspected.values()].map((one) => one.text), ...lists, ...images]) {
      expect(text).not.toContain(SECRET);
      expect(text).not.toContain(TOKEN);
      expect(text).not.toContain(Buffer.from(SECRET).toString('base64').slice(0, 20));
    }
  });

  it('keeps secrets in memory, and gives a new value to what is started next', async () => {
    const mounted = each().find(([name]) => !name.endsWith('-gateway'))?.[1].Mounts ?? [];
    expect(mounted.length).toBe(2);
    const volume = await ask(`/volumes/${(await place.objects()).find((name) => name.endsWith('-secrets')) ?? ''}`);
    expect(JSON.parse(volume)).toMatchObject({ Options: { type: 'tmpfs' } });
    place.secrets.set('KEY', 'another');
    const { definition } = (await backend.servings(NEVER))[0] ?? {};
    await backend.update(ref, definition ?? place.define('hard'), operation());
    const answer = await backend.predict(ref, { verb: 'predict', body: '{"inputs": [1]}' }, NEVER);
    expect(JSON.parse(answer.body)).toEqual({ predictions: [false, 10001, 'read-only', 'blue'] });
  }, 60_000);
});
