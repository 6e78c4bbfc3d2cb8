import { randomUUID } from 'node:crypto';
import { rm } from 'node:fs/promises';
import type { Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import { isCancelled, messageOf, ServingError, toServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Logger } from '../../core/log';
import type { StageName } from '../../core/serving';
import { goodOf } from './lastGood';
import type { Ledger, PreparedStage, RecordedFailure, RunRecord } from './ledger';
import type { RunPaths, ServingPaths } from './paths';

export interface JournalParts {
  readonly paths: ServingPaths;
  readonly ledger: Ledger;
  readonly log: Logger;
}

/** What becomes of a start that has failed or was given up. */
export interface Undo {
  /** Ends whatever was started. */
  end(): Promise<void>;
  /** Whether what failed stands elsewhere in richer words. */
  isKnown(): Promise<boolean>;
}

/** One start of a serving, written down step by step in the ledger, so that every window shows the same. */
export class RunJournal {
  readonly instance = randomUUID();
  readonly paths: RunPaths;
  private written: RunRecord;
  private isBegun = false;

  /** `before`: a run that answers until this one takes its place; it goes on when the start fails. */
  constructor(
    private readonly parts: JournalParts,
    readonly definition: ServingDefinition,
    readonly operation: Operation,
    readonly before: RunRecord | undefined,
  ) {
    this.paths = parts.paths.run(this.instance);
    this.written = {
      instance: this.instance,
      startedAt: new Date().toISOString(),
      definition,
      stages: [],
      preparing: true,
    };
  }

  get record(): RunRecord {
    return this.written;
  }

  /** Runs one step and writes down how long it took; whoever waits is told of it as of the stage `told`. */
  async stage<T extends { readonly note?: string }>(
    name: StageName,
    work: () => Promise<T>,
    told: StageName = name,
  ): Promise<T> {
    this.operation.report({ stage: told });
    const started = performance.now();
    const open: PreparedStage = { name, startedAt: new Date().toISOString() };
    await this.write({ stages: [...this.record.stages, open] });
    const result = await work();
    this.checkCancelled();
    const done = {
      ...open,
      seconds: (performance.now() - started) / 1000,
      ...(result.note === undefined ? {} : { note: result.note }),
    };
    await this.write({ stages: [...this.record.stages.slice(0, -1), done] });
    return result;
  }

  async write(change: Partial<RunRecord>): Promise<void> {
    if (!this.isBegun) {
      this.isBegun = true;
      const lastGood = goodOf(this.before ?? (await this.parts.ledger.read()));
      this.written = { ...this.written, ...(lastGood ? { lastGood } : {}) };
    }
    this.written = { ...this.written, ...change };
    await this.parts.ledger.write(this.before ? { ...this.before, successor: this.written } : this.written);
  }

  /** From now on it stands by itself: a window that is killed leaves it running. */
  async prepared(change: Partial<RunRecord>): Promise<void> {
    const { preparing: _done, ...rest } = this.written;
    this.written = rest;
    await this.write(change);
  }

  /** It answers now, in the place of the run before if there is one. */
  async arrived(): Promise<RunRecord> {
    const { lastGood: _before, ...rest } = this.written;
    this.written = { ...rest, readyAt: new Date().toISOString() };
    if (this.before) {
      const { replaced: _ended, successor: _itself, ...replaced } = this.before;
      await this.parts.ledger.write({ ...this.written, replaced });
    } else {
      await this.parts.ledger.write(this.written);
    }
    return this.written;
  }

  checkCancelled(): void {
    if (this.operation.signal.aborted) {
      throw ServingError.cancelled(t('Starting {0}', this.definition.name));
    }
  }

  /** Ends what was started, keeps the reason for every window to see, and gives it back as an error. */
  async failed(error: unknown, undo: Undo): Promise<ServingError> {
    const { ledger, log } = this.parts;
    const { before, definition } = this;
    const cancelled = isCancelled(error) || this.operation.signal.aborted;
    const reason = cancelled
      ? ServingError.cancelled(t('Starting {0}', definition.name))
      : toServingError(error, 'internal', t('Could not start {0}', definition.name));
    try {
      await this.ended(undo, cancelled ? undefined : reason);
      if (cancelled || before) {
        await rm(this.paths.directory, { recursive: true, force: true });
      }
      if (before) {
        await ledger.write(before);
      } else if (cancelled) {
        await ledger.clear();
      } else {
        const failure = (await undo.isKnown()) ? undefined : this.failureOf(reason);
        await this.prepared({ endedAt: new Date().toISOString(), ...(failure ? { failure } : {}) });
      }
    } catch (problem) {
      // What failed first is what a person has to know, also when the disk is so full that it cannot be written down.
      log.warn(
        `could not take back the start of ${definition.name}, or write down why it failed: ${messageOf(problem)}`,
      );
    }
    return reason;
  }

  /** Where it cannot be ended now, whoever holds the serving next does it, and knows that nobody waits for it. */
  private async ended(undo: Undo, reason: ServingError | undefined): Promise<void> {
    try {
      await undo.end();
    } catch (problem) {
      await this.write(reason === undefined ? { stopAsked: true } : { failure: this.failureOf(reason) });
      throw problem;
    }
  }

  private failureOf(error: ServingError): RecordedFailure {
    const last = this.record.stages.at(-1);
    return {
      stage: last === undefined ? 'environment' : last.seconds === undefined ? last.name : 'server',
      kind: error.code,
      message: error.message,
      remedies: error.remedies,
    };
  }
}
