import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { manifest, project, textOf } from './manifest';
import { namesInZip } from './zip';

/** Paths below a folder of the project, with `/`. */
function filesBelow(folder: string): readonly string[] {
  return readdirSync(join(project, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) =>
      join(entry.parentPath, entry.name)
        .slice(project.length + 1)
        .replaceAll('\\', '/'),
    );
}

/** What the package holds beside the Python server, whose files mirror src/server. */
const EXPECTED = [
  'LICENSE.txt',
  'changelog.md',
  'readme.md',
  'dist/THIRD-PARTY-NOTICES.txt',
  'dist/api.js',
  'dist/axios.js',
  'dist/dockerode.js',
  'dist/errors.js',
  'dist/extension.js',
  'dist/l10n.js',
  'dist/local-api.js',
  'dist/hyparquet.js',
  'dist/hyparquet-writer.js',
  'dist/gateway/gateway.lua',
  'dist/gateway/haproxy.cfg',
  'dist/webview/codicon.css',
  'dist/webview/codicon.ttf',
  'dist/webview/inference.css',
  'dist/webview/inference.js',
  'dist/webview/logs.css',
  'dist/webview/logs.js',
  'dist/webview/serving.css',
  'dist/webview/serving.js',
  'dist/webview/toolkit.js',
  'l10n/bundle.l10n.de.json',
  'media/icon.png',
  'media/icon.svg',
  'media/panels/inference-dark.svg',
  'media/panels/inference-light.svg',
  'media/panels/logs-dark.svg',
  'media/panels/logs-light.svg',
  'media/panels/serving-dark.svg',
  'media/panels/serving-light.svg',
  'media/readme/docker-dark.png',
  'media/readme/failed-dark.png',
  'media/readme/logs-dark.png',
  'media/readme/panel-dark.png',
  'media/readme/where-dark.png',
  'media/readme/wizard-dark.png',
  'media/sample/README.md',
  'media/sample/irisflowerclassifier.py',
  'media/sample/requirements.txt',
  'media/sample/train.py',
  'media/schemas/model.schema.json',
  'media/schemas/requests.schema.json',
  'media/schemas/serving.schema.json',
  'media/walkthrough/ask.svg',
  'media/walkthrough/export.svg',
  'media/walkthrough/model.svg',
  'media/walkthrough/move.svg',
  'media/walkthrough/script.svg',
  'media/walkthrough/serve.svg',
  'package.json',
  'package.nls.de.json',
  'package.nls.json',
];

describe('the package', () => {
  // The runner hands over what it made; alone, this test packs dist/ as it is.
  const folder = mkdtempSync(join(tmpdir(), 'package-test-'));
  const vsix = process.env.MODEL_SERVING_VSIX ?? join(folder, 'own.vsix');
  let files: readonly string[] = [];

  beforeAll(() => {
    if (process.env.MODEL_SERVING_VSIX === undefined) {
      const pack = `const { packVsix } = await import('./test/setup/vsix.mjs'); await packVsix(process.cwd(), process.argv[1]);`;
      execFileSync(process.execPath, ['--input-type=module', '-e', pack, vsix], { cwd: project, stdio: 'pipe' });
    }
    files = namesInZip(vsix)
      .filter((name) => name.startsWith('extension/'))
      .map((name) => name.slice('extension/'.length));
  });

  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it('holds what is expected and nothing else', () => {
    const server = filesBelow('src/server')
      .filter(
        (file) =>
          /^src\/server\/(run\.py|model_server\/|compat\/)/.test(file) && !/__pycache__|_cache\/|\.pyc$/.test(file),
      )
      .map((file) => file.replace('src/', 'dist/'));
    const clients = filesBelow('src/clients')
      .filter((file) => !/__pycache__|_cache\/|\.(pyc|toml)$/.test(file))
      .map((file) => file.replace('src/', 'dist/'));
    const rest = files.filter((file) => !file.startsWith('dist/server/vendor/'));
    expect([...rest].sort()).toEqual([...EXPECTED, ...server, ...clients, 'dist/server/files.json'].sort());
  });

  it('is below 1.5 MB', () => {
    expect(statSync(vsix).size).toBeLessThan(1.5e6);
  });

  it('starts from files that are in it', () => {
    for (const file of [manifest.main, manifest.icon, ...manifest.contributes.jsonValidation.map(({ url }) => url)]) {
      expect(files).toContain(file.replace('./', ''));
    }
  });

  it('holds the Python parts of others as they were pinned, with their licences', () => {
    const pins = [...textOf('src/server/requirements-vendor.txt').matchAll(/^([\w.-]+)==([\w.]+)/gm)];
    expect(pins.length).toBeGreaterThan(0);
    const vendored = files.filter((file) => file.startsWith('dist/server/vendor/'));
    for (const [, name = '', version = ''] of pins) {
      const licence = vendored.filter(
        (file) => file.includes(`${name}-${version}.dist-info`) && /LICEN[CS]E/i.test(file),
      );
      expect(licence, name).not.toEqual([]);
    }
    expect(vendored.filter((file) => /\.(so|pyd|dll|pyc)$/.test(file))).toEqual([]);
  });

  it('names every part of others with its licence', () => {
    const notices = textOf('dist/THIRD-PARTY-NOTICES.txt');
    const parts = [...notices.matchAll(/^-{80}\n(\S+) \S+ \((.+)\)$/gm)].map(([, name = '', licence = '']) => [
      name,
      licence,
    ]);
    expect(parts).toEqual(
      expect.arrayContaining([
        ['@vscode/codicons', 'CC-BY-4.0'],
        ['@vscode/webview-ui-toolkit', 'MIT'],
        ['axios', 'MIT'],
        ['docker-modem', 'Apache-2.0'],
        ['dockerode', 'Apache-2.0'],
        ['h11', 'MIT'],
        ['jsonc-parser', 'MIT'],
      ]),
    );
    for (const [name, licence] of parts) {
      expect(['MIT', '0BSD', 'CC-BY-4.0', 'Apache-2.0', 'BSD-3-Clause', 'BSD-2-Clause', 'ISC'], name).toContain(
        licence,
      );
    }
  });
});
