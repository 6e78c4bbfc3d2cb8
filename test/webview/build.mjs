// Bundles both pages as the product does, into .cache/webview-build, so that a browser test needs no other build.
import { build } from 'esbuild';
import { cpSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');

/** What the tests take from the host's side: the real views of made-up servings and the real page around them. */
const FROM_HOST = `
export { toTraffic } from './src/ui/panels/trafficView';
export { trafficOf, sentFromHere, quiet } from './test/webview/fixtures/traffic';
export { toServingView } from './src/ui/panels/servingView';
export { panelHtml } from './src/ui/panels/html';
export { useLanguage } from './src/core/l10n';
export { toLogEntry } from './src/ui/panels/logView';
export { toBatch } from './src/protocol/logBatch';
export { toRecordBatch } from './src/ui/panels/recordRows';
export { toRecordView } from './src/ui/panels/recordView';
export { emptyLog } from './src/ui/panels/inferenceEmpty';
export { toRemedyView } from './src/ui/panels/remedyLabels';
export { toSieve } from './src/app/inferenceLog/recordFilter';
export { facts, FIXTURE_NAMES } from './test/webview/fixtures/servings';
`;

/** Resolves with the folder that holds the script and the styles of each panel, and the icon font. */
export async function buildPages() {
  const outdir = join(root, '.cache', 'webview-build');
  await build({
    absWorkingDir: root,
    entryPoints: {
      serving: 'webview/serving/main.ts',
      logs: 'webview/logs/main.ts',
      inference: 'webview/inference/main.ts',
      toolkit: 'webview/toolkit/main.ts',
    },
    outdir,
    bundle: true,
    platform: 'browser',
    format: 'iife',
    target: 'chrome132',
    tsconfig: 'webview/tsconfig.json',
    external: ['*.ttf'],
    sourcemap: 'linked',
    logLevel: 'warning',
  });
  await build({
    absWorkingDir: root,
    stdin: { contents: FROM_HOST, resolveDir: root },
    outfile: join(outdir, 'fixtures.mjs'),
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    logLevel: 'warning',
  });
  mkdirSync(outdir, { recursive: true });
  for (const file of ['codicon.css', 'codicon.ttf']) {
    cpSync(join(root, 'node_modules/@vscode/codicons/dist', file), join(outdir, file));
  }
  return outdir;
}
