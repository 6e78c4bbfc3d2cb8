import type { ModelRef } from './model';

export type LocalBackendKind = 'process' | 'docker';
/** `CREATE`: a numbered artifact, a further number whenever what is packed has changed. */
export type ArtifactChoice = 'MODEL-ONLY' | 'CREATE' | number;

/**
 * What was asked for: `servings/<name>.serving.json`. Every field but name, model and script has a default there;
 * here the defaults are filled in.
 */
export interface ServingDefinition {
  readonly name: string;
  readonly backend: LocalBackendKind;
  readonly model: ModelRef;
  /** Path of the Predict script below the workspace folder, with `/`. */
  readonly script: string;
  readonly artifact: ArtifactChoice;
  readonly replicas: { readonly min: number; readonly max: number };
  readonly resources: { readonly cores: number; readonly memoryMb: number; readonly gpus: number };
  readonly environment: EnvironmentDefinition;
  readonly port: number | 'auto';
  readonly description: string;
}

export interface EnvironmentDefinition {
  /** Path of an interpreter; undefined: the one that is selected in the editor. */
  readonly python?: string;
  /** Path of a requirements file below the workspace folder: a managed environment is made from it. */
  readonly requirements?: string;
  readonly variables: Readonly<Record<string, string>>;
  /** Names; the values lie in SecretStorage. */
  readonly secrets: readonly string[];
}

export const DEFAULTS = {
  backend: 'process',
  artifact: 'MODEL-ONLY',
  replicas: { min: 1, max: 1 },
  resources: { cores: 1, memoryMb: 1024, gpus: 0 },
  environment: { variables: {}, secrets: [] },
  port: 'auto',
  description: '',
} as const satisfies Partial<ServingDefinition>;
