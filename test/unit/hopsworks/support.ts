import { Http } from '../../../src/backends/http';
import { HopsworksClient } from '../../../src/backends/hopsworks/client';
import { HopsworksBackend } from '../../../src/backends/hopsworks/hopsworksBackend';
import { makeRoute } from '../../../src/backends/hopsworks/route';
import type { Operation, Progress } from '../../../src/core/backend';
import type { Connection } from '../../../src/core/connection';
import { DEFAULTS, type ServingDefinition } from '../../../src/core/definition';
import type { Logger } from '../../../src/core/log';
import { KEY } from './fakeHopsworks';

export const anything = (): AbortSignal => AbortSignal.timeout(20_000);

export function connectionTo(address: string, project = 'demo'): Connection {
  return { id: 'c1', address, project, options: { checkHostName: true } };
}

export interface Keyed {
  key: string | undefined;
}

export function clientTo(address: string, keyed: Keyed = { key: KEY }, project = 'demo'): HopsworksClient {
  const connection = connectionTo(address, project);
  return new HopsworksClient({
    http: new Http(),
    connection,
    keys: { get: (id) => Promise.resolve(id === connection.id ? keyed.key : undefined) },
    route: makeRoute(connection, () => ({})),
  });
}

/** Keeps all that was written. */
export function recorder(): Logger & { readonly lines: string[] } {
  const lines: string[] = [];
  const write = (message: string | Error): void => {
    lines.push(message instanceof Error ? (message.stack ?? '') : message);
  };
  return { lines, debug: write, info: write, warn: write, error: write };
}

export const FAST = { pollMs: 5, patienceMs: 300, cancelMs: 1000 };

export function backendTo(
  address: string,
  keyed: Keyed = { key: KEY },
  log: Logger = recorder(),
  timing = FAST,
): HopsworksBackend {
  return new HopsworksBackend({ connection: connectionTo(address), client: clientTo(address, keyed), log, timing });
}

/** Does not wait before a further try; `timeout`: for an answer, in milliseconds. */
export function quickBackendTo(address: string, key: string, log: Logger, timeout = 20_000): HopsworksBackend {
  const connection = connectionTo(address);
  const http = new Http();
  const client = new HopsworksClient({
    http: {
      send: (request) =>
        http.send({
          ...request,
          timeout,
          ...(request.retry ? { retry: { tries: request.retry.tries, firstMs: 1 } } : {}),
        }),
      receive: (...of) => http.receive(...of),
    },
    connection,
    keys: { get: () => Promise.resolve(key) },
    route: makeRoute(connection, () => ({})),
  });
  return new HopsworksBackend({ connection, client, log, timing: FAST });
}

export function operation(signal: AbortSignal = anything()): Operation & { readonly reported: Progress[] } {
  const reported: Progress[] = [];
  return {
    signal,
    reported,
    report: (progress) => {
      reported.push(progress);
    },
  };
}

export function definition(name = 'iris', more: Partial<ServingDefinition> = {}): ServingDefinition {
  return {
    ...DEFAULTS,
    name,
    backend: 'hopsworks',
    model: { name: 'iris', version: 1 },
    script: 'Models/iris/1/predict.py',
    ...more,
  };
}

export async function errorOf(promise: Promise<unknown>): Promise<Error & { code?: string; remedies?: unknown[] }> {
  try {
    await promise;
  } catch (error) {
    return error as Error;
  }
  throw new Error('it did not fail');
}
