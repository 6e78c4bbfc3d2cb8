import type { RemoteTopic, Serving } from '../../core/serving';
import type { ServingDefinition } from '../../core/definition';
import type { ConfigurationRow } from '../../protocol/views/configuration';

/** What a serving on Hopsworks is made of, and what Hopsworks tells of it. */
export function remoteRows({ definition, remote }: Serving): readonly ConfigurationRow[] {
  const { artifact, script, transformer, description, model } = definition;
  const asked = definition.remote;
  const made = remote?.created?.toISOString().slice(0, 10) ?? '';
  const instances =
    remote && `${String(remote.available.replicas)} of ${String(remote.wanted.replicas)} wanted ones are there`;
  return [
    row('Predict script', script, true),
    row('Model', `${model.name} v${String(model.version)}`),
    row('Artifact', artifact === 'CREATE' ? '' : String(artifact), true),
    row('Runs in', asked && `${asked.server}, ${asked.tool === 'KSERVE' ? 'KServe' : 'the default tool'}`),
    row('Environment', asked?.environment),
    row('Replicas', instances),
    row('Per replica', limitsText(definition.resources)),
    row('Transformer', transformer, true),
    row('Batching', asked?.batching.enabled === true ? 'on' : 'off'),
    row('Topic', remote?.topic && topicText(remote.topic), true),
    row('Inference log', asked && asked.inferenceLogging !== 'NONE' ? asked.inferenceLogging : ''),
    row('Revision', remote?.revision, true),
    row('Created', [made, remote?.creator ?? ''].filter((part) => part !== '').join(' by ')),
    row('Description', description),
  ].filter(({ text }) => text !== '');
}

function row(label: string, text: string | undefined, code = false): ConfigurationRow {
  return { label, text: text ?? '', code };
}

function topicText({ name, schema }: RemoteTopic): string {
  const version = schema?.version === undefined ? '' : ` ${String(schema.version)}`;
  return schema ? `${name} (${schema.name}${version})` : name;
}

/** -1 is no limit. */
function limitsText({ cores, memoryMb, gpus }: ServingDefinition['resources']): string {
  const limits = [
    ...(cores < 0 ? [] : [`${String(cores)} ${cores === 1 ? 'core' : 'cores'}`]),
    ...(memoryMb < 0 ? [] : [`${String(memoryMb)} MB`]),
    ...(gpus <= 0 ? [] : [`${String(gpus)} ${gpus === 1 ? 'GPU' : 'GPUs'}`]),
  ];
  return limits.length === 0 ? 'no limits' : limits.join(', ');
}
