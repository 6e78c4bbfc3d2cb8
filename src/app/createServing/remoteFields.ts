import { basename, join } from 'node:path';
import type { ArtifactChoice, RemoteDefinition, ServingDefinition } from '../../core/definition';
import type { ModelRef, ModelVersion } from '../../core/model';
import { checkServingName } from '../../core/names';
import { BACK, type Choice, type Prompts } from '../prompts';
import { adjusted } from '../remote/adjust';
import type { OpenPlace } from '../remote/openPlace';
import { frameworkOf, isSame } from '../remote/toRemote';
import { askDescription, scriptChoice, type Surroundings } from './fields';
import { batchingInput, limitsInput, parseBatching, parseLimits, parseRange, SERVERS, TOOLS } from './remoteText';
import { replicasText } from './fieldText';

/** What a question about a serving elsewhere knows. */
export interface RemoteAsk {
  readonly prompts: Prompts;
  readonly around: Surroundings;
  readonly place: OpenPlace;
  /** What it is now, when it is changed. */
  readonly before?: ServingDefinition;
}

/** Asks for one field; gives the changed definition, or the same when Back was pressed. */
export type RemoteQuestion = (definition: ServingDefinition, ask: RemoteAsk) => Promise<ServingDefinition>;

const ALONE = { canGoBack: true } as const;

export const askName: RemoteQuestion = async (definition, { prompts, place }) => {
  const { tool } = remoteOf(definition, place);
  const answer = await prompts.input({
    ...ALONE,
    title: 'Name',
    prompt: tool === 'KSERVE' ? 'Small letters and digits, as KServe wants them.' : 'Letters and digits.',
    value: definition.name,
    check: (text) =>
      checkServingName(text, place.names) ??
      (tool === 'KSERVE' && text !== text.toLowerCase()
        ? `KServe takes small letters only: ${text.toLowerCase()}`
        : undefined),
  });
  return answer === BACK ? definition : { ...definition, name: answer };
};

type ScriptChoice = { readonly local: string } | 'keep' | 'none' | 'path';

export const askRemoteScript: RemoteQuestion = async (definition, { prompts, around, place, before }) => {
  const remote = remoteOf(definition, place);
  const locals = around.scripts.map((path): Choice<ScriptChoice> => ({
    ...scriptChoice(path),
    value: { local: path },
  }));
  const uploaded = remote.upload?.script;
  const chosen = await prompts.pick<ScriptChoice>({
    ...ALONE,
    title: 'Predict Script',
    placeholder: 'Which script answers the requests?',
    choices: [
      ...(before === undefined || before.script === ''
        ? []
        : [{ label: basename(before.script), description: 'as it is now', value: 'keep', icon: 'check' } as const]),
      ...locals,
      {
        separator: '',
        label: 'A file on Hopsworks…',
        value: 'path',
        icon: 'cloud',
        detail: 'One that is in the project already',
      },
      {
        label: 'None',
        value: 'none',
        icon: 'circle-slash',
        detail: 'For TensorFlow Serving, and for KServe with one joblib or pickle file of scikit-learn',
      },
    ],
    ...activeOf(
      locals.find(({ value }) => typeof value === 'object' && join(around.folder, value.local) === uploaded)?.value,
    ),
  });
  if (chosen === BACK) {
    return definition;
  }
  if (typeof chosen === 'object') {
    return withScript(definition, place, basename(chosen.local), join(around.folder, chosen.local));
  }
  if (chosen === 'keep' && before) {
    return { ...withScript(definition, place, before.script), artifact: before.artifact };
  }
  if (chosen === 'none') {
    return withScript(definition, place, '');
  }
  const path = await prompts.input({
    ...ALONE,
    title: 'Script on Hopsworks',
    prompt: 'Its path in the project: Resources/predict.py',
    value: definition.script.includes('/') ? definition.script : 'Resources/predict.py',
    check: (text) => (/^[^\\]*\/[^/\\]+\.py$/.test(text) ? undefined : 'Use a path such as Resources/predict.py'),
  });
  return path === BACK ? definition : withScript(definition, place, path);
};

/** Another script is packed anew. */
function withScript(definition: ServingDefinition, place: OpenPlace, script: string, file?: string): ServingDefinition {
  const remote = remoteOf(definition, place);
  const { script: _old, ...upload } = remote.upload ?? {};
  const framework = script === '' ? place.models.find((each) => isSame(each, definition.model))?.framework : undefined;
  return adjusted(
    {
      ...definition,
      script,
      artifact: 'CREATE',
      remote: {
        ...remote,
        ...(framework === undefined ? {} : { framework }),
        upload: file === undefined ? upload : { ...upload, script: file },
      },
    },
    place.offer,
  );
}

interface Found {
  readonly ref: ModelRef;
  /** Of this computer. */
  readonly local?: ModelVersion;
}

export const askRemoteModel: RemoteQuestion = async (definition, { prompts, around, place }) => {
  const there = place.models.map((model): Choice<Found> => ({
    label: model.name,
    description: `version ${model.version}`,
    icon: 'package',
    value: { ref: model },
    ...(model.description === undefined ? {} : { detail: model.description }),
  }));
  const here = around.models
    .flatMap(({ versions }) => versions)
    .filter((local) => !place.models.some((each) => isSame(each, local)))
    .map((local): Choice<Found> => ({
      label: local.name,
      description: `version ${local.version}`,
      icon: 'device-desktop',
      detail: 'Of this computer: it is exported to the registry first',
      value: { ref: local, local },
    }));
  const choices = [...there, ...here];
  if (choices.length === 0) {
    return definition;
  }
  const chosen = await prompts.pick({
    ...ALONE,
    title: 'Model Version',
    placeholder: 'Which model version is served?',
    choices,
    ...activeOf(choices.find(({ value }) => isSame(value.ref, definition.model))?.value),
  });
  return chosen === BACK ? definition : withModel(definition, place, chosen.ref, chosen.local);
};

function withModel(
  definition: ServingDefinition,
  place: OpenPlace,
  { name, version }: ModelRef,
  local: ModelVersion | undefined,
): ServingDefinition {
  const { framework: _old, ...remote } = remoteOf(definition, place);
  const { model: _other, ...upload } = remote.upload ?? {};
  const isOther = !isSame(definition.model, { name, version });
  return adjusted(
    {
      ...definition,
      model: { name, version },
      ...(isOther ? { artifact: 'CREATE' } : {}),
      remote: {
        ...remote,
        ...frameworkOf(place.models.find((each) => isSame(each, { name, version }))),
        upload: local ? { ...upload, model: local.directory } : upload,
      },
    },
    place.offer,
  );
}

export const askRemoteArtifact: RemoteQuestion = async (definition, { prompts, place }) => {
  const artifacts = definition.remote?.upload?.model === undefined ? await listed(place, definition) : [];
  const isBare = definition.script === '' && definition.transformer === undefined;
  const chosen = await prompts.pick<ArtifactChoice>({
    ...ALONE,
    title: 'Artifact',
    placeholder: 'What is the serving packed from?',
    choices: [
      { label: 'CREATE', value: 'CREATE', icon: 'layers', detail: 'Model and scripts in a further numbered artifact' },
      ...(isBare
        ? [
            {
              label: 'MODEL-ONLY',
              value: 'MODEL-ONLY',
              icon: 'layers',
              detail: 'The model alone, without a script',
            } as const,
          ]
        : []),
      ...artifacts.map(({ number, script, transformer }): Choice<ArtifactChoice> => ({
        label: `Artifact ${number}`,
        value: number,
        icon: 'history',
        detail: `As it was packed then: ${[script, transformer].filter((each) => each !== undefined).join(', ') || 'no script'}`,
      })),
    ],
    active: definition.artifact,
  });
  const found = artifacts.find(({ number }) => number === chosen);
  if (chosen === BACK || !found) {
    return chosen === BACK ? definition : { ...definition, artifact: chosen };
  }
  // Its scripts are those that are in it.
  const { transformer: _old, ...rest } = withScript(definition, place, found.script ?? '');
  const { upload: _gone, ...remote } = remoteOf(rest, place);
  const asked = { ...rest, ...(found.transformer === undefined ? {} : { transformer: found.transformer }), remote };
  return { ...adjusted(asked, place.offer), artifact: found.number };
};

async function listed(place: OpenPlace, { model }: ServingDefinition): ReturnType<OpenPlace['remote']['artifacts']> {
  return place.remote.artifacts(model, AbortSignal.timeout(20_000));
}

export const askTool: RemoteQuestion = async (definition, { prompts, place }) => {
  const remote = remoteOf(definition, place);
  const chosen = await prompts.pick<RemoteDefinition['tool']>({
    ...ALONE,
    title: 'Serving Tool',
    placeholder: 'What runs it in the cluster?',
    choices: [
      {
        label: TOOLS.KSERVE,
        value: 'KSERVE',
        icon: 'rocket',
        detail: 'Scales to zero, batches, has transformers and its own ingress',
      },
      {
        label: TOOLS.DEFAULT,
        value: 'DEFAULT',
        icon: 'server',
        detail: 'A plain deployment; answers :classify and :regress as well',
      },
    ],
    active: remote.tool,
  });
  return chosen === BACK ? definition : adjusted({ ...definition, remote: { ...remote, tool: chosen } }, place.offer);
};

export const askServer: RemoteQuestion = async (definition, { prompts, place }) => {
  const remote = remoteOf(definition, place);
  const chosen = await prompts.pick<RemoteDefinition['server']>({
    ...ALONE,
    title: 'Model Server',
    placeholder: 'What loads the model?',
    choices: place.offer.servers.map((server) => ({
      label: SERVERS[server],
      value: server,
      icon: 'server-environment',
    })),
    active: remote.server,
  });
  if (chosen === BACK || chosen === remote.server) {
    return definition;
  }
  const { framework: _old, ...rest } = remote;
  const changed = adjusted({ ...definition, remote: { ...rest, server: chosen } }, place.offer);
  if (chosen === 'PYTHON') {
    return changed;
  }
  // The others run no script of one's own.
  const { framework: _of, ...bare } = remoteOf(withScript(changed, place, ''), place);
  return { ...changed, script: '', artifact: 'MODEL-ONLY', remote: bare };
};

export const askRemoteReplicas: RemoteQuestion = async (definition, { prompts, place }) => {
  const { scales } = place.offer;
  const read = (text: string): ServingDefinition | undefined => {
    const replicas = parseRange(text, scales);
    return replicas && { ...definition, replicas };
  };
  return input(definition, place, prompts, {
    title: 'Replicas',
    prompt: `How many instances answer${scales ? '; a range such as 0-4 scales with the load' : ''}. With KServe, 0 starts the first with the first request.`,
    value: replicasText(definition),
    read,
    wrong: scales ? 'Enter a number, or a range: 0-4' : 'Enter a number',
  });
};

export const askRemoteResources: RemoteQuestion = async (definition, { prompts, place }) =>
  input(definition, place, prompts, {
    title: 'Resources',
    prompt:
      'The most that each instance gets: cores, memory in MB and, where there are some, GPUs; "none" for no limit.',
    value: limitsInput(definition.resources),
    read: (text) => {
      const resources = parseLimits(text);
      return resources && adjusted({ ...definition, resources }, place.offer);
    },
    wrong: 'Enter cores and MB, and GPUs if any: 1, 1024 or 2, 4096, 1',
  });

export const askRequests: RemoteQuestion = async (definition, { prompts, place }) => {
  const remote = remoteOf(definition, place);
  return input(definition, place, prompts, {
    title: 'Guaranteed Resources',
    prompt: 'What each instance is sure to get: cores, memory in MB and, where there are some, GPUs.',
    value: limitsInput(remote.requests ?? { cores: 0.2, memoryMb: 32, gpus: 0 }),
    read: (text) => {
      const requests = parseLimits(text);
      return requests && { ...definition, remote: { ...remote, requests } };
    },
    wrong: 'Enter cores and MB, and GPUs if any: 0.2, 32',
  });
};

export const askRemoteBatching: RemoteQuestion = async (definition, { prompts, place }) => {
  const remote = remoteOf(definition, place);
  return input(definition, place, prompts, {
    title: 'Batching',
    prompt: `"on" or "off"${remote.tool === 'KSERVE' ? ', or rows, milliseconds to wait and seconds at the most: 32, 5000, 60' : ''}.`,
    value: batchingInput(remote.batching),
    read: (text) => {
      const batching = parseBatching(text);
      return batching && { ...definition, remote: { ...remote, batching } };
    },
    wrong: 'Enter on, off, or three numbers: 32, 5000, 60',
  });
};

export const askEnvironmentName: RemoteQuestion = async (definition, { prompts, place }) => {
  const { environment, ...remote } = remoteOf(definition, place);
  return input(definition, place, prompts, {
    title: 'Python Environment',
    prompt: 'Name of an environment of the project; nothing for the one that Hopsworks takes itself.',
    value: environment ?? '',
    read: (text) => ({ ...definition, remote: { ...remote, ...(text === '' ? {} : { environment: text }) } }),
    wrong: '',
  });
};

export const askProtocol: RemoteQuestion = async (definition, { prompts, place }) => {
  const remote = remoteOf(definition, place);
  const chosen = await prompts.pick<'REST' | 'GRPC'>({
    ...ALONE,
    title: 'Protocol',
    placeholder: 'How is it asked?',
    choices: [
      { label: 'REST', value: 'REST', icon: 'globe' },
      { label: 'GRPC', value: 'GRPC', icon: 'plug', detail: 'Requests from the editor go by REST only' },
    ],
    active: remote.protocol ?? 'REST',
  });
  return chosen === BACK ? definition : { ...definition, remote: { ...remote, protocol: chosen } };
};

export const askRemoteDescription: RemoteQuestion = (definition, { prompts, around }) =>
  askDescription(definition, prompts, around);

interface Input {
  readonly title: string;
  readonly prompt: string;
  readonly value: string;
  /** Undefined: it is none. */
  readonly read: (text: string) => ServingDefinition | undefined;
  readonly wrong: string;
}

/** A text; what the server would refuse of it is said at once. */
export async function input(
  definition: ServingDefinition,
  { offer }: OpenPlace,
  prompts: Prompts,
  { title, prompt, value, read, wrong }: Input,
): Promise<ServingDefinition> {
  const before = offer.check(definition);
  const answer = await prompts.input({
    ...ALONE,
    title,
    prompt,
    value,
    check: (text) => {
      const changed = read(text);
      const refused = changed ? offer.check(changed) : wrong;
      return refused === before ? undefined : refused;
    },
  });
  return answer === BACK ? definition : (read(answer) ?? definition);
}

export function remoteOf(definition: ServingDefinition, { offer }: OpenPlace): RemoteDefinition {
  return definition.remote ?? offer.defaults;
}

export function activeOf<T>(value: T | undefined): { readonly active?: T } {
  return value === undefined ? {} : { active: value };
}
