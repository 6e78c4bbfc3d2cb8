import path from 'node:path';
import type { ServingDefinition } from '../../core/definition';
import { toInferenceLogLaunch, type RecordingPlace } from './inferenceLogLaunch';
import type { ServingSettings } from './ports';

/** Where a server finds what it answers from. */
export interface ServedFiles {
  readonly label: string;
  readonly directory: string;
  /** Absolute path of the Predict script in it. */
  readonly script: string;
  /** The folder that has `Models`. */
  readonly projectDir: string;
}

/** What every server is started with, wherever it runs. No value of a variable or secret is in it. */
export function toLaunch(
  definition: ServingDefinition,
  files: ServedFiles,
  settings: ServingSettings,
  recording: RecordingPlace,
  paths: Pick<path.PlatformPath, 'join'> = path,
): Readonly<Record<string, unknown>> {
  const { transformer } = definition;
  return {
    name: definition.name,
    model: definition.model,
    script: files.script,
    artifact: { label: files.label, dir: files.directory },
    projectDir: files.projectDir,
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
    ...(transformer === undefined
      ? {}
      : {
          transformer: {
            script: paths.join(files.directory, belowVersion(definition, transformer)),
            dir: files.directory,
            artifact: files.label,
          },
        }),
    ...(definition.sample === undefined ? {} : { sample: definition.sample }),
    ...toInferenceLogLaunch(definition.inferenceLog, settings.inferenceLog, recording),
  };
}

/** The artifact holds what the folder of the model version held. */
function belowVersion({ model }: ServingDefinition, file: string): string {
  return path.posix.relative(`Models/${model.name}/${String(model.version)}`, file.replaceAll('\\', '/'));
}
