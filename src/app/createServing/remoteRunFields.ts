import type { RemoteDefinition, ServingDefinition } from '../../core/definition';
import { t } from '../../core/l10n';
import { checkServingName } from '../../core/names';
import { BACK } from '../prompts';
import { adjusted } from '../remote/adjust';
import { askDescription } from './fields';
import { replicasText } from './fieldText';
import { ALONE, input, remoteOf, type RemoteQuestion } from './remoteAsk';
import { withScript } from './remoteFields';
import { batchingInput, limitsInput, parseBatching, parseLimits, parseRange, SERVERS, TOOLS } from './remoteText';

export const askName: RemoteQuestion = async (definition, { prompts, place }) => {
  const { tool } = remoteOf(definition, place);
  const answer = await prompts.input({
    ...ALONE,
    title: t('Name'),
    prompt: tool === 'KSERVE' ? t('Small letters and digits, as KServe wants them.') : t('Letters and digits.'),
    value: definition.name,
    check: (text) =>
      checkServingName(text, place.names) ??
      (tool === 'KSERVE' && text !== text.toLowerCase()
        ? t('KServe takes small letters only: {0}', text.toLowerCase())
        : undefined),
  });
  return answer === BACK ? definition : { ...definition, name: answer };
};

export const askTool: RemoteQuestion = async (definition, { prompts, place }) => {
  const remote = remoteOf(definition, place);
  const chosen = await prompts.pick<RemoteDefinition['tool']>({
    ...ALONE,
    title: t('Serving Tool'),
    placeholder: t('What runs it in the cluster?'),
    choices: [
      {
        label: TOOLS.KSERVE,
        value: 'KSERVE',
        icon: 'rocket',
        detail: t('Scales to zero, batches, has transformers and its own ingress'),
      },
      {
        label: TOOLS.DEFAULT,
        value: 'DEFAULT',
        icon: 'server',
        detail: t('A plain deployment; answers :classify and :regress as well'),
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
    title: t('Model Server'),
    placeholder: t('What loads the model?'),
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
    title: t('Replicas'),
    prompt: scales
      ? t(
          'How many instances answer; a range such as 0-4 scales with the load. With KServe, 0 starts the first with the first request.',
        )
      : t('How many instances answer. With KServe, 0 starts the first with the first request.'),
    value: replicasText(definition),
    read,
    wrong: scales ? t('Enter a number, or a range: 0-4') : t('Enter a number'),
  });
};

export const askRemoteResources: RemoteQuestion = async (definition, { prompts, place }) =>
  input(definition, place, prompts, {
    title: t('Resources'),
    prompt: t(
      'The most that each instance gets: cores, memory in MB and, where there are some, GPUs; "none" for no limit.',
    ),
    value: limitsInput(definition.resources),
    read: (text) => {
      const resources = parseLimits(text);
      return resources && adjusted({ ...definition, resources }, place.offer);
    },
    wrong: t('Enter cores and MB, and GPUs if any: 1, 1024 or 2, 4096, 1'),
  });

export const askRequests: RemoteQuestion = async (definition, { prompts, place }) => {
  const remote = remoteOf(definition, place);
  return input(definition, place, prompts, {
    title: t('Guaranteed Resources'),
    prompt: t('What each instance is sure to get: cores, memory in MB and, where there are some, GPUs.'),
    value: limitsInput(remote.requests ?? { cores: 0.2, memoryMb: 32, gpus: 0 }),
    read: (text) => {
      const requests = parseLimits(text);
      return requests && { ...definition, remote: { ...remote, requests } };
    },
    wrong: t('Enter cores and MB, and GPUs if any: 0.2, 32'),
  });
};

export const askRemoteBatching: RemoteQuestion = async (definition, { prompts, place }) => {
  const remote = remoteOf(definition, place);
  return input(definition, place, prompts, {
    title: t('Batching'),
    prompt:
      remote.tool === 'KSERVE'
        ? t('"on" or "off", or rows, milliseconds to wait and seconds at the most: 32, 5000, 60.')
        : t('"on" or "off".'),
    value: batchingInput(remote.batching),
    read: (text) => {
      const batching = parseBatching(text);
      return batching && { ...definition, remote: { ...remote, batching } };
    },
    wrong: t('Enter on, off, or three numbers: 32, 5000, 60'),
  });
};

export const askEnvironmentName: RemoteQuestion = async (definition, { prompts, place }) => {
  const { environment, ...remote } = remoteOf(definition, place);
  return input(definition, place, prompts, {
    title: t('Python Environment'),
    prompt: t('Name of an environment of the project; nothing for the one that Hopsworks takes itself.'),
    value: environment ?? '',
    read: (text) => ({ ...definition, remote: { ...remote, ...(text === '' ? {} : { environment: text }) } }),
    wrong: '',
  });
};

export const askProtocol: RemoteQuestion = async (definition, { prompts, place }) => {
  const remote = remoteOf(definition, place);
  const chosen = await prompts.pick<'REST' | 'GRPC'>({
    ...ALONE,
    title: t('Protocol'),
    placeholder: t('How is it asked?'),
    choices: [
      { label: 'REST', value: 'REST', icon: 'globe' },
      { label: 'GRPC', value: 'GRPC', icon: 'plug', detail: t('Requests from the editor go by REST only') },
    ],
    active: remote.protocol ?? 'REST',
  });
  return chosen === BACK ? definition : { ...definition, remote: { ...remote, protocol: chosen } };
};

export const askRemoteDescription: RemoteQuestion = (definition, { prompts, around }) =>
  askDescription(definition, prompts, around);
