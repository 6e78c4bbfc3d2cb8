import { basename, join } from 'node:path';
import { DEFAULTS, type RemoteDefinition, type RemoteUpload, type ServingDefinition } from '../../core/definition';
import type { Model, ModelRef } from '../../core/model';
import { freeName } from '../../core/names';
import type { RemoteModel } from '../../core/remotePlace';
import { adjusted, atMost } from './adjust';
import type { OpenPlace } from './openPlace';

export interface LocalSide {
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  readonly models: readonly Model[];
}

/** A definition of this computer as one for there: its script, and where the registry lacks it its model, are brought along. */
export function toRemote(
  definition: ServingDefinition,
  place: Pick<OpenPlace, 'offer' | 'models' | 'names'>,
  { folder, models }: LocalSide,
): ServingDefinition {
  const { offer } = place;
  const there = place.models.find((each) => isSame(each, definition.model));
  const here = models.flatMap(({ versions }) => versions).find((each) => isSame(each, definition.model));
  const upload: RemoteUpload = {
    // One that was for another place elsewhere says itself where its files are.
    ...(definition.remote ? definition.remote.upload : filesOf(definition, folder)),
    ...(there || !here ? {} : { model: here.directory }),
  };
  const made: ServingDefinition = {
    ...DEFAULTS,
    name: definition.name,
    backend: 'hopsworks',
    model: definition.model,
    script: basename(definition.script),
    artifact: 'CREATE',
    replicas: definition.replicas,
    resources: atMost(definition.resources, offer.limits),
    ...(definition.transformer === undefined ? {} : { transformer: basename(definition.transformer) }),
    description: definition.description,
    remote: { ...offer.defaults, ...loggingThere(definition), ...frameworkOf(there), upload },
  };
  const fit = adjusted(made, offer);
  return { ...fit, name: freeName(fit.name, place.names) };
}

/** A topic of another broker means nothing there: whoever sends to one gets one of its own. */
function loggingThere({ inferenceLog, remote }: ServingDefinition): Partial<RemoteDefinition> {
  const { mode, kafka } = inferenceLog;
  if (remote) {
    return {};
  }
  if (mode === 'NONE') {
    return { topic: { name: 'NONE' }, inferenceLogging: 'NONE' };
  }
  const { topic, partitions, copies } = kafka;
  return {
    ...(topic === 'NONE' ? {} : { topic: { name: 'CREATE', partitions, copies } }),
    ...(mode === 'ALL' ? {} : { inferenceLogging: mode }),
  };
}

function filesOf({ script, transformer }: ServingDefinition, folder: string): RemoteUpload {
  return {
    ...(script === '' ? {} : { script: join(folder, script) }),
    ...(transformer === undefined ? {} : { transformer: join(folder, transformer) }),
  };
}

export function isSame(one: ModelRef, other: ModelRef): boolean {
  return one.name === other.name && one.version === other.version;
}

/** With a script, a framework says only what the model was made with. */
export function frameworkOf(model: RemoteModel | undefined): Pick<RemoteDefinition, 'framework'> {
  const framework = model?.framework;
  return framework === 'SKLEARN' || framework === 'TORCH' ? { framework } : {};
}
