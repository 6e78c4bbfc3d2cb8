import { expect, it } from 'vitest';
import { checkEngine } from '../../../src/backends/docker/checkEngine';
import type { Engine, EngineInfo } from '../../../src/backends/docker/engine/port';
import { ServingError } from '../../../src/core/errors';

const never = new AbortController().signal;
const healthy: EngineInfo = {
  version: '28.0.1',
  apiVersion: '1.48',
  osType: 'linux',
  architecture: 'amd64',
  cpus: 4,
  memoryBytes: 16e9,
  name: 'here',
  rootless: false,
  dataRoot: '/var/lib/docker',
  cgroupVersion: '2',
};

function check(changes: Partial<EngineInfo>) {
  const engine: Pick<Engine, 'address' | 'info'> = {
    address: { url: 'unix:///var/run/docker.sock', source: 'default' },
    info: () => Promise.resolve({ ...healthy, ...changes }),
  };
  return checkEngine(() => Promise.resolve(engine as Engine), never);
}

it('says where the engine is and what it has', async () => {
  const [finding] = await check({});
  expect(finding).toMatchObject({ name: 'Docker', state: 'ok' });
  expect(finding?.text).toContain('Docker 28.0.1');
  expect(finding?.text).toContain('/var/run/docker.sock');
  expect(finding?.text).toContain('4 cores, 16.0 GB of memory, amd64');
});

it.each([
  ['Windows containers', { osType: 'windows' }, 'problem', 'Linux containers'],
  ['an old engine', { apiVersion: '1.40' }, 'problem', 'too old'],
  ['little memory', { memoryBytes: 1e9 }, 'warning', 'large models'],
])('finds %s', async (_, changes, state, text) => {
  const [finding] = await check(changes);
  expect(finding).toMatchObject({ state });
  expect(finding?.text).toContain(text);
});

it('takes no engine at all as it is, and one that does not answer as a warning with its remedy', async () => {
  const none = new ServingError('notFound', 'Docker was not found');
  expect(await checkEngine(() => Promise.reject(none), never)).toMatchObject([{ state: 'ok' }]);
  const remedies = [{ kind: 'openSettings', setting: 'modelServing.docker.host' }] as const;
  const refused = new ServingError('unreachable', 'Docker does not answer', { remedies });
  expect(await checkEngine(() => Promise.reject(refused), never)).toMatchObject([
    { state: 'warning', text: 'Docker does not answer', remedy: remedies[0] },
  ]);
});

it('is cancelled', async () => {
  await expect(checkEngine(() => Promise.reject(ServingError.cancelled('It')), never)).rejects.toMatchObject({
    code: 'cancelled',
  });
});
