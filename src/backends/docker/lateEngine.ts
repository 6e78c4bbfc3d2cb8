import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Disposable } from '../../core/disposables';
import { ServingError } from '../../core/errors';
import { Emitter } from '../../core/events';
import { t } from '../../core/l10n';
import { connectEngine } from './engine';
import { type EnginePlace, findEngine, type Surroundings, watchedFiles } from './engine/address';
import type { Engine } from './engine/port';
import { DockerLogins } from './engine/registryLogin';

/** The CLI writes its file in several steps. */
const SETTLED_MS = 300;

/** The engine of the moment: found when it is needed first, and again when it may be another one. */
export class LateEngine implements Disposable {
  private readonly changed = new Emitter<void>();
  private readonly watchers: FSWatcher[] = [];
  private readonly engines: Engine[] = [];
  private current: { readonly key: string; readonly engine: Engine } | undefined;
  private finding: Promise<Engine> | undefined;
  private settled: NodeJS.Timeout | undefined;
  private disposed = false;

  /** Another engine may be the one now; `get` tells which. */
  readonly onDidChange = this.changed.event;

  constructor(
    private readonly around: () => Surroundings,
    private readonly connect: typeof connectEngine = connectEngine,
  ) {}

  /**
   * Rejects when none is named and none found; that it answers is not asked. The same object as before while it is the
   * same engine, so that what follows it need not begin again.
   */
  async get(signal: AbortSignal): Promise<Engine> {
    if (signal.aborted) {
      throw ServingError.cancelled(t('Finding the Docker engine'));
    }
    this.watch();
    this.finding ??= this.find().finally(() => {
      this.finding = undefined;
    });
    return this.finding;
  }

  /** To be called when the setting has changed, or when the engine went away and may be back elsewhere. */
  refresh(): void {
    clearTimeout(this.settled);
    this.settled = undefined;
    if (!this.disposed) {
      this.changed.fire();
    }
  }

  dispose(): void {
    this.disposed = true;
    clearTimeout(this.settled);
    this.watchers.forEach((watcher) => {
      watcher.close();
    });
    this.engines.forEach((engine) => {
      engine.dispose();
    });
    this.current = undefined;
    this.changed.dispose();
  }

  private async find(): Promise<Engine> {
    const place = await findEngine(this.around());
    const key = keyOf(place);
    if (this.current?.key === key) {
      return this.current.engine;
    }
    const engine = await this.connect(place, new DockerLogins(this.around));
    if (this.disposed) {
      engine.dispose();
      throw ServingError.cancelled(t('Finding the Docker engine'));
    }
    // Calls that run on the engine of before come to their end.
    this.engines.push(engine);
    this.current = { key, engine };
    return engine;
  }

  private watch(): void {
    if (this.watchers.length > 0 || this.disposed) {
      return;
    }
    for (const file of watchedFiles(this.around())) {
      try {
        const watcher = watch(dirname(file), { persistent: false }, (_kind, name) => {
          if (name === basename(file)) {
            clearTimeout(this.settled);
            this.settled = setTimeout(() => {
              this.refresh();
            }, SETTLED_MS);
          }
        });
        watcher.on('error', () => undefined);
        this.watchers.push(watcher);
      } catch {
        // Without the folder there are no contexts; the next look finds it.
      }
    }
  }
}

function keyOf({ address, tls }: EnginePlace): string {
  const files = [tls?.ca, tls?.cert, tls?.key].map((file) => file?.toString('latin1') ?? '');
  return JSON.stringify([address.url, address.source, address.context, tls?.anyone, ...files]);
}
