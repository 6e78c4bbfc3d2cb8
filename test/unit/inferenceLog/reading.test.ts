import { describe, expect, it } from 'vitest';
import { FollowedRecords } from '../../../src/app/inferenceLog/followedRecords';
import { HeldRecords } from '../../../src/app/inferenceLog/heldRecords';
import { parseLines } from '../../../src/app/inferenceLog/lines';
import { LocalSource } from '../../../src/app/inferenceLog/localSource';
import type { InferenceLogPart, RecordSource } from '../../../src/core/inferenceLog';
import { Random } from '../../fakes/random';
import { LINE, record, withInputs } from './records';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

describe('lines of a local log', () => {
  it('become records', () => {
    const { records, broken } = parseLines(bytes(`${LINE}\n`));
    expect(broken).toBe(0);
    expect(records).toEqual([
      {
        time: Date.UTC(2026, 10, 30, 0, 12, 1, 250),
        id: '9d20',
        serving: 'iris',
        model: 'iris',
        version: 2,
        replica: 1,
        verb: 'predict',
        protocol: 'v1',
        path: '/v1/models/iris:predict',
        status: 200,
        latencyMs: 1.234,
        headers: { 'content-type': 'application/json' },
        request: { bytes: 18, text: '{"inputs":[[1,2]]}' },
        reply: { bytes: 19, text: '{"predictions":[0]}', type: 'application/json' },
      },
    ]);
  });

  it('keep what is withheld, redacted, binary or left out by the mode', () => {
    const line = (more: object): string =>
      JSON.stringify({ ...(JSON.parse(LINE) as object), request: undefined, reply: undefined, ...more });
    const lines = [
      line({ request: { bytes: 5, withheld: 'it is not JSON' }, aborted: true }),
      line({ reply: { bytes: 2, base64: '//8=', type: 'application/octet-stream' } }),
      line({ request: { bytes: 9, text: '{}', redacted: 1, coding: 'gzip' } }),
    ];
    const { records } = parseLines(bytes(lines.join('\n')));
    expect(records.map(({ request, reply, aborted }) => ({ request, reply, aborted }))).toEqual([
      { request: { bytes: 5, withheld: 'it is not JSON' }, reply: undefined, aborted: true },
      { request: undefined, reply: { bytes: 2, base64: '//8=', type: 'application/octet-stream' }, aborted: undefined },
      { request: { bytes: 9, text: '{}', redacted: true }, reply: undefined, aborted: undefined },
    ]);
  });

  it('that are broken are counted, and never throw', () => {
    const good = parseLines(bytes(`${LINE}\n{"v":1\n\n[]\nnull\n{"time":"never","status":200}\n${LINE}\n`));
    expect([good.records.length, good.broken]).toEqual([2, 4]);
    const random = new Random(7);
    for (let round = 0; round < 500; round++) {
      const text = Array.from(LINE).map((each) =>
        random.next() < 0.02 ? String.fromCharCode(32 + Math.floor(random.next() * 90)) : each,
      );
      const { records, broken } = parseLines(
        bytes(text.slice(0, Math.floor(random.next() * text.length) + 1).join('')),
      );
      expect(records.length + broken).toBe(1);
    }
    expect(parseLines(new Uint8Array([0xff, 0xfe, 0x0a])).broken).toBe(1);
  });

  it('come part by part, with what could not be read', async () => {
    const parts: InferenceLogPart[] = [
      { bytes: bytes(`${LINE}\nwrong\n`), next: 'a' },
      { bytes: bytes(''), next: 'a' },
    ];
    const asked: (string | undefined)[] = [];
    const source = new LocalSource('iris', (since) => {
      asked.push(since);
      return Promise.resolve(parts.shift() ?? { bytes: bytes(''), next: 'a' });
    });
    const first = await source.read(undefined, AbortSignal.timeout(1000));
    expect([first.records.length, first.troubles, first.next]).toEqual([
      1,
      ['1 lines of the log are no records and were left out'],
      'a',
    ]);
    const second = await source.read(first.next, AbortSignal.timeout(1000));
    expect([second.records.length, second.troubles]).toEqual([0, []]);
    expect(asked).toEqual([undefined, 'a']);
  });
});

describe('held records', () => {
  it('are the newest ones, by number and by size', () => {
    const few = new HeldRecords({ records: 3, bytes: 1e9 });
    few.add([1, 2, 3, 4, 5].map((each) => record({ id: String(each) })));
    expect([few.first, few.end, few.at(1), few.at(2)?.id, few.at(4)?.id]).toEqual([2, 5, undefined, '3', '5']);
    const small = new HeldRecords({ records: 1000, bytes: 10_000 });
    small.add(Array.from({ length: 20 }, () => record({ request: { bytes: 1, text: 'x'.repeat(3000) } })));
    expect(small.bytes).toBeLessThanOrEqual(10_000);
    expect(small.end - small.first).toBe(2);
    small.add([record({ request: { bytes: 1, text: 'x'.repeat(90_000) } })]);
    expect([small.first, small.end], 'one is always held').toEqual([20, 21]);
  });
});

describe('followed records', () => {
  /** A source that gives what is put into it, and the events it leads to. */
  function follow() {
    const waiting: ReturnType<typeof record>[][] = [];
    let number = 0;
    const events: string[] = [];
    const shown = new Set<number>();
    const source: RecordSource & { failing?: string } = {
      label: 'iris',
      read: () => {
        if (source.failing !== undefined) {
          return Promise.reject(new Error(source.failing));
        }
        const records = waiting.shift() ?? [];
        number += records.length;
        return Promise.resolve({ records, troubles: [], next: String(number) });
      },
    };
    const followed = new FollowedRecords(
      source,
      {
        records: (first, base, records) => events.push(`records ${String(first)} ${base} +${records.length}`),
        shown: (round, first, numbers) => {
          if (first) {
            shown.clear();
          }
          for (const each of numbers) {
            shown.add(each);
          }
          events.push(`shown ${round}`);
        },
        state: (read) => events.push(`state ${String(read)}`),
        problem: (message) => events.push(message),
      },
      5,
    );
    return { followed, waiting, events, shown, source };
  }
  const later = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 40));

  it('are told as they come, sieved by the filter of the last round', async () => {
    const { followed, waiting, events, shown } = follow();
    waiting.push([withInputs([1]), withInputs([2])], [withInputs([3])]);
    followed.start();
    followed.narrow(4, { off: [], path: '$.inputs[0] >= 2' });
    await later();
    expect(events.filter((each) => each.startsWith('records'))).toEqual([
      'records true 0 +0',
      'records false 0 +2',
      'records false 2 +1',
    ]);
    expect(events).toContain('state true');
    expect([...shown]).toEqual([1, 2]);
    waiting.push([withInputs([9]), withInputs([0])]);
    await later();
    expect([...shown]).toEqual([1, 2, 3]);
    followed.narrow(5, { off: ['ok'] });
    await later();
    expect([...shown]).toEqual([]);
    followed.narrow(6, { off: [] });
    await later();
    expect([...shown]).toEqual([0, 1, 2, 3, 4]);
    followed.stop();
    const told = events.length;
    waiting.push([record()]);
    await later();
    expect(events.length, 'nothing after a stop').toBe(told);
    followed.start();
    await later();
    expect(events.slice(told)).toEqual(expect.arrayContaining(['records true 0 +5', 'records false 5 +1']));
    followed.stop();
  });

  it('of ten thousands are sieved while a filter is changed, and none twice', async () => {
    const { followed, waiting, shown } = follow();
    const seen: number[] = [];
    waiting.push(Array.from({ length: 30_000 }, (_, at) => withInputs([at])));
    followed.start();
    for (let round = 1; round < 6; round++) {
      followed.narrow(round, { off: [], path: `$.inputs[0] >= ${round * 1000}` });
      await later();
      seen.push(round);
    }
    await expect.poll(() => shown.size, { timeout: 5000 }).toBe(25_000);
    expect(Math.min(...shown)).toBe(5000);
    followed.stop();
  });

  it('that cannot be read any more say why; all is read again when asked', async () => {
    const { followed, waiting, events, source } = follow();
    source.failing = 'Could not read: no such file';
    followed.start();
    await later();
    expect(events.at(-1)).toBe('Could not read: no such file');
    delete source.failing;
    waiting.push([record()]);
    followed.again();
    await later();
    expect(events).toContain('records false 0 +1');
    followed.stop();
  });

  it('are forgotten while nobody looks, and not read before somebody does', async () => {
    const { followed, waiting, events } = follow();
    waiting.push([record(), record()]);
    followed.start();
    await later();
    followed.stop();
    followed.again();
    expect(followed.at(0)).toBeUndefined();
    events.length = 0;
    waiting.push([record()]);
    await later();
    expect(events).toEqual([]);
    followed.start();
    await later();
    expect(events.filter((each) => each.startsWith('records'))).toEqual(['records true 0 +0', 'records false 0 +1']);
    followed.stop();
  });

  it('are looked for as often as their source allows', async () => {
    const { followed, waiting, events, source } = follow();
    Object.assign(source, { pauseMs: 10_000 });
    followed.start();
    await later();
    waiting.push([record()]);
    await later();
    expect(events).not.toContain('records false 0 +1');
    followed.stop();
  });
});
