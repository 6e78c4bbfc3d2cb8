import { connectEngine } from '../../../src/backends/docker/engine';
import type { Engine } from '../../../src/backends/docker/engine/port';

/** A call to the engine that is about to be made. */
export interface EngineCall {
  readonly name: keyof Engine;
  /** What it is given first: an id, a name, what is to be made. */
  readonly of: unknown;
}

/** The real engine, with somebody who hears of each call before it is made, and whom it waits for. */
export function toldEngine(onCall: (call: EngineCall) => Promise<void> | undefined): typeof connectEngine {
  return async (place, logins) => {
    const engine = await connectEngine(place, logins);
    return new Proxy(engine, {
      get: (target, name) => {
        const value: unknown = Reflect.get(target, name);
        if (typeof value !== 'function') {
          return value;
        }
        return (...args: readonly unknown[]): unknown => {
          const call = (): unknown => value.apply(target, args) as unknown;
          const waits = onCall({ name: name as keyof Engine, of: args[0] });
          return waits === undefined ? call() : waits.then(call);
        };
      },
    });
  };
}
