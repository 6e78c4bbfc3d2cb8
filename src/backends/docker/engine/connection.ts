import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { inspect } from 'node:util';
import type { EnginePlace } from './address';
import { SshAgent, sshCommand } from './sshAgent';

/** The options of dockerode for a place. The agents keep no connections: one of before a restart of the engine is dead. */
export function connectionOf(place: EnginePlace): { readonly agent: HttpAgent } {
  const options = optionsOf(place);
  // docker-modem makes a text of each request, with all that hangs on its agent, whether anybody wants to read it or not.
  Object.defineProperty(options.agent, inspect.custom, { value: () => 'Agent' });
  return options;
}

function optionsOf({ address: { url }, tls }: EnginePlace): { readonly agent: HttpAgent } {
  const path = /^(?:unix|npipe):\/\/(.*)$/.exec(url)?.[1];
  if (path !== undefined) {
    return { agent: new HttpAgent(), ...{ socketPath: path } };
  }
  if (url.startsWith('ssh://')) {
    return { agent: new SshAgent(sshCommand(url)), ...{ protocol: 'http', host: 'docker', port: 80 } };
  }
  const { hostname, port } = new URL(url);
  const at = { host: hostname, port: port === '' ? (tls ? 2376 : 2375) : Number(port) };
  if (!tls) {
    return { agent: new HttpAgent(), ...{ ...at, protocol: 'http' } };
  }
  const { anyone, ...files } = tls;
  return {
    agent: new HttpsAgent({ ...files, rejectUnauthorized: anyone !== true }),
    ...{ ...at, protocol: 'https' },
  };
}
