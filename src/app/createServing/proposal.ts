import { isAbsolute, relative, sep } from 'node:path';
import { DEFAULTS, type ServingDefinition } from '../../core/definition';
import type { Model, ModelRef } from '../../core/model';
import { freeName, toServingName } from '../../core/names';

export interface ProposalInput {
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  /** Absolute path of the Predict script. */
  readonly script: string;
  /** The models of the folder. */
  readonly models: readonly Model[];
  /** The model version, where that was chosen already. */
  readonly model?: ModelRef;
  /** Names of servings that are there. */
  readonly taken: readonly string[];
  /** Whether a requirements file lies beside the script. */
  readonly requirements?: string;
}

/** A definition filled in from the script's path; undefined when there is no model to serve. */
export function proposeDefinition(input: ProposalInput): ServingDefinition | undefined {
  const script = toWorkspacePath(input.folder, input.script);
  if (script === undefined) {
    return undefined;
  }
  const inModels = modelOfPath(script);
  const model = input.model ?? inModels ?? modelFor(script, input.models);
  if (model === undefined) {
    return undefined;
  }
  const name = toServingName(model.name) || 'serving';
  return {
    ...DEFAULTS,
    name: freeName(name, input.taken),
    model,
    script,
    artifact: inModels ? 'MODEL-ONLY' : 'CREATE',
  };
}

/** A path below the folder, with `/`; undefined when it lies elsewhere. */
export function toWorkspacePath(folder: string, file: string): string | undefined {
  const below = relative(folder, file);
  return below === '' || below.startsWith('..') || isAbsolute(below) ? undefined : below.split(sep).join('/');
}

/** The model version in whose folder a workspace path lies: `Models/<name>/<version>/…`. */
export function modelOfPath(path: string): ModelRef | undefined {
  const match = /^Models\/([^/]+)\/([1-9]\d*)\//.exec(path);
  return match?.[1] === undefined ? undefined : { name: match[1], version: Number(match[2]) };
}

/** The model that a script elsewhere is most likely for: of the same name, else the first. */
function modelFor(script: string, models: readonly Model[]): ModelRef | undefined {
  const stem = toServingName(script.slice(script.lastIndexOf('/') + 1, -'.py'.length)).toLowerCase();
  const model = models.find(({ name }) => toServingName(name).toLowerCase() === stem) ?? models[0];
  const newest = model?.versions[0];
  return newest && { name: newest.name, version: newest.version };
}
