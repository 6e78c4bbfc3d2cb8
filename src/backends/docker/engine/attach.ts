import type { Duplex } from 'node:stream';
import type { EngineCalls } from './calls';

/**
 * A connection to the standard input of a container. Its request has no body, which dockerode would send: Podman takes
 * what follows the request for input.
 */
export function attach(calls: EngineCalls, container: string, abortSignal: AbortSignal): Promise<Duplex> {
  return calls.dial<Duplex>({
    path: `/containers/${container}/attach?`,
    method: 'POST',
    hijack: true,
    // Without one, docker-modem sends a body in chunks.
    file: Buffer.alloc(0),
    options: { stream: true, stdin: true },
    abortSignal,
  });
}
