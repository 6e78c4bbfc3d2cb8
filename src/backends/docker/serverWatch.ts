import { ServingError } from '../../core/errors';
import type { LogLine } from '../../core/backend';
import { t } from '../../core/l10n';
import type { StageName } from '../../core/serving';
import type { RunRecord } from '../local/ledger';
import { serverError } from '../local/serverFailure';
import type { DockerContext } from './dockerContext';
import { originOf } from './inside';
import { parseState } from './listing';
import { serverRecord } from './logs/containerLine';
import { Wake } from './logs/wake';
import type { MadeReplica } from './replicas';
import { troubleOf } from './trouble';

/** What a server says of itself is a file of its container, which is dear to read: it is read when its log has news … */
const NEWS_MS = 200;
/** … and now and then all the same, more often where its engine keeps no log that can be read. */
const HEARD_MS = 5000;
const UNHEARD_MS = 500;
const ALIVE_MS = 1000;
/** So long after its news the gateway may see what has become of it. */
const NEW_MS = 300;
/** Each log is a connection to the engine. */
const MOST_LOGS = 4;
/** How long it is waited for the gateway to see a replica that is ready. */
const SEEN_MS = 20_000;
/** Where the gateway cannot be asked from here: longer than it takes to find a replica. */
const UNSEEN_MS = 3000;

export interface ServerWatchParts {
  readonly context: Pick<DockerContext, 'name' | 'folder'> & {
    readonly engine: Pick<DockerContext['engine'], 'containerLogs' | 'inspectContainer'>;
    readonly listing: Pick<DockerContext['listing'], 'wordsOf'>;
  };
  readonly run: RunRecord;
  readonly made: readonly MadeReplica[];
  readonly onStage: (stage: StageName) => void;
  /** The words of a server that has failed: its container is started again, and they are gone. */
  readonly onFailure: (words: string) => void;
  readonly signal: AbortSignal;
}

/** Sees whether servers of replicas that do not answer yet have failed, and tells how far the first one is. */
export class ServerWatch {
  private readonly wake: Wake;
  private readonly told: Wake;
  private left: readonly MadeReplica[];
  private shown: StageName = 'server';
  private readAt = performance.now() - NEWS_MS;
  private isHeard = false;
  private reading: Promise<void> = Promise.resolve();
  private ready: string | undefined;
  private aliveAt = performance.now();
  private newsAt = Number.NEGATIVE_INFINITY;
  private hasNews = false;
  private hasEnded = false;
  private readyAt: number | undefined;
  private wasAsked = false;

  constructor(private readonly parts: ServerWatchParts) {
    this.wake = new Wake(parts.signal);
    this.told = new Wake(parts.signal);
    this.left = parts.made;
  }

  /** Whether one has just said something. */
  get isNew(): boolean {
    return performance.now() - this.newsAt < NEW_MS;
  }

  /** Resolves when one says something, or after the milliseconds. */
  news(milliseconds: number): Promise<void> {
    return this.told.wait(milliseconds);
  }

  /** Those that the gateway does not send requests to, and whether it could be asked. */
  missing(left: readonly MadeReplica[], isAsked: boolean): void {
    this.left = left;
    this.wasAsked ||= isAsked;
  }

  /** What the server of the first one says of itself, as it stands in its file; undefined: it was not ready when it was read last. */
  async words(): Promise<string | undefined> {
    await this.reading.catch(() => undefined);
    return this.ready;
  }

  /** Resolves only when they are ready by their own word and nobody else can be asked. */
  async run(): Promise<void> {
    const { made, signal } = this.parts;
    for (const each of made.slice(0, MOST_LOGS)) {
      void this.hear(each);
    }
    while (!signal.aborted) {
      await this.look();
      if (this.isOver()) {
        return;
      }
      const pause = this.hasNews ? NEWS_MS - (performance.now() - this.readAt) : UNHEARD_MS;
      await this.wake.wait(Math.max(pause, 1));
    }
    throw ServingError.cancelled(t('Starting {0}', this.parts.context.name));
  }

  /** Its server writes down each step of its start. */
  private async hear({ id }: MadeReplica): Promise<void> {
    const { context, signal } = this.parts;
    try {
      for await (const line of context.engine.containerLogs(id, { follow: true }, signal)) {
        const record = serverRecord(line);
        if (record?.logger === 'server') {
          this.heard(record);
        }
      }
    } catch {
      // Its engine keeps no log that can be read, or is gone: the next look tells.
    }
    this.hasEnded = true;
    this.wake.now();
  }

  private heard({ level, replica }: LogLine): void {
    this.isHeard = true;
    // It listens: the script is loaded from now on, and the next word is of its worker.
    this.show('load');
    if (replica !== undefined || level === 'ERROR') {
      this.hasNews = true;
      this.newsAt = performance.now();
      this.wake.now();
      this.told.now();
    }
  }

  private show(stage: StageName): void {
    if (stage !== this.shown && stage !== 'ready') {
      this.shown = stage;
      this.parts.onStage(stage);
    }
  }

  private async look(): Promise<void> {
    const now = performance.now();
    if (this.hasEnded || now - this.aliveAt > ALIVE_MS) {
      this.hasEnded = false;
      this.aliveAt = now;
      await this.checkAlive();
    }
    const age = now - this.readAt;
    const isHeard = this.isHeard && this.parts.made.length <= MOST_LOGS;
    if (age > (isHeard ? HEARD_MS : UNHEARD_MS) || (this.hasNews && age >= NEWS_MS)) {
      this.hasNews = false;
      this.reading = this.read();
      await this.reading;
    }
  }

  private async read(): Promise<void> {
    const { context, run, made, signal } = this.parts;
    const { left } = this;
    const texts = await Promise.all(left.map(({ id }) => context.listing.wordsOf(id).catch(() => undefined)));
    const states = texts.map((text) => (text === undefined ? undefined : parseState(text)));
    this.readAt = performance.now();
    this.ready = left[0] === made[0] && states[0]?.state === 'ready' ? texts[0] : undefined;
    if (signal.aborted) {
      return;
    }
    const failed = states.findIndex((state) => state?.failure);
    const failure = states[failed]?.failure;
    if (failure) {
      this.parts.onFailure(texts[failed] ?? '');
      throw serverError(context.name, failure, originOf(context.folder, run.definition, run.artifact));
    }
    const stage = states[0]?.stages.at(-1)?.name;
    if (stage !== undefined) {
      this.show(stage);
    }
    const isReady = left.length > 0 && states.every((state) => state?.state === 'ready');
    this.readyAt = isReady ? (this.readyAt ?? this.readAt) : undefined;
  }

  /** They are ready, and a gateway that cannot be asked from here has had the time to find them. */
  private isOver(): boolean {
    const waited = this.readyAt === undefined ? 0 : performance.now() - this.readyAt;
    if (waited > SEEN_MS) {
      const { name } = this.parts.context;
      throw new ServingError(
        'timeout',
        t('Could not start {0}: its gateway does not find {1} of its replicas', name, String(this.left.length)),
        { remedies: [{ kind: 'showLogs', serving: name }, { kind: 'runDoctor' }] },
      );
    }
    return !this.wasAsked && waited > UNSEEN_MS;
  }

  private async checkAlive(): Promise<void> {
    for (const each of this.left) {
      await checkAlive(this.parts, each);
    }
  }
}

async function checkAlive(
  { context, run: { definition, image }, onFailure }: ServerWatchParts,
  { id, number }: MadeReplica,
): Promise<void> {
  const { engine, name, listing, folder } = context;
  const detail = await engine.inspectContainer(id);
  const trouble = detail && troubleOf(detail, definition.resources.memoryMb);
  if (detail === undefined) {
    throw new ServingError('conflict', t('Could not start {0}: its replica {1} was removed', name, String(number)));
  }
  if (trouble) {
    // It may have said more in the moment before it ended.
    const words = await listing.wordsOf(id).catch(() => undefined);
    const failure = words === undefined ? undefined : parseState(words)?.failure;
    if (words !== undefined && failure) {
      onFailure(words);
      throw serverError(name, failure, originOf(folder, definition, undefined));
    }
    const last = await lastLine(context, id);
    throw new ServingError(
      trouble.kind === 'stopped' ? 'conflict' : 'script',
      last === ''
        ? t('Could not start {0}: replica {1} {2}', name, number, trouble.text)
        : t('Could not start {0}: replica {1} {2}, with "{3}"', name, number, trouble.text, last),
      { remedies: [...trouble.remedies, { kind: 'showLogs', serving: name }], cause: image },
    );
  }
}

/** What it said last that is no record. */
async function lastLine({ engine }: ServerWatchParts['context'], id: string): Promise<string> {
  let last = '';
  try {
    for await (const { text } of engine.containerLogs(id, { follow: false, tail: 20 }, AbortSignal.timeout(3000))) {
      last = text.startsWith('{') || text.trim() === '' ? last : text.trim();
    }
  } catch {
    // It is gone, or its log is.
  }
  return last.slice(0, 300);
}
