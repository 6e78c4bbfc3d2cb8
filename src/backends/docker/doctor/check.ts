import type { ServingDefinition } from '../../../core/definition';
import type { About } from '../../../core/errors';
import type { EnginePlace, Surroundings } from '../engine/address';
import type { Engine } from '../engine/port';
import type { Person } from './permission';

/** What the checks of the engine look at; tests give their own. */
export interface EngineCheck {
  /** The engine that is meant. */
  readonly find: (signal: AbortSignal) => Promise<Engine>;
  /** What names the engine. */
  readonly around: () => Surroundings;
  readonly connect: (place: EnginePlace) => Promise<Engine>;
  /** Servings of this window that run on it. */
  readonly servings: () => readonly CheckedServing[];
  /** The images of the settings, where there are some. */
  readonly images: () => { readonly base?: string | undefined; readonly gateway?: string | undefined };
  readonly person: () => Person;
  readonly computer: {
    readonly name: string;
    /** As `uname -m` says it. */
    readonly architecture: string;
    /** Bytes that may still be written in a folder. Rejects when that cannot be found out. */
    readonly freeDisk: (folder: string) => Promise<number>;
  };
}

export interface CheckedServing {
  readonly about: About;
  /** The workspace folder. */
  readonly folder: string;
  readonly definition: Pick<ServingDefinition, 'name' | 'resources' | 'environment' | 'token'>;
}

/** Whether the engine runs on this computer itself, not in a virtual machine on it or elsewhere. */
export function isNative(
  { address }: Engine,
  info: { readonly name: string },
  { computer, around }: EngineCheck,
): boolean {
  return around().platform === 'linux' && address.remoteHost === undefined && info.name === computer.name;
}
