import type {
  InferenceRequest,
  InferenceResponse,
  LogLine,
  LogOptions,
  Operation,
  Shell,
  TerminalSize,
} from '../core/backend';
import { couldNot } from '../core/couldNot';
import type { ServingDefinition } from '../core/definition';
import { ServingError, toServingError } from '../core/errors';
import { Emitter } from '../core/events';
import { t } from '../core/l10n';
import type { BackendId, ServingRef } from '../core/serving';
import type { BackendRegistry, RegisteredBackend } from './backendRegistry';
import type { Operations } from './operations';
import { moveElsewhere, type Made } from './remote/moveElsewhere';
import type { ServingStore } from './servingStore';

/** What can be done with servings, on whichever backend they are. Every method rejects with a ServingError. */
export class Servings {
  private readonly deleted = new Emitter<ServingRef>();
  /** The local inference log of this serving was deleted. */
  readonly onDidDeleteInferenceLog = this.deleted.event;

  constructor(
    private readonly registry: BackendRegistry,
    private readonly operations: Operations,
    private readonly store: ServingStore,
  ) {}

  async create(backend: BackendId, definition: ServingDefinition, operation: Operation): Promise<ServingRef> {
    const ref = { backend, name: definition.name };
    await this.run(ref, 'create', operation, async (each) => {
      await this.registry.get(backend).create(definition, each);
    });
    return ref;
  }

  async start(ref: ServingRef, operation: Operation): Promise<void> {
    await this.run(ref, 'start', operation, (each) => this.registry.get(ref.backend).start(ref, each));
  }

  /** Gives up a start that is under way, then stops. */
  async stop(ref: ServingRef, operation: Operation): Promise<void> {
    const verb = this.operations.current(ref)?.verb;
    if (verb === 'start' || verb === 'restart' || verb === 'update' || verb === 'move') {
      await this.operations.cancel(ref);
    }
    await this.run(ref, 'stop', operation, (each) => this.registry.get(ref.backend).stop(ref, each));
  }

  /** A further run takes over from the one that answers. */
  async restart(ref: ServingRef, operation: Operation): Promise<void> {
    await this.run(ref, 'restart', operation, async (each) => {
      const backend = this.registry.get(ref.backend);
      // Not from the store: that shows already what this call is about to do.
      const serving = (await backend.servings(each.signal)).find(({ ref: { name } }) => name === ref.name);
      if (serving && (serving.state === 'running' || serving.state === 'idle')) {
        await (backend.restart ? backend.restart(ref, each) : backend.update(ref, serving.definition, each));
      } else {
        await backend.start(ref, each);
      }
    });
  }

  /** With `since`, what it was when the change was thought of. */
  async update(
    ref: ServingRef,
    definition: ServingDefinition,
    operation: Operation,
    since?: ServingDefinition,
  ): Promise<void> {
    await this.run(ref, 'update', operation, (each) =>
      this.registry.get(ref.backend).update(ref, definition, each, since),
    );
  }

  /** Where a serving can go: the other backends of its folder and projects elsewhere; from there, back to a folder. */
  moveTargets(ref: ServingRef): readonly RegisteredBackend[] {
    const folder = this.registry.folderOf(ref.backend);
    const all = this.registry.all().filter(({ backend }) => backend.capabilities.has('move'));
    const isElsewhere = all.some(({ backend }) => backend.id === ref.backend && backend.remote !== undefined);
    return all.filter((each) =>
      isElsewhere
        ? each.folder !== undefined
        : folder !== undefined &&
          (each.backend.remote !== undefined || each.folder === folder) &&
          each.backend.id !== ref.backend,
    );
  }

  /** To a place that shares nothing with the one it is at; see `moveElsewhere`. */
  async moveElsewhere(
    ref: ServingRef,
    to: BackendId,
    make: (operation: Operation) => Promise<Made>,
    operation: Operation,
  ): Promise<ServingRef> {
    let there: ServingRef | undefined;
    await this.run(ref, 'move', operation, async (each) => {
      try {
        there = await moveElsewhere(this.registry.get(ref.backend), this.registry.get(to), ref, make, each);
      } finally {
        await this.store.refresh(to);
      }
    });
    return there ?? { backend: to, name: ref.name };
  }

  /** The new one is ready before the one that answers ends; when it does not come up, all is as it was. */
  async move(ref: ServingRef, to: BackendId, operation: Operation): Promise<ServingRef> {
    await this.run(ref, 'move', operation, async (each) => {
      const target = this.moveTargets(ref).find(({ backend }) => backend.id === to)?.backend;
      const backend = this.registry.get(ref.backend);
      if (!backend.handOver || !target?.receive) {
        throw new ServingError(
          'unavailable',
          t('Could not move {0}: it cannot leave {1} for there', ref.name, backend.label),
        );
      }
      const receive = target.receive.bind(target);
      try {
        await backend.handOver(ref, receive, each);
      } finally {
        await this.store.refresh(to);
      }
    });
    return { backend: to, name: ref.name };
  }

  /** Writes the definition of what runs without one again. */
  async adopt(ref: ServingRef, operation: Operation): Promise<void> {
    await this.run(ref, 'adopt', operation, async (each) => {
      const backend = this.registry.get(ref.backend);
      if (!backend.adopt) {
        throw new ServingError('invalid', t('Could not adopt {0}: {1} keeps its definition', ref.name, backend.label));
      }
      await backend.adopt(ref, each);
    });
  }

  async remove(ref: ServingRef, operation: Operation): Promise<void> {
    await this.operations.cancel(ref);
    await this.run(ref, 'remove', operation, (each) => this.registry.get(ref.backend).remove(ref, each));
  }

  predict(ref: ServingRef, request: InferenceRequest, signal: AbortSignal): Promise<InferenceResponse> {
    return this.registry.get(ref.backend).predict(ref, request, signal);
  }

  /** The OpenAPI document of the serving's server; undefined where it has none. */
  async openApi(ref: ServingRef, signal: AbortSignal): Promise<unknown> {
    return this.registry.get(ref.backend).openApi?.(ref, signal);
  }

  async openShell(ref: ServingRef, replica: number, size: TerminalSize, signal: AbortSignal): Promise<Shell> {
    const backend = this.registry.get(ref.backend);
    if (!backend.openShell) {
      throw new ServingError('unavailable', t('Could not open a shell in {0}: {1} has none', ref.name, backend.label));
    }
    return backend.openShell(ref, replica, size, signal);
  }

  /** The file that has the newest records of its predictions; undefined while there is none. */
  async inferenceLogFile(ref: ServingRef, signal: AbortSignal): Promise<string | undefined> {
    return this.registry.get(ref.backend).inferenceLogFile?.(ref, signal);
  }

  async deleteInferenceLog(ref: ServingRef, signal: AbortSignal): Promise<void> {
    await this.registry.get(ref.backend).deleteInferenceLog?.(ref, signal);
    this.deleted.fire(ref);
  }

  logs(ref: ServingRef, options: LogOptions, signal: AbortSignal): AsyncIterable<LogLine> {
    return this.registry.get(ref.backend).logs(ref, options, signal);
  }

  private async run(
    ref: ServingRef,
    verb: Parameters<Operations['run']>[1],
    operation: Operation,
    work: (operation: Operation) => Promise<void>,
  ): Promise<void> {
    try {
      await this.operations.run(ref, verb, operation, work);
    } catch (error) {
      throw toServingError(error, 'internal', couldNot(verb, ref.name)).of(ref);
    } finally {
      await this.store.refresh(ref.backend);
    }
  }
}
