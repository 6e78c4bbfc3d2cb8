import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';
import { join, resolve } from 'node:path';

const PROJECT = resolve(import.meta.dirname, '../..');

/** The server as the build makes it, from today's source, in a folder that no build can change meanwhile. */
export function copyServer(to: string): string {
  const vendor = join(PROJECT, 'dist/server/vendor');
  if (!existsSync(vendor)) {
    execFileSync(process.execPath, ['esbuild.mjs'], { cwd: PROJECT, stdio: ['ignore', 'ignore', 'inherit'] });
  }
  rmSync(to, { recursive: true, force: true });
  mkdirSync(to, { recursive: true });
  for (const part of ['run.py', 'model_server', 'compat']) {
    cpSync(join(PROJECT, 'src/server', part), join(to, part), {
      recursive: true,
      filter: (file) => !file.includes('__pycache__'),
    });
  }
  symlinkSync(vendor, join(to, 'vendor'), 'junction');
  return to;
}

let found: string | undefined;

/** The Python of the tests: MODEL_SERVING_TEST_PYTHON when it is set, else the one on the path. */
export function testPython(): string {
  found ??= execFileSync(
    process.env.MODEL_SERVING_TEST_PYTHON ?? (process.platform === 'win32' ? 'python' : 'python3'),
    ['-c', 'import sys; print(sys.executable)'],
    { encoding: 'utf8' },
  ).trim();
  return found;
}

/** Whether the tests' Python has a module. */
export function hasModule(name: string): boolean {
  try {
    execFileSync(testPython(), ['-c', `import ${name}`], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
}
