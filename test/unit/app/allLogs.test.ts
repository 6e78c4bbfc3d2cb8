import { describe, expect, it } from 'vitest';
import { readAllLogs } from '../../../src/app/allLogs';
import type { LogLine } from '../../../src/core/backend';
import { Emitter } from '../../../src/core/events';
import type { BackendId, ServingRef } from '../../../src/core/serving';

const ref = (name: string): ServingRef => ({ backend: 'process' as BackendId, name });
const line = (time: number, message: string): LogLine => ({ time, level: 'INFO', logger: 'a', message, fields: {} });

function setUp(logs: Record<string, (signal: AbortSignal) => AsyncGenerator<LogLine>>, names = Object.keys(logs)) {
  const changed = new Emitter<void>();
  const tails: (number | undefined)[] = [];
  const end = new AbortController();
  const parts = {
    servings: () => names.map(ref),
    onDidChange: changed.event,
    read: (of: ServingRef, options: { tail?: number }, signal: AbortSignal) => {
      tails.push(options.tail);
      return logs[of.name]!(signal);
    },
  };
  const read = async (count: number) => {
    const got: string[] = [];
    for await (const { ref: of, line: each } of readAllLogs(parts, 1_000_000, end.signal)) {
      got.push(`${of.name} ${each.message}`);
      if (got.length === count) {
        break;
      }
    }
    return got;
  };
  return { changed, names, tails, end, read };
}

async function* past(lines: readonly LogLine[], signal: AbortSignal): AsyncGenerator<LogLine> {
  for (const each of lines) {
    await Promise.resolve();
    yield each;
  }
  await new Promise((resolve) => {
    signal.addEventListener('abort', resolve);
  });
}

describe('the logs of all servings', () => {
  it('are one in the order of time, each beginning with its share', async () => {
    const { read, tails } = setUp({
      iris: (signal) => past([line(1, 'a'), line(4, 'd'), line(5, 'e')], signal),
      churn: (signal) => past([line(2, 'b'), line(3, 'c'), line(6, 'f')], signal),
    });
    expect(await read(6)).toEqual(['iris a', 'churn b', 'churn c', 'iris d', 'iris e', 'churn f']);
    expect(tails).toEqual([500_000, 500_000]);
  });

  it('do not wait for one that says nothing', async () => {
    const { read } = setUp({
      iris: (signal) => past([line(1, 'a'), line(2, 'b')], signal),
      silent: (signal) => past([], signal),
    });
    expect(await read(2)).toEqual(['iris a', 'iris b']);
  });

  it('go on when one cannot be read, and say so', async () => {
    const { read } = setUp({
      iris: (signal) => past([line(1, 'a')], signal),
      bad: async function* () {
        await Promise.resolve();
        throw new Error('Could not read the logs of bad: gone');
      },
    });
    expect(await read(2)).toEqual(['iris a', 'bad Could not read the logs of bad: gone']);
  });

  it('take in servings that come later, and end with the signal', async () => {
    const { read, names, changed, end } = setUp(
      {
        iris: (signal) => past([line(1, 'a')], signal),
        late: (signal) => past([line(2, 'b')], signal),
      },
      ['iris'],
    );
    const reading = read(3);
    setTimeout(() => {
      names.push('late');
      changed.fire();
    }, 30);
    setTimeout(() => {
      end.abort();
    }, 900);
    expect(await reading).toEqual(['iris a', 'late b']);
  });
});
