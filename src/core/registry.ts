import type { ConnectionRef } from './connection';
import type { ModelMetadata, ModelRef } from './model';

/** A model version in the registry of a Hopsworks project. */
export interface RegistryVersion extends ModelRef {
  /** As the registry names it: `SKLEARN`, `LLM`, … */
  readonly framework?: string;
  readonly description?: string;
  readonly metrics: Readonly<Record<string, number>>;
  /** When it was registered, which the client does right after the training. */
  readonly created?: Date;
  readonly creator?: string;
  /** Absent where they were not asked for. */
  readonly tags?: Readonly<Record<string, string>>;
  /** Path of its folder in the project's files. */
  readonly path: string;
  /** Address of its page in the web UI. */
  readonly page: string;
}

/** Some of a registry's versions, by name of their models. */
export interface RegistryPage {
  readonly versions: readonly RegistryVersion[];
  /** How many there are in all. */
  readonly total: number;
}

/** A long call to a registry: it can be cancelled, and it tells how far it is. */
export interface Transfer {
  readonly signal: AbortSignal;
  readonly tell: (message: string) => void;
}

/** What is put into a registry. */
export interface RegistryExport extends ModelRef {
  readonly files: readonly RegistryFile[];
  readonly metadata: Pick<ModelMetadata, 'framework' | 'description' | 'metrics'>;
  /** Whether a version that is there may be replaced. */
  readonly overwrite: boolean;
}

export interface RegistryFile {
  /** Path below the version's folder, with `/`. */
  readonly name: string;
  /** Absolute path. */
  readonly path: string;
}

/** The model registry of one connection. Rejects with ServingError, whose remedies name what is missing. */
export interface Registry {
  readonly connection: ConnectionRef;
  page(offset: number, limit: number, signal: AbortSignal): Promise<RegistryPage>;
  /** All versions of a model with their tags, newest first; none: there is no such model. */
  versions(name: string, signal: AbortSignal): Promise<readonly RegistryVersion[]>;
  /** Numbers that a model's folder has, newest first; also of versions that are being uploaded. */
  numbers(name: string, signal: AbortSignal): Promise<readonly number[]>;
  /** Uploads and registers. Cancelled or failed: the registry is as it was. */
  exportVersion(request: RegistryExport, transfer: Transfer): Promise<void>;
  /** Writes the files of a version into an empty folder; a broken or cancelled one leaves part of them there. */
  download(version: ModelRef, into: string, transfer: Transfer): Promise<void>;
}
