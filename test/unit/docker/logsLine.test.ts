import { describe, expect, it } from 'vitest';
import { toLine } from '../../../src/backends/docker/logs/containerLine';
import { Steady } from '../../../src/backends/docker/logs/order';
import { compareTimes } from '../../../src/backends/docker/logs/seen';
import { Random } from '../../fakes/random';

const files = { fileOf: (file: string) => file.replace('/serving/Models/iris/1', '/home/me/Models/iris/1') };
const source = { role: 'replica', replica: 3, files } as const;
const time = '2026-11-29T04:31:10.123456789Z';

describe('a line of a container', () => {
  it('is a record of the server, with the number of its replica and the files of the workspace', () => {
    const exception = {
      type: 'ValueError',
      text: 'no',
      frames: [
        { file: '/serving/Models/iris/1/p.py', line: 3, function: 'predict', source: 'x', user: true },
        { file: '/opt/venv/lib/x.py', line: 4, function: 'f', source: 'y', user: false },
      ],
    };
    const record = { time: '2026-11-29T04:31:10.100Z', level: 'ERROR', logger: 'script', message: 'no', request: 'g1' };
    const text = JSON.stringify({ ...record, replica: 1, exception });
    const line = toLine({ stream: 'stdout', time, text }, source)!;
    expect(line).toMatchObject({ replica: 3, request: 'g1', level: 'ERROR', time: Date.parse(record.time) });
    expect((line.fields.exception as typeof exception).frames.map(({ file }) => file)).toEqual([
      '/home/me/Models/iris/1/p.py',
      '/opt/venv/lib/x.py',
    ]);
  });

  it('is text of somebody else, with its stream', () => {
    const text = '  File "/serving/Models/iris/1/p.py", line 3, in predict';
    expect(toLine({ stream: 'stderr', time, text }, source)).toEqual({
      time: Date.parse('2026-11-29T04:31:10.123Z'),
      level: 'ERROR',
      logger: 'stderr',
      replica: 3,
      message: '  File "/home/me/Models/iris/1/p.py", line 3, in predict',
      fields: { stream: 'stderr' },
    });
    expect(toLine({ stream: 'stdout', time, text: '{"a": 1}' }, source)).toMatchObject({
      level: 'INFO',
      message: '{"a": 1}',
    });
  });

  it('of the gateway is shown when it is trouble', () => {
    const gateway = { role: 'gateway', files } as const;
    const line = (text: string) => toLine({ stream: 'stderr', time, text }, gateway);
    expect(line('[ALERT] (1) : no port')).toMatchObject({ level: 'ERROR', logger: 'gateway' });
    expect(line('[NOTICE]   (7) : Loading success.')).toBeUndefined();
    expect(
      line('[WARNING]  (9) : Server replicas/replica1 administratively READY thanks to valid DNS answer.'),
    ).toBeUndefined();
    // For whoever looks for a fault.
    const quiet = (text: string) => {
      const { level, message } = line(`[WARNING]  (9) : ${text}`) ?? {};
      return `${level ?? ''} ${message ?? ''}`;
    };
    expect(
      quiet(
        'Server replicas/replica2 is DOWN, reason: Layer4 connection problem, info: "Connection refused", check duration: 1ms. 0 active and 1 backup servers left.',
      ),
    ).toBe('DEBUG Gateway: place 2 is DOWN, reason: Layer4 connection problem, info: "Connection refused"');
    expect(
      quiet(
        'Server replicas/replica3 is DOWN, reason: Health analyze, info: "Detected 1 consecutive errors". 2 active and 1 backup servers left.',
      ),
    ).toBe('DEBUG Gateway: place 3 is DOWN, reason: Health analyze, info: "Detected 1 consecutive errors"');
    expect(quiet('Server replicas/replica1 is UP, reason: Layer7 check passed, code: 200, check duration: 1ms.')).toBe(
      'DEBUG Gateway: place 1 is UP, reason: Layer7 check passed, code: 200',
    );
    expect(quiet('replicas/replica3 changed its IP from (none) to 10.87.194.5 by DNS cache.')).toBe(
      'DEBUG Gateway: place 3 changed its IP from (none) to 10.87.194.5',
    );
  });

  it('is total', () => {
    const random = new Random(3);
    const keys = ['time', 'level', 'logger', 'replica', 'request', 'message', 'exception', 'frames', 'file'];
    for (let n = 0; n < 3000; n++) {
      const text = JSON.stringify(random.json(keys));
      const line = toLine({ stream: 'stdout', time: random.chance(0.9) ? time : random.text(), text }, source);
      expect(line === undefined || Number.isFinite(line.time)).toBe(true);
    }
  });
});

it('times are compared to the nanosecond, whatever zeros are left out', () => {
  expect(compareTimes('2026-11-29T04:31:10Z', '2026-11-29T04:31:10.000000000Z')).toBe(0);
  expect(compareTimes('2026-11-29T04:31:10.1Z', '2026-11-29T04:31:10.09Z')).toBe(1);
  expect(compareTimes('2026-11-29T04:31:10.123456788Z', time)).toBe(-1);
});

it('a line is not earlier than the one before it, unless the clock was set back', () => {
  const steady = new Steady();
  const at = (milliseconds: number): number =>
    steady.next({ time: milliseconds, level: 'INFO', logger: '', message: '', fields: {} }).time;
  expect([10_000, 9990, 10_001, 2000, 2001].map(at)).toEqual([10_000, 10_000, 10_001, 2000, 2001]);
});
