import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Backend, InferenceResponse, LogLine, Moving } from '../../src/core/backend';
import { parseDefinition } from '../../src/core/definitionText';
import { isCancelled, ServingError } from '../../src/core/errors';
import type { Serving, ServingRef, StageName } from '../../src/core/serving';
import type { TrafficReading } from '../../src/core/traffic';
import { Random } from '../fakes/random';
import { operation, type Fixture, type ScriptName } from './fixture';
import { inputsOf, keeping, recordsOf, stateOfRecords, type RecordedLine } from './inferenceLog.contract';

const anything = (): AbortSignal => AbortSignal.timeout(60_000);

/** What is another way where it is not this computer that serves. */
export interface Elsewhere {
  /** The first three steps of a start. */
  readonly stages: readonly StageName[];
  /** Steps in which a start is cancelled; the last one is that which loads the script. */
  readonly cancelled: readonly StageName[];
  /** Cases that cannot be there, by their titles, and why not. */
  readonly cannot: Readonly<Record<string, string>>;
}

const HERE: Elsewhere = {
  stages: ['environment', 'artifact', 'server'],
  cancelled: ['environment', 'artifact', 'server', 'load'],
  cannot: {},
};

/** The cases that every Backend has to pass. */
export function describeBackend(name: string, make: () => Promise<Fixture>, elsewhere = HERE): void {
  const { stages, cancelled: stagesOfCancel, cannot } = elsewhere;
  const loads = stagesOfCancel.at(-1) ?? 'load';
  describe(`backend contract: ${name}`, () => {
    let fixture: Fixture;
    let backend: Backend;

    beforeEach(async ({ task, skip }) => {
      fixture = await make();
      ({ backend } = fixture);
      const reason = cannot[task.name];
      if (reason !== undefined) {
        skip(reason);
      }
    });
    afterEach(() => fixture.dispose());

    it('leaves out only cases that there are', ({ task }) => {
      const titles = (task.suite?.tasks ?? [])
        .flatMap((each) => ('tasks' in each ? each.tasks : []))
        .map((each) => each.name);
      expect(titles).toEqual(expect.arrayContaining(Object.keys(cannot)));
    });

    const create = (...args: Parameters<Fixture['define']>): Promise<ServingRef> =>
      backend.create(fixture.define(...args), operation());
    const started = async (...args: Parameters<Fixture['define']>): Promise<ServingRef> => {
      const ref = await create(...args);
      await backend.start(ref, operation());
      return ref;
    };
    const find = async (ref: ServingRef, by: Backend = backend): Promise<Serving | undefined> =>
      (await by.servings(anything())).find((serving) => serving.ref.name === ref.name);
    const stateOf = async (ref: ServingRef): Promise<string | undefined> => (await find(ref))?.state;
    const ask = (ref: ServingRef, inputs: unknown, by: Backend = backend): Promise<InferenceResponse> =>
      by.predict(ref, { verb: 'predict', body: JSON.stringify({ inputs }) }, anything());
    const answerOf = async (ref: ServingRef, inputs: unknown): Promise<unknown> =>
      (JSON.parse((await ask(ref, inputs)).body) as { predictions: unknown }).predictions;
    const linesOf = async (ref: ServingRef, tail?: number): Promise<readonly LogLine[]> => {
      const lines: LogLine[] = [];
      for await (const line of backend.logs(
        ref,
        { follow: false, ...(tail === undefined ? {} : { tail }) },
        anything(),
      )) {
        lines.push(line);
      }
      return lines;
    };
    /** The records of requests come a little after what the script printed for them. */
    const settledLines = async (ref: ServingRef): Promise<readonly LogLine[]> => {
      let lines = await linesOf(ref);
      await until(async () => {
        await sleep(300);
        const before = lines.length;
        lines = await linesOf(ref);
        return lines.length === before;
      });
      return lines;
    };

    describe('definitions', () => {
      it('lists what was created, stopped', async () => {
        expect(await backend.servings(anything())).toEqual([]);
        const definition = fixture.define('iris');
        const ref = await backend.create(definition, operation());
        expect(ref).toEqual({ backend: backend.id, name: 'iris' });
        const [serving, ...others] = await backend.servings(anything());
        expect(others).toEqual([]);
        expect(serving).toMatchObject({ ref, state: 'stopped', definition, differences: [] });
      });

      it('refuses a name that is taken, also in other letters', async () => {
        await create('iris');
        const error = await failure(backend.create(fixture.define('Iris'), operation()));
        expect(error).toMatchObject({ code: 'exists', remedies: [{ kind: 'openDefinition' }] });
        expect(error.message).toBe('Could not create Iris: there is a serving named iris');
        expect(await backend.servings(anything())).toHaveLength(1);
      });

      it('refuses what it could not read again', async () => {
        const error = await failure(backend.create(fixture.define('not a name'), operation()));
        expect(error.code).toBe('invalid');
        expect(error.message).toMatch(/^Could not create not a name: Use letters and digits only/);
        const ref = await create('iris');
        const wrong = { ...fixture.define('iris'), model: { name: 'echo', version: 0 } };
        expect((await failure(backend.update(ref, wrong, operation()))).code).toBe('invalid');
        expect(await backend.servings(anything())).toHaveLength(1);
      });

      it('keeps the name of a serving', async () => {
        const ref = await create('iris');
        const error = await failure(backend.update(ref, fixture.define('other'), operation()));
        expect(error.code).toBe('invalid');
        expect(error.message).toMatch(/a serving keeps its name/);
      });

      it('keeps comments and unknown fields in an update', async () => {
        const ref = await create('iris');
        const text = (await fixture.readText('iris')) ?? '';
        await fixture.writeText('iris', text.replace('{', '{\n  // by hand\n  "team": {"mail": "a@b"},'));
        await backend.update(ref, { ...fixture.define('iris'), description: 'flowers' }, operation());
        const after = await fixture.readText('iris');
        expect(after).toContain('// by hand');
        expect(after).toContain('"team": {"mail": "a@b"}');
        expect(after).toContain('"description": "flowers"');
      });

      it('lists a definition that is not right with the reason, beside the others', async () => {
        await create('iris');
        await fixture.writeText('broken', '{"name": "broken", "model": {"name": "echo"}, "script": "echo.py"}');
        await fixture.writeText('worse', '{"name": ');
        const servings = await backend.servings(anything());
        expect(servings.map(({ ref, state }) => [ref.name, state])).toEqual([
          ['broken', 'failed'],
          ['iris', 'stopped'],
          ['worse', 'failed'],
        ]);
        expect(servings[0]?.reason).toBe('Its definition is not right: "model.version" is missing');
        expect(servings[2]?.reason).toMatch(/not a JSON object/);
        const error = await failure(backend.start({ backend: backend.id, name: 'broken' }, operation()));
        expect(error.code).toBe('invalid');
        expect(error.message).toContain('"model.version" is missing');
        expect(error.remedies).not.toEqual([]);
      });
    });

    describe('life', () => {
      it('starts, answers, stops; each again changes nothing', async () => {
        const ref = await create('iris');
        const first = operation();
        await backend.start(ref, first);
        expect(first.stages.slice(0, 3)).toEqual(stages);
        expect(await stateOf(ref)).toBe('running');
        const before = (await find(ref))?.run?.startedAt;
        await backend.start(ref, operation());
        expect((await find(ref))?.run?.startedAt).toEqual(before);
        expect(await answerOf(ref, [[1, 2]])).toEqual([[1, 2]]);
        await backend.stop(ref, operation());
        expect(await stateOf(ref)).toBe('stopped');
        await backend.stop(ref, operation());
        expect(await stateOf(ref)).toBe('stopped');
      });

      it('starts again after a stop', async () => {
        const ref = await started('iris');
        await backend.stop(ref, operation());
        await backend.start(ref, operation());
        expect(await answerOf(ref, 7)).toBe(7);
      });

      it('takes away all that a serving owned, and nothing else', async () => {
        const files = await fixture.modelsAndScripts();
        const ref = await started('iris');
        await backend.remove(ref, operation());
        expect(await backend.servings(anything())).toEqual([]);
        expect(await fixture.readText('iris')).toBeUndefined();
        expect(await fixture.leftovers('iris')).toEqual([]);
        expect(await fixture.modelsAndScripts()).toEqual(files);
        expect(await linesOf(ref)).toEqual([]);
        await backend.remove(ref, operation());
        await create('iris');
        expect(await stateOf(ref)).toBe('stopped');
      });

      it('says that there is no such serving', async () => {
        const ref = { backend: backend.id, name: 'nobody' };
        expect((await failure(backend.start(ref, operation()))).code).toBe('notFound');
        expect((await failure(backend.update(ref, fixture.define('nobody'), operation()))).code).toBe('notFound');
        expect((await failure(ask(ref, 1))).code).toBe('notFound');
        expect(await fixture.leftovers('nobody')).toEqual([]);
      });

      it('goes over to another definition and answers all the time', async () => {
        const ref = await started('iris');
        const update = { isDone: false };
        const answers: unknown[] = [];
        const asking = (async () => {
          while (!update.isDone) {
            answers.push(await answerOf(ref, 'echo').catch((error: unknown) => error));
            await sleep(10);
          }
        })();
        await backend.update(ref, fixture.define('iris', 'second'), operation());
        update.isDone = true;
        await asking;
        expect([...new Set(answers)].filter((answer) => answer !== 'echo' && answer !== 'second')).toEqual([]);
        expect(await answerOf(ref, 'echo')).toBe('second');
        expect(await find(ref)).toMatchObject({ state: 'running', differences: [] });
      });

      it('goes on answering when the definition that was to take its place does not load', async () => {
        const ref = await started('iris');
        const error = await failure(backend.update(ref, fixture.define('iris', 'broken'), operation()));
        expect(error.code).toBe('script');
        expect(await answerOf(ref, 'echo')).toBe('echo');
        expect((await find(ref))?.differences).not.toEqual([]);
        expect(await stateOf(ref)).toBe('running');
      });

      it('only writes the definition of one that does not run', async () => {
        const ref = await create('iris');
        await backend.update(ref, fixture.define('iris', 'second'), operation());
        expect(await stateOf(ref)).toBe('stopped');
        await backend.start(ref, operation());
        expect(await answerOf(ref, 1)).toBe('second');
      });

      it('says why a start failed, and nothing runs', async () => {
        const ref = await create('iris', 'broken');
        const error = await failure(backend.start(ref, operation()));
        expect(error.code).toBe('script');
        expect(error.message).toMatch(/^Could not start iris: .*it is broken/);
        expect(error.remedies).not.toEqual([]);
        const serving = await find(ref);
        expect(serving?.state).toBe('failed');
        expect(serving?.reason).toContain('it is broken');
        expect(await failure(ask(ref, 1))).toMatchObject({ code: 'unavailable' });
        await backend.update(ref, fixture.define('iris'), operation());
        await backend.start(ref, operation());
        expect(await stateOf(ref)).toBe('running');
      });

      it('shows that a definition was changed by hand while it ran', async () => {
        const ref = await started('iris');
        expect((await find(ref))?.differences).toEqual([]);
        const text = (await fixture.readText('iris')) ?? '';
        await fixture.writeText('iris', text.replace('"version": 1', '"version": 2'));
        expect((await find(ref))?.differences.map(({ what }) => what)).toContain('settings');
        expect(await answerOf(ref, 3)).toBe(3);
      });

      it('shows and stops one whose definition was deleted by hand', async () => {
        const ref = await started('iris');
        await fixture.deleteText('iris');
        expect(await stateOf(ref)).toBe('running');
        expect(await answerOf(ref, 3)).toBe(3);
        await backend.stop(ref, operation());
        expect(await find(ref)).toBeUndefined();
      });

      it('adopts one whose definition was deleted by hand: the same run goes on, defined again', async () => {
        const ref = await started('iris');
        const [before, text] = [await find(ref), await fixture.readText('iris')];
        expect(before?.isOrphan).toBeUndefined();
        await fixture.deleteText('iris');
        expect(await find(ref)).toMatchObject({ state: 'running', isOrphan: true, definition: before?.definition });
        await backend.adopt?.(ref, operation());
        expect(await fixture.readText('iris')).toBe(text);
        const after = await find(ref);
        expect(after).toMatchObject({ state: 'running', differences: [] });
        expect(after?.isOrphan).toBeUndefined();
        expect(after?.run?.startedAt).toEqual(before?.run?.startedAt);
        expect(await answerOf(ref, 4)).toBe(4);
        await fixture.writeText('iris', '{ "mine": 1 }');
        expect(await failure(backend.adopt!(ref, operation()))).toMatchObject({
          code: 'exists',
          message: expect.stringContaining('Could not adopt iris') as string,
        });
        expect(await fixture.readText('iris')).toBe('{ "mine": 1 }');
        await fixture.deleteText('iris');
        await backend.remove(ref, operation());
        expect(await find(ref)).toBeUndefined();
        expect((await failure(backend.adopt!(ref, operation()))).code).toBe('notFound');
      });

      it('keeps a running one when its definition was broken by hand', async () => {
        const ref = await started('iris');
        await fixture.writeText('iris', '{');
        expect(await find(ref)).toMatchObject({ state: 'running' });
        expect((await find(ref))?.reason).toMatch(/not right/);
        await backend.stop(ref, operation());
        expect(await stateOf(ref)).toBe('failed');
      });
    });

    describe('requests', () => {
      it('gives back whatever is answered', async () => {
        const ref = await started('iris');
        const good = await ask(ref, { rows: [1.5, 'ä', null] });
        expect(good).toMatchObject({ status: 200, body: JSON.stringify({ predictions: { rows: [1.5, 'ä', null] } }) });
        expect(good.requestId).toBeTruthy();
        const bad = await backend.predict(ref, { verb: 'predict', body: '{"inputs": [1,}' }, anything());
        expect(bad.status).toBe(400);
        expect(JSON.parse(bad.body)).toHaveProperty('error');
        expect((await backend.predict(ref, { verb: 'predict', body: '{}' }, anything())).status).toBe(400);
        const raised = await ask(ref, 'raise');
        expect(raised.status).toBe(500);
        expect(raised.body).toContain('ValueError');
      });

      it('says that it does not run, and how to mend that', async () => {
        const ref = await create('iris');
        const error = await failure(ask(ref, 1));
        expect(error).toMatchObject({ code: 'unavailable', remedies: [{ kind: 'start' }] });
        expect(error.message).toBe('Could not send the request to iris: it is stopped');
      });

      it('gives up when asked to', async () => {
        const ref = await started('iris');
        const error = await failure(
          backend.predict(ref, { verb: 'predict', body: '{"inputs": 1}' }, AbortSignal.abort()),
        );
        expect(isCancelled(error)).toBe(true);
      });
    });

    describe('traffic', () => {
      it('is what one that runs has counted: replies, errors, latency, by replica; none of one that does not run', async ({
        skip,
      }) => {
        if (!backend.capabilities.has('traffic')) {
          expect('traffic' in backend).toBe(false);
          skip('the backend has no capability "traffic"');
        }
        const read = async (ref: ServingRef): Promise<TrafficReading> => {
          const told = await backend.traffic?.(ref, anything());
          if (told === undefined) {
            throw new Error('it has the capability "traffic", and tells none');
          }
          return told;
        };
        const [ref, other] = [await started('iris'), await create('other')];
        const before = await read(ref);
        for (const inputs of [1, 2, 3, 'raise']) {
          await ask(ref, inputs);
        }
        let after = before;
        await until(async () => {
          after = await read(ref);
          return after.replies - before.replies === 4 && after.replicas.every((each) => each.latency !== undefined);
        });
        expect(after.source).toBe(before.source);
        expect(after.serverErrors - before.serverErrors).toBe(1);
        expect(after.clientErrors - before.clientErrors).toBe(0);
        expect(after.replicas.map(({ number }) => number)).toEqual([1]);
        const [replica] = after.replicas;
        expect(replica?.latency?.counts.reduce((sum, each) => sum + each, 0)).toBe(4);
        expect(replica?.cpuSeconds).toBeGreaterThan(0);
        expect(replica?.memoryBytes).toBeGreaterThan(1_000_000);
        expect(await failure(read(other))).toMatchObject({ code: 'unavailable' });
        await backend.stop(ref, operation());
        expect(await failure(read(ref))).toMatchObject({ code: 'unavailable' });
      }, 60_000);
    });

    describe('the local inference log', () => {
      const isKept = (skip: (reason: string) => void): void => {
        if (!backend.capabilities.has('inferenceLog')) {
          expect('inferenceLog' in backend).toBe(false);
          skip('the backend has no capability "inferenceLog"');
        }
      };
      const untilRecorded = async (ref: ServingRef, count: number): Promise<readonly RecordedLine[]> => {
        let all: readonly RecordedLine[] = [];
        await until(async () => {
          all = (await recordsOf(backend, ref)).records;
          return all.length >= count;
        });
        return all;
      };

      it('has a record of each request, over a stop and a restart; what has come since is read alone; remove takes it away', async ({
        skip,
      }) => {
        isKept(skip);
        const ref = await started('iris');
        const mark = `mark${randomUUID()}`;
        for (const inputs of [1, mark, 'raise']) {
          await ask(ref, inputs);
        }
        const first = await untilRecorded(ref, 3);
        expect(inputsOf(first)).toEqual([1, mark, 'raise']);
        expect(first.map(({ status }) => status)).toEqual([200, 200, 500]);
        expect(first[0]?.reply.text).toBe('{"predictions":1}');
        await until(async () => (await stateOfRecords(backend, ref))?.sinks[0]?.sent === 3);
        expect(await stateOfRecords(backend, ref)).toMatchObject({
          records: 3,
          droppedBefore: 0,
          sinks: [{ sink: 'file', state: 'sending', dropped: 0, waiting: 0 }],
        });
        const { next } = await recordsOf(backend, ref);
        // The last one is read only after the end.
        await ask(ref, 4);
        await backend.stop(ref, operation());
        expect(inputsOf((await recordsOf(backend, ref, next)).records)).toEqual([4]);
        expect(await failure(stateOfRecords(backend, ref))).toMatchObject({ code: 'unavailable' });
        await backend.start(ref, operation());
        await ask(ref, 5);
        await until(async () => (await recordsOf(backend, ref, next)).records.length === 2);
        await backend.update(
          ref,
          { ...fixture.define('iris'), description: 'x', limits: { queueLength: 9, requestSeconds: 9 } },
          operation(),
        );
        await ask(ref, 6);
        expect(inputsOf(await untilRecorded(ref, 6))).toEqual([1, mark, 'raise', 4, 5, 6]);
        const other = fixture.another();
        expect(inputsOf((await recordsOf(other, ref, next)).records)).toEqual([4, 5, 6]);
        expect(await fixture.found(mark)).not.toEqual([]);
        await backend.remove(ref, operation());
        expect((await recordsOf(backend, ref)).records).toEqual([]);
        expect(await fixture.found(mark)).toEqual([]);
        expect(await backend.inferenceLogFile?.(ref, anything())).toBeUndefined();
      }, 150_000);

      it('has nowhere what is redacted, and only the headers that are asked for', async ({ skip }) => {
        isKept(skip);
        const redact = ['$..pin'];
        const [pin, name] = [`pin${randomUUID()}`, `name${randomUUID()}`];
        const ref = await started('iris', 'slow', keeping({ redact, headers: ['User-Agent'] }));
        await ask(ref, { pin, name });
        const [record] = await untilRecorded(ref, 1);
        expect(record?.request).toMatchObject({
          text: `{"inputs":{"pin":"[redacted]","name":"${name}"}}`,
          redacted: 1,
        });
        expect(record?.reply.text).toBe(`{"predictions":{"pin":"[redacted]","name":"${name}"}}`);
        expect(Object.keys(record?.headers ?? {})).toContain('content-type');
        expect(Object.keys(record?.headers ?? {})).not.toContain('host');
        expect(await fixture.found(name)).not.toEqual([]);
        expect(await fixture.found(pin)).toEqual([]);
        await backend.stop(ref, operation());
        expect((await recordsOf(backend, ref)).records).toHaveLength(1);
        expect(await fixture.found(pin)).toEqual([]);
      }, 120_000);

      it('is not there where it is switched off; switched on, that is a difference, and an update begins it', async ({
        skip,
      }) => {
        isKept(skip);
        const unheard = `mark${randomUUID()}`;
        const off = { ...fixture.define('iris'), ...keeping({ local: false }) };
        const ref = await backend.create(off, operation());
        await backend.start(ref, operation());
        await ask(ref, unheard);
        expect(await stateOfRecords(backend, ref)).toBeUndefined();
        await sleep(500);
        expect((await recordsOf(backend, ref)).records).toEqual([]);
        expect(await fixture.found(unheard)).toEqual([]);
        const text = (await fixture.readText('iris')) ?? '';
        await fixture.writeText('iris', text.replace('"local": false', '"local": true'));
        expect((await find(ref))?.differences).toMatchObject([{ what: 'settings' }]);
        await backend.update(ref, fixture.define('iris'), operation());
        await ask(ref, 'something');
        expect(inputsOf(await untilRecorded(ref, 1))).toEqual(['something']);
      }, 120_000);

      it('can be deleted: what is answered from then on is kept', async ({ skip }) => {
        isKept(skip);
        const ref = await started('iris');
        const mark = `mark${randomUUID()}`;
        await ask(ref, mark);
        await untilRecorded(ref, 1);
        expect(await backend.inferenceLogFile?.(ref, anything())).toMatch(/iris\.ndjson$/);
        expect(await fixture.found(mark)).not.toEqual([]);
        await backend.deleteInferenceLog?.(ref, anything());
        await until(async () => (await fixture.found(mark)).length === 0);
        expect((await recordsOf(backend, ref)).records).toEqual([]);
        await ask(ref, 'second');
        expect(inputsOf(await untilRecorded(ref, 1))).toEqual(['second']);
      }, 120_000);

      it('has whole lines after the server was killed, and goes on after them', async ({ skip }) => {
        isKept(skip);
        const { crash } = fixture;
        if (crash === undefined) {
          return skip('it has no server that could crash');
        }
        const ref = await started('iris');
        let answered = 0;
        let isOver = false;
        const asking = Promise.allSettled(
          Array.from({ length: 8 }, async () => {
            while (!isOver) {
              await ask(ref, 'x'.repeat(5000));
              answered++;
            }
          }),
        );
        await until(() => answered > 100, 30);
        const early = answered;
        await sleep(1000);
        await crash('iris', 'server');
        isOver = true;
        await asking;
        // All but those of the last second.
        const { records } = await recordsOf(backend, ref);
        expect(records.length).toBeGreaterThanOrEqual(early);
        await backend.start(ref, operation());
        await ask(ref, 'back');
        const all = await untilRecorded(ref, records.length + 1);
        expect(inputsOf(all).at(-1)).toBe('back');
      }, 150_000);
    });

    describe('logs', () => {
      const asked = (lines: readonly LogLine[]): readonly string[] =>
        lines.map(({ message }) => message).filter((message) => message.startsWith('asked '));

      it('are complete and in order, also over a restart; the tail is their end', async () => {
        const ref = await started('iris');
        for (let n = 0; n < 5; n++) {
          await ask(ref, n);
        }
        await backend.stop(ref, operation());
        await backend.start(ref, operation());
        for (let n = 5; n < 8; n++) {
          await ask(ref, n);
        }
        await until(async () => asked(await linesOf(ref)).length === 8);
        const all = await settledLines(ref);
        expect(asked(all)).toEqual(Array.from({ length: 8 }, (_, n) => `asked ${n}`));
        expect((await linesOf(ref, 3)).map(({ message }) => message)).toEqual(
          all.slice(-3).map(({ message }) => message),
        );
        expect(await linesOf(ref, 0)).toEqual([]);
        expect((await linesOf(ref, 100_000)).length).toBe(all.length);
      });

      it('go on as they come, over a restart, until the signal', async () => {
        const ref = await started('iris');
        await ask(ref, 0);
        await until(async () => asked(await linesOf(ref)).length === 1);
        const abort = new AbortController();
        const lines: LogLine[] = [];
        const following = (async () => {
          for await (const line of backend.logs(ref, { follow: true, tail: 0 }, abort.signal)) {
            lines.push(line);
          }
        })();
        await sleep(50);
        await ask(ref, 1);
        await until(() => asked(lines).length === 1);
        await backend.update(ref, fixture.define('iris'), operation());
        await ask(ref, 2);
        await until(() => asked(lines).length === 2);
        abort.abort();
        await following;
        expect(asked(lines)).toEqual(['asked 1', 'asked 2']);
      });

      it('are complete and in order when there are megabytes of them', async () => {
        const ref = await started('iris');
        const numbers: string[] = [];
        const abort = new AbortController();
        const count = 7000;
        const following = (async () => {
          for await (const { message } of backend.logs(ref, { follow: true }, abort.signal)) {
            if (message.startsWith('line ')) {
              numbers.push(message.slice(5, message.indexOf(':')));
            }
          }
        })();
        await ask(ref, { lines: count });
        await until(() => numbers.length >= count);
        abort.abort();
        await following;
        const wanted = Array.from({ length: count }, (_, n) => String(n));
        expect(numbers).toEqual(wanted);
        const kept = (await linesOf(ref))
          .map(({ message }) => message)
          .filter((message) => message.startsWith('line '));
        expect(kept.map((message) => message.slice(5, message.indexOf(':')))).toEqual(wanted);
      });
    });

    describe('cancel', () => {
      it.each(stagesOfCancel)('leaves nothing behind in stage %s', async (stage) => {
        const ref = await create('iris', 'slow');
        const cancelled = operation((progress, cancel) => {
          if (progress.stage === stage) {
            cancel();
          }
        });
        const error = await failure(backend.start(ref, cancelled));
        expect(cancelled.stages).toContain(stage);
        expect(error.code).toBe('cancelled');
        expect(await stateOf(ref)).toBe('stopped');
        expect(await fixture.leftovers('iris')).toEqual([]);
      });

      it('of an update leaves the running one as it is', async () => {
        const ref = await started('iris');
        const cancelled = operation((progress, cancel) => {
          if (progress.stage === loads) {
            cancel();
          }
        });
        expect((await failure(backend.update(ref, fixture.define('iris', 'slow'), cancelled))).code).toBe('cancelled');
        expect(await stateOf(ref)).toBe('running');
        expect(await answerOf(ref, 'still')).toBe('still');
      });

      it('before it begins does nothing', async () => {
        const ref = await create('iris');
        const cancelled = operation();
        cancelled.cancel();
        expect((await failure(backend.start(ref, cancelled))).code).toBe('cancelled');
        expect(await stateOf(ref)).toBe('stopped');
      });
    });

    describe('a move', () => {
      const elsewhere = (text: string): string => {
        const { kind } = backend;
        return text.replace(`"${kind}"`, kind === 'docker' ? '"process"' : '"docker"');
      };
      /** A serving that another backend of the folder has. */
      const moving = async (script: ScriptName, release: () => Promise<void>): Promise<Moving> => {
        const ref = await create('iris', script);
        await fixture.writeText('iris', elsewhere((await fixture.readText('iris')) ?? ''));
        expect(await find(ref)).toBeUndefined();
        const { definition } = parseDefinition((await fixture.readText('iris')) ?? '');
        expect(definition?.backend).not.toBe(backend.kind);
        return { definition: definition ?? fixture.define('iris'), runs: true, release };
      };

      it('from here: it answers until it is released, and nothing of it is left', async () => {
        const ref = await started('iris');
        await backend.handOver?.(
          ref,
          async (each) => {
            expect(each.runs).toBe(true);
            expect(each.definition).toEqual(fixture.define('iris'));
            expect(await answerOf(ref, 'yet')).toBe('yet');
            expect(await stateOf(ref)).toBe('running');
            await each.release();
            await each.release();
            expect((await failure(ask(ref, 'now'))).code).toBe('unavailable');
          },
          operation(),
        );
        expect((await fixture.leftovers('iris')).filter((each) => !each.includes('lock'))).toEqual([]);
        expect(await fixture.readText('iris')).toBeDefined();
      });

      it('from here is given up: it stays, and goes on answering', async () => {
        const ref = await started('iris');
        const work = backend.handOver?.(ref, () => Promise.reject(new ServingError('disk', 'full')), operation());
        expect((await failure(work ?? Promise.resolve())).message).toBe('full');
        expect(await answerOf(ref, 'still')).toBe('still');
        expect(await stateOf(ref)).toBe('running');
      });

      it('from here is given up when it is stopped by another window', async () => {
        const ref = await started('iris');
        const work = backend.handOver?.(
          ref,
          async (_moving, { signal }) => {
            const stopped = fixture.another().stop(ref, operation());
            stopped.catch(() => undefined);
            await until(() => signal.aborted);
            throw ServingError.cancelled('Moving');
          },
          operation(),
        );
        expect((await failure(work ?? Promise.resolve())).code).toBe('cancelled');
        await until(async () => (await stateOf(ref)) === 'stopped');
      });

      it('from here of one that does not run says so; of one that is elsewhere is refused', async () => {
        const ref = await create('iris');
        let told: Moving | undefined;
        const take = (each: Moving): Promise<void> => {
          told = each;
          return Promise.resolve();
        };
        await backend.handOver?.(ref, take, operation());
        expect(told).toMatchObject({ runs: false });
        await fixture.writeText('iris', elsewhere((await fixture.readText('iris')) ?? ''));
        expect((await failure(backend.handOver?.(ref, take, operation()) ?? Promise.resolve())).code).toBe('conflict');
      });

      it('to here: it answers and is defined before the other one is released', async () => {
        const ref = { backend: backend.id, name: 'iris' };
        const seen: unknown[] = [];
        const release = async (): Promise<void> => {
          seen.push(await answerOf(ref, 'here'), parseDefinition((await fixture.readText('iris')) ?? '').definition);
        };
        await backend.receive?.(await moving('echo', release), operation());
        expect(seen).toEqual(['here', fixture.define('iris')]);
        expect(await find(ref)).toMatchObject({ state: 'running', differences: [] });
        await backend.stop(ref, operation());
        expect(await stateOf(ref)).toBe('stopped');
      });

      it('to here that does not come up leaves nothing here, and the other one as it is', async () => {
        let released = false;
        const one = await moving('broken', () => {
          released = true;
          return Promise.resolve();
        });
        const before = await fixture.readText('iris');
        expect((await failure(backend.receive?.(one, operation()) ?? Promise.resolve())).code).toBe('script');
        expect(released).toBe(false);
        expect(await fixture.readText('iris')).toBe(before);
        expect(await fixture.leftovers('iris')).toEqual([]);
      });

      it.each(stagesOfCancel)('to here that is cancelled in stage %s leaves nothing', async (stage) => {
        let released = false;
        const one = await moving('slow', () => {
          released = true;
          return Promise.resolve();
        });
        const before = await fixture.readText('iris');
        const cancelled = operation((progress, cancel) => {
          if (progress.stage === stage) {
            cancel();
          }
        });
        expect((await failure(backend.receive?.(one, cancelled) ?? Promise.resolve())).code).toBe('cancelled');
        expect(released).toBe(false);
        expect(await fixture.readText('iris')).toBe(before);
        expect(await fixture.leftovers('iris')).toEqual([]);
      });
    });

    describe('two callers at once', () => {
      it('start the same: one run, both are told', async () => {
        const ref = await create('iris');
        const other = fixture.another();
        await Promise.all([backend.start(ref, operation()), other.start(ref, operation())]);
        expect((await find(ref))?.state).toBe('running');
        expect((await find(ref, other))?.run).toEqual((await find(ref))?.run);
        await other.stop(ref, operation());
        expect(await stateOf(ref)).toBe('stopped');
        expect((await linesOf(ref)).filter(({ message }) => message.startsWith('Ready'))).toHaveLength(1);
      });

      it('start and stop: the stop does not wait for a start that takes long', async () => {
        const ref = await create('iris', 'slow');
        const begun = operation();
        const starting = backend.start(ref, begun).catch((error: unknown) => error);
        await until(() => begun.stages.includes(loads));
        await fixture.another().stop(ref, operation());
        expect(isCancelled(await starting)).toBe(true);
        expect(await stateOf(ref)).toBe('stopped');
      });

      it('stop the same', async () => {
        const ref = await started('iris');
        await Promise.all([backend.stop(ref, operation()), fixture.another().stop(ref, operation())]);
        expect(await stateOf(ref)).toBe('stopped');
      });

      it('create the same: one of them is refused', async () => {
        const results = await Promise.allSettled([
          backend.create(fixture.define('iris'), operation()),
          fixture.another().create(fixture.define('iris', 'second'), operation()),
        ]);
        expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
        const refused = results.find((result) => result.status === 'rejected');
        expect((refused?.reason as ServingError).code).toBe('exists');
      });

      it('remove what another window starts', async () => {
        const ref = await create('iris', 'slow');
        const begun = operation();
        const starting = backend.start(ref, begun).catch((error: unknown) => error);
        await until(() => begun.stages.includes(loads));
        await fixture.another().remove(ref, operation());
        expect(isCancelled(await starting)).toBe(true);
        expect(await find(ref)).toBeUndefined();
        expect(await fixture.leftovers('iris')).toEqual([]);
      });

      it.each([1, 2, 3])('do anything in any order: what is said is so (seed %i)', async (seed) => {
        const random = new Random(seed);
        const ref = await create('iris');
        const windows = [backend, fixture.another()];
        const calls = Array.from({ length: 10 }, async (_, n) => {
          await sleep(n * random.whole(120));
          const window = random.pick(windows);
          const definition = fixture.define('iris', random.pick(['echo', 'second'] as const));
          await random.pick([
            () => window.start(ref, operation()),
            () => window.stop(ref, operation()),
            () => window.update(ref, definition, operation()),
          ])();
        });
        for (const outcome of await Promise.allSettled(calls)) {
          if (outcome.status === 'rejected') {
            expect(outcome.reason).toBeInstanceOf(ServingError);
            expect(['cancelled', 'conflict']).toContain((outcome.reason as ServingError).code);
          }
        }
        const state = await stateOf(ref);
        expect(['running', 'stopped']).toContain(state);
        if (state === 'running') {
          expect((await ask(ref, 1)).status).toBe(200);
        } else {
          expect((await failure(ask(ref, 1))).code).toBe('unavailable');
        }
        await backend.stop(ref, operation());
        expect(await stateOf(ref)).toBe('stopped');
        await backend.remove(ref, operation());
        expect(await fixture.leftovers('iris')).toEqual([]);
      });

      it('see the same serving', async () => {
        const ref = await started('iris');
        const other = fixture.another();
        expect(await find(ref, other)).toEqual(await find(ref));
        expect((await ask(ref, 4, other)).status).toBe(200);
      });
    });

    describe('crashes', () => {
      it('of the server are seen, and a start mends them', async ({ skip }) => {
        const { crash } = fixture;
        if (crash === undefined) {
          return skip('it has no server that could crash');
        }
        const ref = await started('iris');
        await crash('iris', 'server');
        // An engine tells of it a moment later.
        await until(async () => (await stateOf(ref)) === 'failed');
        expect((await find(ref))?.reason).toMatch(/killed/);
        expect(await failure(ask(ref, 1))).toMatchObject({
          code: 'unavailable',
          remedies: [{ kind: 'start' }, { kind: 'showLogs', serving: 'iris' }],
        });
        await backend.start(ref, operation());
        expect(await answerOf(ref, 'back')).toBe('back');
      });

      it('of a worker are mended by the server, and said', async ({ skip }) => {
        const { crash } = fixture;
        if (crash === undefined) {
          return skip('it has no worker that could crash');
        }
        const ref = await started('iris');
        await crash('iris', 'worker');
        await until(async () => (await find(ref))?.run?.replicas[0]?.restarts === 1);
        await until(async () => (await stateOf(ref)) === 'running');
        expect((await find(ref))?.run?.replicas[0]?.lastFailure).toMatch(/killed by signal 9/);
        expect(await answerOf(ref, 'back')).toBe('back');
      });
    });
  });
}

/** The error that a call is rejected with: a ServingError with a message for users. */
export async function failure(promise: Promise<unknown>): Promise<ServingError> {
  const error: unknown = await promise.then(
    () => {
      throw new Error('this was to be rejected');
    },
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ServingError);
  const { message } = error as ServingError;
  expect(message).not.toBe('');
  expect(message).not.toMatch(/undefined|\[object|Traceback|\n/);
  return error as ServingError;
}

/** Waits until something is so. */
export async function until(isSo: () => boolean | Promise<boolean>, seconds = 15): Promise<void> {
  const limit = Date.now() + seconds * 1000;
  while (!(await isSo())) {
    if (Date.now() > limit) {
      throw new Error(`this was not so within ${seconds} s: ${isSo.toString()}`);
    }
    await sleep(25);
  }
}
