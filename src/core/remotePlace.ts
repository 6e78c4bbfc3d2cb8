import type { RemoteDefinition, ServingDefinition } from './definition';
import type { ModelRef } from './model';

/** What the cluster allows at the most; -1 or undefined: it sets no limit. */
export interface ClusterLimits {
  readonly minReplicas?: number;
  readonly maxReplicas?: number;
  readonly cores?: number;
  readonly memoryMb?: number;
  readonly gpus?: number;
}

/** A project on a server elsewhere: what may be chosen there. Every method rejects with a ServingError. */
export interface RemotePlace {
  /** What this server and this person's role allow. */
  offer(signal: AbortSignal): Promise<RemoteOffer>;
  /** Names of the servings that are there. */
  names(signal: AbortSignal): Promise<readonly string[]>;
  /** The versions in its registry, by name, the newest first. */
  models(signal: AbortSignal): Promise<readonly RemoteModel[]>;
  /** The artifacts that a version has, the newest first. */
  artifacts(model: ModelRef, signal: AbortSignal): Promise<readonly RemoteArtifact[]>;
  topics(signal: AbortSignal): Promise<readonly TopicOffer[]>;
  /** Writes a script of a serving that is there into a file; false: it was not found. */
  fetchScript(
    definition: ServingDefinition,
    role: 'script' | 'transformer',
    file: string,
    signal: AbortSignal,
  ): Promise<boolean>;
  /** What the server would refuse once it looked at the files that are there. */
  checkFiles(definition: ServingDefinition, signal: AbortSignal): Promise<string | undefined>;
}

export interface RemoteOffer {
  readonly hasKserve: boolean;
  readonly servers: readonly RemoteDefinition['server'][];
  /** Artifacts are chosen; later versions number the deployments instead. */
  readonly hasArtifacts: boolean;
  /** The number of replicas may be a range. */
  readonly scales: boolean;
  /** An environment of the project may be named. */
  readonly hasEnvironments: boolean;
  /** GRPC may be chosen. */
  readonly hasProtocols: boolean;
  readonly limits: ClusterLimits;
  /** What a new serving has where nothing else was said. */
  readonly defaults: RemoteDefinition;
  /** Why this person may create and change nothing there. */
  readonly refusal?: string;
  /** What the server would refuse, as far as no file has to be looked at for it. */
  check(definition: ServingDefinition): string | undefined;
}

export interface RemoteModel extends ModelRef {
  readonly framework?: string;
  readonly description?: string;
}

export interface RemoteArtifact {
  readonly number: number;
  /** Names of its scripts. */
  readonly script?: string;
  readonly transformer?: string;
}

export interface TopicOffer {
  readonly name: string;
  readonly schema?: { readonly name: string; readonly version?: number };
}
