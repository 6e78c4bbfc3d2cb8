import { describe, expect, it } from 'vitest';
import type { ContainerSummary, EngineAddress } from '../../../src/backends/docker/engine/port';
import { pathTo } from '../../../src/backends/docker/reach';

const gateway = (...ports: ContainerSummary['ports']): ContainerSummary => ({
  id: 'g',
  name: 'g',
  labels: {},
  image: 'i',
  state: 'running',
  created: 1,
  ports,
  addresses: {},
});
const at = (address: string, outside = 4000) => ({ inside: 8080, outside, address });
const here: EngineAddress = { url: 'unix:///d.sock', source: 'default' };
const far = (url: string): EngineAddress => ({ url, source: 'setting', remoteHost: 'far' });

describe('where a serving answers', () => {
  it.each([
    ['127.0.0.1', 'http://127.0.0.1:4000/v1/models/iris'],
    ['0.0.0.0', 'http://127.0.0.1:4000/v1/models/iris'],
    ['10.0.0.5', 'http://10.0.0.5:4000/v1/models/iris'],
  ])('on an engine here that publishes at %s', (address, url) => {
    expect(pathTo('iris', gateway(at(address)), here)).toMatchObject({ url });
    expect(pathTo('iris', gateway(at(address)), here)?.elsewhere).toBeUndefined();
  });

  it.each([
    ['0.0.0.0', 'http://far:4000/v1/models/iris'],
    ['10.0.0.5', 'http://10.0.0.5:4000/v1/models/iris'],
  ])('on an engine elsewhere that publishes at %s', (address, url) => {
    const path = pathTo('iris', gateway(at(address)), far('tcp://far:2376'));
    expect(path).toMatchObject({ url });
    expect(path?.elsewhere).toBeUndefined();
  });

  it.each([
    ['ssh://far', 'ssh -N -L 4000:127.0.0.1:4000 far'],
    ['ssh://me@far', 'ssh -N -L 4000:127.0.0.1:4000 me@far'],
    ['ssh://me:secret@far:2222', 'ssh -N -L 4000:127.0.0.1:4000 -p 2222 me@far'],
    ['tcp://far:2376', 'ssh -N -L 4000:127.0.0.1:4000 far'],
  ])('on an engine at %s that answers its own computer only says how it is reached', (url, command) => {
    expect(pathTo('iris', gateway(at('127.0.0.1')), far(url))).toEqual({
      host: '127.0.0.1',
      port: 4000,
      url: 'http://127.0.0.1:4000/v1/models/iris',
      elsewhere: { host: 'far', command },
    });
  });

  it('prefers what is no IPv6, and is nowhere while nothing is published', () => {
    expect(pathTo('iris', gateway(at('::', 4001), at('0.0.0.0')), here)?.port).toBe(4000);
    expect(pathTo('iris', gateway(), here)).toBeUndefined();
  });
});
