import { expect, it } from 'vitest';
import { toLogContainer } from '../../../src/backends/docker/logs/container';
import type { ContainerSummary } from '../../../src/backends/docker/engine/port';

const replica: ContainerSummary = {
  id: 'abc',
  name: 'ms-iris-1',
  labels: { 'model-serving.role': 'replica', 'model-serving.replica': '2' },
  image: 'image',
  state: 'running',
  created: 0,
  ports: [],
  addresses: {},
};

it('takes replicas with their number, and the gateway without one', () => {
  expect(toLogContainer(replica)).toMatchObject({ id: 'abc', role: 'replica', replica: 2, running: true });
  const gateway = toLogContainer({ ...replica, state: 'exited', labels: { 'model-serving.role': 'gateway' } });
  expect(gateway).toMatchObject({ role: 'gateway', running: false });
  expect(gateway).not.toHaveProperty('replica');
});

it('leaves out containers that only do one thing for a start', () => {
  expect(toLogContainer({ ...replica, labels: { 'model-serving.role': 'once' } })).toBeUndefined();
});
