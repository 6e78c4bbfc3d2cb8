import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { InferenceResponse } from '../../src/core/backend';
import type { ErrorCode, Remedy } from '../../src/core/errors';
import type { Serving } from '../../src/core/serving';
import type { ProcessBackend } from '../../src/backends/process/processBackend';
import { failure, until } from './backend.contract';
import { operation } from './fixture';
import { NEVER, ProcessPlace } from './processPlace';

interface BrokenLoad {
  readonly code: ErrorCode;
  /** After "Could not start <name>: ". */
  readonly message: string | RegExp;
  /** Line of the script that the remedy opens. */
  readonly line?: number;
  /** Before and after opening the script. */
  readonly remedies?: readonly Remedy[];
}

const INSTALL: Remedy = { kind: 'installPackages', packages: ['scikit-image'] };
const LIMIT: Remedy = { kind: 'raiseLimit', setting: 'loadSeconds' };

const LOADS: Readonly<Record<string, BrokenLoad>> = {
  no_class: { code: 'script', message: /no class of that name \(its classes: Predictor\)/, line: 1 },
  two_classes: { code: 'script', message: /Predict.* has 2, in lines 1 and 5/, line: 5 },
  syntax_error: { code: 'script', message: /^Could not read syntax_error\.py: .+ \(line 2\)$/, line: 2 },
  missing_package: {
    code: 'package',
    message:
      'Could not import skimage: the script needs the package scikit-image, which is not installed (missing_package.py, line 1)',
    remedies: [INSTALL],
    line: 1,
  },
  raises_in_import: {
    code: 'script',
    message: "Could not import raises_in_import.py: KeyError: 'path' (raises_in_import.py, line 2)",
    line: 2,
  },
  raises_in_init: {
    code: 'script',
    message: 'Could not create Predict: RuntimeError: no GPU (raises_in_init.py, line 6)',
    line: 6,
  },
  wants_arguments: { code: 'script', message: /its __init__ wants arguments \(path, size\)/, line: 1 },
  missing_file: {
    code: 'script',
    message:
      "Could not load a file: './iris_knn.pkl' is missing; the model version has missing_file.py, other.pkl (missing_file.py, line 3)",
    line: 3,
  },
  pickle_version: {
    code: 'model',
    message: /^Could not read the pickle: .*json\.gone_module.* \(pickle_version\.py, line 7\)$/,
    line: 7,
  },
  not_a_pickle: {
    code: 'model',
    message:
      /^Could not read the pickle: the file is not one, or it is cut off: UnpicklingError: .* \(not_a_pickle\.py, line 7\)$/,
    line: 7,
  },
  endless_load: {
    code: 'timeout',
    message:
      'Could not load endless_load.py: it was not loaded within 3 s: it hangs in time.sleep(0.05) (endless_load.py, line 7)',
    remedies: [LIMIT],
    line: 7,
  },
  exits: { code: 'script', message: /sys\.exit\(4\) \(exits\.py, line 6\)$/, line: 6 },
  exits_hard: {
    code: 'script',
    message: 'Could not load exits_hard.py: it ended its own process (exited with 5)',
  },
  segfaults: { code: 'script', message: /signal 11 \(segmentation fault\) \(segfaults\.py, line 5\)$/, line: 5 },
  out_of_memory: { code: 'script', message: /not enough memory \(out_of_memory\.py, line 8\)$/, line: 8 },
  killed: { code: 'script', message: /killed by signal 9 \(.*memory ran out\)$/ },
};

/** What predict does, what is answered. */
const CALLS: Readonly<Record<string, { readonly kind: string; readonly error: RegExp }>> = {
  raises: { kind: 'script-raised', error: /^predict raised ValueError: bad row \(calls\.py, line 22\)$/ },
  numpy: { kind: 'reply-not-json', error: /predict returned numpy\.ndarray.*\.tolist\(\)/ },
  nan: { kind: 'reply-not-json', error: /predictions\[1\] is nan/ },
  generator: { kind: 'reply-not-json', error: /predict returned generator: return list\(result\)/ },
  object: { kind: 'reply-not-json', error: /predictions\[0\] is object/ },
  exits: { kind: 'script-exited', error: /predict called sys\.exit\(3\)/ },
};

describe('a broken script', () => {
  let place: ProcessPlace;
  let backend: ProcessBackend;

  beforeAll(async () => {
    place = new ProcessPlace({ settings: { loadSeconds: 3, drainSeconds: 1 } });
    await place.add(...Object.keys(LOADS), 'calls', 'prints_megabytes');
    await place.write('Models/missing_file/1/other.pkl', 'x');
    await place.write('Models/pickle_version/1/model.pkl', 'cjson.gone_module\nThing\n.');
    await place.write('Models/not_a_pickle/1/model.pkl', 'this is text');
    backend = place.open();
  });
  afterAll(() => place.dispose());
  afterEach(async () => {
    expect(await place.processes()).toEqual([]);
  });

  const find = async (name: string): Promise<Serving | undefined> =>
    (await backend.servings(NEVER)).find(({ ref }) => ref.name === name);

  it.each(Object.entries(LOADS))('%s is refused at the start', async (script, wanted) => {
    const name = script.replaceAll('_', '');
    const ref = await backend.create(place.define(name, script), operation());
    const error = await failure(backend.start(ref, operation()));
    expect(error.message.startsWith(`Could not start ${name}: `)).toBe(true);
    const message = error.message.slice(`Could not start ${name}: `.length);
    if (typeof wanted.message === 'string') {
      expect(message).toBe(wanted.message);
    } else {
      expect(message).toMatch(wanted.message);
    }
    expect(error.code).toBe(wanted.code);
    const file = join(place.folder, 'Models', script, '1', `${script}.py`);
    expect(error.remedies).toEqual([
      ...(wanted.remedies ?? []),
      ...(wanted.line === undefined ? [] : [{ kind: 'openFile', file, line: wanted.line }]),
      { kind: 'showLogs', serving: name },
    ]);
    const serving = await find(name);
    expect(serving).toMatchObject({ state: 'failed', reason: message });
    expect(serving?.run?.failure).toMatchObject({ message, remedies: error.remedies });
    expect(serving?.run?.stages.some(({ state }) => state === 'failed')).toBe(true);
    for (const frame of serving?.run?.failure?.exception?.frames ?? []) {
      expect(frame.user).toBe(frame.file === file);
      expect(frame.file).not.toContain(place.storage);
    }
  });

  describe('that loads', () => {
    const call = async (name: string, inputs: string): Promise<InferenceResponse> =>
      backend.predict(
        { backend: backend.id, name },
        { verb: 'predict', body: JSON.stringify({ inputs }) },
        AbortSignal.timeout(20_000),
      );

    it('answers 500 with what it did wrong, and goes on', async () => {
      const strict = place.define('calls', 'calls', { lenientReplies: false });
      const ref = await backend.create(strict, operation());
      await backend.start(ref, operation());
      for (const [inputs, { kind, error }] of Object.entries(CALLS)) {
        const answer = await call('calls', inputs);
        const body = JSON.parse(answer.body) as { kind: string; error: string };
        expect([inputs, answer.status, body.kind]).toEqual([inputs, 500, kind]);
        expect(body.error).toMatch(error);
      }
      const arity = await backend.predict(ref, { verb: 'classify', body: '{"inputs": 1}' }, NEVER);
      expect(arity.status).toBe(500);
      expect(arity.body).toContain('classify');
      expect(arity.body).toMatch(/takes 0 arguments|arguments besides self/);
      const missing = await backend.predict(ref, { verb: 'regress', body: '{"inputs": 1}' }, NEVER);
      expect(missing.status).toBe(501);
      await backend.stop(ref, operation());
    });

    it('answers what JSON does not have in a form that it has, and names it in the log', async () => {
      const ref = await backend.create(place.define('lenient', 'calls'), operation());
      await backend.start(ref, operation());
      const body = '{"inputs": "generator"}';
      expect((await backend.predict(ref, { verb: 'predict', body }, NEVER)).status).toBe(200);
      const found = async (): Promise<boolean> => {
        for await (const { message } of backend.logs(ref, { follow: false }, NEVER)) {
          if (message.includes('generator')) {
            return true;
          }
        }
        return false;
      };
      await until(found);
      await backend.remove(ref, operation());
    });

    it('closes stdout, spawns children: none is left after the stop', async () => {
      const ref = { backend: backend.id, name: 'calls' };
      await backend.start(ref, operation());
      expect((await call('calls', 'children')).body).toBe('{"predictions":"spawned"}');
      expect((await call('calls', 'closes')).status).toBe(200);
      expect((await call('calls', 'closes')).status).toBe(500);
      expect((await place.processes()).filter((line) => line.includes('sleep'))).toHaveLength(2);
      await backend.stop(ref, operation());
      expect(await place.processes()).toEqual([]);
    });

    it('dies in a request: the caller is told, and the next one is answered', async () => {
      const ref = { backend: backend.id, name: 'calls' };
      await backend.start(ref, operation());
      const error = await failure(call('calls', 'segfaults'));
      expect(error.code).toBe('unreachable');
      expect(error.message).toMatch(
        /^Could not send the request to calls: .*closed the connection before it had answered/,
      );
      expect(error.remedies).toEqual([{ kind: 'restart' }, { kind: 'showLogs', serving: 'calls' }]);
      await until(async () => (await find('calls'))?.run?.replicas[0]?.restarts === 1);
      await until(async () => (await find('calls'))?.state === 'running');
      expect((await find('calls'))?.run?.replicas[0]?.lastFailure).toMatch(
        /signal 11 \(segmentation fault\) while answering request/,
      );
      expect((await call('calls', 'raises')).status).toBe(500);
      await backend.stop(ref, operation());
    });

    it('blocks: it can still be stopped, in the time that requests get', async () => {
      const ref = { backend: backend.id, name: 'calls' };
      await backend.start(ref, operation());
      const asked = call('calls', 'blocks').catch((error: unknown) => error);
      await until(async () => ((await find('calls'))?.run?.replicas[0]?.requests ?? 0) > 0);
      const began = Date.now();
      await backend.stop(ref, operation());
      expect(Date.now() - began).toBeLessThan(6000);
      expect((await find('calls'))?.state).toBe('stopped');
      await asked;
    });

    it('prints megabytes: all of it is in the log', async () => {
      const ref = await backend.create(place.define('printsmegabytes', 'prints_megabytes'), operation());
      await backend.start(ref, operation());
      let count = 0;
      let hasEnd = false;
      for await (const { message } of backend.logs(ref, { follow: false }, NEVER)) {
        count += message.startsWith(`${count} xxx`) ? 1 : 0;
        hasEnd ||= message === 'no newline at the end';
      }
      expect(count).toBe(3000);
      await backend.stop(ref, operation());
      for await (const { message } of backend.logs(ref, { follow: false }, NEVER)) {
        hasEnd ||= message === 'no newline at the end';
      }
      expect(hasEnd).toBe(true);
    });
  });

  it('that is not there is said before anything is started', async () => {
    const ref = await backend.create(place.define('gone', 'gone'), operation());
    const error = await failure(backend.start(ref, operation()));
    expect(error.code).toBe('notFound');
    expect(error.message).toContain('gone');
    expect(error.remedies).not.toEqual([]);
  });
});
