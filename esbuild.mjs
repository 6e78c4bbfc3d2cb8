// node esbuild.mjs [--production]: the extension, one bundle per panel, what gateways and servers are made of, all into dist/.
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
  metafile: true,
  minify: production,
  sourcemap: production ? false : 'linked',
  logLevel: 'warning',
  absWorkingDir: root,
};

/** What is not needed when a window opens is a file of its own: reading half a megabyte of code takes a while. */
const loadedLater = ['axios', 'dockerode', 'hyparquet', 'hyparquet-writer'];

/**
 * Our own code that several bundles use, each a file of its own: the local Hopsworks API, which the editor loads when it is
 * started; the one error, as an error is known by its class; and the language of what is said, which is known once.
 */
const shared = { api: 'src/composeApi.ts', errors: 'src/core/errors.ts', l10n: 'src/core/l10n.ts' };

/** What dockerode loads for what we do ourselves (ssh, TLS files, BuildKit sessions and progress): half of it is native, all of it is large. */
const notOfDockerode = ['ssh2', 'split-ca', '@grpc/grpc-js', '@grpc/proto-loader', 'protobufjs'];

/** What axios would name the files of a form by: it sends none for us. */
const notOfAxios = ['mime-db'];

const leftOut = [...notOfDockerode, ...notOfAxios];

async function host() {
  return build({
    ...common,
    entryPoints: { extension: 'src/extension.ts', 'local-api': 'src/local-api.ts', ...shared },
    outdir: 'dist',
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    external: ['vscode'],
    mainFields: ['module', 'main'],
    plugins: [{ name: 'loaded later', setup: asOwnFiles }],
  });
}

function asOwnFiles({ onResolve }) {
  onResolve({ filter: new RegExp(`^(${loadedLater.join('|')})$`) }, ({ path, kind }) =>
    kind === 'entry-point' ? undefined : { path: `./${path}.js`, external: true },
  );
  const files = new Map(Object.entries(shared).map(([name, file]) => [join(root, file), name]));
  onResolve({ filter: /^\..*(composeApi|errors|l10n)$/ }, ({ path, resolveDir, kind }) => {
    const name = kind === 'entry-point' ? undefined : files.get(`${join(resolveDir, path)}.ts`);
    return name && { path: `./${name}.js`, external: true };
  });
}

async function later() {
  return build({
    ...common,
    entryPoints: loadedLater,
    outdir: 'dist',
    platform: 'node',
    format: 'cjs',
    target: 'node20',
    mainFields: ['module', 'main'],
    plugins: [{ name: 'left out', setup: asNothing }],
  });
}

function asNothing({ onResolve, onLoad }) {
  onResolve({ filter: new RegExp(`^(${leftOut.join('|')})$`) }, ({ path }) => ({ path, namespace: 'left out' }));
  onLoad({ filter: /.*/, namespace: 'left out' }, () => ({ contents: 'module.exports = {};' }));
}

async function panels() {
  const icons = join(root, 'node_modules/@vscode/codicons/dist');
  for (const file of ['codicon.css', 'codicon.ttf']) {
    cpSync(join(icons, file), join(dist, 'webview', file));
  }
  return build({
    ...common,
    entryPoints: {
      serving: 'webview/serving/main.ts',
      logs: 'webview/logs/main.ts',
      inference: 'webview/inference/main.ts',
      toolkit: 'webview/toolkit/main.ts',
    },
    outdir: 'dist/webview',
    platform: 'browser',
    format: 'iife',
    target: 'chrome132',
    tsconfig: 'webview/tsconfig.json',
    external: ['*.ttf'],
  });
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

/** Python packages for clients of the local Hopsworks API. */
function clients() {
  const to = join(dist, 'clients');
  rmSync(to, { recursive: true, force: true });
  cpSync(join(root, 'src/clients'), to, { recursive: true, filter: (f) => !/__pycache__|\.pyc$|\.toml$/.test(f) });
}

/** What the checks compare the server's files with, wherever they lie by then. */
function list(to) {
  const files = readdirSync(to, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'files.json' && entry.name !== '.key')
    .map((entry) => relative(to, join(entry.parentPath, entry.name)).replaceAll('\\', '/'))
    .sort();
  const hashes = files.map((file) => [
    file,
    createHash('sha256')
      .update(readFileSync(join(to, file)))
      .digest('hex'),
  ]);
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

/** The licences of everything that is shipped and not ours; they ask to go along with it. */
function notices(results) {
  const inputs = results.flatMap(({ metafile }) => Object.keys(metafile.inputs));
  const bundled = inputs.map((file) => /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file)?.[0]).filter(Boolean);
  const folders = [...new Set([...bundled, 'node_modules/@vscode/codicons'])];
  const ofNpm = folders.map((folder) => {
    const { name, version, license, author } = JSON.parse(readFileSync(join(root, folder, 'package.json'), 'utf8'));
    return { name, version, license, text: licenceText(join(root, folder)) ?? standardText(name, license, author) };
  });
  const vendor = join(dist, 'server/vendor');
  const ofPython = readdirSync(vendor)
    .filter((entry) => entry.endsWith('.dist-info'))
    .map((entry) => {
      const about = readFileSync(join(vendor, entry, 'METADATA'), 'utf8');
      const field = (key) => new RegExp(`^${key}: (.*)$`, 'm').exec(about)?.[1];
      const license = field('License-Expression') ?? field('License');
      const text = licenceText(join(vendor, entry, 'licenses')) ?? licenceText(join(vendor, entry));
      return { name: field('Name'), version: field('Version'), license, text };
    });
  const parts = [...ofNpm, ...ofPython].sort((a, b) => a.name.localeCompare(b.name));
  const bare = parts.filter(({ license, text }) => !license || !text);
  if (bare.length > 0) {
    throw new Error(`no licence was found for ${bare.map(({ name }) => name).join(', ')}`);
  }
  const line = '-'.repeat(80);
  const texts = parts.map(
    ({ name, version, license, text }) => `${line}\n${name} ${version} (${license})\n\n${text.trim()}\n`,
  );
  writeFileSync(
    join(dist, 'THIRD-PARTY-NOTICES.txt'),
    `Model Serving contains these parts of others, each under its own licence.\n\n${texts.join('\n')}`,
  );
}

function licenceText(folder) {
  const files = existsSync(folder) ? readdirSync(folder) : [];
  const texts = files.filter((file) => /^(licen[cs]e|notice|copyright)/i.test(file)).sort();
  return texts.length > 0 ? texts.map((file) => readFileSync(join(folder, file), 'utf8')).join('\n') : undefined;
}

/** A few packages name MIT and leave its text out. */
function standardText(name, license, author) {
  if (license !== 'MIT') {
    return undefined;
  }
  const holder = typeof author === 'string' ? author : (author?.name ?? `the authors of ${name}`);
  const mit = readFileSync(join(root, 'node_modules/has-flag/license'), 'utf8');
  return mit.replace(/^Copyright.*$/m, `Copyright (c) ${holder}`);
}

if (production) {
  rmSync(join(dist, 'webview'), { recursive: true, force: true });
  for (const name of ['extension', 'local-api', ...Object.keys(shared), ...loadedLater]) {
    rmSync(join(dist, `${name}.js.map`), { force: true });
  }
}
mkdirSync(join(dist, 'webview'), { recursive: true });
const bundles = await Promise.all([host(), later(), panels()]);
server();
clients();
cpSync(join(root, 'src/backends/docker/gateway/files'), join(dist, 'gateway'), { recursive: true });
notices(bundles);
