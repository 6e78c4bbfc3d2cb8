import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HopsworksRegistry } from '../../../src/backends/hopsworks/registry';
import { isCancelled } from '../../../src/core/errors';
import type { RegistryExport, Transfer } from '../../../src/core/registry';
import { parseForm } from '../../../src/localApi/multipart';
import type { Generation } from '../../../src/localApi/project';
import { ApiPlace, deployment, KEY } from '../localApi/apiPlace';
import { BrokenWay, type Breaks, type Passed } from './brokenWay';
import { anything, clientTo, connectionTo, errorOf, recorder } from './support';

const CHUNK = 1000;
let place: ApiPlace;
let way: BrokenWay;
let registry: HopsworksRegistry;
let log: ReturnType<typeof recorder>;

async function open(generation: Generation = 3): Promise<void> {
  place = await new ApiPlace().open(generation);
  way = await new BrokenWay().open(place.ports.port);
  log = recorder();
  registry = new HopsworksRegistry({
    connection: connectionTo(way.address),
    client: clientTo(way.address, { key: KEY }),
    log,
    timing: { pollMs: 10, patienceMs: 1000 },
    chunkBytes: CHUNK,
    retry: { tries: 5, firstMs: 5 },
  });
}
afterEach(async () => {
  await way.close();
  await place.dispose();
});

function transfer(signal: AbortSignal = anything()): Transfer & { readonly told: string[] } {
  const told: string[] = [];
  return { signal, told, tell: (message) => void told.push(message) };
}

/** Files of a model that lies outside the workspace of the API. */
async function model(contents: Readonly<Record<string, Buffer | string>>): Promise<RegistryExport['files']> {
  const folder = join(place.root, 'source');
  for (const [name, content] of Object.entries(contents)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return Object.keys(contents).map((name) => ({ name, path: join(folder, name) }));
}

async function exported(
  contents: Readonly<Record<string, Buffer | string>>,
  more: Partial<RegistryExport> = {},
  to: Transfer = transfer(),
): Promise<void> {
  const files = await model(contents);
  const metadata = { framework: 'SKLEARN', description: 'iris flowers', metrics: { accuracy: 0.93 } } as const;
  await registry.exportVersion({ name: 'iris', version: 1, overwrite: false, metadata, files, ...more }, to);
}

const below = (...pieces: readonly string[]): string => join(place.folder, 'Models', ...pieces);
const isUpload = ({ method, path }: Passed): boolean => method === 'POST' && path.includes('/dataset/upload/');
const isPut = ({ method, path }: Passed): boolean => method === 'PUT' && path.includes('/modelregistries/');
/** The first request that fits breaks so, the others do not. */
function breakOnce(fits: (asked: Passed) => boolean, how: Breaks, times = 1): void {
  let left = times;
  way.breaks = (asked) => (fits(asked) && left-- > 0 ? how : undefined);
}
const folders = (): readonly string[] => readdirSync(join(place.folder, 'Models'), { recursive: true }) as string[];

describe('listing', () => {
  beforeEach(() => open(4));

  it('goes by pages, with what there is to know of a version', async () => {
    for (let n = 1; n <= 7; n++) {
      await place.write(
        `Models/m${n}/1/model.json`,
        `{"framework": "SKLEARN", "metrics": {"f1": 0.${n}}, "description": "no ${n}"}`,
      );
    }
    const first = await registry.page(0, 3, anything());
    expect([first.total, first.versions.map(({ name }) => name)]).toEqual([7, ['m1', 'm2', 'm3']]);
    const last = await registry.page(6, 3, anything());
    expect(last.versions.map(({ name }) => name)).toEqual(['m7']);
    expect(first.versions[1]).toMatchObject({
      name: 'm2',
      version: 1,
      framework: 'SKLEARN',
      description: 'no 2',
      metrics: { f1: 0.2 },
      creator: 'Ada Lovelace',
      path: '/Projects/demo/Models/m2/1',
      page: `${way.address}/p/1/models/m2/1`,
    });
  });

  it('gives all versions of a model, newest first, with their tags', async () => {
    await exported({ 'a.pkl': 'x' });
    await exported({ 'a.pkl': 'x' }, { version: 2 });
    await place.inProject('PUT', '/modelregistries/1/models/iris_2/tags/team', { body: 'blue' });
    const versions = await registry.versions('iris', anything());
    expect(versions.map(({ version, tags }) => [version, tags])).toEqual([
      [2, { team: 'blue' }],
      [1, {}],
    ]);
    expect(await registry.versions('other', anything())).toEqual([]);
    way.breaks = ({ path }) =>
      path.includes('expand=tags') ? { status: 404, body: { errorCode: 120004, errorMsg: 'no tags' } } : undefined;
    expect((await registry.versions('iris', anything())).map(({ version }) => version)).toEqual([2, 1]);
    way.breaks = () => undefined;
    expect(await registry.numbers('iris', anything())).toEqual([2, 1]);
    expect(await registry.numbers('other', anything())).toEqual([]);
  });
});

describe('what is missing', () => {
  beforeEach(() => open());
  const noScope = { status: 403, body: { errorCode: 320004, errorMsg: 'No valid scope found for this invocation' } };

  it('is named with its remedies: the scope for the registry, and those for files', async () => {
    const remedies = [{ kind: 'signIn' }, { kind: 'openPage' }];
    way.breaks = ({ path }) => (path.includes('/modelregistries') ? noScope : undefined);
    const list = await errorOf(registry.page(0, 10, anything()));
    expect(list).toMatchObject({ code: 'forbidden', remedies });
    expect(list.message).toContain('lacks the scope MODELREGISTRY');
    way.breaks = ({ path }) => (path.includes('/dataset/') ? noScope : undefined);
    expect((await errorOf(registry.numbers('iris', anything()))).message).toContain('lacks the scope DATASET_VIEW');
    way.breaks = ({ path, method }) => (path.includes('/dataset/') && method === 'POST' ? noScope : undefined);
    expect((await errorOf(exported({ 'a.pkl': 'x' }))).message).toContain('lacks the scope DATASET_CREATE');
  });

  it('is said of a clean-up that may not delete: what is left is in the log', async () => {
    way.breaks = (asked) => (isUpload(asked) || asked.method === 'DELETE' ? noScope : undefined);
    expect((await errorOf(exported({ 'a.pkl': 'x' }))).message).toContain('lacks the scope DATASET_CREATE');
    expect(log.lines.join('\n')).toMatch(/is left there: .* lacks the scope DATASET_DELETE/);
  });

  it('is a file that went in the meantime', async () => {
    const files = [{ name: 'gone.pkl', path: join(place.root, 'gone.pkl') }];
    const error = await errorOf(exported({}, { files }));
    expect(error).toMatchObject({
      code: 'notFound',
      message: expect.stringContaining('gone.pkl is missing') as string,
    });
    expect(folders()).toEqual([]);
  });
});

describe('export', () => {
  it.each<Generation>([3, 4, 5])('uploads in chunks and registers, on %s.x', async (generation) => {
    await open(generation);
    const big = randomBytes(3 * CHUNK + 17);
    const to = transfer();
    await exported({ 'big.bin': big, empty: '', 'deep/er/a b é.txt': 'text', 'model_schema.json': '{}' }, {}, to);
    expect(readFileSync(below('iris/1/big.bin')).equals(big)).toBe(true);
    expect(await readFile(below('iris/1/deep/er/a b é.txt'), 'utf8')).toBe('text');
    expect((await stat(below('iris/1/empty'))).size).toBe(0);
    expect(JSON.parse(await readFile(below('iris/1/model.json'), 'utf8'))).toMatchObject({
      framework: 'SKLEARN',
      description: 'iris flowers',
      metrics: { accuracy: 0.93 },
    });
    expect(to.told.at(-1)).toBe('3.0 of 3.0 KB');
    const uploads = way.passed.filter(isUpload).map(({ path }) => decodeURIComponent(path).split('/upload/')[1]);
    const files = generation === 3 ? '/Projects/demo/Models/iris/1' : '/Projects/demo/Models/iris/1/Files';
    expect(uploads.filter((path) => path === files)).toHaveLength(generation === 3 ? 6 : 5);
    expect(uploads).toContain(`${files}/deep/er`);
    expect(uploads).toContain('/Projects/demo/Models/iris/1');
    expect(place.warnings).toEqual([]);
  });

  it('sends a chunk again whose way broke, and one whose answer was lost', async () => {
    await open();
    const big = randomBytes(5 * CHUNK);
    for (const how of ['before', 'after', { status: 503, body: {} }] as const) {
      breakOnce(isUpload, how, 2);
      await exported(
        { 'big.bin': big, small: 'x' },
        { version: (await registry.numbers('iris', anything())).length + 1 },
      );
    }
    for (const version of ['1', '2', '3']) {
      expect(readFileSync(below('iris', version, 'big.bin')).equals(big)).toBe(true);
      expect(readFileSync(below('iris', version, 'small'), 'utf8')).toBe('x');
    }
  });

  it('gives up after some tries, and cleans up', async () => {
    await open();
    way.breaks = (asked) => (isUpload(asked) ? 'before' : undefined);
    expect(await errorOf(exported({ 'a.pkl': 'x' }))).toMatchObject({ code: 'unreachable' });
    expect(way.passed.filter(isUpload)).toHaveLength(5);
    expect(folders()).toEqual([]);
  });

  it('does not try again what is refused: the missing scope is named', async () => {
    await open();
    way.breaks = (asked) =>
      isUpload(asked) ? { status: 403, body: { errorCode: 320004, errorMsg: 'No valid scope' } } : undefined;
    const error = await errorOf(exported({ 'a.pkl': 'x' }));
    expect(error.message).toContain('the API key lacks the scope DATASET_CREATE');
    expect(error.remedies).toMatchObject([{ kind: 'signIn' }, { kind: 'openPage' }]);
    expect(way.passed.filter(isUpload)).toHaveLength(1);
    expect(folders()).toEqual([]);
  });

  it('cancelled: what was uploaded goes, other versions stay', async () => {
    await open();
    await exported({ 'a.pkl': 'x' });
    const cancel = new AbortController();
    let go = (): void => undefined;
    const held = new Promise<void>((resolve) => (go = resolve));
    let uploads = 0;
    way.breaks = (asked) => {
      if (isUpload(asked) && ++uploads === 4) {
        cancel.abort();
        return held;
      }
      return undefined;
    };
    const failed = await errorOf(
      exported({ 'big.bin': randomBytes(9 * CHUNK) }, { version: 2 }, transfer(cancel.signal)),
    );
    expect(isCancelled(failed)).toBe(true);
    go();
    expect(readdirSync(below('iris'))).toEqual(['1']);
    expect(log.lines.join('\n')).not.toContain('is left there');
  });

  it('fails to register: what was uploaded goes', async () => {
    await open();
    way.breaks = (asked) =>
      isPut(asked) ? { status: 422, body: { errorCode: 120001, errorMsg: 'no', usrMsg: 'wrong' } } : undefined;
    expect((await errorOf(exported({ 'a.pkl': 'x' }))).message).toContain('wrong');
    expect(folders()).toEqual([]);
  });

  it('takes a registration whose answer was lost for what it is', async () => {
    await open();
    breakOnce(isPut, 'after');
    await exported({ 'a.pkl': 'x' });
    expect((await registry.versions('iris', anything())).map(({ version }) => version)).toEqual([1]);
    expect(readFileSync(below('iris/1/a.pkl'), 'utf8')).toBe('x');
  });

  it('does not touch a version that is there unless it may be replaced', async () => {
    await open(5);
    await exported({ 'a.pkl': 'old', gone: 'x' });
    expect(await errorOf(exported({ 'a.pkl': 'new' }))).toMatchObject({ code: 'exists' });
    expect(readFileSync(below('iris/1/a.pkl'), 'utf8')).toBe('old');
    await exported({ 'a.pkl': 'new', 'sub/b': 'b' }, { overwrite: true });
    expect(readFileSync(below('iris/1/a.pkl'), 'utf8')).toBe('new');
    expect(readFileSync(below('iris/1/sub/b'), 'utf8')).toBe('b');
    expect(readdirSync(below('iris'))).toEqual(['1']);
    // What was there before was another model.
    expect(readdirSync(below('iris/1')).sort()).toEqual(['a.pkl', 'model.json', 'sub']);
  });

  it('fails while it replaces: the old version stays', async () => {
    await open();
    await exported({ 'a.pkl': 'old' });
    way.breaks = (asked) =>
      isUpload(asked) ? { status: 500, body: { errorCode: 110043, errorMsg: 'no' } } : undefined;
    await errorOf(exported({ 'a.pkl': 'new' }, { overwrite: true }));
    expect(readFileSync(below('iris/1/a.pkl'), 'utf8')).toBe('old');
    expect(readdirSync(below('iris'))).toEqual(['1']);
    expect(await registry.versions('iris', anything())).toHaveLength(1);
  });

  it('says before it uploads which serving uses a version that would be replaced', async () => {
    await open();
    await place.addModel();
    await exported({ 'a.pkl': 'x' }, { version: 2 });
    await place.inProject('PUT', '/serving', { body: deployment() });
    const error = await errorOf(exported({ 'a.pkl': 'new' }, { overwrite: true }));
    expect(error).toMatchObject({
      code: 'conflict',
      message: expect.stringContaining('iris serves it there') as string,
    });
    expect(way.passed.filter(isUpload)).toHaveLength(1);
  });

  it('sends what the official client of that release sends', async () => {
    await open();
    await exported({ 'a.pkl': 'x' });
    expect(way.calls.filter((call) => !call.startsWith('GET /'))).toEqual([
      'GET dataset//Projects/demo/Models',
      'GET dataset//Projects/demo/Models/iris',
      'POST dataset//Projects/demo/Models/iris?action=create&searchable=true&generate_readme=false&type=DATASET',
      'POST dataset//Projects/demo/Models/iris/1?action=create&searchable=true&generate_readme=false&type=DATASET',
      'POST dataset/upload//Projects/demo/Models/iris/1',
      'PUT modelregistries/1/models/iris_1',
      'GET modelregistries/1/models/iris_1?expand=trainingdatasets',
    ]);
    const upload = way.passed.find(isUpload)!;
    const parts = parseForm(upload.type, upload.body)?.map(({ name, data }) => `${name}=${data.toString()}`);
    expect(parts).toEqual([
      'templateId=-1',
      'flowChunkSize=1000',
      'flowTotalSize=1',
      'flowIdentifier=1_a.pkl',
      'flowFilename=a.pkl',
      'flowRelativePath=a.pkl',
      'flowTotalChunks=1',
      'flowCurrentChunkSize=1',
      'flowChunkNumber=1',
      'file=x',
    ]);
    expect(JSON.parse(String(way.passed.find(isPut)?.body))).toEqual({
      id: 'iris_1',
      experimentId: null,
      projectName: 'demo',
      experimentProjectName: 'demo',
      name: 'iris',
      modelSchema: null,
      version: 1,
      description: 'iris flowers',
      inputExample: null,
      framework: 'SKLEARN',
      metrics: { accuracy: 0.93 },
      trainingDataset: null,
      environment: null,
      program: null,
    });
  });
});

describe('download', () => {
  const into = async (): Promise<string> => {
    const folder = join(place.root, 'into');
    await mkdir(folder);
    return folder;
  };
  const isDownload = ({ path }: Passed): boolean => path.includes('/download/');

  it.each<Breaks | undefined>([undefined, 'before', 'half'])(
    'gives the bytes that were uploaded, also when the way breaks: %s',
    async (how) => {
      await open(4);
      const big = randomBytes(300_000);
      await exported({ 'big.bin': big, empty: '', 'deep/a': 'text' });
      const folder = await into();
      const to = transfer();
      if (how) {
        breakOnce(isDownload, how, 2);
      }
      await registry.download({ name: 'iris', version: 1 }, folder, to);
      expect(readFileSync(join(folder, 'big.bin')).equals(big)).toBe(true);
      expect(readFileSync(join(folder, 'deep/a'), 'utf8')).toBe('text');
      expect(readFileSync(join(folder, 'empty'), 'utf8')).toBe('');
      expect(to.told.at(-1)).toMatch(/^300\.\d of 300\.\d KB$/);
    },
  );

  it('takes what lies in Files and beside it, but no artifacts', async () => {
    await open();
    const entry = (name: string, dir = false) => ({ attributes: { name, dir, size: dir ? 0 : 1 } });
    way.breaks = ({ path }) => {
      const at = decodeURIComponent(path);
      const list = (...items: unknown[]) => ({ status: 200, body: { items, count: items.length } });
      if (at.includes('/Files?action=listing')) {
        return list(entry('model.pkl'));
      }
      if (at.includes('/iris/1?action=listing')) {
        return list(entry('Files', true), entry('Artifacts', true), entry('model_schema.json'), entry('model.pkl'));
      }
      return at.includes('/download/') ? { status: 200, body: at.includes('Files') ? 1 : 2 } : undefined;
    };
    const folder = await into();
    await registry.download({ name: 'iris', version: 1 }, folder, transfer());
    expect(readdirSync(folder).sort()).toEqual(['model.pkl', 'model_schema.json']);
    expect(readFileSync(join(folder, 'model.pkl'), 'utf8')).toBe('1');
  });

  it.each(['../out', '..', 'a/b', 'a\\b', '', 'a\u0000b'])('refuses a name that is none: %j', async (name) => {
    await open();
    way.breaks = ({ path }) =>
      path.includes('listing')
        ? { status: 200, body: { items: [{ attributes: { name, path: '', dir: false, size: 1 } }], count: 1 } }
        : undefined;
    const folder = await into();
    const error = await errorOf(registry.download({ name: 'iris', version: 1 }, folder, transfer()));
    expect(error).toMatchObject({ code: 'invalid' });
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says that a version has no files, and when fewer bytes came than there are', async () => {
    await open();
    const folder = await into();
    expect(await errorOf(registry.download({ name: 'nosuch', version: 1 }, folder, transfer()))).toMatchObject({
      code: 'notFound',
    });
    await exported({ 'a.pkl': 'xyz' });
    way.breaks = (asked) => (isDownload(asked) ? { status: 200, body: 1 } : undefined);
    const short = await errorOf(registry.download({ name: 'iris', version: 1 }, folder, transfer()));
    expect(short.message).toContain('bytes came');
  });
});
