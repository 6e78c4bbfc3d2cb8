import type { Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import type { Difference } from '../../core/serving';
import type { RunJournal } from './journal';
import type { ArtifactRecord } from './ledger';

/** What the backends of this computer need of others; compose hands it in. */
export interface Packer {
  /** Packs what a serving answers from; `cached` when it was packed before. */
  pack(definition: ServingDefinition, operation: Operation): Promise<ArtifactRecord & { readonly cached: boolean }>;
  differences(run: ArtifactRecord, definition: ServingDefinition): Promise<readonly Difference[]>;
  /** Takes away what no run of these uses. */
  prune(inUse: readonly ArtifactRecord[]): Promise<void>;
}

export interface ServingSettings {
  /** Seconds that loading the Predict script may take. */
  readonly loadSeconds: number;
  /** Seconds that running requests get to end when a serving stops. */
  readonly drainSeconds: number;
  /** Largest body of a request, in bytes. */
  readonly bodyBytes: number;
  /** Absent: the settings' defaults. */
  readonly inferenceLog?: InferenceLogSettings;
}

/** What the user has set for the local inference logs of all servings. */
export interface InferenceLogSettings {
  /** False: none is kept, whatever definitions say. */
  readonly local: boolean;
  /** Of one serving. */
  readonly maxMegabytes: number;
  readonly maxDays: number;
}

export interface ProcessSettings extends ServingSettings {
  /** Seconds that a server goes on after the last window of its workspace was closed; undefined: for ever. */
  readonly keepRunningSeconds: number | undefined;
}

export interface SecretValues {
  /** The value of a secret of this workspace folder. */
  get(name: string): Promise<string | undefined>;
}

/** The stage in which the artifact of a run is packed. */
export async function packed(packer: Packer, journal: RunJournal): Promise<ArtifactRecord> {
  const {
    cached: _cached,
    note: _note,
    ...artifact
  } = await journal.stage('artifact', async () => {
    const found = await packer.pack(journal.definition, journal.operation);
    return { ...found, note: found.cached ? 'unchanged' : found.label };
  });
  return artifact;
}
