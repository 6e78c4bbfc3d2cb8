import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { ServingPaths, workspaceStorage } from '../../src/backends/local/paths';
import { CleanUp } from '../../src/composeCleanUp';
import { ServingError } from '../../src/core/errors';
import type { Serving } from '../../src/core/serving';

const NEVER = new AbortController().signal;
let storage: string;

beforeEach(() => {
  storage = mkdtempSync(join(tmpdir(), 'clean-up-'));
});
afterEach(() => {
  rmSync(storage, { recursive: true, force: true });
});

/** A run of another workspace's serving. */
function writeLedger(name: string, executable: string, endedAt?: string): void {
  const { ledger, directory } = new ServingPaths(workspaceStorage(storage, '/other'), name);
  mkdirSync(directory, { recursive: true });
  const run = {
    instance: name,
    startedAt: '2026-11-29',
    definition: { name },
    stages: [],
    environment: { executable },
  };
  writeFileSync(ledger, JSON.stringify({ ...run, ...(endedAt === undefined ? {} : { endedAt }) }));
}

it('offers the environments that no serving of this window and no running one of another uses', async () => {
  const cleaned: unknown[] = [];
  writeLedger('running', '/e/other/python');
  writeLedger('ended', '/e/ended/python', '2026-11-29');
  const place = new CleanUp({
    storage,
    engine: { get: () => Promise.reject(new ServingError('notFound', 'There is no Docker engine')) },
    store: {
      refresh: () => Promise.resolve(),
      all: () => [{ run: { environment: { executable: '/e/own/python' } } } as unknown as Serving],
    },
    managed: {
      list: () =>
        Promise.resolve(
          ['own', 'other', 'ended', 'unused'].map((key) => ({
            key,
            executable: `/e/${key}/python`,
            python: '3.11.7',
            packages: ['six'],
            bytes: 5,
            lastUsed: new Date(0),
          })),
        ),
      clean: (since, inUse, _signal, only) => {
        cleaned.push([since.getTime() <= Date.now(), inUse, only]);
        return Promise.resolve(only?.includes('unused') ? ['unused'] : []);
      },
    },
  });
  const { things, withoutEngine } = await place.find(NEVER);
  expect(things.map(({ id }) => id)).toEqual(['ended', 'unused']);
  expect(things[0]).toMatchObject({ kind: 'environment', label: 'Python 3.11.7', bytes: 5 });
  expect(things[0]?.detail).toMatch(/^six · last used /);
  expect(withoutEngine).toBe('There is no Docker engine');
  expect(await place.remove(things[1]!, NEVER)).toBe(true);
  expect(await place.remove(things[0]!, NEVER), 'it is used by now').toBe(false);
  expect(cleaned).toEqual([
    [true, ['/e/other/python', '/e/own/python'], ['unused']],
    [true, ['/e/other/python', '/e/own/python'], ['ended']],
  ]);
  expect(await place.check(NEVER), 'the doctor says elsewhere that there is no engine').toEqual([]);
});
