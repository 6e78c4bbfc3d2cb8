// Prints the Predict script that the extension makes for a model version's folder: node make.mjs FOLDER NAME
import { build } from 'esbuild';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const [directory, name] = process.argv.slice(2);
const source = fileURLToPath(new URL('../../src/app/models/scaffold.ts', import.meta.url));
const out = await mkdtemp(path.join(tmpdir(), 'scaffold-'));
try {
  const outfile = path.join(out, 'scaffold.mjs');
  await build({ entryPoints: [source], bundle: true, platform: 'node', format: 'esm', outfile, logLevel: 'error' });
  const { createScript } = await import(pathToFileURL(outfile).href);
  const created = await createScript({
    version: { name, version: 1, folder: path.resolve(directory, '../../..'), directory, metadata: {} },
  });
  process.stdout.write(JSON.stringify({ file: created.file, cursor: created.cursor }));
} finally {
  await rm(out, { recursive: true, force: true });
}
