import type { ServingDefinition } from '../../core/definition';
import { t } from '../../core/l10n';
import { BACK, type Choice } from '../prompts';
import type { OpenPlace } from '../remote/openPlace';
import { replicasText } from './fieldText';
import { remoteOf, type RemoteQuestion } from './remoteAsk';
import { askRemoteArtifact, askRemoteModel, askRemoteScript } from './remoteFields';
import {
  askEnvironmentName,
  askName,
  askProtocol,
  askRemoteBatching,
  askRemoteDescription,
  askRemoteReplicas,
  askRemoteResources,
  askRequests,
  askServer,
  askTool,
} from './remoteRunFields';
import {
  batchingText,
  limitsText,
  modelText,
  scriptText,
  SERVERS,
  TOOLS,
  topicText,
  transformerText,
} from './remoteText';
import { askLogging, askNewTopic, askTopic } from './topicFields';
import { askTransformer, askTransformerReplicas, askTransformerResources } from './transformerFields';

type Row = Choice<RemoteQuestion>;

/** A line for each field, with what it is now; what this server does not have is not there. */
export function remoteRows(definition: ServingDefinition, place: OpenPlace, isNew: boolean): readonly Row[] {
  const remote = remoteOf(definition, place);
  const { offer } = place;
  const rows: readonly (Row | undefined)[] = [
    line(t('Script'), scriptText(definition), askRemoteScript, 'symbol-class', ''),
    line(t('Model'), modelText(definition), askRemoteModel, 'package'),
    offer.hasArtifacts ? line(t('Artifact'), artifactText(definition), askRemoteArtifact, 'layers') : undefined,
    isNew ? line(t('Name'), definition.name, askName, 'tag', '') : undefined,
    offer.hasKserve
      ? line(t('Serving tool'), TOOLS[remote.tool], askTool, 'rocket', isNew ? undefined : '')
      : undefined,
    line(t('Replicas'), replicasText(definition), askRemoteReplicas, 'server-process'),
    line(t('Resources'), limitsText(definition.resources), askRemoteResources, 'dashboard'),
    line(t('Kafka topic'), topicText(remote), askTopic, 'list-unordered', ''),
    remote.topic.name === 'NONE' ? undefined : line(t('Inference log'), remote.inferenceLogging, askLogging, 'output'),
    remote.tool === 'KSERVE' || remote.server === 'TENSORFLOW_SERVING'
      ? line(t('Batching'), batchingText(remote.batching), askRemoteBatching, 'combine')
      : undefined,
    remote.tool === 'KSERVE'
      ? line(t('Transformer'), transformerText(definition), askTransformer, 'arrow-both')
      : undefined,
    line(t('Advanced…'), t('model server, guaranteed resources, description'), askAdvanced, 'settings-gear', ''),
  ];
  return rows.filter((row) => row !== undefined);
}

const askAdvanced: RemoteQuestion = async (definition, ask) => {
  const { place, prompts, before } = ask;
  const remote = remoteOf(definition, place);
  const { offer } = place;
  const { requests, transformer, topic } = remote;
  const transforms = definition.transformer !== undefined;
  const rows: readonly (Row | undefined)[] = [
    // It cannot change.
    before ? undefined : line(t('Model server'), SERVERS[remote.server], askServer, 'server-environment'),
    line(
      t('Guaranteed resources'),
      limitsText(requests ?? { cores: 0.2, memoryMb: 32, gpus: 0 }),
      askRequests,
      'dashboard',
    ),
    topic.name === 'CREATE'
      ? line(
          t('New topic'),
          t('{0} partitions, {1} copies', topic.partitions ?? 1, topic.copies ?? 1),
          askNewTopic,
          'list-unordered',
        )
      : undefined,
    transforms
      ? line(
          t('Replicas of the transformer'),
          String(transformer?.replicas ?? 1),
          askTransformerReplicas,
          'server-process',
        )
      : undefined,
    transforms
      ? line(
          t('Resources of the transformer'),
          transformer?.resources ? limitsText(transformer.resources) : t('those of Hopsworks'),
          askTransformerResources,
          'dashboard',
        )
      : undefined,
    offer.hasEnvironments
      ? line(
          t('Python environment'),
          remote.environment ?? t('the one that Hopsworks takes'),
          askEnvironmentName,
          'symbol-misc',
        )
      : undefined,
    offer.hasProtocols && remote.tool === 'KSERVE'
      ? line(t('Protocol'), remote.protocol ?? 'REST', askProtocol, 'globe')
      : undefined,
    line(t('Description'), definition.description || t('none'), askRemoteDescription, 'note'),
  ];
  const chosen = await prompts.pick<RemoteQuestion>({
    canGoBack: true,
    title: t('Advanced'),
    placeholder: t('Pick a line to change'),
    choices: rows.filter((row) => row !== undefined),
  });
  return chosen === BACK ? definition : chosen(definition, ask);
};

function line(label: string, description: string, value: RemoteQuestion, icon: string, separator?: string): Row {
  return { label, description, value, icon, ...(separator === undefined ? {} : { separator }) };
}

function artifactText({ artifact }: ServingDefinition): string {
  return artifact === 'CREATE' ? t('CREATE: a further one') : String(artifact);
}
