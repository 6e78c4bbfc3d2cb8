import { describe, expect, it } from 'vitest';
import { toLogLine } from '../../../src/backends/local/logLine';
import { Random } from '../../fakes/random';

describe('toLogLine', () => {
  it('reads a record', () => {
    const time = '2026-01-01T00:00:00.500Z';
    const record = { time, level: 'WARN', logger: 'access', replica: 2, request: 'r1', message: 'm', status: 200 };
    expect(toLogLine(JSON.stringify(record))).toEqual({
      time: Date.parse(time),
      level: 'WARN',
      logger: 'access',
      replica: 2,
      request: 'r1',
      message: 'm',
      fields: { status: 200 },
    });
  });

  it.each(['Traceback (most recent call last):', '{"cut": ', '[1]', '"text"', 'null', ''])(
    'keeps %j as a message',
    (text) => {
      expect(toLogLine(text)).toMatchObject({ level: 'INFO', logger: 'server', message: text, fields: {} });
    },
  );

  it('is total', () => {
    const random = new Random(1);
    for (let n = 0; n < 3000; n++) {
      const text = JSON.stringify(random.json(['time', 'level', 'logger', 'replica', 'request', 'message', 'status']));
      const line = toLogLine(text);
      expect(Number.isFinite(line.time)).toBe(true);
      expect(['DEBUG', 'INFO', 'WARN', 'ERROR']).toContain(line.level);
      expect(typeof line.message).toBe('string');
    }
  });
});
