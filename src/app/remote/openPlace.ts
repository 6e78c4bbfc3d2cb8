import type { ServingDefinition } from '../../core/definition';
import type { RemoteModel, RemoteOffer, RemotePlace } from '../../core/remotePlace';
import type { BackendId } from '../../core/serving';

/** A place elsewhere that can be chosen. */
export interface PlaceChoice {
  readonly id: BackendId;
  /** "demo (hopsworks.example.com)". */
  readonly label: string;
  /** Why it cannot be chosen now. */
  readonly problem?: string;
  /** Asks its server; rejects with a ServingError. */
  open(): Promise<OpenPlace>;
}

/** One whose server was asked. */
export interface OpenPlace {
  readonly id: BackendId;
  readonly label: string;
  readonly offer: RemoteOffer;
  readonly models: readonly RemoteModel[];
  /** Of the servings that are there. */
  readonly names: readonly string[];
  readonly remote: RemotePlace;
  /** What it would refuse, the files that are there included. */
  check(definition: ServingDefinition): Promise<string | undefined>;
}
