import { cores, gpus } from '../../core/counts';
import type { ServingDefinition } from '../../core/definition';
import { t } from '../../core/l10n';
import { BACK, type Choice, type Prompts } from '../prompts';
import type { OpenPlace } from '../remote/openPlace';
import {
  askArtifact,
  askDescription,
  askEnvironment,
  askModel,
  askPort,
  askReplicas,
  askResources,
  askScript,
  askSecrets,
  askVariables,
  PLACES,
  type FieldQuestion,
  type Surroundings,
} from './fields';
import { replicasText } from './fieldText';
import { askInferenceLog, askKafkaTopic, inferenceLogText } from './kafkaFields';
import type { Placed } from './placeField';
import type { RemoteQuestion } from './remoteAsk';
import { remoteRows } from './remoteSummary';

export type Purpose = 'create' | 'edit' | 'running';

export type Row = 'go' | 'save' | 'place' | FieldQuestion | { readonly remote: RemoteQuestion };

const first = (): Readonly<Record<Purpose, readonly Choice<Row>[]>> => ({
  create: [
    { label: t('Create and Start'), value: 'go', icon: 'run' },
    { label: t('Create'), description: t('only the definition'), value: 'save', icon: 'new-file' },
  ],
  edit: [
    { label: t('Save'), value: 'save', icon: 'save' },
    { label: t('Save and Start'), value: 'go', icon: 'run' },
  ],
  running: [
    { label: t('Save and Update'), description: t('the running serving goes over to it'), value: 'go', icon: 'save' },
  ],
});

/** With why it cannot be, where that is so. */
export function firstRows(
  purpose: Purpose,
  place: OpenPlace | undefined,
  wrong: string | undefined,
): readonly Choice<Row>[] {
  return first()[purpose].map((row) => {
    if (wrong !== undefined) {
      return { ...row, description: t('not yet'), icon: 'error' };
    }
    return place && row.value === 'save' && purpose === 'create'
      ? { ...row, description: t('without starting it') }
      : row;
  });
}

/** Every line says what it is now, and can be chosen to change it. */
export function summaryRows({ definition: d, place }: Placed, purpose: Purpose): readonly Choice<Row>[] {
  // A serving keeps its backend: another one has other things of it to look after.
  const where: readonly Choice<Row>[] =
    purpose === 'create'
      ? [
          {
            separator: '',
            label: t('Where'),
            description: place?.label ?? PLACES[d.backend],
            value: 'place',
            icon: 'server-environment',
          },
        ]
      : [];
  if (place) {
    const rows = remoteRows(d, place, purpose === 'create');
    const [script, model, ...others] = rows.map((row): Choice<Row> => ({ ...row, value: rowOf(row.value) }));
    return [script, model, ...where, ...others].filter((row) => row !== undefined);
  }
  const { python, requirements, variables, secrets } = d.environment;
  const set = [...Object.keys(variables), ...secrets];
  return [
    { separator: '', label: t('Script'), description: d.script, value: askScript, icon: 'symbol-class' },
    { label: t('Model'), description: `${d.model.name} v${d.model.version}`, value: askModel, icon: 'package' },
    { label: t('Artifact'), description: artifactText(d), value: askArtifact, icon: 'layers' },
    ...where,
    {
      ...(purpose === 'create' ? {} : { separator: '' }),
      label: t('Replicas'),
      description: replicasText(d),
      value: askReplicas,
      icon: 'server-process',
    },
    ...(d.backend === 'docker'
      ? [{ label: t('Resources'), description: resourcesRow(d), value: askResources, icon: 'dashboard' }]
      : []),
    {
      label: 'Python',
      description: requirements === undefined ? (python ?? t('selected interpreter')) : `managed, ${requirements}`,
      value: askEnvironment,
      icon: 'symbol-misc',
    },
    {
      label: t('Port'),
      description: d.port === 'auto' ? t('auto: a free one') : String(d.port),
      value: askPort,
      icon: 'plug',
    },
    { label: t('Inference log'), description: inferenceLogText(d), value: askInferenceLog, icon: 'output' },
    {
      label: t('Kafka topic'),
      description: d.inferenceLog.kafka.topic,
      value: askKafkaTopic,
      icon: 'list-unordered',
    },
    {
      separator: '',
      label: t('Advanced…'),
      description: set.length > 0 ? set.join(', ') : t('variables, secrets, description'),
      value: askAdvanced,
      icon: 'settings-gear',
    },
  ];
}

const ROWS = new Map<RemoteQuestion, Row>();

/** The same for the same question, so that the line that was chosen last is found again. */
function rowOf(remote: RemoteQuestion): Row {
  const row = ROWS.get(remote) ?? { remote };
  ROWS.set(remote, row);
  return row;
}

function resourcesRow({ resources: most }: ServingDefinition): string {
  return [cores(most.cores), `${most.memoryMb} MB`, ...(most.gpus > 0 ? [gpus(most.gpus)] : [])].join(', ');
}

function artifactText({ artifact }: ServingDefinition): string {
  return typeof artifact === 'number' ? String(artifact) : artifact === 'CREATE' ? t('CREATE, numbered') : artifact;
}

async function askAdvanced(
  definition: ServingDefinition,
  prompts: Prompts,
  around: Surroundings,
): Promise<ServingDefinition> {
  const chosen = await prompts.pick<FieldQuestion>({
    canGoBack: true,
    title: t('Advanced'),
    placeholder: t('Pick a line to change'),
    choices: [
      {
        label: t('Environment variables'),
        description: Object.keys(definition.environment.variables).join(', ') || t('none'),
        value: askVariables,
        icon: 'symbol-variable',
      },
      {
        label: t('Secrets'),
        description: definition.environment.secrets.join(', ') || t('none'),
        value: askSecrets,
        icon: 'key',
      },
      {
        label: t('Description'),
        description: definition.description || t('none'),
        value: askDescription,
        icon: 'note',
      },
    ],
  });
  return chosen === BACK ? definition : chosen(definition, prompts, around);
}
