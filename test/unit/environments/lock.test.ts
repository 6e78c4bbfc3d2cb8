import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { run } from '../../../src/environments/run';
import { withLock } from '../../../src/environments/lock';
import { failure, never, scratch } from './support';

const folder = scratch('lock');
const options = { what: 'Making it', signal: never };

describe('withLock', () => {
  it('lets one work at a time, and tells the others that they wait', async () => {
    const file = path.join(folder, 'sub/one.lock');
    let inside = 0;
    let waited = 0;
    const work = async (): Promise<void> => {
      inside++;
      expect(inside).toBe(1);
      await sleep(30);
      inside--;
    };
    await Promise.all([1, 2, 3].map(() => withLock(file, { ...options, onWait: () => waited++ }, work)));
    expect(waited).toBe(2);
    expect(existsSync(file)).toBe(false);
  });

  it('is free again after a failure', async () => {
    const file = path.join(folder, 'two.lock');
    await expect(withLock(file, options, () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await withLock(file, options, () => Promise.resolve(5))).toBe(5);
  });

  it('takes over the lock of a process that has ended', async () => {
    const file = path.join(folder, 'three.lock');
    const { stdout } = await run(process.execPath, ['-p', 'process.pid'], { signal: never, what: 'It' });
    writeFileSync(file, [hostname(), stdout.trim(), 1].join('\n'));
    expect(await withLock(file, options, () => Promise.resolve(readFileSync(file, 'utf8')))).toContain(
      String(process.pid),
    );
  });

  it('takes over the lock of an earlier process with the same pid', async () => {
    const file = path.join(folder, 'four.lock');
    writeFileSync(file, [hostname(), process.pid, 1].join('\n'));
    expect(await withLock(file, options, () => Promise.resolve('mine'))).toBe('mine');
  });

  it('takes over a lock that has long been silent, whoever holds it', async () => {
    const file = path.join(folder, 'five.lock');
    writeFileSync(file, ['another-computer', 1, 1].join('\n'));
    const started = performance.now();
    await withLock(file, { ...options, silentAfter: 400 }, () => Promise.resolve());
    expect(performance.now() - started).toBeGreaterThan(400);
  });

  it('waits for one that works, until it is cancelled', async () => {
    const file = path.join(folder, 'six.lock');
    writeFileSync(file, ['another-computer', 1, 1].join('\n'));
    const error = await failure(
      withLock(file, { ...options, signal: AbortSignal.timeout(300) }, () => Promise.resolve()),
    );
    expect(error.code).toBe('cancelled');
    expect(readFileSync(file, 'utf8')).toContain('another-computer');
  });
});
