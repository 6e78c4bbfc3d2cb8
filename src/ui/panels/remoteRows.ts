import { limitsText } from '../../app/createServing/remoteText';
import { t } from '../../core/l10n';
import type { RemoteDetails, RemoteTopic } from '../../core/remoteDetails';
import type { Serving } from '../../core/serving';
import type { ConfigurationRow } from '../../protocol/views/configuration';

/** What a serving on Hopsworks is made of, and what Hopsworks tells of it. */
export function remoteRows({ definition, remote, run }: Serving): readonly ConfigurationRow[] {
  const { artifact, script, transformer, description, model, resources } = definition;
  const asked = definition.remote;
  const rows = [
    row(t('Predict script'), script, true),
    row(t('Model'), `${model.name} v${String(model.version)}`),
    row(t('Artifact'), artifact === 'CREATE' ? '' : String(artifact), true),
    row(t('Runs in'), asked && `${asked.server}, ${asked.tool === 'KSERVE' ? 'KServe' : t('the default tool')}`),
    row(t('Environment'), asked?.environment),
    row(t('Replicas'), remote && runningText(remote.available.replicas, remote.wanted.replicas)),
    row(t('Per replica'), limitsText(resources)),
    row(t('Guaranteed'), asked?.requests && limitsText(asked.requests)),
    row(t('Transformer'), transformer, true),
    row(t('Transformers'), transformer === undefined ? '' : transformersText(remote)),
    row(t('Batching'), asked?.batching.enabled === true ? t('on') : t('off')),
    row(t('Topic'), remote?.topic && topicText(remote.topic), true),
    row(t('Inference log'), asked && asked.inferenceLogging !== 'NONE' ? asked.inferenceLogging : ''),
    row(t('Ingress'), remote?.direct && ingressText(remote.direct), true),
    row(t('Path in the server'), remote?.serverPath, true),
    row(t('Port in the cluster'), remote?.internalPort === undefined ? '' : String(remote.internalPort), true),
    row(t('Revision'), remote?.revision, true),
    row(t('Created'), byText(remote?.created, remote?.creator)),
    row(t('Deployed'), run && byText(remote?.deployed, remote?.deployedBy)),
    row(t('Id'), remote && String(remote.id), true),
    row(t('Description'), description),
  ].filter(({ text }) => text !== '');
  return remote ? [...rows, ...pageRows(remote)] : rows;
}

function pageRows({ pages }: RemoteDetails): readonly ConfigurationRow[] {
  return [
    { label: t('In Hopsworks'), text: '', link: 'hopsworks', linkText: t('Its page'), code: false },
    ...(pages.logs === undefined
      ? []
      : [
          {
            label: t('All its logs'),
            text: '',
            link: 'hopsworksLogs',
            linkText: t('Search in Hopsworks'),
            code: false,
          } as const,
        ]),
  ];
}

function runningText(available: number, wanted: number): string {
  return t('{0} of {1} wanted ones are there', String(available), String(wanted));
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
  const day = date?.toISOString().slice(0, 10) ?? '';
  return day === '' || !who ? day || (who ?? '') : t('{0} by {1}', day, who);
}

function row(label: string, text: string | undefined, code = false): ConfigurationRow {
  return { label, text: text ?? '', code };
}

function topicText({ name, schema }: RemoteTopic): string {
  const version = schema?.version === undefined ? '' : ` ${String(schema.version)}`;
  return schema ? `${name} (${schema.name}${version})` : name;
}
