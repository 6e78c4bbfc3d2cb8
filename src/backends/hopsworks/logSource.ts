import type { HopsworksClient } from './client';
import type { LogSource } from './logs';
import { toState } from './mapping';
import { isFrom, type ServerFacts } from './request';
import type { Timing } from './timing';
import { textAt } from './wire';

interface LogSourceParts {
  readonly client: HopsworksClient;
  readonly project: number;
  readonly facts: ServerFacts;
  /** Of the serving. */
  readonly name: string;
  readonly timing: Timing;
}

/** The logs of a serving, each time of the one that has its name then. */
export function logSource(what: string, { client, project, facts, name, timing }: LogSourceParts): LogSource {
  let id: number | undefined;
  return {
    name,
    timing,
    components: async (signal) => {
      const view = await client.servingNamed(project, name, signal);
      id = view?.id;
      const state = toState(view?.status);
      if (view === undefined || state === 'stopped' || state === 'creating' || state === 'stopping') {
        return undefined;
      }
      return textAt(view, 'transformer') === undefined ? ['predictor'] : ['predictor', 'transformer'];
    },
    read: (component, tail, signal) => client.logs(what, project, id ?? 0, { component, tail }, signal),
    ...(isFrom(facts, 5, 0)
      ? {
          history: (component, tail, signal) =>
            id === undefined
              ? Promise.resolve([])
              : client.logs(what, project, id, { component, tail, isHistory: true }, signal),
        }
      : {}),
  };
}
