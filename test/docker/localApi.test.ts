import { resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loginSnippet } from '../../src/app/loginSnippet';
import { openApi, type OpenApi } from '../../src/composeApi';
import { runFlow } from '../clients/runClient';
import { DockerPlace, NEVER } from '../contract/dockerPlace';
import { testPython } from '../contract/serverRoot';
import { describeWithEngine, engineIsUp } from './support/engine';

const FLOW = `
import time


def wait(status):
    end = time.monotonic() + 200
    while serving.get_status("echo") != status:
        assert serving.get_status("echo") != "Failed"
        assert time.monotonic() < end, serving.get_status("echo")
        time.sleep(0.3)


serving.create_or_update("echo", "Models/echo/1/echo.py", instances=2)
serving.start("echo")
wait("Running")
assert serving.make_inference_request("echo", {"inputs": [1, 2]}) == {"predictions": [1, 2]}
assert serving.get_available_instances("echo") == 2
print("ALL OK")
`;

describeWithEngine('the local Hopsworks API over Docker', () => {
  let place: DockerPlace;
  let api: OpenApi;

  beforeAll(async () => {
    await engineIsUp();
    place = new DockerPlace();
    await place.add('echo');
    api = await openApi({
      workspace: place.folder,
      storage: place.storage,
      own: place.storage,
      backend: place.open(),
      backendOfNew: () => 'docker',
      keepsRunning: true,
      port: 0,
      ingressPort: 0,
      generation: 5,
      clientRoot: resolve(import.meta.dirname, '../../src/clients'),
      by: 'a test',
      log: place.log,
    });
  });
  afterAll(async () => {
    await api.close();
    await place.dispose();
  });

  it('what a client deploys runs in containers, and goes on when the API ends', async () => {
    const script = await place.write('client.py', `${loginSnippet('hopsOwn', api.place)}${FLOW}`);
    const { code, output } = await runFlow(testPython(), place.root, { PYTHONDONTWRITEBYTECODE: '1' }, script);
    expect(output).toContain('ALL OK');
    expect(code).toBe(0);
    await api.close();
    const [serving] = await place.open().servings(NEVER);
    expect(serving).toMatchObject({ kind: 'docker', state: 'running', definition: { backend: 'docker' } });
    const reply = await place.open().predict(serving!.ref, { verb: 'predict', body: '{"inputs":[3]}' }, NEVER);
    expect(JSON.parse(reply.body)).toEqual({ predictions: [3] });
  }, 300_000);
});
