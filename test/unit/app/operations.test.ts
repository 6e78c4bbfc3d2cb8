import { describe, expect, it } from 'vitest';
import { Operations } from '../../../src/app/operations';
import type { Operation } from '../../../src/core/backend';
import { isCancelled, ServingError } from '../../../src/core/errors';
import type { BackendId, ServingRef } from '../../../src/core/serving';

const REF: ServingRef = { backend: 'b' as BackendId, name: 'iris' };
const outer = (signal = new AbortController().signal): Operation => ({ signal, report: () => undefined });

/** Work that goes on until it is told to end. */
function work(): { run: (operation: Operation) => Promise<void>; end: (error?: Error) => void; count: () => number } {
  let count = 0;
  let end: (error?: Error) => void = () => undefined;
  return {
    run: ({ signal }) => {
      count++;
      return new Promise((resolve, reject) => {
        end = (error) => {
          if (error) {
            reject(error);
          } else {
            resolve();
          }
        };
        signal.addEventListener('abort', () => {
          reject(ServingError.cancelled('work'));
        });
      });
    },
    end: (error) => {
      end(error);
    },
    count: () => count,
  };
}
const turn = (): Promise<void> => new Promise((done) => setTimeout(done));

describe('Operations', () => {
  it('joins the same, and gives both its outcome', async () => {
    const operations = new Operations();
    const start = work();
    const results = Promise.allSettled([
      operations.run(REF, 'start', outer(), start.run),
      operations.run(REF, 'start', outer(), start.run),
    ]);
    await turn();
    expect(operations.current(REF)).toMatchObject({ ref: REF, verb: 'start' });
    start.end(new Error('no'));
    expect((await results).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    expect(start.count()).toBe(1);
    expect(operations.current(REF)).toBeUndefined();
  });

  it('does one after the other, also when several wait', async () => {
    const operations = new Operations();
    const events: string[] = [];
    let running = 0;
    const each = (name: string) => async (): Promise<void> => {
      running++;
      expect(running).toBe(1);
      events.push(name);
      await turn();
      running--;
    };
    await Promise.all([
      operations.run(REF, 'stop', outer(), each('stop')),
      operations.run(REF, 'start', outer(), each('start')),
      operations.run(REF, 'update', outer(), each('update')),
      operations.run(REF, 'remove', outer(), each('remove')),
    ]);
    expect(events).toEqual(['stop', 'start', 'update', 'remove']);
  });

  it('does not wait for another serving', async () => {
    const operations = new Operations();
    const start = work();
    const first = operations.run(REF, 'start', outer(), start.run);
    await operations.run({ ...REF, name: 'other' }, 'stop', outer(), () => Promise.resolve());
    start.end();
    await first;
  });

  it('goes on after what failed before it', async () => {
    const operations = new Operations();
    const start = work();
    const first = operations.run(REF, 'start', outer(), start.run).catch((error: unknown) => error);
    await turn();
    const second = operations.run(REF, 'stop', outer(), () => Promise.resolve());
    start.end(new Error('no'));
    await second;
    expect(await first).toBeInstanceOf(Error);
  });

  it('cancels what runs and waits for its end; nothing when nothing runs', async () => {
    const operations = new Operations();
    await operations.cancel(REF);
    const start = work();
    const outcome = operations.run(REF, 'start', outer(), start.run).catch((error: unknown) => error);
    await turn();
    await operations.cancel(REF);
    expect(isCancelled(await outcome)).toBe(true);
  });

  it('is cancelled from outside, too, and tells where it is', async () => {
    const operations = new Operations();
    const abort = new AbortController();
    const told: unknown[] = [];
    operations.onDidChange(() => told.push(operations.current(REF)?.progress?.stage));
    const outcome = operations
      .run(REF, 'start', { signal: abort.signal, report: () => undefined }, async ({ signal, ...each }) => {
        each.report({ stage: 'load' });
        abort.abort();
        await turn();
        signal.throwIfAborted();
      })
      .catch((error: unknown) => error);
    expect(isCancelled(await outcome)).toBe(true);
    expect(told).toEqual([undefined, 'load', undefined]);
  });
});
