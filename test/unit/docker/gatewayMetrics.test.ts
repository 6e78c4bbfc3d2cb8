import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseMetrics, takesNone, takesRequests } from '../../../src/backends/docker/gateway/metrics';

/** What HAProxy 2.6 said: after five requests and one that was broken off, while two are being answered; then without a replica. */
const recorded = (name: string): string => readFileSync(join(import.meta.dirname, 'gateway', `${name}.csv`), 'utf8');

describe('what a gateway says', () => {
  it('is read from its statistics', () => {
    expect(parseMetrics(recorded('up'))).toEqual({
      inFlight: 2,
      held: 0,
      requests: 8,
      replies: { '1xx': 0, '2xx': 5, '3xx': 0, '4xx': 0, '5xx': 0, other: 1 },
      connections: { open: 2, total: 8 },
      retries: 0,
      errors: { requests: 0, connections: 0, replies: 0 },
      meanMs: 1,
      replicas: [
        { address: '127.0.0.2', up: true, status: 'UP', inFlight: 2, requests: 7, errors: 0, troubles: 2 },
        expect.objectContaining({
          address: '127.0.0.3',
          up: false,
          status: 'DOWN',
          reason: 'Layer4 connection problem',
        }),
      ],
    });
  });

  it('tells requests that wait, and none of them twice', () => {
    const held = parseMetrics(recorded('held'));
    expect(held).toMatchObject({ held: 1, inFlight: 1 });
    expect(held?.replicas.map(({ up }) => up)).toEqual([false, false]);
    // The holding place still counts a request that has gone on to a replica.
    const on = recorded('up').replace(/^(replicas,hold,\d*,\d*,)0/m, '$11');
    expect(parseMetrics(on)).toMatchObject({ held: 0, inFlight: 2 });
  });

  it('tells errors, retries and the mean time, where there was a reply', () => {
    const cell = (text: string, column: string, value: number): string => {
      const [head = '', ...rows] = text.split('\n');
      const at = head.replace('# ', '').split(',').indexOf(column);
      return [
        head,
        ...rows.map((row) => {
          const cells = row.split(',');
          return row === '' ? row : cells.with(at, String(value)).join(',');
        }),
      ].join('\n');
    };
    let text = recorded('up');
    for (const [column, value] of [
      ['ereq', 3],
      ['econ', 4],
      ['eresp', 5],
      ['wredis', 6],
      ['qtime', 10],
      ['ctime', 20],
      ['rtime', 40],
    ] as const) {
      text = cell(text, column, value);
    }
    expect(parseMetrics(text)).toMatchObject({
      retries: 6,
      errors: { requests: 3, connections: 4, replies: 5 },
      meanMs: 70,
    });
    expect(parseMetrics(cell(text, 'req_tot', 0))).not.toHaveProperty('meanMs');
  });

  it('does not take a replica for ready before its first check', () => {
    const unchecked = recorded('up').replace(',L7OK,', ',INI,');
    expect(parseMetrics(unchecked)?.replicas[0]?.up).toBe(false);
    const checking = recorded('up').replace(',L7OK,', ',* L7OK,');
    expect(parseMetrics(checking)?.replicas[0]?.up).toBe(true);
  });

  it('says who is asked, and nothing while it is not known', () => {
    const reading = parseMetrics(recorded('up'));
    expect(takesRequests(reading, ['127.0.0.2'])).toBe(true);
    expect(takesRequests(reading, ['127.0.0.2', '127.0.0.3'])).toBe(false);
    expect(takesRequests(reading, ['10.0.0.1'])).toBe(false);
    expect(takesRequests(reading, [])).toBe(false);
    expect(takesRequests(undefined, ['127.0.0.2'])).toBe(false);
    expect(takesNone(reading, ['127.0.0.3', '10.0.0.1'])).toBe(true);
    expect(takesNone(reading, ['127.0.0.2'])).toBe(false);
    expect(takesNone(undefined, ['127.0.0.3'])).toBe(false);
  });

  it('takes any text', () => {
    for (const text of ['', '\n', '<html>', '# pxname,svname\n', 'a,b\n1,2\n', ',,,"', '"'.repeat(2000)]) {
      expect(parseMetrics(text)).toBeUndefined();
    }
    const text = recorded('up');
    for (let end = 0; end < text.length; end += 37) {
      expect(() => parseMetrics(text.slice(0, end))).not.toThrow();
    }
    const more = text
      .split('\n')
      .map((line, index) => (line === '' ? line : index === 0 ? `${line}new,` : `${line}"a, ""b""",`))
      .join('\n');
    expect(parseMetrics(`${more}\nnew,"FRONT,END",x\n`)).toEqual(parseMetrics(text));
    const began = performance.now();
    parseMetrics(`${text}${`replicas,replica9,${'9,'.repeat(200)}\n`.repeat(50_000)}`);
    parseMetrics(`# pxname,svname\n${'"'.repeat(900_000)}`);
    expect(performance.now() - began).toBeLessThan(1500);
  });
});
