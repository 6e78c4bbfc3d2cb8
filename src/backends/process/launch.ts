import { dirname } from 'node:path';
import type { ServingDefinition } from '../../core/definition';
import type { ArtifactRecord } from './ledger';
import type { RunPaths } from './paths';
import type { ProcessSettings } from './ports';

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
    runDir: dirname(paths.state),
    log: { file: paths.log, maxBytes: 5_000_000, backups: 4 },
    lease:
      settings.keepRunningSeconds === undefined
        ? null
        : { file: options.leaseFile, seconds: settings.keepRunningSeconds },
    limits: { bodyBytes: settings.bodyBytes, drainSeconds: settings.drainSeconds, loadSeconds: settings.loadSeconds },
    takeover: options.takeover ?? null,
  };
}
