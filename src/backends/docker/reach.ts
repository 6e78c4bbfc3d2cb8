import type { Endpoint } from '../../core/serving';
import { endpointOf } from '../inference';
import type { ContainerSummary, EngineAddress } from './engine/port';
import { GATEWAY_PORT } from './ports';

export interface Reach {
  readonly endpoint: Endpoint;
  /** What has to be done first, when the engine is elsewhere and answers itself only. */
  readonly first?: string;
}

const EVERYWHERE = new Set(['', '0.0.0.0', '::']);

/** Where a gateway answers as seen from this computer; undefined while it publishes nothing. */
export function pathTo(
  name: string,
  { ports }: ContainerSummary,
  { remoteHost, url }: EngineAddress,
): Reach | undefined {
  const all = ports.filter(({ inside, outside }) => inside === GATEWAY_PORT && outside > 0);
  const published = all.find(({ address }) => !address.includes(':')) ?? all[0];
  if (published === undefined) {
    return undefined;
  }
  const { address, outside } = published;
  const isLoopback = address === '127.0.0.1' || address === '::1';
  if (remoteHost === undefined) {
    return { endpoint: endpointOf(name, EVERYWHERE.has(address) ? '127.0.0.1' : address, outside) };
  }
  if (!isLoopback) {
    return { endpoint: endpointOf(name, EVERYWHERE.has(address) ? remoteHost : address, outside) };
  }
  const port = String(outside);
  return {
    endpoint: endpointOf(name, '127.0.0.1', outside),
    first: `it answers on ${remoteHost} itself only; make a way there first: ssh -N -L ${port}:127.0.0.1:${port} ${userAt(url, remoteHost)}`,
  };
}

function userAt(url: string, host: string): string {
  const user = /^ssh:\/\/([^@/]+)@/.exec(url)?.[1];
  return user === undefined ? host : `${user.split(':')[0] ?? ''}@${host}`;
}
