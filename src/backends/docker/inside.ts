import { posix, relative, sep } from 'node:path';
import type { ServingDefinition } from '../../core/definition';
import { toLaunch } from '../local/launch';
import { toContainerKafka } from '../local/kafkaLaunch';
import type { ArtifactRecord, RunRecord } from '../local/ledger';
import { Origin } from '../local/origin';
import { REPLICA_PORT, type DockerSettings } from './ports';
import { runSecretNames } from './runSecrets';

/** Where things lie in a replica's container. */
export const INSIDE = {
  project: '/serving',
  run: '/run/serving',
  state: '/run/serving/server.json',
  secrets: '/run/secrets',
  inferenceLog: '/run/serving/inferencelog',
  server: '/opt/model-serving/server/run.py',
  launch: 'MODEL_SERVING_LAUNCH',
} as const;

/** The user of everything that runs in our containers. */
export const USER = '10001:10001';
/** Readiness is said to be over this long before connections are closed, so that the gateway sees it first. */
export const LAME_SECONDS = 1;
/** Of the inference log of one replica. */
const MOST_MEGABYTES = 250;

/** An artifact as it lies in the container: where the hops module would find it in the project. */
export function containerArtifact(artifact: ArtifactRecord, { model }: ServingDefinition): ArtifactRecord {
  const directory = posix.join(INSIDE.project, 'Models', model.name, String(model.version));
  const script = relative(artifact.directory, artifact.script).split(sep).join('/');
  return { ...artifact, directory, script: posix.join(directory, script) };
}

/** Knows for a file of a container which file of the workspace it is a copy of. */
export function originOf(folder: string, definition: ServingDefinition, artifact: ArtifactRecord | undefined): Origin {
  return new Origin(folder, definition, artifact && containerArtifact(artifact, definition), posix);
}

/** What a replica is started with. No secret is in it. */
export function replicaLaunch(run: RunRecord, artifact: ArtifactRecord, settings: DockerSettings): string {
  const { definition, kafka } = run;
  const secrets = runSecretNames(run);
  const files = { ...containerArtifact(artifact, definition), projectDir: INSIDE.project };
  const recording = {
    folder: INSIDE.inferenceLog,
    ...(kafka && { kafka: toContainerKafka(definition, kafka, INSIDE.secrets) }),
  };
  return JSON.stringify({
    ...toLaunch(definition, files, smallFiles(settings), recording, posix),
    host: '0.0.0.0',
    port: REPLICA_PORT,
    replicas: { min: 1, max: 1 },
    preload: definition.preload,
    runDir: INSIDE.run,
    log: { stdout: true },
    lease: null,
    lameSeconds: LAME_SECONDS,
    ...(secrets.length === 0 ? {} : { secretsDir: INSIDE.secrets, secretNames: secrets }),
    takeover: null,
  });
}

/** A file of a container is read whole. */
function smallFiles(settings: DockerSettings): DockerSettings {
  const { inferenceLog } = settings;
  return inferenceLog === undefined
    ? settings
    : {
        ...settings,
        inferenceLog: { ...inferenceLog, maxMegabytes: Math.min(inferenceLog.maxMegabytes, MOST_MEGABYTES) },
      };
}

export function replicaCommand(run: string): { readonly entrypoint: readonly string[] } {
  return {
    entrypoint: [
      'python',
      '-X',
      'utf8',
      '-u',
      '-B',
      INSIDE.server,
      'serve',
      '--config',
      `env:${INSIDE.launch}`,
      '--instance',
      run,
    ],
  };
}
