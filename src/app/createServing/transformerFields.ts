import { basename, join } from 'node:path';
import { t } from '../../core/l10n';
import { BACK, type Choice } from '../prompts';
import { adjusted } from '../remote/adjust';
import { activeOf, input, remoteOf, type RemoteQuestion } from './remoteAsk';
import { limitsInput, parseLimits, parseRange } from './remoteText';

const ALONE = { canGoBack: true } as const;

type Chosen = 'none' | 'now' | 'file';

export const askTransformer: RemoteQuestion = async (definition, { prompts, around, place, before }) => {
  const kept = before?.transformer;
  const chosen = await prompts.pick<Chosen>({
    ...ALONE,
    title: t('Transformer'),
    placeholder: t('Which script changes requests and replies?'),
    choices: [
      { label: t('None'), value: 'none', icon: 'circle-slash' },
      ...(kept === undefined
        ? []
        : [
            {
              label: basename(kept),
              description: t('as it is now'),
              value: 'now',
              icon: 'check',
            } satisfies Choice<Chosen>,
          ]),
      {
        label: t('A file of this computer…'),
        value: 'file',
        icon: 'folder-opened',
        detail: t('A .py or .ipynb file with class Transformer'),
      },
    ],
    ...activeOf<Chosen>(
      definition.transformer === undefined ? 'none' : kept === definition.transformer ? 'now' : 'file',
    ),
  });
  if (chosen === BACK) {
    return definition;
  }
  const remote = remoteOf(definition, place);
  const { transformer: _old, ...upload } = remote.upload ?? {};
  const { transformer: _before, ...rest } = definition;
  if (chosen === 'none') {
    return adjusted({ ...rest, artifact: 'CREATE', remote: { ...remote, upload } }, place.offer);
  }
  if (chosen === 'now') {
    return adjusted(
      { ...rest, ...(kept === undefined ? {} : { transformer: kept }), remote: { ...remote, upload } },
      place.offer,
    );
  }
  const file = await prompts.file({
    title: t('Transformer'),
    button: t('Use'),
    folder: join(around.folder),
    files: true,
    folders: false,
  });
  const changed = {
    ...rest,
    transformer: basename(file),
    artifact: 'CREATE' as const,
    remote: { ...remote, upload: { ...upload, transformer: file } },
  };
  return adjusted(changed, place.offer);
};

export const askTransformerReplicas: RemoteQuestion = async (definition, { prompts, place }) => {
  const remote = remoteOf(definition, place);
  return input(definition, place, prompts, {
    title: t('Replicas of the Transformer'),
    prompt: t('How many instances of the transformer there are.'),
    value: String(remote.transformer?.replicas ?? 1),
    read: (text) => {
      const replicas = parseRange(text, false)?.min;
      return replicas === undefined
        ? undefined
        : { ...definition, remote: { ...remote, transformer: { ...remote.transformer, replicas } } };
    },
    wrong: t('Enter a number'),
  });
};

export const askTransformerResources: RemoteQuestion = async (definition, { prompts, place }) => {
  const remote = remoteOf(definition, place);
  return input(definition, place, prompts, {
    title: t('Resources of the Transformer'),
    prompt: t(
      'The most that each instance gets: cores, memory in MB and, where there are some, GPUs; "none" for no limit.',
    ),
    value: limitsInput(remote.transformer?.resources ?? { cores: 1, memoryMb: 1024, gpus: 0 }),
    read: (text) => {
      const resources = parseLimits(text);
      const replicas = remote.transformer?.replicas ?? 1;
      return resources && { ...definition, remote: { ...remote, transformer: { replicas, resources } } };
    },
    wrong: t('Enter cores and MB, and GPUs if any: 1, 1024'),
  });
};
