import { describe, expect, it } from 'vitest';
import { foldTracebacks } from '../../../src/app/foldTracebacks';
import type { LogLine } from '../../../src/core/backend';
import { Random } from '../../fakes/random';

const line = (message: string, more: Partial<LogLine> = {}): LogLine => ({
  time: 1,
  level: 'INFO',
  logger: 'stderr',
  replica: 1,
  message,
  fields: {},
  ...more,
});

const PRINTED = `Traceback (most recent call last):
  File "/usr/lib/python3.11/runpy.py", line 198, in _run_module_as_main
    return _run_code(code)
           ^^^^^^^^^^^^^^^
  File "/home/me/Modèle #1/Models/iris/1/iris.py", line 7, in predict
    raise ValueError("three features")
ValueError: three features`.split('\n');

async function* from(lines: readonly LogLine[]): AsyncGenerator<LogLine> {
  for (const each of lines) {
    yield await Promise.resolve(each);
  }
}

async function fold(lines: readonly LogLine[]): Promise<readonly LogLine[]> {
  const folded: LogLine[] = [];
  for await (const each of foldTracebacks(from(lines))) {
    folded.push(each);
  }
  return folded;
}

describe('tracebacks that come line by line', () => {
  it('are one line with the exception, where Python printed them', async () => {
    const folded = await fold([line('before'), ...PRINTED.map((each) => line(each)), line('after')]);
    expect(folded.map(({ message }) => message)).toEqual(['before', 'ValueError: three features', 'after']);
    expect(folded[1]).toMatchObject({
      level: 'ERROR',
      replica: 1,
      fields: {
        exception: {
          type: 'ValueError',
          text: 'three features',
          frames: [
            { line: 198, function: '_run_module_as_main', source: 'return _run_code(code)', user: false },
            {
              file: '/home/me/Modèle #1/Models/iris/1/iris.py',
              line: 7,
              function: 'predict',
              source: 'raise ValueError("three features")',
              user: true,
            },
          ],
        },
      },
    });
  });

  it('of several replicas are told apart', async () => {
    const [one, two] = [1, 2].map((replica) => PRINTED.map((each) => line(each, { replica })));
    const mixed = PRINTED.flatMap((_, index) => [one?.[index] ?? line(''), two?.[index] ?? line('')]);
    expect((await fold(mixed)).map(({ replica, fields }) => [replica, 'exception' in fields])).toEqual([
      [1, true],
      [2, true],
    ]);
  });

  it('that follow from one another are one after the other', async () => {
    const chained = [
      ...PRINTED,
      '',
      'During handling of the above exception, another exception occurred:',
      '',
      ...PRINTED,
    ];
    const folded = await fold(chained.map((each) => line(each)));
    expect(folded.filter(({ fields }) => 'exception' in fields)).toHaveLength(2);
    expect(folded).toHaveLength(5);
  });

  it.each([
    ['is broken off by the end', PRINTED.slice(0, -1)],
    ['has no frames', ['Traceback (most recent call last):', 'ValueError: x']],
    ['is followed by something else', [...PRINTED.slice(0, -1), '127.0.0.1 - GET /']],
  ])('stay the lines that they were where one %s', async (_, messages) => {
    const lines = messages.map((each) => line(each));
    expect(await fold(lines)).toEqual(lines);
  });

  it('are shown as far as they came when the rest does not come', async () => {
    const stop = new AbortController();
    async function* stuck(): AsyncGenerator<LogLine> {
      yield line('Traceback (most recent call last):');
      await new Promise((resolve) => {
        stop.signal.addEventListener('abort', resolve);
      });
    }
    const reader = foldTracebacks(stuck(), 20);
    expect((await reader.next()).value).toMatchObject({ message: 'Traceback (most recent call last):' });
    stop.abort();
    expect((await reader.next()).done).toBe(true);
  });

  it('lose nothing of any log, and keep its order for each replica', async () => {
    for (let seed = 1; seed <= 200; seed++) {
      const random = new Random(seed);
      const lines = Array.from({ length: 60 }, (_, index) =>
        line(random.pick([...PRINTED, 'a line', '', '  indented', `${String(index)}: x`]), {
          time: index,
          replica: 1 + random.whole(2),
        }),
      );
      const folded = await fold(lines);
      for (const replica of [1, 2]) {
        const times = folded.filter((each) => each.replica === replica).map(({ time }) => time);
        expect(times, `seed ${String(seed)}`).toEqual([...times].sort((a, b) => a - b));
      }
      const kept = new Set(folded.map(({ time }) => time));
      const gone = lines.filter(({ time }) => !kept.has(time)).map(({ message }) => message);
      expect(gone.filter((message) => message === 'a line' || /^\d+: x$/.test(message))).toEqual([]);
    }
  });
});
