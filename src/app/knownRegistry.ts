import type { ConnectionRef } from '../core/connection';
import type { ErrorCode } from '../core/errors';
import type { RegistryVersion } from '../core/registry';

/** Why something could not be read. */
export interface RegistryProblem {
  readonly code: ErrorCode;
  readonly message: string;
}

/** A model of a registry, as far as it is known. */
export interface RegistryModel {
  readonly name: string;
  /** Newest first. */
  readonly versions: readonly RegistryVersion[];
  /** Whether these are all. */
  readonly isWhole: boolean;
  readonly problem?: RegistryProblem;
}

/** What is known of one registry. */
export interface KnownRegistry {
  readonly connection: ConnectionRef;
  readonly isLoading: boolean;
  /** Undefined: nothing was read yet. In the order of the registry, by name. */
  readonly models?: readonly RegistryModel[];
  /** How many versions the registry has, and how many of them are known. */
  readonly total: number;
  readonly loaded: number;
  /** Why the last reading failed; then `models` are older. */
  readonly problem?: RegistryProblem;
}
