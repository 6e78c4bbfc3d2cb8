// node esbuild.mjs [--production]: the extension, one bundle per panel, and the Python server, all into dist/.
import { build } from 'esbuild';
import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { join, relative } from 'node:path';

const production = process.argv.includes('--production');
const root = import.meta.dirname;
const dist = join(root, 'dist');

const common = {
  bundle: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  logLevel: 'warning',
  absWorkingDir: root,
};

async function host() {
  await build({
    ...common,
    entryPoints: ['src/extension.ts'],
    outfile: 'dist/extension.js',
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode'],
    mainFields: ['module', 'main'],
  });
}

async function panels() {
  await build({
    ...common,
    entryPoints: { serving: 'webview/serving/main.ts', logs: 'webview/logs/main.ts' },
    outdir: 'dist/webview',
    platform: 'browser',
    format: 'iife',
    target: 'chrome132',
    tsconfig: 'webview/tsconfig.json',
    external: ['*.ttf'],
  });
  const icons = join(root, 'node_modules/@vscode/codicons/dist');
  for (const file of ['codicon.css', 'codicon.ttf']) {
    cpSync(join(icons, file), join(dist, 'webview', file));
  }
}

/** The server with its pure-Python parts beside it, so that nothing has to be installed into the user's Python. */
function server() {
  const from = join(root, 'src/server');
  const to = join(dist, 'server');
  for (const part of ['run.py', 'model_server', 'compat']) {
    rmSync(join(to, part), { recursive: true, force: true });
    cpSync(join(from, part), join(to, part), { recursive: true, filter: (f) => !/__pycache__|\.pyc$/.test(f) });
  }
  vendor(from, to);
  list(to);
}

/** What the checks compare the server's files with, wherever they lie by then. */
function list(to) {
  const files = readdirSync(to, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'files.json' && entry.name !== '.key')
    .map((entry) => relative(to, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
  const hashes = files.map((file) => [file, createHash('sha256').update(readFileSync(join(to, file))).digest('hex')]);
  writeFileSync(join(to, 'files.json'), `${JSON.stringify(Object.fromEntries(hashes), null, 1)}\n`);
}

function vendor(from, to) {
  const pins = join(from, 'requirements-vendor.txt');
  const key = createHash('sha256').update(readFileSync(pins)).digest('hex');
  const mark = join(to, 'vendor', '.key');
  if (existsSync(mark) && readFileSync(mark, 'utf8') === key) {
    return;
  }
  rmSync(join(to, 'vendor'), { recursive: true, force: true });
  mkdirSync(join(to, 'vendor'), { recursive: true });
  install(['--no-deps', '--require-hashes', '--no-compile', '--target', join(to, 'vendor'), '-r', pins]);
  writeFileSync(mark, key);
}

/** pip of the first Python that has one, else uv. */
function install(args) {
  const python = process.platform === 'win32' ? 'python' : 'python3';
  const tries = [
    [python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...args]],
    ['uv', ['pip', 'install', '--quiet', ...args.filter((a) => a !== '--no-compile')]],
    [join(root, '.cache/uv/bin/uv'), ['pip', 'install', '--quiet', ...args.filter((a) => a !== '--no-compile')]],
  ];
  const reasons = [];
  for (const [command, given] of tries) {
    try {
      execFileSync(command, given, { stdio: ['ignore', 'ignore', 'pipe'] });
      return;
    } catch (error) {
      reasons.push(
        `${command}: ${String(error.stderr ?? error.message)
          .trim()
          .split('\n')
          .at(-1)}`,
      );
    }
  }
  throw new Error(`could not fetch the server's Python parts:\n${reasons.join('\n')}`);
}

if (production) {
  rmSync(join(dist, 'webview'), { recursive: true, force: true });
  rmSync(join(dist, 'extension.js.map'), { force: true });
}
mkdirSync(join(dist, 'webview'), { recursive: true });
await Promise.all([host(), panels()]);
server();
