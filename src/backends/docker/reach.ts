import type { Endpoint } from '../../core/serving';
import { endpointOf } from '../inference';
import { word } from './doctor/commands';
import type { ContainerSummary, EngineAddress } from './engine/port';
import { GATEWAY_PORT } from './ports';

const EVERYWHERE = new Set(['', '0.0.0.0', '::']);

/** Where a gateway answers as seen from this computer; undefined while it publishes nothing. */
export function pathTo(
  name: string,
  { ports }: ContainerSummary,
  { remoteHost, url }: EngineAddress,
): Endpoint | undefined {
  const all = ports.filter(({ inside, outside }) => inside === GATEWAY_PORT && outside > 0);
  const published = all.find(({ address }) => !address.includes(':')) ?? all[0];
  if (published === undefined) {
    return undefined;
  }
  const { address, outside } = published;
  const isLoopback = address.startsWith('127.') || address === '::1';
  if (remoteHost === undefined) {
    return endpointOf(name, EVERYWHERE.has(address) ? '127.0.0.1' : address, outside);
  }
  if (!isLoopback) {
    return endpointOf(name, EVERYWHERE.has(address) ? remoteHost : address, outside);
  }
  const port = String(outside);
  const there = address.includes(':') ? `[${address}]` : address;
  return {
    ...endpointOf(name, '127.0.0.1', outside),
    elsewhere: { host: remoteHost, command: `ssh -N -L ${port}:${there}:${port} ${sshTarget(url, remoteHost)}` },
  };
}

/** Whom the engine is asked as by ssh, and at which port; any other address says the computer only. */
function sshTarget(url: string, host: string): string {
  const ssh = url.startsWith('ssh://') && URL.canParse(url) ? new URL(url) : undefined;
  const user = ssh?.username ?? '';
  const at = word(user === '' ? host : `${decodeURIComponent(user)}@${host}`);
  return ssh === undefined || ssh.port === '' ? at : `-p ${ssh.port} ${at}`;
}
