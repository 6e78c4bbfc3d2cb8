import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { HopsworksRegistry } from '../../../src/backends/hopsworks/registry';
import { isCancelled, messageOf } from '../../../src/core/errors';
import type { RegistryExport } from '../../../src/core/registry';
import { ApiPlace, KEY } from '../localApi/apiPlace';
import { BrokenWay, type Breaks } from './brokenWay';
import { anything, clientTo, connectionTo, recorder } from './support';

let place: ApiPlace;
let way: BrokenWay;
let registry: HopsworksRegistry;
let files: RegistryExport['files'];
const CONTENT = 'abc'.repeat(10);

beforeEach(async () => {
  place = await new ApiPlace().open(4);
  way = await new BrokenWay().open(place.ports.port);
  registry = new HopsworksRegistry({
    connection: connectionTo(way.address),
    client: clientTo(way.address, { key: KEY }),
    log: recorder(),
    // What is cut off may be written by the server a moment later: a busy computer needs that moment.
    timing: { pollMs: 400, patienceMs: 5000 },
    chunkBytes: 20,
    retry: { tries: 4, firstMs: 2 },
  });
  await mkdir(join(place.root, 'source'));
  const path = join(place.root, 'source/model.pkl');
  await writeFile(path, CONTENT);
  files = [
    { name: 'model.pkl', path },
    { name: 'sub/copy.pkl', path },
  ];
  // What is known before does not break: the first call of all is for that.
  await registry.numbers('iris', anything());
});
afterEach(async () => {
  await way.close();
  await place.dispose();
});

function exported(more: Partial<RegistryExport> = {}, signal = anything()): Promise<void> {
  const request = { name: 'iris', version: 1, overwrite: false, metadata: { metrics: { f1: 1 } }, files, ...more };
  return registry.exportVersion(request, { signal, tell: () => undefined });
}

const all = (): readonly string[] => readdirSync(join(place.folder, 'Models'), { recursive: true, encoding: 'utf8' });
const registered = async (): Promise<readonly number[]> =>
  (await registry.versions('iris', anything())).map(({ version }) => version);

/** Exports with a break at each call in turn, until none is left to break; what a try ended with, by call. */
async function atEachCall(
  breakAt: (call: string) => Breaks,
  begin: () => Promise<void>,
  check: (failed: unknown, call: string) => Promise<void>,
  more: Partial<RegistryExport> = {},
): Promise<number> {
  for (let at = 0; ; at++) {
    way.breaks = () => undefined;
    await begin();
    way.passed.length = 0;
    let broken: string | undefined;
    way.breaks = () => {
      if (way.passed.length - 1 !== at || broken !== undefined) {
        return undefined;
      }
      broken = way.calls.at(-1) ?? '';
      return breakAt(broken);
    };
    const failed: unknown = await exported(more).then(
      () => undefined,
      (error: unknown) => error,
    );
    way.breaks = () => undefined;
    if (broken === undefined) {
      return at;
    }
    await check(failed, broken);
  }
}

async function nothing(): Promise<void> {
  await registry.numbers('iris', anything());
  for (const name of readdirSync(join(place.folder, 'Models'))) {
    await place.inProject('DELETE', `/dataset/Models%2F${name}`);
  }
}

it.each<[string, Breaks]>([
  ['ends', 'before'],
  ['loses its answer', 'after'],
  ['answers in half', 'half'],
  ['has too much to do', { status: 503, body: {} }],
  ['fails', { status: 500, body: { errorCode: 120000, errorMsg: 'A generic error occurred.' } }],
])(
  'an export of which any call %s is whole or not there, and a second try succeeds',
  async (_what, how) => {
    const tried = await atEachCall(
      () => how,
      nothing,
      async (failed, call) => {
        if (failed === undefined) {
          expect(await registered(), call).toEqual([1]);
        } else {
          expect(all(), `${call}: ${messageOf(failed)}`).toEqual([]);
          await exported();
        }
        expect(readFileSync(join(place.folder, 'Models/iris/1/model.pkl'), 'utf8'), call).toBe(CONTENT);
        expect(readFileSync(join(place.folder, 'Models/iris/1/sub/copy.pkl'), 'utf8'), call).toBe(CONTENT);
      },
    );
    expect(tried).toBeGreaterThan(8);
  },
  120_000,
);

it('an export that is cancelled at any call is whole or not there', async () => {
  for (let at = 0; ; at++) {
    await nothing();
    const cancel = new AbortController();
    way.passed.length = 0;
    way.breaks = () => {
      if (way.passed.length - 1 === at) {
        cancel.abort();
      }
      return undefined;
    };
    const failed: unknown = await exported({}, cancel.signal).catch((error: unknown) => error);
    way.breaks = () => undefined;
    if (!cancel.signal.aborted) {
      expect(at).toBeGreaterThan(8);
      return;
    }
    const call = way.calls[at];
    if (failed === undefined) {
      expect(await registered(), call).toEqual([1]);
    } else {
      expect(isCancelled(failed), call).toBe(true);
      expect(all(), call).toEqual([]);
    }
  }
}, 120_000);

it.each<[string, Breaks]>([
  ['ends', 'before'],
  ['loses its answer', 'after'],
  ['fails', { status: 500, body: { errorCode: 120000, errorMsg: 'A generic error occurred.' } }],
])(
  'a version that is replaced is the old or the new one when any call %s',
  async (_what, how) => {
    const old = async (): Promise<void> => {
      await nothing();
      await place.write('Models/iris/1/model.pkl', 'old');
      await place.write('Models/iris/1/model.json', '{"metrics": {"f1": 0}}');
    };
    const tried = await atEachCall(
      () => how,
      old,
      async (failed, call) => {
        const text = (): string => readFileSync(join(place.folder, 'Models/iris/1/model.pkl'), 'utf8');
        if (failed === undefined) {
          expect([await registered(), text()], call).toEqual([[1], CONTENT]);
          expect(readdirSync(join(place.folder, 'Models/iris')), call).toEqual(['1']);
        } else {
          expect([await registered(), text()], `${call}: ${messageOf(failed)}`).toEqual([[1], 'old']);
        }
        await exported({ overwrite: true });
        expect(text(), call).toBe(CONTENT);
      },
      { overwrite: true },
    );
    expect(tried).toBeGreaterThan(12);
  },
  120_000,
);

it('a replacement that cannot be ended says where everything is', async () => {
  await place.write('Models/iris/1/model.pkl', 'old');
  await place.write('Models/iris/1/model.json', '{}');
  way.breaks = ({ path }) => (path.includes('action=move') ? 'before' : undefined);
  const failed: unknown = await exported({ overwrite: true }).catch((error: unknown) => error);
  way.breaks = () => undefined;
  const [, folder = ''] = /the new files are in \/Projects\/demo\/Models\/(\S+) and/.exec(messageOf(failed)) ?? [];
  expect(all()).toContain(`${folder}/Files/model.pkl`);
  await exported({ overwrite: true });
  expect(await registered()).toEqual([1]);
});
