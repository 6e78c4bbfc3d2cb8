import { t } from '../../core/l10n';
import { isObject } from '../../core/objects';
import type { InputsSchema, JsonSchema } from '../../core/requestSchema';
import { VERBS, type LoadedModel, type Verb } from '../../core/serving';

/** What is known of the requests of a verb. */
export interface VerbApi {
  readonly verb: Verb;
  /** Absent where anything may be sent. */
  readonly inputs?: InputsSchema;
  /** A request that the server takes; absent where it does not know one. */
  readonly sample?: { readonly inputs: unknown };
}

/** In the server's own words, in front of what it knows of a model in the script: then it takes more than numbers. */
const OF_MODEL = 'As the model in the script';

/**
 * What the server's OpenAPI document tells of its verbs: its own part `x-model-serving` names schema, sample and source.
 * Empty for a document of anything else.
 */
export function toVerbApis(document: unknown): readonly VerbApi[] {
  const calls = at(at(document, 'x-model-serving'), 'calls');
  return Array.isArray(calls) ? calls.flatMap(toVerbApi) : [];
}

function toVerbApi(call: unknown): readonly VerbApi[] {
  const verb = VERBS.find((each) => each === at(call, 'name'));
  if (verb === undefined) {
    return [];
  }
  const schema = at(call, 'schema');
  const source = at(call, 'source');
  const inputs = at(at(call, 'sample'), 'inputs');
  // Without a sample the server puts an empty list.
  const hasSample = inputs !== undefined && inputs !== null && !(Array.isArray(inputs) && inputs.length === 0);
  return [
    {
      verb,
      ...(isObject(schema) && Object.keys(schema).length > 0
        ? {
            inputs: {
              schema,
              source: typeof source === 'string' ? source : '',
              isLoose: typeof source === 'string' && source.startsWith(OF_MODEL),
            },
          }
        : {}),
      ...(hasSample ? { sample: { inputs } } : {}),
    },
  ];
}

/** The same from what the server told when it had loaded the model: for one that has no such document. */
export function verbApisOf(loaded: LoadedModel | undefined): readonly VerbApi[] {
  const width = loaded?.features ?? loaded?.featureNames?.length;
  if (loaded === undefined || width === undefined || width <= 0) {
    return [];
  }
  const names = loaded.featureNames?.length === width ? { description: loaded.featureNames.join(', ') } : {};
  const row: JsonSchema = { type: 'array', minItems: width, maxItems: width, ...names };
  const source = t('As many values as the model in the script has features; the script may expect something else.');
  return loaded.verbs.map((verb) => ({
    verb,
    inputs: { schema: { type: 'array', items: row }, source, isLoose: true },
  }));
}

function at(value: unknown, name: string): unknown {
  return isObject(value) ? value[name] : undefined;
}
