import { dirname, join } from 'node:path';
import type { ServingDefinition } from '../../core/definition';
import type { RecordingPlace } from '../local/inferenceLogLaunch';
import { toLaunch } from '../local/launch';
import type { ArtifactRecord } from '../local/ledger';
import type { RunPaths } from '../local/paths';
import type { ProcessSettings } from '../local/ports';

export interface LaunchOptions {
  readonly definition: ServingDefinition;
  readonly artifact: ArtifactRecord;
  readonly folder: string;
  readonly paths: RunPaths;
  readonly port: number;
  readonly settings: ProcessSettings;
  readonly leaseFile: string;
  readonly recording: RecordingPlace;
  /** The state file of the run whose listening socket is taken over. */
  readonly takeover?: string;
}

/** What a server of this computer is started with, as the file that it reads. */
export function toProcessLaunch(options: LaunchOptions): Readonly<Record<string, unknown>> {
  const { definition, artifact, folder, paths, settings } = options;
  return {
    ...toLaunch(definition, { ...artifact, projectDir: folder }, settings, options.recording),
    host: '127.0.0.1',
    port: options.port,
    replicas: definition.replicas,
    preload: definition.preload,
    runDir: dirname(paths.state),
    log: { file: paths.log, maxBytes: 5_000_000, backups: 4 },
    lease:
      settings.keepRunningSeconds === undefined
        ? null
        : { file: options.leaseFile, seconds: settings.keepRunningSeconds },
    ...(definition.reload ? { reload: { watch: sourcesOf(options) } } : {}),
    takeover: options.takeover ?? null,
  };
}

/** What the artifact was packed from, the script first: a change of it is loaded. */
function sourcesOf({ folder, definition: { script, model } }: LaunchOptions): readonly string[] {
  return [join(folder, script), join(folder, 'Models', model.name, String(model.version))];
}
