import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { inspect } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type * as vscode from 'vscode';
import { Http } from '../../../src/backends/http';
import { makeHopsworks, type Hopsworks } from '../../../src/composeHopsworks';
import { allowedActions } from '../../../src/core/actions';
import type { Backend } from '../../../src/core/backend';
import { Emitter } from '../../../src/core/events';
import type { Settings } from '../../../src/platform/settings';
import { toServingView } from '../../../src/ui/panels/servingView';
import { failure } from '../../fakes/hopsworks/front';
import { TestHopsworks } from '../../fakes/hopsworks/testHopsworks';
import { KEY } from '../localApi/apiPlace';
import { anything, connectionTo, definition, operation, recorder } from './support';

const SECRET = KEY.split('.')[1]!;

/** Whatever a person, a file or another program gets to see. */
let written: string[];
let setting: Readonly<Record<string, unknown>>;
let kept: Map<string, string>;
let server: TestHopsworks;
let hopsworks: Hopsworks;
const log = recorder();

beforeEach(async () => {
  written = [];
  setting = {};
  kept = new Map();
  log.lines.length = 0;
  server = await new TestHopsworks().open(4);
  await server.addModel();
  const changed = new Emitter<void>();
  const settings: Pick<Settings, 'connections' | 'saveConnections' | 'network' | 'onDidChange'> = {
    connections: () => setting,
    saveConnections: (value) => {
      setting = value;
      written.push(JSON.stringify(value));
      changed.fire();
      return Promise.resolve();
    },
    network: () => ({}),
    onDidChange: changed.event,
  };
  const secrets: Pick<vscode.SecretStorage, 'get' | 'store' | 'delete'> = {
    get: (name) => Promise.resolve(kept.get(name)),
    store: (name, value) => {
      written.push(name);
      kept.set(name, value);
      return Promise.resolve();
    },
    delete: (name) => {
      kept.delete(name);
      return Promise.resolve();
    },
  };
  hopsworks = makeHopsworks(settings as Settings, secrets as vscode.SecretStorage, new Http(), log);
});
afterEach(async () => {
  hopsworks.dispose();
  await server.dispose();
});

/** All of an error: its causes, what hangs on it, and what becomes of it as text. */
async function tried(work: Promise<unknown>): Promise<void> {
  try {
    note(await work);
  } catch (error) {
    note(error);
    written.push(String(error), (error as Error).stack ?? '');
  }
}

function note(value: unknown): void {
  written.push(inspect(value, { depth: 30, showHidden: true, maxStringLength: null }), JSON.stringify([value]));
}

async function showAll(backend: Backend): Promise<void> {
  const servings = await backend.servings(anything());
  note(servings);
  for (const serving of servings) {
    note(
      toServingView({
        serving,
        progress: undefined,
        actions: allowedActions(serving.state, backend.capabilities),
        backendLabel: backend.label,
      }),
    );
  }
}

async function filesBelow(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    written.push(entry.name);
    if (entry.isFile()) {
      written.push(await readFile(join(entry.parentPath, entry.name), 'latin1'));
    }
  }
}

it('a key is in the secret storage and in the header of a request, and nowhere else', async () => {
  const connection = connectionTo(server.address);
  await hopsworks.connections.save(connection);
  await tried(hopsworks.connections.signIn(connection.id, `${KEY} and more`));
  await hopsworks.connections.signIn(connection.id, KEY);
  const [backend] = hopsworks.places.list();
  const ref = { backend: backend!.id, name: 'iris' };
  note(await hopsworks.check(connection, anything()));
  note(await backend!.availability(anything()));

  // What goes well.
  const told = operation();
  await tried(backend!.create(definition(), told));
  await showAll(backend!);
  await tried(backend!.start(ref, told));
  await showAll(backend!);
  await tried(backend!.predict(ref, { verb: 'predict', body: '{"inputs":[[1]]}' }, anything()));
  await tried(backend!.predict(ref, { verb: 'predict', body: '{"inputs":"raise"}' }, anything()));
  for await (const line of backend!.logs(ref, { follow: false }, anything())) {
    note(line);
  }
  await tried(backend!.update(ref, definition('iris', { description: 'flowers' }), told));
  note(told.reported);
  for (const registry of hopsworks.registries.list()) {
    note(registry);
  }

  // What goes wrong, with answers that repeat what they were sent.
  const echo = `Authorization: ApiKey ${KEY}, secret ${SECRET}`;
  const faults = [
    'hangUp' as const,
    'half' as const,
    failure(401, 320012, echo, echo),
    failure(403, 320004, echo, echo),
    failure(422, 120001, echo, echo),
    failure(500, 120000, echo, echo),
    { status: 500, raw: `<html>${echo}</html>` },
    { status: 200, raw: `<html>${echo}</html>` },
    { status: 302, raw: '', headers: { location: `https://elsewhere/?key=${KEY}` } },
    { status: 200, body: [{ id: 7, name: 'iris', status: echo, condition: { type: 'READY', reason: echo } }] },
  ];
  for (const fault of faults) {
    server.faults.push((asked) =>
      asked.path.includes('/serving') || asked.path.includes('inference') ? fault : undefined,
    );
    await tried(backend!.servings(anything()));
    await tried(backend!.create(definition('other'), operation(AbortSignal.timeout(3000))));
    await tried(backend!.stop(ref, operation(AbortSignal.timeout(500))));
    await tried(backend!.predict(ref, { verb: 'predict', body: '{"inputs":[[1]]}' }, anything()));
    server.faults.length = 0;
  }
  await tried(backend!.predict(ref, { verb: 'predict', body: '{}' }, AbortSignal.abort()));
  await tried(backend!.stop(ref, operation()));
  await tried(backend!.remove(ref, operation()));
  note(await hopsworks.check({ ...connection, project: 'nosuch' }, anything()));

  await hopsworks.connections.signOut(connection.id);
  await tried(backend!.servings(anything()));
  note(hopsworks.connections.list());
  await filesBelow(server.storage);
  await filesBelow(server.folder);
  note(server.warnings);

  expect(server.asked.length).toBeGreaterThan(40);
  expect(server.asked.every(({ url, body }) => !`${url}${body}`.includes(SECRET))).toBe(true);
  expect(server.asked.some(({ headers }) => headers.authorization === `ApiKey ${KEY}`)).toBe(true);
  const found = [...written, ...log.lines].filter((text) => text.includes(SECRET) || text.includes(KEY));
  expect(found).toEqual([]);
  expect([...kept.values()]).toEqual([]);
  // The search finds what is there.
  const probe = randomBytes(8).toString('hex');
  await writeFile(join(server.folder, 'probe.txt'), probe);
  await filesBelow(server.folder);
  expect(written.some((text) => text.includes(probe))).toBe(true);
}, 120_000);
