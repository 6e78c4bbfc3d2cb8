import type { RemoteDefinition, ServingDefinition } from '../../core/definition';
import { BACK, type Prompts } from '../prompts';
import type { OpenPlace } from '../remote/openPlace';
import type { Surroundings } from './fields';

/** What a question about a serving elsewhere knows. */
export interface RemoteAsk {
  readonly prompts: Prompts;
  readonly around: Surroundings;
  readonly place: OpenPlace;
  /** What it is now, when it is changed. */
  readonly before?: ServingDefinition;
}

/** Asks for one field; gives the changed definition, or the same when Back was pressed. */
export type RemoteQuestion = (definition: ServingDefinition, ask: RemoteAsk) => Promise<ServingDefinition>;

export const ALONE = { canGoBack: true } as const;

interface Input {
  readonly title: string;
  readonly prompt: string;
  readonly value: string;
  /** Undefined: it is none. */
  readonly read: (text: string) => ServingDefinition | undefined;
  readonly wrong: string;
}

/** A text; what the server would refuse of it is said at once. */
export async function input(
  definition: ServingDefinition,
  { offer }: OpenPlace,
  prompts: Prompts,
  { title, prompt, value, read, wrong }: Input,
): Promise<ServingDefinition> {
  const before = offer.check(definition);
  const answer = await prompts.input({
    ...ALONE,
    title,
    prompt,
    value,
    check: (text) => {
      const changed = read(text);
      const refused = changed ? offer.check(changed) : wrong;
      return refused === before ? undefined : refused;
    },
  });
  return answer === BACK ? definition : (read(answer) ?? definition);
}

export function remoteOf(definition: ServingDefinition, { offer }: OpenPlace): RemoteDefinition {
  return definition.remote ?? offer.defaults;
}

export function activeOf<T>(value: T | undefined): { readonly active?: T } {
  return value === undefined ? {} : { active: value };
}
