import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, realpathSync, statSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { expect, it } from 'vitest';
import { downloadModel } from '../../src/app/models/downloadModel';
import { HopsworksRegistry } from '../../src/backends/hopsworks/registry';
import { recorder } from '../unit/hopsworks/support';
import { connected } from './connected';
import { clientPython, runFlow, type ClientName } from './runClient';
import { startApi } from './startApi';

const transfer = () => ({ signal: AbortSignal.timeout(120_000), tell: () => undefined });

/** Digests of the files below a folder, by name. */
function digests(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = names.filter((name) => statSync(join(folder, name)).isFile());
  return Object.fromEntries(
    files.map((name) => [
      name,
      createHash('sha256')
        .update(readFileSync(join(folder, name)))
        .digest('hex'),
    ]),
  );
}

interface Found {
  readonly framework: string;
  readonly description: string;
  readonly metrics: Readonly<Record<string, number>>;
  readonly downloaded: Readonly<Record<string, string>>;
  readonly saved: Readonly<Record<string, string>>;
}

it.each<[ClientName, string]>([
  ['hsml', '3'],
  ['hopsworks', '5'],
])(
  'what we export %s downloads, and the other way round, over TLS',
  async (client, generation) => {
    const python = clientPython(client);
    const root = realpathSync(mkdtempSync(join(tmpdir(), 'registry ')));
    const [workspace, scratch, source, own] = ['demo', 'client', 'source', 'own'].map((name) => join(root, name));
    await Promise.all([workspace, scratch, source, own].map((folder) => mkdir(folder!)));
    const api = await startApi([
      ...['--workspace', workspace!, '--storage', join(root, 'storage')],
      ...['--python', python, '--generation', generation],
    ]);
    try {
      const { connection, client: ours } = connected(api, api.told.certificate, api.key);
      const registry = new HopsworksRegistry({ connection, client: ours, log: recorder() });
      const contents = {
        'model.pkl': randomBytes(23 * 1024 * 1024),
        'predict.py': 'class Predict: ...\n',
        'a/b é.txt': 'x',
        empty: '',
      };
      for (const [name, content] of Object.entries(contents)) {
        await mkdir(dirname(join(source!, name)), { recursive: true });
        await writeFile(join(source!, name), content);
      }
      const files = Object.keys(contents).map((name) => ({ name, path: join(source!, name) }));
      for (const version of [1, 2]) {
        const metadata = {
          framework: 'SKLEARN',
          description: 'made by us',
          metrics: { accuracy: version / 10 },
        } as const;
        expect(((await registry.numbers('ours', AbortSignal.timeout(10_000)))[0] ?? 0) + 1).toBe(version);
        await registry.exportVersion({ name: 'ours', version, overwrite: false, metadata, files }, transfer());
      }

      const { code, output } = await runFlow(
        python,
        scratch!,
        { PORT: String(api.told.port), API_KEY: api.key, PROJECT: api.told.project, TMPDIR: scratch! },
        'registry.py',
      );
      expect(output).toContain('FOUND ');
      expect(code).toBe(0);
      const found = JSON.parse(/FOUND (.*)/.exec(output)?.[1] ?? '') as Found;
      expect(found).toMatchObject({ framework: 'SKLEARN', description: 'made by us', metrics: { accuracy: 0.1 } });
      expect(found.downloaded).toMatchObject(digests(source!));

      const signal = AbortSignal.timeout(30_000);
      expect((await registry.versions('ours', signal)).map(({ version }) => version)).toEqual([1]);
      const [from] = await registry.versions('theirs', signal);
      expect(from).toMatchObject({ version: 1, framework: 'TORCH', metrics: { loss: 0.25 } });
      const made = await downloadModel(
        { registry, from: from!, folder: own!, version: 1, overwrite: false },
        transfer(),
      );
      expect(digests(made.directory)).toMatchObject(found.saved);
      expect(made.directory).toBe(join(own!, 'Models/theirs/1'));
      expect(JSON.parse(await readFile(join(made.directory, 'model.json'), 'utf8'))).toMatchObject({
        framework: 'TORCH',
        description: 'made by the official client',
        metrics: { loss: 0.25 },
      });
      expect(readdirSync(join(own!, 'Models/theirs'))).toEqual(['1']);
    } finally {
      await api.stop();
      await rm(root, { recursive: true, force: true });
    }
  },
  240_000,
);
