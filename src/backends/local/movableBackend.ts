import { mkdir, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { Moving, Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import { isCancelled, messageOf, ServingError, toServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { ServingRef } from '../../core/serving';
import { arrivals, type Arrival } from './arrivals';
import { cancellable } from './cancelFile';
import { isHeld } from './held';
import { Ledger } from './ledger';
import type { ServingContext } from './folderServings';
import { LocalBackend, type Settled } from './localBackend';
import type { Wanted } from './wanted';

/** What is done cannot be cancelled any more. */
const TO_THE_END = new AbortController().signal;

/**
 * A backend whose servings can move to another one of their folder. Both work on one definition; the file that has it
 * says whose the serving is, and is written in one moment, when the new one is ready. The lock of the backend that it
 * leaves is held all the time, and then the lock of the other one is taken.
 */
export abstract class MovableBackend<Context extends ServingContext, Seen extends Settled> extends LocalBackend<
  Context,
  Seen
> {
  private readonly finishing = new Set<string>();

  /** Starts it at a free port, whatever its definition says: at that one another backend may still answer. */
  protected abstract beginElsewhere(
    context: Context,
    seen: Seen,
    definition: ServingDefinition,
    operation: Operation,
  ): Promise<void>;
  /** Has what runs answer at this port. Until then it answers where it is, and for good when it rejects. */
  protected abstract takePort(context: Context, port: number, operation: Operation): Promise<void>;

  async handOver(
    ref: ServingRef,
    take: (moving: Moving, operation: Operation) => Promise<void>,
    operation: Operation,
  ): Promise<void> {
    const since = Date.now();
    const { name } = ref;
    await this.guard(t('Could not move {0}', name), () =>
      this.locked(ref, operation.signal, async () => {
        const { definition } = await this.own(name, 'move');
        const { signal } = operation;
        const context = (await this.isOffline(name, signal)) ? undefined : await this.context(name, signal);
        const runs = context !== undefined && (await this.settle(context, signal)).alive;
        const port = runs ? (await this.answering(name, signal)).endpoint?.port : undefined;
        const release = async (): Promise<void> => {
          await this.takeAway(name, context);
        };
        const moving = { definition, runs, release, ...(port === undefined ? {} : { port }) };
        await cancellable(this.paths(name).cancel, since, operation, (each) => take(moving, each));
      }),
    );
  }

  async receive(moving: Moving, operation: Operation): Promise<void> {
    const since = Date.now();
    const { name } = moving.definition;
    const ref = { backend: this.id, name };
    await this.guard(this.failed(name), async () => {
      this.checkWritable({ ...moving.definition, backend: this.kind }, 'move');
      if (!moving.runs) {
        await this.locked(ref, operation.signal, async () => {
          await this.writeOwn(name, operation.signal);
          await moving.release();
        });
        return;
      }
      this.checkTrusted(t('Could not move {0}', name));
      await this.locked(ref, operation.signal, async () => {
        const context = await this.arrive(moving, since, operation);
        operation.report({ stage: 'ready', message: t('what ran before ends') });
        await this.released(moving, ref);
        await rm(context.paths.arriving, { force: true });
        await this.keepPort(context, moving, since, operation);
        await this.tidy(context);
      });
    });
  }

  /** A move whose window has died is brought to its end, or taken back, by the next one that looks. */
  protected override async wanted(signal: AbortSignal): Promise<ReadonlyMap<string, Wanted>> {
    const moving = await arrivals(this.common.storage);
    for (const each of moving.filter(({ isHalf }) => isHalf)) {
      void this.finish(each);
    }
    const wanted = new Map(await super.wanted(signal));
    for (const { name } of moving) {
      const found = wanted.get(name);
      if (found && found.file === undefined) {
        wanted.set(name, { ...found, isMoving: true });
      }
    }
    return wanted;
  }

  /** Starts it and writes down that it is here: the moment from which on it is. */
  private async arrive(moving: Moving, since: number, operation: Operation): Promise<Context> {
    const { name } = moving.definition;
    const paths = this.paths(name);
    let context: Context | undefined;
    try {
      context = await this.context(name, operation.signal);
      const begun = context;
      const seen = await this.settle(begun, operation.signal);
      await mkdir(dirname(paths.arriving), { recursive: true });
      await writeFile(paths.arriving, '');
      await cancellable(paths.cancel, since, operation, async (each) => {
        await this.beginElsewhere(begun, seen, { ...moving.definition, backend: this.kind }, each);
        await this.writeOwn(name, each.signal);
      });
      return context;
    } catch (error) {
      try {
        await this.takeAway(name, context);
        await rm(paths.arriving, { force: true });
      } catch (problem) {
        // It is tried again as after a window that has died.
        this.log.warn(`could not take back what was started of ${name}: ${messageOf(problem)}`);
      }
      throw this.reason(name, error);
    }
  }

  /** What the file says besides may have been edited while the new one started. */
  private async writeOwn(name: string, signal: AbortSignal): Promise<void> {
    const file = await this.common.definitions.get(name);
    if (signal.aborted) {
      throw ServingError.cancelled(t('Moving {0}', name));
    }
    await this.common.definitions.write({ ...file.definition, backend: this.kind }, file);
  }

  private async released(moving: Moving, ref: ServingRef): Promise<void> {
    try {
      await moving.release();
    } catch (error) {
      throw new ServingError(
        'unavailable',
        t('{0} has moved to {1}, but what ran before goes on: {2}', ref.name, this.needs, messageOf(error)),
        { cause: error, remedies: [{ kind: 'runDoctor' }] },
      ).of(ref);
    }
  }

  private async keepPort(context: Context, moving: Moving, since: number, operation: Operation): Promise<void> {
    const { name, port: asked } = moving.definition;
    const wanted = asked === 'auto' ? moving.port : asked;
    if (wanted === undefined) {
      return;
    }
    try {
      await cancellable(context.paths.cancel, since, operation, (each) => this.takePort(context, wanted, each));
    } catch (error) {
      const reason = isCancelled(error) ? t('it was cancelled') : reasonOf(name, error);
      this.log.info(`${name} does not answer at port ${String(wanted)} any more: ${reason}`);
      if (asked === 'auto') {
        return;
      }
      const { endpoint } = await this.answering(name, TO_THE_END);
      throw new ServingError(
        'portInUse',
        t(
          '{0} has moved to {1}, but answers at port {2} until its next start: it could not have port {3}: {4}',
          name,
          this.needs,
          String(endpoint?.port),
          String(wanted),
          reason,
        ),
        { cause: error, remedies: [{ kind: 'restart' }, { kind: 'choosePort' }] },
      ).of({ backend: this.id, name });
    }
  }

  /** Ends what runs here and takes away what it owned; its definition is another's. */
  private async takeAway(name: string, context: Context | undefined): Promise<void> {
    if (context) {
      await this.end(context, TO_THE_END);
    }
    const paths = this.paths(name);
    await rm(paths.directory, { recursive: true, force: true });
    await this.tidy({ paths, ledger: new Ledger(paths) });
  }

  /**
   * Of a move that nobody goes on with: the one that the definition names stays, and the other one ends. When that cannot
   * be done now, the next window tries it again; until then both are shown.
   */
  private async finish(half: Arrival): Promise<void> {
    const { name, paths, to } = half;
    const key = `${to} ${name}`;
    if (this.finishing.has(key) || (await isHeld(paths.lock))) {
      return;
    }
    this.finishing.add(key);
    try {
      await this.locked({ backend: this.id, name }, AbortSignal.timeout(600_000), async () => {
        const { backend } = (await this.common.definitions.get(name)).definition;
        // Its own lock is held by this call.
        const isOver = !(await half.isThere()) || (to !== this.kind && (await isHeld(paths.lock)));
        if (isOver || backend === this.kind || (backend !== to && this.kind !== to)) {
          return;
        }
        this.log.info(`${name}: the window that moved it to ${to} was closed, and it is served by ${backend}`);
        const isOffline = await this.isOffline(name, TO_THE_END);
        await this.takeAway(name, isOffline ? undefined : await this.context(name, TO_THE_END));
        await rm(paths.arriving, { force: true });
      });
      this.finishing.delete(key);
    } catch (error) {
      this.log.warn(`could not finish the move of ${name}: ${messageOf(error)}`);
    }
  }

  private reason(name: string, error: unknown): ServingError {
    if (isCancelled(error)) {
      return ServingError.cancelled(t('Moving {0}', name));
    }
    const { code, remedies } = toServingError(error, 'internal', this.failed(name));
    // The logs of what did not start are gone with it.
    const rest = remedies.filter(({ kind }) => kind !== 'showLogs');
    return new ServingError(code, `${this.failed(name)}: ${reasonOf(name, error)}`, { cause: error, remedies: rest });
  }

  private failed(name: string): string {
    return t('Could not move {0} to {1}', name, this.needs);
  }
}

function reasonOf(name: string, error: unknown): string {
  const message = messageOf(error);
  const usual = t('Could not start {0}: ', name);
  return message.startsWith(usual) ? message.slice(usual.length) : message;
}
