import { execFileSync } from 'node:child_process';
import { createServer } from 'node:net';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend } from '../../src/core/backend';
import { DEFAULTS } from '../../src/core/definition';
import type { ServingRef } from '../../src/core/serving';
import { failure } from './backend.contract';
import { operation } from './fixture';
import { NEVER, ProcessPlace } from './processPlace';

const ENVIRONMENT = `
import os, sys

class Predict:
    def predict(self, inputs):
        return [os.environ.get(inputs), sys.argv]
`;

describe('what surrounds a process', () => {
  let place: ProcessPlace;
  let backend: Backend;

  beforeEach(async () => {
    place = new ProcessPlace();
    await place.add('echo');
    backend = place.open();
  });
  afterEach(() => place.dispose());

  const ask = async (ref: ServingRef, inputs: unknown): Promise<unknown> => {
    const answer = await backend.predict(ref, { verb: 'predict', body: JSON.stringify({ inputs }) }, NEVER);
    return (JSON.parse(answer.body) as { predictions: unknown }).predictions;
  };
  const freePort = async (): Promise<{ port: number; close: () => Promise<void> }> => {
    const taken = createServer();
    await new Promise<void>((done) => taken.listen(0, '127.0.0.1', done));
    const address = taken.address();
    return {
      port: typeof address === 'object' && address ? address.port : 0,
      close: () =>
        new Promise((done) => {
          taken.close(() => {
            done();
          });
        }),
    };
  };

  it('is at the chosen port, at a free one else, and keeps it over an update', async () => {
    const { port, close } = await freePort();
    await close();
    const chosen = await backend.create(place.define('chosen', 'echo', { port }), operation());
    const free = await backend.create(place.define('free'), operation());
    await Promise.all([backend.start(chosen, operation()), backend.start(free, operation())]);
    const portOf = async (name: string): Promise<number | undefined> =>
      (await backend.servings(NEVER)).find(({ ref }) => ref.name === name)?.run?.endpoint?.port;
    expect(await portOf('chosen')).toBe(port);
    const before = await portOf('free');
    expect(before).not.toBe(port);
    await backend.update(free, place.define('free', 'echo', { description: 'again' }), operation());
    expect(await portOf('free')).toBe(before);
    const { port: other, close: closeOther } = await freePort();
    await closeOther();
    await backend.update(free, place.define('free', 'echo', { port: other }), operation());
    expect(await portOf('free')).toBe(other);
    expect(await ask(free, 1)).toBe(1);
  });

  it('says who has its port', async () => {
    const { port, close } = await freePort();
    const ref = await backend.create(place.define('iris', 'echo', { port }), operation());
    const error = await failure(backend.start(ref, operation()));
    expect(error).toMatchObject({ code: 'portInUse', remedies: [{ kind: 'choosePort' }, { kind: 'showLogs' }] });
    expect(error.message).toMatch(
      new RegExp(
        `^Could not start iris: Could not listen on port ${port}: it is taken by .+ \\(process ${process.pid}\\)`,
      ),
    );
    await close();
    await backend.start(ref, operation());
    expect(await ask(ref, 1)).toBe(1);
  });

  it('gets variables and secrets; a secret is in no file, no argument and no log', async () => {
    const secret = 'hunter2-ä-0451';
    backend = place.open({ secrets: { get: (name) => Promise.resolve(name === 'API_KEY' ? secret : undefined) } });
    await place.write('Models/env/1/env.py', ENVIRONMENT);
    const definition = place.define('iris', 'env', {
      environment: { variables: { GREETING: 'häl lo', MODEL_SERVING_X: '1' }, secrets: ['API_KEY'] },
      // What a script answers is in its records, unless it is left out there.
      inferenceLog: { ...DEFAULTS.inferenceLog, redact: ['$.predictions[0]'] },
    });
    const ref = await backend.create(definition, operation());
    await backend.start(ref, operation());
    const [greeting] = (await ask(ref, 'GREETING')) as string[];
    expect(greeting).toBe('häl lo');
    expect((await ask(ref, 'VSCODE_PID')) as unknown[]).toEqual([null, expect.anything()]);
    const [seen, argv] = (await ask(ref, 'API_KEY')) as [string, string[]];
    expect(seen).toBe(secret);
    expect(argv.join(' ')).not.toContain(secret);
    await backend.update(ref, { ...definition, description: 'again' }, operation());
    expect((await place.processes()).join('\n')).not.toContain(secret);
    await backend.stop(ref, operation());
    let searched = 0;
    for (const entry of await readdir(place.root, { recursive: true, withFileTypes: true })) {
      if (entry.isFile()) {
        searched++;
        const text = await readFile(join(entry.parentPath, entry.name), 'latin1');
        expect(text.includes(Buffer.from(secret).toString('latin1')), entry.name).toBe(false);
        expect(text.includes('hunter2'), entry.name).toBe(false);
      }
    }
    expect(searched).toBeGreaterThan(10);
    expect(place.warnings.join('\n')).not.toContain('hunter2');
  });

  it('does not start without its secret, and says which', async () => {
    const environment = { variables: {}, secrets: ['API_KEY'] };
    const ref = await backend.create(place.define('iris', 'echo', { environment }), operation());
    const error = await failure(backend.start(ref, operation()));
    expect(error).toMatchObject({ code: 'invalid', remedies: [{ kind: 'setSecret', name: 'API_KEY' }] });
    expect(error.message).toBe('Could not start iris: the secret API_KEY has no value on this computer');
    expect(await place.processes()).toEqual([]);
  });

  it('works through a symlinked folder and a symlinked storage', async () => {
    await mkdir(join(place.root, 'real storage'));
    await symlink(join(place.root, 'real storage'), join(place.root, 'storage link'));
    await symlink(place.folder, join(place.root, 'link'));
    backend = place.open({
      folder: { name: 'link', path: join(place.root, 'link') },
      storage: join(place.root, 'storage link'),
    });
    await place.add('broken');
    const ref = await backend.create(place.define('iris'), operation());
    await backend.start(ref, operation());
    expect(await ask(ref, 'ü')).toBe('ü');
    const broken = await backend.create(place.define('broken', 'broken', { artifact: 'CREATE' }), operation());
    const error = await failure(backend.start(broken, operation()));
    const file = join(place.root, 'link', 'Models/broken/1/broken.py');
    expect(error.remedies[0]).toEqual({ kind: 'openFile', file, line: 3 });
    const serving = (await backend.servings(NEVER)).find((each) => each.ref.name === 'broken');
    expect(serving?.run?.failure?.exception?.frames.map((frame) => frame.file)).toEqual([file]);
    await backend.stop(ref, operation());
    expect(await place.processes()).toEqual([]);
  });

  it('is not started by a Python that is not there, or that is none', async () => {
    const none = join(place.root, 'no-python');
    backend = place.open({ pythons: { prepare: () => Promise.resolve({ executable: none }) } });
    const ref = await backend.create(place.define('iris'), operation());
    const missing = await failure(backend.start(ref, operation()));
    expect(missing).toMatchObject({ code: 'python', remedies: [{ kind: 'selectInterpreter' }] });
    expect(missing.message).toContain('no-python');
    await writeFile(none, '#!/bin/sh\necho "Python 2.7 is too old" >&2\nexit 2\n', { mode: 0o755 });
    const old = await failure(backend.start(ref, operation()));
    expect(old).toMatchObject({ code: 'python' });
    expect(old.message).toBe('Could not start iris: Python ended with "Python 2.7 is too old"');
    expect(await place.processes()).toEqual([]);
  });

  it('does nothing of an untrusted folder', async () => {
    backend = place.open({ trust: { isTrusted: false, onDidGrant: () => ({ dispose: () => undefined }) } });
    const ref = await backend.create(place.define('iris'), operation());
    expect(await failure(backend.start(ref, operation()))).toMatchObject({
      code: 'untrusted',
      remedies: [{ kind: 'trust' }],
    });
    expect(await backend.availability(NEVER)).toMatchObject({ kind: 'untrusted' });
    await backend.stop(ref, operation());
    await backend.remove(ref, operation());
    expect(await backend.servings(NEVER)).toEqual([]);
  });

  it('whose files cannot be read does not hide the others', async () => {
    await backend.create(place.define('good'), operation());
    await backend.create(place.define('bad'), operation());
    await mkdir(join(place.storage, 'servings/bad/ledger.json'), { recursive: true });
    const servings = await backend.servings(NEVER);
    expect(servings.map(({ ref, state }) => [ref.name, state])).toEqual([
      ['bad', 'unknown'],
      ['good', 'stopped'],
    ]);
    expect(servings[0]?.reason).toMatch(/^Could not read its state: /);
  });

  it('of a thousand definitions is listed in a moment', async () => {
    for (let n = 0; n < 1000; n++) {
      await place.write(`servings/iris${n}.serving.json`, JSON.stringify(place.define(`iris${n}`)));
    }
    const began = performance.now();
    expect(await backend.servings(NEVER)).toHaveLength(1000);
    expect(performance.now() - began).toBeLessThan(3000);
  });

  const mount = (folder: string): boolean => {
    try {
      execFileSync('/bin/mount', ['-t', 'tmpfs', '-o', 'size=4m', 'tmpfs', folder], { stdio: 'ignore' });
      return true;
    } catch {
      return false;
    }
  };

  it('says that the disk is full, and nothing is left running', async ({ skip }) => {
    const storage = join(place.root, 'full');
    await mkdir(storage);
    if (!mount(storage)) {
      return skip('a small file system can only be mounted by root');
    }
    try {
      backend = place.open({ storage });
      const ref = await backend.create(place.define('iris'), operation());
      await backend.start(ref, operation());
      await backend.stop(ref, operation());
      const filler = join(storage, 'filler');
      const isWritten = (size: number): Promise<boolean> =>
        writeFile(filler, Buffer.alloc(size), { flag: 'a' }).then(
          () => true,
          () => false,
        );
      for (let size = 1 << 20; size >= 1; size >>= 1) {
        while (await isWritten(size)) {
          // Until the last byte is taken.
        }
      }
      const error = await failure(backend.start(ref, operation()));
      expect(error.code).toBe('disk');
      expect(error.message).toMatch(/disk is full/);
      expect(await place.processes()).toEqual([]);
      await writeFile(filler, '');
      await backend.start(ref, operation());
      expect(await ask(ref, 1)).toBe(1);
      await backend.stop(ref, operation());
    } finally {
      execFileSync('/bin/umount', ['-l', storage]);
    }
  });
});
