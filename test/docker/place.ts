import { connectEngine } from '../../src/backends/docker/engine';
import { findEngine, surroundings } from '../../src/backends/docker/engine/address';
import type { ContainerSpec, Engine } from '../../src/backends/docker/engine/port';
import { engineHost as host, pythonImage as image } from './support/engine';

export { host, image };
export const NEVER: AbortSignal = new AbortController().signal;

export async function testEngine(at = host): Promise<Engine> {
  const place = await findEngine(surroundings(at));
  return connectEngine(place, { of: () => Promise.resolve(undefined) });
}

/** A container of the base image that runs some Python. */
export function python(code: string, labels: Readonly<Record<string, string>>, more: Partial<ContainerSpec> = {}) {
  return { image, labels, entrypoint: ['python3', '-u', '-c', code], user: '10001:10001', ...more };
}
