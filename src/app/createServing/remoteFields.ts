import { basename, join } from 'node:path';
import type { ArtifactChoice, ServingDefinition } from '../../core/definition';
import { t } from '../../core/l10n';
import type { ModelRef, ModelVersion } from '../../core/model';
import { BACK, type Choice } from '../prompts';
import { adjusted } from '../remote/adjust';
import type { OpenPlace } from '../remote/openPlace';
import { frameworkOf, isSame } from '../remote/toRemote';
import { scriptChoice } from './fields';
import { activeOf, ALONE, remoteOf, type RemoteQuestion } from './remoteAsk';

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
    title: t('Predict Script'),
    placeholder: t('Which script answers the requests?'),
    choices: [
      ...(before === undefined || before.script === ''
        ? []
        : [{ label: basename(before.script), description: t('as it is now'), value: 'keep', icon: 'check' } as const]),
      ...locals,
      {
        separator: '',
        label: t('A file on Hopsworks…'),
        value: 'path',
        icon: 'cloud',
        detail: t('One that is in the project already'),
      },
      {
        label: t('None'),
        value: 'none',
        icon: 'circle-slash',
        detail: t('For TensorFlow Serving, and for KServe with one joblib or pickle file of scikit-learn'),
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
    title: t('Script on Hopsworks'),
    prompt: t('Its path in the project: Resources/predict.py'),
    value: definition.script.includes('/') ? definition.script : 'Resources/predict.py',
    check: (text) => (/^[^\\]*\/[^/\\]+\.py$/.test(text) ? undefined : t('Use a path such as Resources/predict.py')),
  });
  return path === BACK ? definition : withScript(definition, place, path);
};

/** Another script is packed anew. */
export function withScript(
  definition: ServingDefinition,
  place: OpenPlace,
  script: string,
  file?: string,
): ServingDefinition {
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
    description: t('version {0}', model.version),
    icon: 'package',
    value: { ref: model },
    ...(model.description === undefined ? {} : { detail: model.description }),
  }));
  const here = around.models
    .flatMap(({ versions }) => versions)
    .filter((local) => !place.models.some((each) => isSame(each, local)))
    .map((local): Choice<Found> => ({
      label: local.name,
      description: t('version {0}', local.version),
      icon: 'device-desktop',
      detail: t('Of this computer: it is exported to the registry first'),
      value: { ref: local, local },
    }));
  const choices = [...there, ...here];
  if (choices.length === 0) {
    return definition;
  }
  const chosen = await prompts.pick({
    ...ALONE,
    title: t('Model Version'),
    placeholder: t('Which model version is served?'),
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
    title: t('Artifact'),
    placeholder: t('What is the serving packed from?'),
    choices: [
      {
        label: 'CREATE',
        value: 'CREATE',
        icon: 'layers',
        detail: t('Model and scripts in a further numbered artifact'),
      },
      ...(isBare
        ? [
            {
              label: 'MODEL-ONLY',
              value: 'MODEL-ONLY',
              icon: 'layers',
              detail: t('The model alone, without a script'),
            } as const,
          ]
        : []),
      ...artifacts.map(({ number, script, transformer }): Choice<ArtifactChoice> => ({
        label: t('Artifact {0}', number),
        value: number,
        icon: 'history',
        detail: t(
          'As it was packed then: {0}',
          [script, transformer].filter((each) => each !== undefined).join(', ') || t('no script'),
        ),
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
