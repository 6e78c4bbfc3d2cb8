import type { Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';

export interface Pythons {
  /** The Python that a definition's script runs on; made when it has to be. */
  prepare(
    definition: ServingDefinition,
    operation: Operation,
  ): Promise<{ readonly executable: string; readonly note?: string }>;
}
