import { rm } from 'node:fs/promises';
import type {
  Availability,
  Backend,
  Capability,
  InferenceRequest,
  InferenceResponse,
  LogLine,
  LogOptions,
  Operation,
} from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import { messageOf, ServingError, toServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Endpoint, Serving, ServingRef, ServingState } from '../../core/serving';
import { stateText } from '../../core/stateText';
import type { TrafficReading } from '../../core/traffic';
import { infer, openApiOf } from '../inference';
import { unreached, type Answering } from './answering';
import { cancellable } from './cancelFile';
import type { ServingContext } from './folderServings';
import { lastGoodOf } from './lastGood';
import { Ledger } from './ledger';
import { RecordedServings } from './recordedServings';
import { fileNamed, ofDefinition, servingNameOf, type Wanted } from './wanted';

/** What is seen of a serving under its lock, once nothing half done is left. */
export interface Settled {
  /** What runs now has to be changed when the definition is. */
  readonly alive: boolean;
  readonly state: ServingState;
}

/** Serves the models of one workspace folder on this computer, by whatever a subclass starts and stops. */
export abstract class LocalBackend<Context extends ServingContext, Seen extends Settled>
  extends RecordedServings
  implements Backend
{
  abstract readonly label: string;
  abstract readonly capabilities: ReadonlySet<Capability>;
  protected abstract available(signal: AbortSignal): Promise<Availability>;
  protected abstract context(name: string, signal: AbortSignal): Promise<Context>;
  /** The serving as it is shown; what it rejects with makes it unknown. */
  protected abstract serving(wanted: Wanted, signal: AbortSignal): Promise<Serving>;
  /** Brings to an end what a window that was killed left half done; under the lock. */
  protected abstract settle(context: Context, signal: AbortSignal): Promise<Seen>;
  protected abstract begin(
    context: Context,
    seen: Seen,
    definition: ServingDefinition,
    operation: Operation,
  ): Promise<void>;
  protected abstract replace(
    context: Context,
    seen: Seen,
    definition: ServingDefinition,
    operation: Operation,
  ): Promise<void>;
  /** Ends what runs and writes down that it was asked for. */
  protected abstract end(context: Context, signal: AbortSignal): Promise<void>;
  protected abstract answering(name: string, signal: AbortSignal): Promise<Answering>;
  protected abstract readLogs(name: string, options: LogOptions, signal: AbortSignal): AsyncIterable<LogLine>;
  protected abstract readTraffic(name: string, signal: AbortSignal): Promise<TrafficReading>;

  async availability(signal: AbortSignal): Promise<Availability> {
    if (!this.common.trust.isTrusted) {
      return {
        kind: 'untrusted',
        message: t('This workspace is not trusted: nothing of it is run, imported or unpickled'),
      };
    }
    try {
      return await this.available(signal);
    } catch (error) {
      return { kind: 'missing', message: messageOf(error) };
    }
  }

  async servings(signal: AbortSignal): Promise<readonly Serving[]> {
    return this.guard(t('Could not list the servings'), async () => {
      const wanted = await this.wanted(signal);
      const servings = await Promise.all([...wanted.values()].map((each) => this.shown(each, signal)));
      signal.throwIfAborted();
      return servings;
    });
  }

  async create(definition: ServingDefinition, operation: Operation): Promise<ServingRef> {
    const ref = { backend: this.id, name: definition.name };
    return this.guard(t('Could not create {0}', definition.name), async () => {
      this.checkWritable(definition, 'create');
      return this.locked(ref, operation.signal, async () => {
        const taken = [...(await this.wanted(operation.signal)).keys()].find(
          (name) => name.toLowerCase() === definition.name.toLowerCase(),
        );
        if (taken !== undefined) {
          throw new ServingError(
            'exists',
            t('Could not create {0}: there is a serving named {1}', definition.name, taken),
            {
              remedies: [{ kind: 'openDefinition' }],
            },
          );
        }
        operation.signal.throwIfAborted();
        await this.common.definitions.write(definition);
        return ref;
      });
    });
  }

  async update(ref: ServingRef, definition: ServingDefinition, operation: Operation): Promise<void> {
    const since = Date.now();
    await this.guard(t('Could not update {0}', ref.name), async () => {
      if (definition.name !== ref.name) {
        throw new ServingError(
          'invalid',
          t('Could not update {0}: a serving keeps its name, create another one instead', ref.name),
        );
      }
      this.checkWritable(definition, 'update');
      await this.locked(ref, operation.signal, async () => {
        const before = await this.own(ref.name, 'update');
        if (await this.isOffline(ref.name, operation.signal)) {
          await this.common.definitions.write(definition, before);
          return;
        }
        const context = await this.context(ref.name, operation.signal);
        const seen = await this.settle(context, operation.signal);
        if (seen.alive) {
          this.checkTrusted(t('Could not restart {0}', ref.name));
        }
        operation.signal.throwIfAborted();
        await this.common.definitions.write(definition, before);
        if (seen.alive) {
          await cancellable(context.paths.cancel, since, operation, (each) =>
            this.replace(context, seen, definition, each),
          );
          await this.tidy(context);
        }
      });
    });
  }

  async start(ref: ServingRef, operation: Operation): Promise<void> {
    const since = Date.now();
    await this.guard(t('Could not start {0}', ref.name), async () => {
      this.checkTrusted(t('Could not start {0}', ref.name));
      await this.locked(ref, operation.signal, async () => {
        const { definition } = await this.own(ref.name, 'start');
        const context = await this.context(ref.name, operation.signal);
        const seen = await this.settle(context, operation.signal);
        if (seen.state === 'running' || seen.state === 'idle') {
          return;
        }
        await cancellable(context.paths.cancel, since, operation, (each) =>
          this.begin(context, seen, definition, each),
        );
        await this.tidy(context);
      });
    });
  }

  async stop(ref: ServingRef, operation: Operation): Promise<void> {
    await this.guard(t('Could not stop {0}', ref.name), () =>
      this.afterOthers(ref, operation, () => this.endOf(ref.name, operation.signal)),
    );
  }

  async adopt(ref: ServingRef, operation: Operation): Promise<void> {
    const context = t('Could not adopt {0}', ref.name);
    await this.guard(context, () =>
      this.locked(ref, operation.signal, async () => {
        const taken = fileNamed(ref.name, await this.common.definitions.list());
        if (taken) {
          throw new ServingError('exists', t('{0}: {1} defines a serving of that name', context, taken.file), {
            remedies: [{ kind: 'openFile', file: taken.file }],
          });
        }
        const orphan = (await this.wanted(operation.signal)).get(ref.name);
        if (orphan === undefined) {
          throw new ServingError('notFound', t('{0}: it does not run any more', context));
        }
        operation.signal.throwIfAborted();
        await this.common.definitions.write(orphan.definition);
      }),
    );
  }

  async remove(ref: ServingRef, operation: Operation): Promise<void> {
    await this.guard(t('Could not remove {0}', ref.name), () =>
      this.afterOthers(ref, operation, async () => {
        await this.endOf(ref.name, operation.signal);
        const files = await this.common.definitions.list();
        const file = files.find((each) => servingNameOf(each) === ref.name);
        // One of another backend has this name now: it stays.
        if (file && (file.definition?.backend ?? this.kind) === this.kind) {
          await this.common.definitions.remove(file.file);
        }
        if ((file?.definition?.backend ?? this.kind) === this.kind) {
          await this.removeRecords(ref.name);
        }
        const paths = this.paths(ref.name);
        await rm(paths.directory, { recursive: true, force: true });
        await this.tidy({ paths, ledger: new Ledger(paths) });
      }),
    );
  }

  async *logs(ref: ServingRef, options: LogOptions, signal: AbortSignal): AsyncGenerator<LogLine> {
    try {
      yield* this.readLogs(ref.name, options, signal);
    } catch (error) {
      throw toServingError(error, 'internal', t('Could not read the logs of {0}', ref.name));
    }
  }

  async traffic(ref: ServingRef, signal: AbortSignal): Promise<TrafficReading> {
    return this.guard(t('Could not read how {0} is used', ref.name), () => this.readTraffic(ref.name, signal));
  }

  async predict(ref: ServingRef, request: InferenceRequest, signal: AbortSignal): Promise<InferenceResponse> {
    const context = t('Could not send the request to {0}', ref.name);
    return this.guard(context, async () => {
      try {
        const { endpoint, token } = await this.endpoint(ref, context, signal);
        const secret = token && (await this.common.secrets.get(token));
        return await infer(this.common.http, endpoint, request, signal, secret).catch((error: unknown) => {
          throw unreached(error, context, ref.name, endpoint);
        });
      } catch (error) {
        throw error instanceof ServingError && error.code === 'unavailable' && !error.message.startsWith(context)
          ? new ServingError('unavailable', `${context}: ${error.message}`, { cause: error, remedies: error.remedies })
          : error;
      }
    });
  }

  async openApi(ref: ServingRef, signal: AbortSignal): Promise<unknown> {
    const context = t('Could not read the OpenAPI document of {0}', ref.name);
    return this.guard(context, async () => {
      const { endpoint, token } = await this.endpoint(ref, context, signal);
      const secret = token && (await this.common.secrets.get(token));
      return openApiOf(this.common.http, endpoint, signal, secret);
    });
  }

  /** True: nothing of it runs, and what it would run on is not there to be asked. */
  protected isOffline(_name: string, _signal: AbortSignal): Promise<boolean> {
    return Promise.resolve(false);
  }

  private async endpoint(
    ref: ServingRef,
    context: string,
    signal: AbortSignal,
  ): Promise<Answering & { readonly endpoint: Endpoint }> {
    const found = await this.answering(ref.name, signal);
    const { state, endpoint } = found;
    const answers = state === 'running' || state === 'starting' || state === 'updating' || state === 'idle';
    if (answers && endpoint) {
      return { ...found, endpoint };
    }
    if (state === 'stopped') {
      await this.common.definitions.get(ref.name);
    }
    throw new ServingError('unavailable', t('{0}: it is {1}', context, stateText(state)), {
      remedies: [{ kind: 'start' }, ...(state === 'failed' ? [{ kind: 'showLogs', serving: ref.name } as const] : [])],
    });
  }

  private async withLastGood(serving: Serving): Promise<Serving> {
    const run = await new Ledger(this.paths(serving.ref.name)).read();
    const lastGood = run && (await lastGoodOf(run, this.common.folder.path));
    return lastGood ? { ...serving, lastGood } : serving;
  }

  private async endOf(name: string, signal: AbortSignal): Promise<void> {
    if (!(await this.isOffline(name, signal))) {
      await this.end(await this.context(name, signal), signal);
    }
  }

  private async shown(wanted: Wanted, signal: AbortSignal): Promise<Serving> {
    try {
      const serving = await this.serving(wanted, signal);
      return serving.state === 'failed' ? await this.withLastGood(serving) : serving;
    } catch (error) {
      // One whose files cannot be read must not hide the others.
      return {
        ref: { backend: this.id, name: wanted.definition.name },
        kind: this.kind,
        state: 'unknown',
        reason: t('Could not read its state: {0}', messageOf(error)),
        definition: wanted.definition,
        ...ofDefinition(wanted),
        differences: [],
      };
    }
  }
}
