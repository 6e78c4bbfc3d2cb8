import { dirname, join, relative } from 'node:path';
import type { ServingDefinition } from '../../core/definition';
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
  /** The state file of the run whose listening socket is taken over. */
  readonly takeover?: string;
}

/** What a server is started with, as the file that it reads. No value of a variable or secret is in it. */
export function toLaunch(options: LaunchOptions): Readonly<Record<string, unknown>> {
  const { definition, artifact, paths, settings } = options;
  return {
    name: definition.name,
    model: definition.model,
    script: artifact.script,
    artifact: { label: artifact.label, dir: artifact.directory },
    projectDir: options.folder,
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
    limits: {
      bodyBytes: settings.bodyBytes,
      drainSeconds: settings.drainSeconds,
      loadSeconds: settings.loadSeconds,
      ...definition.limits,
    },
    batching: definition.batching,
    lenientReplies: definition.lenientReplies,
    ...(definition.token === undefined ? {} : { tokenVariable: definition.token }),
    ...(definition.pickleImports === undefined ? {} : { pickleImports: { allow: definition.pickleImports } }),
    ...(definition.transformer === undefined ? {} : { transformer: transformerOf(options, definition.transformer) }),
    ...(definition.reload ? { reload: { watch: sourcesOf(options) } } : {}),
    ...(definition.sample === undefined ? {} : { sample: definition.sample }),
    takeover: options.takeover ?? null,
  };
}

function versionFolder({ folder, definition: { model } }: LaunchOptions): string {
  return join(folder, 'Models', model.name, String(model.version));
}

/** Its copy in the artifact, which holds what the folder of the model version held. */
function transformerOf(options: LaunchOptions, transformer: string): Readonly<Record<string, string>> {
  const { artifact, folder } = options;
  const place = relative(versionFolder(options), join(folder, transformer));
  return { script: join(artifact.directory, place), dir: artifact.directory, artifact: artifact.label };
}

/** What the artifact was packed from, the script first: a change of it is loaded. */
function sourcesOf(options: LaunchOptions): readonly string[] {
  return [join(options.folder, options.definition.script), versionFolder(options)];
}
