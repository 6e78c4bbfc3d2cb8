import { access, mkdir, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { DEFAULTS, type RemoteDefinition, type ServingDefinition } from '../../core/definition';
import { ServingError } from '../../core/errors';
import type { Model, ModelRef } from '../../core/model';
import type { InferenceLogDefinition } from '../../core/inferenceLog';
import type { Operation } from '../../core/backend';
import type { RemotePlace } from '../../core/remotePlace';
import type { LocalBackendKind } from '../../core/definition';
import { t } from '../../core/l10n';
import { isSame } from './toRemote';

export interface HereParts {
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  readonly models: readonly Model[];
  /** Predict scripts, as paths below the folder. */
  readonly scripts: readonly string[];
  /** Whether this workspace has a Kafka broker. */
  readonly hasBroker?: boolean;
  readonly remote: RemotePlace;
  /** Writes a version of the registry into the folder. */
  readonly download: (model: ModelRef, operation: Operation) => Promise<void>;
}

/** What a serving on Hopsworks is on this computer. */
export interface Here {
  readonly definition: ServingDefinition;
  /** What has to be fetched for it. */
  readonly lacks: { readonly model: boolean; readonly script: boolean };
}

/** By the files that are here already: the script beside the model first, then one of its name anywhere. */
export async function toLocal(
  { name, model, script, transformer, replicas, resources, description, batching, remote }: ServingDefinition,
  kind: LocalBackendKind,
  { folder, models, scripts, hasBroker }: Pick<HereParts, 'folder' | 'models' | 'scripts' | 'hasBroker'>,
): Promise<Here> {
  const file = basename(script);
  const beside = `Models/${model.name}/${model.version}/${file}`;
  const isBeside = await isThere(join(folder, beside));
  const found = isBeside ? beside : scripts.find((each) => basename(each) === file);
  const { cores, memoryMb, gpus } = resources;
  const min = Math.max(1, replicas.min);
  return {
    definition: {
      ...DEFAULTS,
      name,
      backend: kind,
      model,
      script: found ?? beside,
      artifact: isBeside || !found ? 'MODEL-ONLY' : 'CREATE',
      replicas: { min, max: Math.max(min, replicas.max) },
      resources: {
        cores: cores > 0 ? cores : DEFAULTS.resources.cores,
        memoryMb: memoryMb > 0 ? Math.max(64, memoryMb) : DEFAULTS.resources.memoryMb,
        gpus: Math.max(0, gpus),
      },
      ...(transformer === undefined
        ? {}
        : { transformer: `Models/${model.name}/${model.version}/${basename(transformer)}` }),
      batching: { ...DEFAULTS.batching, maxRows: batching.maxRows },
      inferenceLog: loggingHere(remote, hasBroker === true),
      description,
    },
    lacks: {
      model: !models.some(({ versions }) => versions.some((each) => isSame(each, model))),
      script: !found,
    },
  };
}

/** Its mode, and where there is a broker a topic of its own; a local one has other brokers for copies. */
function loggingHere(remote: RemoteDefinition | undefined, hasBroker: boolean): InferenceLogDefinition {
  const { inferenceLog: usual } = DEFAULTS;
  if (remote === undefined || remote.topic.name === 'NONE' || remote.inferenceLogging === 'NONE') {
    return usual;
  }
  const partitions = remote.topic.partitions ?? usual.kafka.partitions;
  return {
    ...usual,
    mode: remote.inferenceLogging,
    kafka: hasBroker ? { ...usual.kafka, topic: 'CREATE', partitions } : usual.kafka,
  };
}

/** Fetches what is lacking; what it gives takes that away again. Rejects: nothing of it is here. */
export async function fetchLacking(
  serving: ServingDefinition,
  { definition, lacks }: Here,
  parts: HereParts,
  operation: Operation,
): Promise<() => Promise<void>> {
  const { folder, remote } = parts;
  const { name, version } = definition.model;
  const undo: (() => Promise<void>)[] = [];
  const takeBack = async (): Promise<void> => {
    for (const each of undo.splice(0).reverse()) {
      await each();
    }
  };
  try {
    if (lacks.model) {
      // It is put there whole or not at all, and refuses to take the place of another one.
      await parts.download(definition.model, operation);
      undo.push(() => rm(join(folder, 'Models', name, String(version)), { recursive: true, force: true }));
    }
    for (const [role, path] of [
      ['script', definition.script],
      ['transformer', definition.transformer],
    ] as const) {
      const file = path === undefined ? undefined : join(folder, path);
      if (file !== undefined && !(await isThere(file))) {
        await mkdir(dirname(file), { recursive: true });
        undo.push(() => rm(file, { force: true }));
        if (!(await remote.fetchScript(serving, role, file, operation.signal))) {
          throw new ServingError(
            'notFound',
            t(
              'Could not move {0}: its script {1} was not found on Hopsworks. Put it to {2}',
              serving.name,
              basename(file),
              path ?? '',
            ),
          );
        }
      }
    }
    return takeBack;
  } catch (error) {
    await takeBack();
    throw error;
  }
}

async function isThere(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}
