import { mkdtempSync, readFileSync, realpathSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { expect, it } from 'vitest';
import { loginSnippet, type ClientId } from '../../src/app/loginSnippet';
import { clientPython, runFlow, type ClientName } from './runClient';
import { startApi } from './startApi';

const read = (file: string): string => readFileSync(resolve(import.meta.dirname, file), 'utf8');
const flow = read('snippet_flow.py');
const seedDeploy = read('../hops/seed_deploy.py');
const seedScript = resolve(import.meta.dirname, '../server/scripts/irisflowerclassifier.py');
/** Byte for byte as it stands on Hopsworks' page, between what it presumes and what came of it. */
const PAGE = `
import os
import shutil
import time

import joblib
from sklearn.datasets import load_iris
from sklearn.neighbors import KNeighborsClassifier

folder = os.environ["MODEL_SERVING_PROJECT_DIR"]
os.makedirs(folder + "/Resources/iris")
rows, labels = load_iris(return_X_y=True)
knn = KNeighborsClassifier().fit(rows, labels)
joblib.dump(knn, folder + "/Resources/iris/iris_knn.pkl")
shutil.copy(${JSON.stringify(seedScript)}, folder + "/Resources/iris/iris_flower_classifier.py")
${seedDeploy}
end = time.monotonic() + 90
while serving.get_status("IrisFlowerClassifier") != "Running":
    assert time.monotonic() < end, serving.get_status("IrisFlowerClassifier")
    time.sleep(0.3)
answer = serving.make_inference_request("IrisFlowerClassifier", {"inputs": rows.tolist()})
assert answer["predictions"] == knn.predict(rows).tolist()
assert serving.get_kafka_topic("IrisFlowerClassifier")
print("ALL OK")
`;
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
  ['hops', 'hops24', PAGE],
  ['hopsOwn', 'hops', flow],
])(
  'the login snippet of %s logs in, with %s',
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
