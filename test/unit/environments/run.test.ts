import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { killCommand, run } from '../../../src/environments/run';
import { failure, never, scratch } from './support';

const node = process.execPath;
const folder = scratch('run');

async function until(check: () => boolean): Promise<void> {
  for (let n = 0; !check(); n++) {
    if (n > 100) {
      throw new Error('it did not happen within 5 seconds');
    }
    await sleep(50);
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

describe('run', () => {
  it('gives exit code, output and lines, without a shell between', async () => {
    const lines: string[] = [];
    const script = 'console.log(process.argv[1]); console.error("é\\r\\nb\\rc"); process.exitCode = 3';
    const result = await run(node, ['-e', script, '$(x); "&'], {
      signal: never,
      what: 'It',
      onLine: (line) => lines.push(line),
    });
    expect(result).toEqual({ exitCode: 3, stdout: '$(x); "&\n', stderr: 'é\r\nb\rc\n' });
    expect(lines.sort()).toEqual(['$(x); "&', 'b', 'c', 'é']);
  });

  it('keeps the end of endless output only', async () => {
    const script =
      'for (let i = 0; i < 300; i++) process.stdout.write("x".repeat(9999) + "\\n"); process.stdout.write("end")';
    const { stdout } = await run(node, ['-e', script], { signal: never, what: 'It' });
    expect(stdout).toHaveLength(1_000_000);
    expect(stdout.endsWith('x\nend')).toBe(true);
  });

  it('tells a line without an end in pieces', async () => {
    let longest = 0;
    let characters = 0;
    await run(node, ['-e', 'process.stdout.write("y".repeat(200_000))'], {
      signal: never,
      what: 'It',
      onLine: (line) => {
        longest = Math.max(longest, line.length);
        characters += line.length;
      },
    });
    expect(longest).toBeLessThanOrEqual(16_000);
    expect(characters).toBeGreaterThan(0);
  });

  it('says that there is no such program, or no such folder', async () => {
    const error = await failure(run('/no/such/program', [], { signal: never, what: 'Making it' }));
    expect(error.code).toBe('notFound');
    expect(error.message).toBe('Making it: there is no program /no/such/program, or its folder is gone');
    expect((await failure(run(node, ['-v'], { signal: never, what: 'It', cwd: '/no/such' }))).code).toBe('notFound');
  });

  it('does not start what is cancelled already', async () => {
    expect((await failure(run('/no/such', [], { signal: AbortSignal.abort(), what: 'It' }))).code).toBe('cancelled');
  });

  it.skipIf(process.platform === 'win32')('ends the program and what it started when it is cancelled', async () => {
    const file = path.join(folder, 'pid');
    const child = `require('child_process').spawn('sleep', ['60']).pid`;
    const script = `process.on('SIGTERM', () => {}); require('fs').writeFileSync(process.argv[1], String(${child})); setInterval(() => {}, 1000)`;
    const controller = new AbortController();
    const running = failure(run(node, ['-e', script, file], { signal: controller.signal, what: 'It' }));
    await until(() => existsSync(file) && readFileSync(file, 'utf8') !== '');
    controller.abort();
    expect((await running).code).toBe('cancelled');
    const pid = Number(readFileSync(file, 'utf8'));
    await until(() => !isAlive(pid));
  });

  it('ends what takes too long', async () => {
    const started = performance.now();
    const error = await failure(
      run(node, ['-e', 'setInterval(() => {}, 1000)'], {
        signal: never,
        what: 'Python does not answer',
        timeoutMs: 1000,
      }),
    );
    expect(error.code).toBe('timeout');
    expect(error.message).toBe('Python does not answer: no answer within 1 second');
    expect(performance.now() - started).toBeLessThan(4000);
  });

  it.skipIf(process.platform === 'win32')('does not wait for one that went off with its output', async () => {
    const started = performance.now();
    const script = `require('child_process').spawn('sleep', ['8'], { stdio: 'inherit', detached: true }).unref(); console.log('done')`;
    const result = await run(node, ['-e', script], { signal: never, what: 'It' });
    expect(result.stdout).toBe('done\n');
    expect(performance.now() - started).toBeLessThan(5000);
  });

  it('ends a tree by taskkill on Windows, by its group elsewhere', () => {
    expect(killCommand('win32', 42)).toEqual(['taskkill', '/PID', '42', '/T', '/F']);
    expect(killCommand('linux', 42)).toBeUndefined();
  });
});
