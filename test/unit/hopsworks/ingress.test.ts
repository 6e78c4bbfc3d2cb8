import { expect, it } from 'vitest';
import { directEndpoint } from '../../../src/backends/hopsworks/ingress';

const endpoints = [
  { type: 'NODE', hosts: ['10.0.0.1'], ports: [{ name: 'HTTP', number: 32080 }] },
  {
    type: 'LOAD_BALANCER',
    hosts: ['lb.example.com'],
    ports: [
      { name: 'STATUS', number: 15021 },
      { name: 'HTTP', number: 80 },
      { name: 'HTTPS', number: 443 },
    ],
  },
];
const view = { id: 7, name: 'iris', servingTool: 'KSERVE', projectNamespace: 'my-project-ns' };
const at = (major: number, minor: number, of: typeof endpoints = endpoints) =>
  directEndpoint(view, of, { version: { major, minor }, hasKserve: true }, { project: 'My_Project', domain: 'hw.org' });

it.each([
  [3, 7, 'http://lb.example.com:80/v1/models/iris', 'iris.my-project.hw.org'],
  [4, 2, 'http://lb.example.com:80/v1/models/iris', 'iris.my-project-ns.hw.org'],
  [4, 6, 'https://lb.example.com:443/v1/models/iris', 'iris.my-project-ns.hw.org'],
  [4, 8, 'https://lb.example.com:443/v1/My_Project/iris/v1/models/iris', undefined],
  [5, 2, 'https://lb.example.com:443/v1/my-project-ns/iris/v1/models/iris', undefined],
])('is found as the clients of %d.%d find it', (major, minor, url, host) => {
  expect(at(major, minor)).toMatchObject({ url });
  expect(at(major, minor)?.hostHeader).toBe(host);
});

it('is not there without a load balancer, its port or KServe', () => {
  expect(at(4, 2, [])).toBeUndefined();
  expect(at(4, 2, endpoints.slice(0, 1))).toBeUndefined();
  expect(at(3, 7, [{ type: 'LOAD_BALANCER', hosts: ['a'], ports: [] }])).toBeUndefined();
  const facts = { hasKserve: true };
  const other = { ...view, servingTool: 'DEFAULT' };
  expect(directEndpoint(other, endpoints, facts, { project: 'a' })).toBeUndefined();
  expect(directEndpoint(view, endpoints, facts, { project: 'a_b' })?.hostHeader).toBe('iris.a-b.hopsworks.ai');
});
