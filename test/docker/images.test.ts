import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { Engine } from '../../src/backends/docker/engine/port';
import { artifactImage } from '../../src/backends/docker/images/artifactImage';
import { type EnvironmentImage, environmentImage } from '../../src/backends/docker/images/environmentImage';
import { DockerImages } from '../../src/backends/docker/images/dockerImages';
import { LABEL } from '../../src/backends/docker/images/names';
import { pruneArtifacts, removeImages, unusedImages } from '../../src/backends/docker/images/unusedImages';
import { DEFAULTS } from '../../src/core/definition';
import { Pythons } from '../../src/environments/python';
import { run } from '../../src/environments/run';
import { testPython } from '../contract/serverRoot';
import { type ImagesPlace, imagesPlace, operation, packageIndex, packed } from './imagesPlace';
import { host, image, NEVER, testEngine } from './place';
import { describeWithEngine, engineIsUp, noEngine } from './support/engine';

vi.setConfig({ testTimeout: 240_000, hookTimeout: 120_000 });

let engine: Engine;
const places: ImagesPlace[] = [];
const labels = { 'model-serving.test': randomBytes(4).toString('hex') };

beforeAll(async () => {
  if (noEngine === undefined) {
    await engineIsUp();
    engine = await testEngine();
  }
});
afterEach(async () => {
  for (const place of places.splice(0)) {
    await place.remove();
  }
});

function newPlace(env: NodeJS.ProcessEnv = {}): ImagesPlace {
  const place = imagesPlace(engine, env);
  places.push(place);
  return place;
}
function six(place: ImagesPlace, signal?: AbortSignal): Promise<EnvironmentImage> {
  return environmentImage({ requirements: place.requirements('six==1.16.0') }, place.tools, operation(signal));
}
async function output(tag: string, code: string, more: object = {}): Promise<string> {
  const once = { image: tag, entrypoint: ['python', '-B', '-c', code], labels, ...more };
  return (await engine.runOnce(once, undefined, NEVER)).output.trim();
}
const docker = (...args: readonly string[]): string =>
  execFileSync('docker', ['-H', host, ...args], { encoding: 'utf8', maxBuffer: 1e8 });
const serving = (name: string, place: ImagesPlace) => ({
  name,
  folder: place.directory,
  folderHash: place.directory.slice(-6),
});

describeWithEngine('environment images', () => {
  it('have base, packages, server and user, are told about, and are used again', async () => {
    const place = newPlace();
    const first = operation();
    const request = { requirements: place.requirements('six==1.16.0') };
    const made = await environmentImage(request, place.tools, first);
    expect(made).toMatchObject({ cached: false, base: image });
    expect(made.python).toMatch(/^3\.\d+\.\d+$/);
    expect(first.told.map(({ message }) => message)).toContain('Installing six');
    expect(place.lines.join('\n')).toContain('six==1.16.0');

    const detail = await engine.inspectImage(made.tag);
    expect(detail).toMatchObject({ id: made.id, user: '10001:10001' });
    expect(detail?.labels).toMatchObject({ [LABEL.ours]: '1', [LABEL.role]: 'environment', [LABEL.base]: image });
    const told = await output(
      made.tag,
      [
        'import six, os, glob, getpass, json, sys',
        'server = "/opt/model-serving/server"',
        'open("/run/serving/x", "w").close()',
        'print(json.dumps([six.__version__, sys.prefix, getpass.getuser(), os.getuid(), len(glob.glob(server + "/model_server/**/*.pyc", recursive=True)) > 50, os.access(server + "/vendor", os.R_OK), os.listdir("/tmp")]))',
      ].join('\n'),
      { tmpfs: { '/tmp': 'rw,size=16m' }, volumes: [{ target: '/run/serving' }] },
    );
    expect(JSON.parse(told)).toEqual(['1.16.0', '/opt/venv', 'serving', 10001, true, true, []]);
    expect(await output(made.tag, 'import orjson, httptools; print("fast")')).toBe('fast');

    const again = await environmentImage(request, place.tools, operation());
    expect(again).toEqual({ ...made, cached: true });
    expect(place.built).toHaveLength(1);
    const other = await environmentImage({ requirements: place.requirements() }, place.tools, operation());
    expect(other.tag).not.toBe(made.tag);
    expect(await output(other.tag, 'import httptools\ntry:\n  import six\nexcept ImportError: print("none")')).toBe(
      'none',
    );
  });

  it('are built once when two ask at once', async () => {
    const place = newPlace();
    const [one, two] = await Promise.all([six(place), six(place)]);
    expect(one.id).toBe(two.id);
    expect([one.cached, two.cached].sort()).toEqual([false, true]);
    expect(place.built).toHaveLength(1);
  });

  it('keep no password of an index anywhere on the engine', async () => {
    const password = `pw${randomBytes(8).toString('hex')}`;
    const start = new Date(Date.now() - 1000).toISOString();
    const place = newPlace();
    execFileSync(testPython(), ['-c', WHEEL, join(place.directory, 'secretpkg-1.0-py3-none-any.whl')]);
    const wheel = readFileSync(join(place.directory, 'secretpkg-1.0-py3-none-any.whl'));
    const authorization = `Basic ${Buffer.from(`me:${password}`).toString('base64')}`;
    let refused = 0;
    const index = await packageIndex((request, response) => {
      if (request.headers.authorization !== authorization) {
        refused++;
        response.writeHead(401, { 'www-authenticate': 'Basic realm="x"' }).end();
      } else if (request.url?.startsWith('/simple/secretpkg/') === true) {
        const link = '<a href="/files/secretpkg-1.0-py3-none-any.whl">secretpkg-1.0-py3-none-any.whl</a>';
        response.writeHead(200, { 'content-type': 'text/html' }).end(link);
      } else if (request.url?.endsWith('.whl') === true) {
        response.end(wheel);
      } else {
        response.writeHead(404).end();
      }
    });
    try {
      const tools = {
        ...place.tools,
        env: { ...place.tools.env, PIP_INDEX_URL: `http://me:${password}@${index.host}/simple` },
      };
      const made = await environmentImage({ requirements: place.requirements('secretpkg') }, tools, operation());
      expect(await output(made.tag, 'import secretpkg; print("there")')).toBe('there');
      expect(docker('history', '--no-trunc', made.tag) + docker('inspect', made.tag)).not.toContain(password);
      expect(place.lines.join('\n')).not.toContain(password);
      const { dataRoot } = await engine.info(NEVER);
      const search = `find ${dataRoot} -type f -newermt ${start} -print0 2>/dev/null | xargs -0 -r grep -lF ${password} 2>/dev/null || true`;
      expect(execFileSync('sh', ['-c', search], { encoding: 'utf8' })).toBe('');
      const saved = `docker -H ${host} save ${made.tag} | grep -c -F ${password} || true`;
      expect(execFileSync('sh', ['-c', saved], { encoding: 'utf8' }).trim()).toBe('0');
    } finally {
      index.close();
    }
    expect(refused).toBeLessThan(50);
  });

  it('end with their build when they are cancelled while packages are installed', async () => {
    const place = newPlace();
    const index = await packageIndex(() => undefined);
    const controller = new AbortController();
    try {
      const tools = { ...place.tools, env: { ...place.tools.env, PIP_INDEX_URL: `http://${index.host}/simple` } };
      const building = environmentImage(
        { requirements: place.requirements('six==1.16.0') },
        tools,
        operation(controller.signal),
      ).catch((error: unknown) => error);
      await vi.waitUntil(async () => (await index.open()) > 0, { timeout: 120_000, interval: 50 });
      const before = Date.now();
      controller.abort();
      expect(await building).toMatchObject({ code: 'cancelled' });
      expect(Date.now() - before).toBeLessThan(3000);
      await vi.waitUntil(async () => (await index.open()) === 0, { timeout: 15_000, interval: 50 });
      expect(await engine.inspectImage(place.built[0]?.tag ?? '')).toBeUndefined();
      const containers = await engine.listContainers({ [LABEL.role]: 'once' });
      expect(containers.filter((each) => each.image === image)).toEqual([]);
    } finally {
      index.close();
    }
  });

  it('say which package there is not, and lead to its line', async () => {
    const place = newPlace();
    const requirements = place.requirements('six', 'no-such-package-of-anybody==9');
    await expect(environmentImage({ requirements }, place.tools, operation())).rejects.toMatchObject({
      code: 'package',
      message: expect.stringContaining('there is no package no-such-package-of-anybody') as string,
      remedies: [{ kind: 'openFile', file: requirements.file, line: 2 }],
    });
  });

  it('say that the index cannot be reached', async () => {
    const place = newPlace();
    const env = {
      ...place.tools.env,
      PIP_INDEX_URL: 'http://127.0.0.1:9/simple',
      UV_HTTP_RETRIES: '0',
      PIP_RETRIES: '0',
    };
    const request = { requirements: place.requirements('six') };
    await expect(environmentImage(request, { ...place.tools, env }, operation())).rejects.toMatchObject({
      code: 'package',
      message: expect.stringMatching(/127\.0\.0\.1:9\/simple could not be reached/) as string,
    });
  });

  it('say what is wrong with a base image', async () => {
    const place = newPlace();
    const request = { requirements: place.requirements() };
    const on = (base: string): Promise<EnvironmentImage> =>
      environmentImage(request, { ...place.tools, baseImage: () => base }, operation());
    const missing = image.replace(/:[^:/]*$/, ':none');
    const setting = { kind: 'openSettings', setting: 'modelServing.docker.baseImage' };
    await expect(on(missing)).rejects.toMatchObject({
      code: 'notFound',
      remedies: expect.arrayContaining([setting]) as unknown,
    });
    await expect(on('127.0.0.1:9/python:3.11-slim')).rejects.toMatchObject({ code: 'unreachable' });
    const { tag } = await bare(place);
    await expect(on(tag)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`there is no Python in the base image ${tag}`) as string,
      remedies: [setting],
    });
  });
});

describeWithEngine('artifact images', () => {
  it('do not send the model again when only the script has changed, nor to another environment', async () => {
    const place = newPlace();
    const environment = await six(place);
    const model = randomBytes(100_000_000);
    const build = async (script: string, number: number, below = environment) => {
      const artifact = packed(place.directory, number, { 'predict.py': script, 'model.bin': model });
      const start = performance.now();
      const made = await artifactImage(
        { environment: below, artifact, model: { name: 'iris', version: 1 }, serving: serving('iris', place) },
        place.tools,
        operation(),
      );
      return { ...made, ms: performance.now() - start };
    };
    const first = await build('a = 1', 1);
    const second = await build('a = 2', 2);
    const again = await build('a = 1', 3);
    console.log(`100 MB model: first ${Math.round(first.ms)} ms, script only ${Math.round(second.ms)} ms`);
    expect(second.ms).toBeLessThan(first.ms);
    expect(second.ms).toBeLessThan(3000);
    expect(again).toMatchObject({ tag: first.tag, cached: true });
    const read =
      'd="/serving/Models/iris/1/"; import os; print(open(d+"predict.py").read(), os.path.getsize(d+"model.bin"))';
    expect(await output(first.tag, read)).toBe('a = 1 100000000');
    expect(await output(second.tag, read)).toBe('a = 2 100000000');

    const other = await environmentImage({ requirements: place.requirements() }, place.tools, operation());
    const moved = await build('a = 1', 4, other);
    expect(await output(moved.tag, read)).toBe('a = 1 100000000');
    expect(place.built.filter(({ context }) => context.some(({ path }) => path === 'model/model.bin'))).toHaveLength(1);
    console.log(`the same on another environment: ${Math.round(moved.ms)} ms`);
  });

  it('come with an environment that was removed meanwhile, which is built again', async () => {
    const place = newPlace();
    const artifact = packed(place.directory, 1, { 'predict.py': 'import six', 'model.bin': place.directory });
    place.requirements('six==1.16.0');
    const images = new DockerImages(place.directory, {
      ...place.tools,
      pythons: new Pythons({ run, serverRoot: place.tools.serverRoot }),
      interpreterOf: () => Promise.resolve(testPython()),
      frameworkOf: () => undefined,
    });
    const definition = { ...DEFAULTS, name: 'iris', model: { name: 'iris', version: 1 }, script: 'predict.py' };
    const environment = await images.environment(definition, operation());
    await engine.removeImage(environment.image);
    const made = await images.artifact(environment, artifact, definition, operation());
    expect(await output(made.image, 'import six; print(six.__version__)')).toBe('1.16.0');
    expect(place.lines.join('\n')).toContain('it is built again');
  });

  it('are kept while they are used or wanted, found when they are not, and removed', async () => {
    const place = newPlace();
    const environment = await six(place);
    const build = async (name: string, script: string, number: number) => {
      const made = await artifactImage(
        {
          environment,
          artifact: packed(place.directory, number, { 'predict.py': script, 'model.bin': `model ${place.directory}` }),
          model: { name: 'iris', version: 1 },
          serving: serving(name, place),
        },
        place.tools,
        operation(),
      );
      await sleep(5);
      return made;
    };
    const [one, two, three] = [
      await build('iris', 'a = 1', 1),
      await build('iris', 'a = 2', 2),
      await build('iris', 'a = 3', 3),
    ];
    const gone = await build('gone', 'a = 4', 4);
    const mine = new Set(place.built.map(({ tag }) => tag));
    const later = Date.now() + 2 * 60 * 60 * 1000;
    const unused = async (wanted: readonly string[]) => {
      const found = await unusedImages(engine, {
        isWanted: (_, name) => Promise.resolve(wanted.includes(name)),
        now: later,
      });
      return found.filter(({ tags }) => tags.some((tag) => mine.has(tag)));
    };
    const tagsOf = (found: readonly { readonly tags: readonly string[] }[]): readonly string[] =>
      found.flatMap(({ tags }) => tags).sort();
    const container = await engine.createContainer({ image: one.tag, labels, entrypoint: ['true'] });
    try {
      expect(tagsOf(await unused(['iris']))).toEqual([two.tag, gone.tag].sort());
      expect(tagsOf(await unused([]))).toEqual([two.tag, three.tag, gone.tag].sort());
      const removed = await pruneArtifacts(engine, { folderHash: serving('iris', place).folderHash, name: 'iris' }, 1);
      expect(removed).toEqual([two.id]);
    } finally {
      await engine.removeContainer(container);
    }
    const all = await unused([]);
    expect(all.map(({ role }) => role)).toEqual(['artifact', 'artifact', 'artifact', 'model', 'environment']);
    expect(all.at(-1)).toMatchObject({ about: expect.stringContaining('with six') as string });
    expect(all.every(({ bytes }) => bytes >= 0)).toBe(true);
    expect(
      await removeImages(
        engine,
        all.map(({ id }) => id),
      ),
    ).toHaveLength(5);
    expect(await unused([])).toEqual([]);
  });
});

/** An image without Python. */
async function bare(place: ImagesPlace): Promise<{ readonly tag: string }> {
  const tag = `model-serving/test:${randomBytes(4).toString('hex')}`;
  const from = { path: 'true', from: '/bin/true' };
  const spec = {
    tag,
    labels,
    dockerfile: `FROM ${image}\nRUN rm -f /usr/bin/python3* /usr/local/bin/python*\n`,
    context: [from],
  };
  await place.tools.engine.buildImage(spec, () => undefined, NEVER);
  return { tag };
}

const WHEEL = `
import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as z:
    z.writestr("secretpkg.py", "")
    z.writestr("secretpkg-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: secretpkg\\nVersion: 1.0\\n")
    z.writestr("secretpkg-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: x\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    z.writestr("secretpkg-1.0.dist-info/RECORD", "secretpkg.py,,\\nsecretpkg-1.0.dist-info/METADATA,,\\nsecretpkg-1.0.dist-info/WHEEL,,\\nsecretpkg-1.0.dist-info/RECORD,,\\n")
`;
