import type { InferenceRequest, InferenceResponse, LogLine, LogOptions, Operation } from '../core/backend';
import type { ServingDefinition } from '../core/definition';
import { messageOf, ServingError } from '../core/errors';
import { t } from '../core/l10n';
import type { Logger } from '../core/log';
import type { Serving, ServingRef } from '../core/serving';
import type { BackendRegistry, RegisteredBackend } from './backendRegistry';
import type { Servings } from './servings';

/** All servings of one workspace folder on this computer, wherever they run: for whoever does not mind where. */
export class FolderServings {
  constructor(
    private readonly folder: string,
    private readonly registry: BackendRegistry,
    private readonly use: Servings,
    private readonly log: Logger,
  ) {}

  /** A Docker engine that is away does not keep the processes from being listed. */
  async servings(signal: AbortSignal): Promise<readonly Serving[]> {
    const lists = await Promise.all(this.backends().map((each) => this.of(each, signal)));
    const byName = new Map<string, Serving>();
    for (const serving of lists.flat()) {
      const other = byName.get(serving.ref.name);
      // What runs without its definition steps back behind the one that is defined.
      if (other === undefined || (other.isOrphan === true && serving.isOrphan !== true)) {
        byName.set(serving.ref.name, serving);
      }
    }
    return [...byName.values()];
  }

  /** On the backend that the definition names. */
  async create(definition: ServingDefinition, operation: Operation): Promise<ServingRef> {
    const found = this.backends().find(({ backend }) => backend.kind === definition.backend);
    if (!found) {
      throw new ServingError(
        'unavailable',
        t('Could not create {0}: there is no {1}', definition.name, definition.backend),
      );
    }
    return this.use.create(found.backend.id, definition, operation);
  }

  update(ref: ServingRef, definition: ServingDefinition, operation: Operation): Promise<void> {
    return this.use.update(ref, definition, operation);
  }

  start(ref: ServingRef, operation: Operation): Promise<void> {
    return this.use.start(ref, operation);
  }

  stop(ref: ServingRef, operation: Operation): Promise<void> {
    return this.use.stop(ref, operation);
  }

  remove(ref: ServingRef, operation: Operation): Promise<void> {
    return this.use.remove(ref, operation);
  }

  logs(ref: ServingRef, options: LogOptions, signal: AbortSignal): AsyncIterable<LogLine> {
    return this.use.logs(ref, options, signal);
  }

  predict(ref: ServingRef, request: InferenceRequest, signal: AbortSignal): Promise<InferenceResponse> {
    return this.use.predict(ref, request, signal);
  }

  private backends(): readonly RegisteredBackend[] {
    return this.registry.all().filter(({ folder }) => folder?.path === this.folder);
  }

  private async of({ backend }: RegisteredBackend, signal: AbortSignal): Promise<readonly Serving[]> {
    try {
      return await backend.servings(signal);
    } catch (error) {
      if (backend.kind === 'process') {
        throw error;
      }
      this.log.debug(`servings in ${backend.label} are left out: ${messageOf(error)}`);
      return [];
    }
  }
}
