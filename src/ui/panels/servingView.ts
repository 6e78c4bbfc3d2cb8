import type { Traffic } from '../../app/traffic/servingTraffic';
import type { ServingAction } from '../../core/actions';
import type { Progress } from '../../core/backend';
import { t } from '../../core/l10n';
import type { Endpoint, Serving } from '../../core/serving';
import { VERBS } from '../../core/serving';
import type { ActionView } from '../../protocol/views/header';
import type { EndpointView, PageLink, RouteView, TestView } from '../../protocol/views/endpoint';
import type { ServingView } from '../../protocol/servingPanel';
import { modelText, toConfiguration } from './configurationView';
import { toGateway } from './gatewayView';
import { toHealth } from './health';
import { toInferenceLog, type RecordingFacts } from './inferenceLogView';
import { toReplicas } from './replicasView';
import { toSampleRequest } from './sampleRequest';
import { toScaling } from './scalingView';
import { toLastGood, toStartup } from './startupView';
import { toStateView } from './stateView';
import { toTrafficSection, toUsage } from './trafficView';

/** A browser sends no token: of a serving that asks for one, only its health and the page that takes a token can be shown. */
const pagesText = (): readonly PageLink[] => [
  { target: 'docs', label: t('API Page') },
  { target: 'metrics', label: t('Metrics') },
  { target: 'ready', label: t('Readiness') },
  { target: 'status', label: t('Model Status') },
];
const appPages = (): readonly PageLink[] => [
  { target: 'app', label: t('App') },
  { target: 'ready', label: t('Readiness') },
];
const hopsworksPages = (): readonly PageLink[] => [
  { target: 'hopsworks', label: t('Page in Hopsworks') },
  { target: 'hopsworksLogs', label: t('Log Search') },
];
const LOOPBACK = /^(127\.|::1$|localhost$)/;

export interface ServingFacts {
  readonly serving: Serving;
  readonly progress: Progress | undefined;
  /** What can be done to it now. */
  readonly actions: readonly ServingAction[];
  /** "This computer". */
  readonly backendLabel: string;
  /** How it is used, as far as that is known. */
  readonly traffic?: Traffic | undefined;
  /** Whether it tells of its traffic itself. */
  readonly countsTraffic?: boolean;
  /** The address of its endpoint for the person at the editor, where that is another one. */
  readonly externalUrl?: string | undefined;
  /** Of its inference log, where it can have one. */
  readonly recording?: RecordingFacts | undefined;
}

/** Everything the detail page shows of a serving. Pure: the same facts give the same view. */
export function toServingView(facts: ServingFacts): ServingView {
  const { serving, progress, actions, backendLabel, traffic } = facts;
  const { run, definition } = serving;
  const failed = serving.state === 'failed';
  const startup = toStartup(serving, progress);
  const endpoint = toEndpoint(serving, facts.externalUrl);
  const replicas = failed ? undefined : toReplicas(serving, actions, traffic);
  const section = toTrafficSection(serving, traffic, facts.countsTraffic === true);
  const lastGood = toLastGood(serving);
  const gateway = failed ? undefined : toGateway(serving);
  const scaling = toScaling(serving, actions);
  const test = toTest(serving, actions);
  const inferenceLog = toInferenceLog(serving, facts.recording);
  return {
    ref: { backend: serving.ref.backend, name: serving.ref.name },
    name: serving.ref.name,
    state: toStateView(serving),
    actions: toActions(serving, actions),
    backend: backendLabel,
    model: modelText(definition),
    ...(run?.artifact === undefined ? {} : { artifact: artifactInShort(run.artifact) }),
    ...(serving.remote?.revision === undefined ? {} : { revision: t('revision {0}', serving.remote.revision) }),
    health: toHealth(serving, progress, actions, toUsage(traffic)),
    failed,
    ...(startup === undefined ? {} : { startup }),
    ...(lastGood === undefined ? {} : { lastGood }),
    ...(endpoint === undefined ? {} : { endpoint }),
    ...(section === undefined ? {} : { traffic: section }),
    ...(test === undefined ? {} : { test }),
    ...(replicas === undefined ? {} : { replicas }),
    ...(gateway === undefined ? {} : { gateway }),
    ...(scaling === undefined ? {} : { scaling }),
    configuration: toConfiguration(serving, actions),
    ...(inferenceLog === undefined ? {} : { inferenceLog }),
  };
}

/** `irisflowerclassifier_1_3` is "artifact 3" beside the model's name. */
function artifactInShort(label: string): string {
  const number = /_(\d+)$/.exec(label)?.[1];
  return number === undefined ? label : t('artifact {0}', number);
}

/** Header and More, in their fixed order; what is not allowed now is absent. */
function toActions(serving: Serving, allowed: readonly ServingAction[]): readonly ActionView[] {
  const all: readonly (ActionView & { readonly shown: boolean })[] = [
    { action: 'start', label: t('Start'), icon: 'debug-start', place: 'bar', shown: allowed.includes('start') },
    { action: 'stop', label: t('Stop'), icon: 'debug-stop', place: 'bar', shown: allowed.includes('stop') },
    { action: 'restart', label: t('Restart'), icon: 'debug-restart', place: 'bar', shown: allowed.includes('restart') },
    { action: 'adopt', label: t('Adopt'), icon: 'new-file', place: 'bar', shown: allowed.includes('adopt') },
    { action: 'edit', label: t('Edit…'), icon: 'edit', place: 'wide', shown: allowed.includes('edit') },
    { action: 'moveTo', label: t('Move to…'), icon: 'arrow-swap', place: 'wide', shown: allowed.includes('move') },
    { action: 'logs', label: t('Logs'), icon: 'output', place: 'bar', shown: allowed.includes('logs') },
    {
      action: 'openEndpoint',
      label: t('Open Endpoint'),
      icon: 'link-external',
      place: 'more',
      // A browser has no API key to show.
      shown: isAnswering(serving) && serving.kind !== 'hopsworks',
    },
    {
      action: 'openScript',
      label: t('Open Predict Script'),
      icon: 'go-to-file',
      place: 'more',
      shown: serving.kind !== 'hopsworks',
    },
    {
      action: 'openDefinition',
      label: t('Open Serving Definition'),
      icon: 'json',
      place: 'more',
      shown: serving.definitionFile !== undefined,
    },
    {
      action: 'openShell',
      label: t('Open Shell in Replica'),
      icon: 'terminal',
      place: 'more',
      shown: allowed.includes('shell'),
    },
    {
      action: 'openInHopsworks',
      label: t('Open in Hopsworks'),
      icon: 'link-external',
      place: 'more',
      shown: allowed.includes('openPage'),
    },
    { action: 'remove', label: t('Delete…'), icon: 'trash', place: 'more', shown: allowed.includes('remove') },
  ];
  return all.filter((each) => each.shown).map(({ action, label, icon, place }) => ({ action, label, icon, place }));
}

function isAnswering(serving: Serving): boolean {
  return (
    serving.run?.endpoint !== undefined &&
    (serving.state === 'running' || serving.state === 'idle' || serving.state === 'updating')
  );
}

function toEndpoint(serving: Serving, externalUrl: string | undefined): EndpointView | undefined {
  const endpoint = serving.run?.endpoint;
  if (endpoint === undefined || serving.state === 'stopped' || serving.state === 'creating') {
    return undefined;
  }
  const hasApp = serving.run?.loaded?.hasApp === true;
  const pages = hasApp ? appPages() : pagesText();
  const url = externalUrl ?? endpoint.url;
  return {
    url: hasApp ? new URL('/', url).href : `${url}:predict`,
    method: hasApp ? 'APP' : 'POST',
    port: endpoint.port,
    answering: isAnswering(serving),
    note: isAnswering(serving) ? `${reach(endpoint)}, ${guard(serving)}` : '',
    pages:
      serving.kind === 'hopsworks'
        ? hopsworksPages()
        : serving.definition.token === undefined
          ? pages
          : pages.filter(({ target }) => target === 'docs' || target === 'ready'),
  };
}

function reach(endpoint: Endpoint): string {
  if (endpoint.elsewhere) {
    return t('only on {0}, until there is a way to it', endpoint.elsewhere.host);
  }
  return LOOPBACK.test(endpoint.host) ? t('this computer only') : endpoint.host;
}

function guard({ kind, definition: { token } }: Serving): string {
  if (kind === 'hopsworks') {
    return t('with the API key');
  }
  return token === undefined ? t('no token') : t('token {0}', token);
}

function toTest(serving: Serving, actions: readonly ServingAction[]): TestView | undefined {
  const loaded = serving.run?.loaded;
  // What an app answers is its own; its pages are a click away.
  if (!actions.includes('predict') || !isAnswering(serving) || loaded?.hasApp === true) {
    return undefined;
  }
  const { definition } = serving;
  const sample = toSampleRequest(loaded, definition.sample);
  // KServe answers this one only.
  if (definition.remote?.tool === 'KSERVE') {
    return { verbs: ['predict'], sample, ...toRoutes(serving) };
  }
  const verbs = VERBS.filter((verb) => loaded?.verbs.includes(verb) ?? true);
  return { verbs: verbs.length === 0 ? VERBS : verbs, sample, ...toRoutes(serving) };
}

/** Through Hopsworks, and what else there is. */
function toRoutes({ definition, remote }: Serving): Pick<TestView, 'routes'> {
  const asked = definition.remote;
  const isVersioned = asked?.server === 'TENSORFLOW_SERVING' && asked.tool === 'DEFAULT';
  const others: readonly RouteView[] = [
    ...(remote?.direct
      ? [
          {
            route: 'direct',
            label: remote.direct.url.startsWith('http:') ? t('Ingress, not encrypted') : t('Ingress'),
          } as const,
        ]
      : []),
    ...(isVersioned ? [{ route: 'version', label: t('Version {0}', String(definition.model.version)) } as const] : []),
  ];
  return others.length === 0 ? {} : { routes: [{ route: 'project', label: t('Through Hopsworks') }, ...others] };
}
