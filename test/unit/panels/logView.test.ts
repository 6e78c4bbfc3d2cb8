import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { LogLine } from '../../../src/core/backend';
import { LOG_PANEL } from '../../../src/protocol/logPanel';
import { toBatch } from '../../../src/protocol/logBatch';
import type { LogBatch } from '../../../src/protocol/logBatch';
import { LineBatches } from '../../../src/ui/panels/lineBatches';
import { toLogEntry } from '../../../src/ui/panels/logView';

const LINE: LogLine = { time: 1_000, level: 'INFO', logger: 'access', message: 'POST', fields: { status: 200 } };

describe('a log line for the page', () => {
  it("takes the record's exception apart from its fields", () => {
    const frames = [{ file: '/w/iris.py', line: 21, function: 'predict', source: 'x', user: true }];
    const entry = toLogEntry({
      ...LINE,
      replica: 2,
      request: 'e8d1',
      fields: { status: 500, exception: { type: 'ValueError', text: 'no', frames } },
    });
    expect(entry).toMatchObject({
      replica: 2,
      request: 'e8d1',
      fields: { status: 500 },
      trace: { type: 'ValueError', frames: [{ label: 'iris.py', line: 21 }] },
    });
    expect(entry.fields).not.toHaveProperty('exception');
    expect(LOG_PANEL.events.lines(toBatch(true, [entry]))).toBe(true);
  });

  it('keeps an exception of another shape as a field', () => {
    expect(toLogEntry({ ...LINE, fields: { exception: 'text' } })).toMatchObject({ fields: { exception: 'text' } });
  });

  it('has nothing in it that steers a terminal, and is not endless', () => {
    const entry = toLogEntry(
      {
        ...LINE,
        message: `\u001b[31mred\u001b[0m${'x'.repeat(1_000_010)}`,
        request: 'r'.repeat(1000),
        fields: { status: 200, note: '10 %\r20 %\u001b[K', exception: { type: 'E', text: '\u001b[1mbad' } },
      },
      'iris',
    );
    expect(entry.message.startsWith('redxxx')).toBe(true);
    expect(entry.message.endsWith('[22 more characters]')).toBe(true);
    expect(entry.styles).toEqual([[0, 3, 't-f1']]);
    expect(entry.request).toHaveLength(200);
    expect(entry.fields).toEqual({ status: 200, note: '20 %' });
    expect(entry.trace?.text).toBe('bad');
    expect(entry.serving).toBe('iris');
  });

  it("knows a run by the server's first record, not by a print that says the same", () => {
    const message = 'Model server 0.1.0 starts iris on Python 3.11.7';
    expect(toLogEntry({ ...LINE, logger: 'server', message }).starts).toBe(true);
    expect(toLogEntry({ ...LINE, logger: 'stdout', message }).starts).toBe(false);
    expect(toLogEntry(LINE).starts).toBe(false);
  });
});

describe('batches of lines', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  function setUp() {
    const sent: LogBatch[] = [];
    const lines = () => sent.reduce((sum, { times }) => sum + times.length, 0);
    return { sent, lines, batches: new LineBatches((batch) => sent.push(batch)) };
  }
  const entry = toLogEntry(LINE);

  it('send at most one message in 50 ms, the first one also without lines', async () => {
    const { sent, lines, batches } = setUp();
    vi.advanceTimersByTime(50);
    expect(sent).toMatchObject([{ first: true, times: [] }]);
    for (let at = 0; at < 100; at++) {
      await batches.add(entry);
      vi.advanceTimersByTime(1);
    }
    vi.advanceTimersByTime(50);
    expect(sent.length).toBeLessThanOrEqual(4);
    expect(lines()).toBe(100);
    expect(sent.filter((each) => each.first)).toHaveLength(1);
  });

  it('send a full message at once and make the reader wait for a moment', async () => {
    const { sent, batches } = setUp();
    for (let at = 0; at < 4999; at++) {
      await batches.add(entry);
    }
    expect(sent).toHaveLength(0);
    let added = false;
    const last = batches.add(entry).then(() => {
      added = true;
    });
    await Promise.resolve();
    expect(sent.at(-1)?.times).toHaveLength(5000);
    expect(added).toBe(false);
    vi.advanceTimersByTime(5);
    await last;
    vi.advanceTimersByTime(100);
    expect(sent).toHaveLength(1);
  });

  it('count long lines for more than one', () => {
    const { sent, batches } = setUp();
    void batches.add({ ...entry, message: 'x'.repeat(2_000_000) });
    expect(sent).toHaveLength(1);
  });

  it('send what is left at the end, and nothing after they were dropped', async () => {
    const one = setUp();
    await one.batches.add(entry);
    one.batches.end();
    expect(one.sent).toHaveLength(1);
    const two = setUp();
    await two.batches.add(entry);
    two.batches.drop();
    vi.advanceTimersByTime(1000);
    expect(two.sent).toEqual([]);
  });
});
