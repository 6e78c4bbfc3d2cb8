import { describe, expect, it, vi } from 'vitest';
import type { Operation } from '../../../src/core/backend';
import { ServingError } from '../../../src/core/errors';
import type { Serving } from '../../../src/core/serving';
import { eachServing, inTurn, whichOf } from '../../../src/ui/commands/manyServings';
import { removeServings, type RemoveParts } from '../../../src/ui/commands/removeServings';
import { ScriptedPrompts } from '../../fakes/scriptedPrompts';
import { failure } from '../../contract/backend.contract';
import { servingOf } from '../tree/support';

const { shown } = vi.hoisted(() => {
  const cancel: () => void = () => undefined;
  return { shown: { titles: [] as string[], told: [] as string[], cancel } };
});
vi.mock('vscode', () => ({
  ProgressLocation: { Notification: 15 },
  window: {
    withProgress: (
      { title }: { title: string },
      work: (progress: { report: (step: { message: string }) => void }, token: unknown) => unknown,
    ) => {
      shown.titles.push(title);
      return work(
        { report: ({ message }) => shown.told.push(message) },
        {
          onCancellationRequested: (cancel: () => void) => {
            shown.cancel = cancel;
            return { dispose: () => undefined };
          },
        },
      );
    },
  },
}));

const named = (...names: readonly string[]): readonly Serving[] =>
  names.map((name) => servingOf(name, { state: 'running' }));

describe('which of several', () => {
  it('are asked once, with a list in which each can be left out', async () => {
    const prompts = new ScriptedPrompts([['Stop 3 Servings', { tick: ['a', 'c'] }]]);
    const chosen = await whichOf(prompts, 'stop', named('a', 'b', 'c'));
    expect(chosen.map(({ ref }) => ref.name)).toEqual(['a', 'c']);
    prompts.end();
  });

  it('one that was named is meant', async () => {
    expect(await whichOf(new ScriptedPrompts([]), 'stop', named('a'))).toHaveLength(1);
  });

  it('to delete are named in the question, not all of many', async () => {
    const asked: string[] = [];
    const removed: string[] = [];
    const parts = {
      prompts: { confirm: (...texts: string[]) => Promise.resolve(asked.push(...texts)) },
      servings: { remove: ({ name }: { name: string }) => Promise.resolve(removed.push(name)) },
      kafka: { broker: { connection: () => undefined }, topicsOf: () => undefined },
    } as unknown as RemoveParts;
    await removeServings(parts, named(...Array.from({ length: 25 }, (_, n) => `s${n}`)));
    expect(asked[0]).toBe('Delete 25 servings?');
    expect(asked[1]).toMatch(
      /^s0, .*, s19 and 5 more: their definitions and logs are deleted, and what runs is stopped/,
    );
    expect(removed).toHaveLength(25);
  });

  it('leave their Kafka topics unless somebody says that they go, too, and never one of another broker', async () => {
    for (const [answer, gone] of [
      ['Keep', []],
      ['leave', []],
      ['Delete', ['one-inf0001']],
    ] as const) {
      const [deleted, forgotten]: string[][] = [[], []];
      const made = new Map([
        ['one', [{ topic: 'one-inf0001', brokers: 'a:1' }]],
        ['two', [{ topic: 'two-inf0002', brokers: 'b:1' }]],
      ]);
      const parts = {
        prompts: {
          confirm: () => Promise.resolve(),
          choose: () => (answer === 'leave' ? Promise.reject(ServingError.cancelled('It')) : Promise.resolve(answer)),
        },
        servings: { remove: () => Promise.resolve() },
        kafka: {
          broker: {
            connection: () => ({ brokers: 'a:1' }),
            remove: (topic: string) => Promise.resolve(deleted?.push(topic)),
          },
          topicsOf: () => ({
            madeFor: (name: string) => Promise.resolve(made.get(name) ?? []),
            forget: (name: string) => Promise.resolve(forgotten?.push(name)),
          }),
        },
      } as unknown as RemoveParts;
      await removeServings(parts, named('one', 'two', 'three'));
      expect(deleted).toEqual(gone);
      expect(forgotten).toEqual(['one', 'two', 'three']);
    }
  });
});

describe('what is done to each', () => {
  const run = async (names: readonly string[], work: (name: string, operation: Operation) => Promise<void>) => {
    Object.assign(shown, { titles: [], told: [] });
    await eachServing('start', named(...names), ({ ref }, operation) => work(ref.name, operation));
  };

  it('is one notification that counts', async () => {
    await run(['a', 'b', 'c', 'd'], () => Promise.resolve());
    expect(shown.titles).toEqual(['Starting 4 servings']);
    expect(shown.told).toEqual(['0 of 4', '1 of 4', '2 of 4', '3 of 4', '4 of 4']);
  });

  it('of one has its own words and stages', async () => {
    await run(['a'], (_, operation) => {
      operation.report({ stage: 'load' });
      return Promise.resolve();
    });
    expect([shown.titles, shown.told]).toEqual([['Starting a'], ['Load Predict script']]);
  });

  it('goes on with a few at once only', async () => {
    let [now, most] = [0, 0];
    await run(['a', 'b', 'c', 'd', 'e', 'f'], async () => {
      most = Math.max(most, ++now);
      await new Promise((next) => setTimeout(next, 5));
      now--;
    });
    expect(most).toBe(3);
  });

  it('fails as one error that names them, the rest goes on; all reasons are in its cause', async () => {
    const done: string[] = [];
    const error = await failure(
      run(['a', 'b', 'c', 'd', 'e'], (name) => {
        done.push(name);
        return name === 'e'
          ? Promise.resolve()
          : Promise.reject(
              new ServingError('portInUse', `${name === 'b' ? 'Could not start b: ' : ''}port of ${name} is taken`),
            );
      }),
    );
    expect(done).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(error.code).toBe('portInUse');
    expect(error.message).toBe(
      'Could not start 4 of 5 servings: a: port of a is taken; b: port of b is taken; c: port of c is taken; and 1 more',
    );
    expect((error.cause as Error).message).toContain('d: port of d is taken');
    expect(error.remedies).toEqual([]);
  });

  it('offers the fix that mends all of them', async () => {
    const untrusted = new ServingError('untrusted', 'not trusted', { remedies: [{ kind: 'trust' }] });
    const error = await failure(run(['a', 'b'], () => Promise.reject(untrusted)));
    expect(error.remedies).toEqual([{ kind: 'trust' }]);
  });

  it('cancelled: what runs is told, what waits is not begun, and nothing is an error', async () => {
    const begun: string[] = [];
    await run(['a', 'b', 'c', 'd', 'e'], async (name, { signal }) => {
      begun.push(name);
      await new Promise((next) => setTimeout(next, 5));
      shown.cancel();
      if (signal.aborted) {
        throw ServingError.cancelled(name);
      }
    });
    expect(begun).toEqual(['a', 'b', 'c']);
  });
});

it('questions of calls that go on at once come one after another, also after one that was left', async () => {
  const open: string[] = [];
  let [now, most] = [0, 0];
  const ask = inTurn(async (name: string) => {
    most = Math.max(most, ++now);
    await new Promise((next) => setTimeout(next, 2));
    now--;
    open.push(name);
    if (name === 'b') {
      throw ServingError.cancelled(name);
    }
    return name;
  });
  const all = await Promise.allSettled(['a', 'b', 'c'].map((name) => ask(name)));
  expect(all.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect([open, most]).toEqual([['a', 'b', 'c'], 1]);
});
