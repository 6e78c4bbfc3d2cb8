import { mkdtempSync, readFileSync, realpathSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { loginSnippet, type ClientId } from '../../src/app/loginSnippet';
import { clientPython, runFlow, type ClientName } from './runClient';
import { startApi } from './startApi';

const flow = readFileSync(resolve(import.meta.dirname, 'flow_hops.py'), 'utf8');
const LOOK = `
assert registry is not None
assert serving.get_deployments() == []
print("ALL OK")
`;

/** What a person would have: the snippet, and what they write below it. */
it.each<[ClientId, ClientName, string]>([
  ['hopsworks', 'hopsworks', LOOK],
  ['hsml', 'hsml', LOOK],
  ['hops', 'hops', flow],
  ['hopsOwn', 'hops', flow],
])(
  'the login snippet of %s logs in',
  async (client, name, more) => {
    const python = clientPython(name);
    const root = realpathSync(mkdtempSync(join(tmpdir(), "snippet's é ")));
    const [workspace, scratch] = [join(root, 'demo'), join(root, 'client')];
    await mkdir(workspace);
    await mkdir(scratch);
    const api = await startApi(['--workspace', workspace, '--storage', join(root, 'storage'), '--python', python]);
    try {
      const { told } = api;
      const snippet = loginSnippet(client, {
        ...told,
        projectId: 1,
        user: `${told.project}__ada`,
        folder: workspace,
        clients: told.clients,
      });
      expect(snippet).not.toContain(api.key);
      const file = join(scratch, 'script.py');
      await writeFile(file, `${snippet}${more}`);
      const env = { TMPDIR: scratch, ENABLE_HOPSWORKS_USAGE: 'false', PYTHONDONTWRITEBYTECODE: '1' };
      const { code, output } = await runFlow(python, scratch, env, file);
      expect(output).toContain('ALL OK');
      expect(code).toBe(0);
    } finally {
      await api.stop();
      await rm(root, { recursive: true, force: true });
    }
  },
  240_000,
);
