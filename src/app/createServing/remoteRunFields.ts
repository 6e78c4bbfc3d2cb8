import type { RemoteDefinition, ServingDefinition } from '../../core/definition';
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
