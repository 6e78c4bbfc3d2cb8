import { rm } from 'node:fs/promises';
import { DEFAULTS, type ServingDefinition } from '../../core/definition';
import type { Failure, StageName } from '../../core/serving';
import { readJson, writeJson } from '../local/files';
import type { KafkaTarget } from '../local/kafkaLaunch';
import type { ServingPaths } from './paths';

/**
 * What the windows of a workspace folder know together of one start of a serving. What the server itself knows stands
 * in its own state file. Times are ISO 8601.
 */
export interface RunRecord {
  /** Marks the server's command line, so that a pid that was given to another program is not taken for it. */
  readonly instance: string;
  readonly startedAt: string;
  readonly endedAt?: string;
  readonly definition: ServingDefinition;
  readonly stages: readonly PreparedStage[];
  /** A window prepares the start; until the server runs. */
  readonly preparing?: true;
  readonly server?: { readonly pid: number };
  readonly artifact?: ArtifactRecord;
  readonly environment?: { readonly executable: string; readonly python?: string };
  /** What its containers are made from. */
  readonly image?: string;
  /** Where its records go. */
  readonly kafka?: KafkaTarget;
  /** Where its gateway answers. */
  readonly port?: number;
  /** How many there are to be now. */
  readonly replicas?: number;
  /** Why it could not be prepared, or ended. What made the server itself fail stands in its state. */
  readonly failure?: RecordedFailure;
  /** Somebody asked for the end: an exit is no failure. */
  readonly stopAsked?: boolean;
  /** A run that is being started to take this one's place; until then this one answers. */
  readonly successor?: RunRecord;
  /** The run whose place this one took, until it has ended. */
  readonly replaced?: RunRecord;
  /** Since when it answered. */
  readonly readyAt?: string;
  /** Until it answers: the last run that did. */
  readonly lastGood?: GoodRun;
}

/** What is kept of a run that was ready, after another one has begun. */
export type GoodRun = Pick<RunRecord, 'startedAt' | 'endedAt' | 'definition' | 'artifact'>;

/** Its time is the run's end. */
export type RecordedFailure = Omit<Failure, 'at'>;

export interface PreparedStage {
  readonly name: StageName;
  readonly startedAt: string;
  readonly seconds?: number;
  readonly note?: string;
}

export interface ArtifactRecord {
  readonly label: string;
  readonly directory: string;
  readonly fingerprint: string;
  readonly script: string;
}

/** The last run of a serving. Only the holder of the serving's lock writes it. */
export class Ledger {
  constructor(private readonly paths: ServingPaths) {}

  async read(): Promise<RunRecord | undefined> {
    return readRun(this.paths.ledger);
  }

  async write(run: RunRecord): Promise<void> {
    await writeJson(this.paths.ledger, run);
  }

  async clear(): Promise<void> {
    await rm(this.paths.ledger, { force: true });
  }
}

/** The run in a ledger's file; undefined when there is none, or a crash left it unreadable. */
export async function readRun(file: string): Promise<RunRecord | undefined> {
  const value = await readJson(file);
  // A server that an older version of the extension started goes on; its record lacks what came later.
  return isRunRecord(value) ? { ...value, definition: { ...DEFAULTS, ...value.definition } } : undefined;
}

/** Only this file writes ledgers, so that it is one of ours is seen by a few of its fields. */
function isRunRecord(value: unknown): value is RunRecord {
  return (
    typeof value === 'object' &&
    value !== null &&
    'instance' in value &&
    typeof value.instance === 'string' &&
    'definition' in value &&
    'stages' in value &&
    Array.isArray(value.stages)
  );
}
