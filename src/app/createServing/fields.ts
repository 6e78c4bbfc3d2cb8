import { join } from 'node:path';
import type { ArtifactChoice, ServingDefinition } from '../../core/definition';
import type { KafkaBroker } from '../../core/kafka';
import { t } from '../../core/l10n';
import type { Model } from '../../core/model';
import type { BackendKind } from '../../core/serving';
import { BACK, type Choice, type Prompts } from '../prompts';
import type { PlaceChoice } from '../remote/openPlace';
import {
  parsePort,
  parseReplicas,
  parseResources,
  parseVariables,
  replicasText,
  resourcesText,
  variablesText,
} from './fieldText';

/** What the questions need to know of the workspace folder. */
export interface Surroundings {
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  readonly models: readonly Model[];
  /** Predict scripts, as paths below the folder. */
  readonly scripts: readonly string[];
  /** Numbers of the artifacts that a model version has, newest first. */
  artifacts(definition: ServingDefinition): Promise<readonly number[]>;
  /** Projects on Hopsworks. */
  readonly places?: readonly PlaceChoice[];
  /** The Kafka broker of the workspace. */
  readonly kafka?: Pick<KafkaBroker, 'connection' | 'topics'>;
}

/** Asks for one field; gives the changed definition, or the same when Back was pressed. */
export type FieldQuestion = (
  definition: ServingDefinition,
  prompts: Prompts,
  around: Surroundings,
) => Promise<ServingDefinition>;

/** What the places are called. */
export const PLACES: Readonly<Record<BackendKind, string>> = {
  get process() {
    return t('This computer');
  },
  docker: 'Docker',
  hopsworks: 'Hopsworks',
};

const ALONE = { canGoBack: true } as const;

export const askScript: FieldQuestion = async (definition, prompts, { scripts }) => {
  const chosen = await prompts.pick({
    ...ALONE,
    title: t('Predict Script'),
    placeholder: t('Which script answers the requests?'),
    choices: scripts.map((path) => scriptChoice(path)),
    active: definition.script,
  });
  return chosen === BACK ? definition : { ...definition, script: chosen };
};

export const askModel: FieldQuestion = async (definition, prompts, { models }) => {
  const versions = models.flatMap((model) => model.versions);
  const chosen = await prompts.pick({
    ...ALONE,
    title: t('Model Version'),
    placeholder: t('Which model version is served?'),
    choices: versions.map((version) => ({
      label: version.name,
      description: t('version {0}', version.version),
      icon: 'package',
      value: version,
    })),
    ...optional(
      'active',
      versions.find(({ name, version }) => name === definition.model.name && version === definition.model.version),
    ),
  });
  return chosen === BACK ? definition : { ...definition, model: { name: chosen.name, version: chosen.version } };
};

export const askArtifact: FieldQuestion = async (definition, prompts, around) => {
  const numbers = await around.artifacts(definition);
  const inside = definition.script.startsWith(`Models/${definition.model.name}/${definition.model.version}/`);
  const modelOnly: Choice<ArtifactChoice> = {
    label: 'MODEL-ONLY',
    value: 'MODEL-ONLY',
    icon: 'layers',
    detail: t("What the model version's folder holds at each start; shared by its servings"),
  };
  const create: Choice<ArtifactChoice> = {
    label: 'CREATE',
    value: 'CREATE',
    icon: 'layers',
    detail: t('Model and script in a numbered artifact; a further number whenever they changed'),
  };
  const chosen = await prompts.pick<ArtifactChoice>({
    ...ALONE,
    title: t('Artifact'),
    placeholder: t('What is the serving packed from?'),
    choices: [
      ...(inside ? [modelOnly] : []),
      create,
      ...numbers.map((n): Choice<ArtifactChoice> => ({
        label: t('Artifact {0}', n),
        value: n,
        icon: 'history',
        detail: t('As it was packed then'),
      })),
    ],
    active: definition.artifact,
  });
  return chosen === BACK ? definition : { ...definition, artifact: chosen };
};

export const askResources: FieldQuestion = async (definition, prompts) => {
  const answer = await prompts.input({
    ...ALONE,
    title: t('Resources'),
    prompt: t('Limits of each replica: cores, memory in MB and, where there are some, GPUs.'),
    value: resourcesText(definition),
    check: (text) =>
      parseResources(text) ? undefined : t('Enter cores and MB, and GPUs if any: 1, 1024 or 2, 4096, 1'),
  });
  const resources = answer === BACK ? undefined : parseResources(answer);
  return resources ? { ...definition, resources } : definition;
};

export const askReplicas: FieldQuestion = async (definition, prompts) => {
  const answer = await prompts.input({
    ...ALONE,
    title: t('Replicas'),
    prompt:
      definition.backend === 'docker'
        ? t('How many containers answer. A range such as 1-4 scales with the load.')
        : t('How many worker processes answer. A range such as 1-4 scales with the load.'),
    value: replicasText(definition),
    check: (text) => (parseReplicas(text) ? undefined : t('Enter a number from 1 to 64, or a range: 1-4')),
  });
  const replicas = answer === BACK ? undefined : parseReplicas(answer);
  return replicas ? { ...definition, replicas } : definition;
};

export const askPort: FieldQuestion = async (definition, prompts) => {
  const answer = await prompts.input({
    ...ALONE,
    title: t('Port'),
    prompt: t('Port on this computer, or "auto" for a free one.'),
    value: String(definition.port),
    check: (text) => (parsePort(text) === undefined ? t('Enter a number from 1024 to 65535, or auto') : undefined),
  });
  return answer === BACK ? definition : { ...definition, port: parsePort(answer) ?? definition.port };
};

export const askEnvironment: FieldQuestion = async (definition, prompts, { folder }) => {
  const { variables, secrets } = definition.environment;
  const chosen = await prompts.pick<'selected' | 'managed' | 'other'>({
    ...ALONE,
    title: 'Python',
    placeholder: t('Which Python runs the script?'),
    choices: [
      {
        label: t('Selected interpreter'),
        value: 'selected',
        icon: 'symbol-misc',
        detail: t('The one that is selected in the editor; nothing is installed into it'),
      },
      {
        label: t('Managed environment…'),
        value: 'managed',
        icon: 'package',
        detail: t('Made from a requirements file and shared between servings'),
      },
      { label: t('Another interpreter…'), value: 'other', icon: 'folder-opened', detail: t('Choose its executable') },
    ],
    active:
      definition.environment.requirements !== undefined
        ? 'managed'
        : definition.environment.python === undefined
          ? 'selected'
          : 'other',
  });
  if (chosen === BACK || chosen === 'selected') {
    return chosen === BACK ? definition : { ...definition, environment: { variables, secrets } };
  }
  if (chosen === 'other') {
    const python = await prompts.file({
      title: t('Python interpreter'),
      button: t('Use'),
      folder,
      files: true,
      folders: false,
    });
    return { ...definition, environment: { python, variables, secrets } };
  }
  const beside = definition.script.slice(0, definition.script.lastIndexOf('/') + 1);
  const requirements = await prompts.input({
    ...ALONE,
    title: t('Requirements File'),
    prompt: t("Path below {0}; made from the script's imports when it is not there.", folder),
    value: definition.environment.requirements ?? `${beside}requirements.txt`,
    check: (text) =>
      /^([/\\]|[A-Za-z]:)|(^|[/\\])\.\.([/\\]|$)/.test(text) || text === ''
        ? t('Use a path below {0}', folder)
        : undefined,
  });
  return requirements === BACK ? definition : { ...definition, environment: { requirements, variables, secrets } };
};

export const askVariables: FieldQuestion = async (definition, prompts) => {
  const answer = await prompts.input({
    ...ALONE,
    title: t('Environment Variables'),
    prompt: t(
      'NAME=value, separated by spaces; quote a value with spaces. They are written into the definition: use secrets for keys.',
    ),
    value: variablesText(definition.environment.variables),
    check: (text) => (parseVariables(text) ? undefined : t('Enter NAME=value, separated by spaces')),
  });
  const variables = answer === BACK ? undefined : parseVariables(answer);
  return variables ? { ...definition, environment: { ...definition.environment, variables } } : definition;
};

export const askSecrets: FieldQuestion = async (definition, prompts) => {
  const answer = await prompts.input({
    ...ALONE,
    title: t('Secrets'),
    prompt: t(
      'Names of environment variables, separated by spaces. Their values are asked for and kept in the secret storage.',
    ),
    value: definition.environment.secrets.join(' '),
    check: (text) =>
      text.split(/\s+/).every((name) => name === '' || /^[A-Za-z_]\w*$/.test(name))
        ? undefined
        : t('Use names such as API_KEY'),
  });
  return answer === BACK
    ? definition
    : {
        ...definition,
        environment: { ...definition.environment, secrets: answer.split(/\s+/).filter((name) => name !== '') },
      };
};

export const askDescription: FieldQuestion = async (definition, prompts) => {
  const answer = await prompts.input({
    ...ALONE,
    title: t('Description'),
    prompt: t('What it is for.'),
    value: definition.description,
    check: () => undefined,
  });
  return answer === BACK ? definition : { ...definition, description: answer };
};

export function scriptChoice(path: string): Choice<string> {
  const cut = path.lastIndexOf('/') + 1;
  return {
    label: path.slice(cut),
    description: path.slice(0, Math.max(0, cut - 1)),
    icon: 'symbol-class',
    value: path,
  };
}

/** Where the managed environment's requirements lie, absolute. */
export function requirementsPath(folder: string, definition: ServingDefinition): string | undefined {
  return definition.environment.requirements === undefined
    ? undefined
    : join(folder, definition.environment.requirements);
}

function optional<K extends string, V>(key: K, value: V | undefined): Partial<Record<K, V>> {
  return value === undefined ? {} : ({ [key]: value } as Record<K, V>);
}
