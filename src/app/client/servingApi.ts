import { isObject } from '../../core/objects';
import type { JsonSchema } from '../../core/requestSchema';
import type { LoadedModel, Verb } from '../../core/serving';
import { toVerbApis, verbApisOf, type VerbApi } from '../requests/apiDocument';

/** What a client of a serving is written from. */
export interface ServingApi {
  readonly name: string;
  readonly description: string;
  /** `http://127.0.0.1:49213/v1/models/iris`, without a verb. */
  readonly url: string;
  /** Name of the environment variable with its token; undefined: it takes none. */
  readonly token?: string | undefined;
  /** What stands before the token; undefined: Bearer. */
  readonly scheme?: string | undefined;
  /** The name that requests are for, where the address has another one. */
  readonly host?: string | undefined;
  readonly calls: readonly ServingCall[];
}

export interface ServingCall {
  readonly verb: Verb;
  /** Undefined: anything. */
  readonly inputs?: JsonSchema | undefined;
  readonly outputs?: JsonSchema | undefined;
  /** JSON text of inputs that it takes. */
  readonly sample?: string | undefined;
}

/** The calls that a server's document tells of, else those that were seen when the model was loaded, else predict. */
export function toCalls(document: unknown, loaded: LoadedModel | undefined): readonly ServingCall[] {
  const told = toVerbApis(document);
  const known: readonly VerbApi[] = told.length > 0 ? told : verbApisOf(loaded);
  const verbs = loaded?.verbs.map((verb): VerbApi => ({ verb })) ?? [];
  const apis = known.length > 0 ? known : verbs.length > 0 ? verbs : [{ verb: 'predict' } as const];
  return apis.map(({ verb, inputs, sample }) => ({
    verb,
    inputs: inputs?.schema,
    outputs: outputsOf(document, verb),
    sample: sample && JSON.stringify(sample.inputs),
  }));
}

/** The schema of `predictions` in the reply of a verb. */
function outputsOf(document: unknown, verb: Verb): JsonSchema | undefined {
  const path = ['paths', `/${verb}`, 'post', 'responses', '200', 'content', 'application/json', 'schema'];
  const schema = [...path, 'properties', 'predictions'].reduce<unknown>(
    (value, name) => (isObject(value) ? value[name] : undefined),
    document,
  );
  return isObject(schema) && Object.keys(schema).length > 0 ? schema : undefined;
}
