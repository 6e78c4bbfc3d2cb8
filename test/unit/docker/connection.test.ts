import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { connectionOf } from '../../../src/backends/docker/engine/connection';

describe('the options of a connection', () => {
  it.each([
    ['unix:///run/docker.sock', undefined],
    ['ssh://ada@example.org', undefined],
    ['tcp://example.org:2375', undefined],
    ['tcp://example.org:2376', { ca: Buffer.from('authority') }],
  ])('have an agent that is no work to write out, as docker-modem does with each request: %s', (url, tls) => {
    const address = { url, source: 'setting' } as const;
    const { agent } = connectionOf({ address, ...(tls ? { tls } : {}) });
    expect(inspect(agent, { showHidden: true, depth: null })).toBe('Agent');
  });
});
