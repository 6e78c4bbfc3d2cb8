import { describe, expect, it } from 'vitest';
import type { LogLine } from '../../../src/core/backend';
import type { BackendId, ServingRef } from '../../../src/core/serving';
import { ScriptErrors } from '../../../src/ui/panels/scriptErrors';

const REF: ServingRef = { backend: 'process' as BackendId, name: 'iris' };
const OTHER: ServingRef = { backend: 'docker' as BackendId, name: 'iris' };
const frame = (file: string, at: number, user: boolean) => ({ file, line: at, function: 'f', source: 'x', user });
const failed = (time: number, text = 'no', at = 21): LogLine => ({
  time,
  level: 'ERROR',
  logger: 'script',
  message: 'failed',
  fields: {
    exception: {
      type: 'ValueError',
      text,
      frames: [frame('/ext/worker.py', 1, false), frame('/w/iris.py', at, true), frame('/lib/base.py', 9, false)],
    },
  },
});
const starts: LogLine = {
  time: 50,
  level: 'INFO',
  logger: 'server',
  message: 'Model server 0.1.0 starts iris on Python 3.11.7',
  fields: {},
};

describe('exceptions of scripts', () => {
  it('stand at the last line of the user that was run, the same one once', () => {
    const errors = new ScriptErrors();
    expect(errors.seen(REF, failed(10))).toBe(true);
    expect(errors.seen(REF, failed(11))).toBe(false);
    expect(errors.seen(REF, failed(12, 'other'))).toBe(true);
    expect(errors.all()).toMatchObject([
      { file: '/w/iris.py', line: 21, message: 'ValueError: no', serving: 'iris', at: 11 },
      { message: 'ValueError: other' },
    ]);
  });

  it('go when that serving is started again, not another one or a single replica', () => {
    const errors = new ScriptErrors();
    errors.seen(REF, failed(10));
    errors.seen(OTHER, failed(10));
    expect(errors.seen(REF, { ...starts, replica: 2 })).toBe(false);
    expect(errors.seen(REF, starts)).toBe(true);
    expect(errors.all()).toHaveLength(1);
    expect(errors.seen(REF, { ...starts, logger: 'stdout' })).toBe(false);
  });

  it('go when their file is changed after them', () => {
    const errors = new ScriptErrors();
    errors.seen(REF, failed(10));
    errors.seen(REF, failed(30, 'later'));
    expect(errors.changed('/w/other.py', 100)).toBe(false);
    expect(errors.changed('/w/iris.py', 20)).toBe(true);
    expect(errors.all()).toMatchObject([{ message: 'ValueError: later' }]);
  });

  it('are none without a line of the user or of another shape, and not endless', () => {
    const errors = new ScriptErrors();
    expect(errors.seen(REF, { ...failed(1), fields: { exception: 'text' } })).toBe(false);
    expect(errors.seen(REF, { ...failed(1), fields: { exception: { type: 'E', text: '' } } })).toBe(false);
    for (let at = 0; at < 200; at++) {
      errors.seen(REF, failed(at, String(at)));
    }
    expect(errors.all()).toHaveLength(50);
    expect(errors.all().at(-1)?.message).toBe('ValueError: 199');
  });
});
