import { limitsText } from '../../app/createServing/remoteText';
import type { RemoteDetails, RemoteTopic } from '../../core/remoteDetails';
import type { Serving } from '../../core/serving';
import type { ConfigurationRow } from '../../protocol/views/configuration';

/** What a serving on Hopsworks is made of, and what Hopsworks tells of it. */
export function remoteRows({ definition, remote, run }: Serving): readonly ConfigurationRow[] {
  const { artifact, script, transformer, description, model, resources } = definition;
  const asked = definition.remote;
  const rows = [
    row('Predict script', script, true),
    row('Model', `${model.name} v${String(model.version)}`),
    row('Artifact', artifact === 'CREATE' ? '' : String(artifact), true),
    row('Runs in', asked && `${asked.server}, ${asked.tool === 'KSERVE' ? 'KServe' : 'the default tool'}`),
    row('Environment', asked?.environment),
    row('Replicas', remote && runningText(remote.available.replicas, remote.wanted.replicas)),
    row('Per replica', limitsText(resources)),
    row('Guaranteed', asked?.requests && limitsText(asked.requests)),
    row('Transformer', transformer, true),
    row('Transformers', transformer === undefined ? '' : transformersText(remote)),
    row('Batching', asked?.batching.enabled === true ? 'on' : 'off'),
    row('Topic', remote?.topic && topicText(remote.topic), true),
    row('Inference log', asked && asked.inferenceLogging !== 'NONE' ? asked.inferenceLogging : ''),
    row('Ingress', remote?.direct && ingressText(remote.direct), true),
    row('Path in the server', remote?.serverPath, true),
    row('Port in the cluster', remote?.internalPort === undefined ? '' : String(remote.internalPort), true),
    row('Revision', remote?.revision, true),
    row('Created', byText(remote?.created, remote?.creator)),
    row('Deployed', run && byText(remote?.deployed, remote?.deployedBy)),
    row('Id', remote && String(remote.id), true),
    row('Description', description),
  ].filter(({ text }) => text !== '');
  return remote ? [...rows, ...pageRows(remote)] : rows;
}

function pageRows({ pages }: RemoteDetails): readonly ConfigurationRow[] {
  return [
    { label: 'In Hopsworks', text: '', link: 'hopsworks', linkText: 'Its page', code: false },
    ...(pages.logs === undefined
      ? []
      : [
          {
            label: 'All its logs',
            text: '',
            link: 'hopsworksLogs',
            linkText: 'Search in Hopsworks',
            code: false,
          } as const,
        ]),
  ];
}

function runningText(available: number, wanted: number): string {
  return `${String(available)} of ${String(wanted)} wanted ones are there`;
}

function transformersText(remote: RemoteDetails | undefined): string {
  const wanted = remote?.wanted.transformers;
  return wanted === undefined ? '' : runningText(remote?.available.transformers ?? 0, wanted);
}

function ingressText({ url, hostHeader }: NonNullable<RemoteDetails['direct']>): string {
  return hostHeader === undefined ? url : `${url}, Host ${hostHeader}`;
}

/** "2026-11-29 by Ada Lovelace". */
function byText(date: Date | undefined, who: string | undefined): string {
  return [date?.toISOString().slice(0, 10) ?? '', who ?? ''].filter((part) => part !== '').join(' by ');
}

function row(label: string, text: string | undefined, code = false): ConfigurationRow {
  return { label, text: text ?? '', code };
}

function topicText({ name, schema }: RemoteTopic): string {
  const version = schema?.version === undefined ? '' : ` ${String(schema.version)}`;
  return schema ? `${name} (${schema.name}${version})` : name;
}
