import type { ServingAction } from '../../core/actions';
import type { Progress } from '../../core/backend';
import { MEMORY_LIMIT } from '../../core/errors';
import { pieces, t } from '../../core/l10n';
import type { Serving, ServingRun, StageName } from '../../core/serving';
import { stateText } from '../../core/stateText';
import type { HealthView } from '../../protocol/views/header';
import type { TextPart } from '../../protocol/views/basics';
import { readyReplicas } from './stateView';
import type { Usage } from './trafficView';

/** The longest health sentence, in characters. */
const LONGEST = 150;

const doingText = (): Readonly<Record<StageName, string>> => ({
  environment: t('making the environment'),
  artifact: t('packing the artifact'),
  image: t('building the image'),
  server: t('starting the server'),
  load: t('loading the Predict script'),
  prepared: t('preparing it on Hopsworks'),
  scheduled: t('waiting for a place in the cluster'),
  initialized: t('fetching its files'),
  started: t('starting the server'),
  ready: t('waiting until it is ready'),
});

/**
 * One sentence made from facts: when something is wrong, that first; at its end the one thing to act on. It does not
 * only repeat the state.
 */
export function toHealth(
  serving: Serving,
  progress: Progress | undefined,
  actions: readonly ServingAction[],
  usage?: Usage,
): HealthView {
  const { run } = serving;
  switch (serving.state) {
    case 'running':
      return running(serving, actions, usage);
    case 'failed':
      return failed(serving);
    case 'creating':
    case 'starting':
    case 'updating':
      return { parts: [...busy(serving, progress)] };
    case 'stopping':
      return { parts: [t('Requests that have begun are answered first, then it stops.')] };
    case 'idle':
      return { parts: [t('Scaled to zero: the next request starts a replica and waits for it.')] };
    case 'stopped':
      return {
        parts:
          run?.endedAt === undefined
            ? [t('Not started yet.')]
            : pieces<TextPart>(
                'Stopped {0} ago, at {1}.',
                { kind: 'ago', at: run.endedAt.getTime() },
                { kind: 'time', at: run.endedAt.getTime() },
              ),
        ...(actions.includes('start') ? { act: { text: t('Start it.'), to: 'start' as const } } : {}),
      };
    case 'unknown':
      return { parts: [cut(sentence(serving.reason ?? t('The backend does not say how it is')))] };
  }
}

/** Milliseconds since 1970: making an environment may have taken minutes, in which it was not healthy. */
function readySince({ startedAt, stages }: ServingRun): number {
  const ready = stages.find(({ name }) => name === 'ready');
  return ready?.startedAt && ready.seconds !== undefined
    ? ready.startedAt.getTime() + ready.seconds * 1000
    : startedAt.getTime();
}

function running(serving: Serving, actions: readonly ServingAction[], usage: Usage | undefined): HealthView {
  const { ready, all } = readyReplicas(serving);
  const { run } = serving;
  if (ready < all) {
    const missing = all - ready;
    const text =
      missing === 1
        ? t('1 of {0} replicas does not answer', all)
        : t('{0} of {1} replicas do not answer', missing, all);
    return {
      parts: [cut(sentence(serving.reason === undefined ? text : `${text}: ${serving.reason}`))],
      act: memoryAct(serving) ?? logsAct(actions),
    };
  }
  if (run?.reload?.state === 'failed') {
    const why = run.reload.failure?.message ?? t('see the logs');
    return {
      parts: [cut(sentence(t('What ran before goes on, the last change does not work: {0}', why)))],
      act: logsAct(actions),
    };
  }
  if (serving.reason !== undefined) {
    return { parts: [cut(sentence(serving.reason))], act: memoryAct(serving) ?? wayAct(serving) ?? logsAct(actions) };
  }
  if (usage && isFailing(usage)) {
    return { parts: failing(usage), act: logsAct(actions) };
  }
  // A request that is tried again at another replica is counted there as well.
  const requests = run?.gateway?.requests ?? (run?.replicas ?? []).reduce((sum, each) => sum + each.requests, 0);
  const answer = all === 1 ? t('its replica answers') : t('{0} of {1} replicas answer', String(ready), String(all));
  const parts: TextPart[] = [
    ...(run
      ? pieces<TextPart>('Healthy for {0}: {1}', { kind: 'since', at: readySince(run) }, answer)
      : [t('Healthy: {0}', answer)]),
    ...(usage ? usageText(usage) : requests === 0 ? [t(', no requests yet.')] : requestsText(requests)),
  ];
  const difference = serving.differences[0];
  if (difference !== undefined) {
    return { parts, act: { text: differences()[difference.what], to: 'differences' } };
  }
  return requests === 0 && usage === undefined && actions.includes('predict')
    ? { parts, act: { text: t('Send one below.'), to: 'test' } }
    : { parts };
}

const differences = () =>
  ({
    script: t('The script differs from what runs.'),
    model: t('The model differs from what runs.'),
    settings: t('The settings differ from what runs.'),
  }) as const;

/** More than a few requests of the last minute failed. */
function isFailing({ lastMinute: { replies, failed } }: Usage): boolean {
  return failed >= 3 && failed >= replies * 0.05;
}

function failing({ lastMinute: { replies, failed }, p95Ms }: Usage): readonly TextPart[] {
  const counts = [{ kind: 'count', value: failed } as const, { kind: 'count', value: replies } as const];
  return p95Ms === undefined
    ? pieces<TextPart>('{0} of {1} requests of the last minute failed.', ...counts)
    : pieces<TextPart>('{0} of {1} requests of the last minute failed, p95 {2}.', ...counts, {
        kind: 'latency',
        value: p95Ms,
      });
}

/** Above this the sentence gets too long with both. */
const MANY = 10_000_000;

function usageText({ replies, failed, p95Ms }: Usage): readonly TextPart[] {
  const all = { kind: 'count', value: replies } as const;
  const some = { kind: 'count', value: failed } as const;
  if (p95Ms === undefined || replies >= MANY) {
    return failed === 0
      ? pieces<TextPart>(', none of {0} requests failed in the last 15 min.', all)
      : pieces<TextPart>(', {0} of {1} requests failed in the last 15 min.', some, all);
  }
  const p95 = { kind: 'latency', value: p95Ms } as const;
  return failed === 0
    ? pieces<TextPart>(', p95 {0}, none of {1} requests failed in the last 15 min.', p95, all)
    : pieces<TextPart>(', p95 {0}, {1} of {2} requests failed in the last 15 min.', p95, some, all);
}

function requestsText(requests: number): readonly TextPart[] {
  const count = { kind: 'count', value: requests } as const;
  return requests === 1
    ? pieces<TextPart>(', {0} request since the start.', count)
    : pieces<TextPart>(', {0} requests since the start.', count);
}

function failed(serving: Serving): HealthView {
  const { run } = serving;
  const at = run?.failure?.at ?? run?.endedAt;
  const stage = run?.failure?.stage;
  if (run?.failure === undefined && serving.reason !== undefined) {
    return { parts: [cut(sentence(serving.reason))] };
  }
  return {
    parts: [...failedWhen(at?.getTime(), stage), t('Nothing answers at the endpoint until it is started again.')],
  };
}

function failedWhen(at: number | undefined, stage: StageName | undefined): readonly TextPart[] {
  const doing = stage === undefined || stage === 'ready' ? '' : doingText()[stage];
  if (at === undefined) {
    return [
      stage === undefined
        ? t('Failed. ')
        : stage === 'ready'
          ? t('Failed, while running. ')
          : t('Failed, while {0}. ', doing),
    ];
  }
  const when = [{ kind: 'ago', at } as const, { kind: 'time', at } as const];
  return stage === undefined
    ? pieces<TextPart>('Failed {0} ago, at {1}. ', ...when)
    : stage === 'ready'
      ? pieces<TextPart>('Failed {0} ago, at {1}, while running. ', ...when)
      : pieces<TextPart>('Failed {0} ago, at {1}, while {2}. ', ...when, doing);
}

function* busy(serving: Serving, progress: Progress | undefined): Generator<TextPart> {
  const stage = progress?.stage ?? serving.run?.stages.find((each) => each.state === 'running')?.name;
  const since = serving.run?.endedAt === undefined ? serving.run?.startedAt.getTime() : undefined;
  if (since !== undefined) {
    yield* pieces<TextPart>('For {0}: ', { kind: 'since', at: since });
  }
  const doing = stage === undefined ? stateText(serving.state) : doingText()[stage];
  const text = progress?.message === undefined ? doing : `${doing}, ${lower(progress.message)}`;
  yield cut(sentence(since === undefined ? upper(text) : text));
}

function logsAct(actions: readonly ServingAction[]): NonNullable<HealthView['act']> {
  return actions.includes('logs')
    ? { text: t('Show the logs.'), to: 'logs' }
    : { text: t('Look at the replicas.'), to: 'replicas' };
}

/** Nothing is wrong, but it answers on another computer only. */
function wayAct({ run }: Serving): HealthView['act'] {
  return run?.endpoint?.elsewhere ? { text: t('Open a terminal with it…'), to: 'makeWay' } : undefined;
}

/** A replica was ended because it needed more memory than it may have; a process has no limit of ours. */
function memoryAct({ run, kind }: Serving): HealthView['act'] {
  const isShort = (run?.replicas ?? []).some(({ remedies }) =>
    remedies?.some((each) => each.kind === 'raiseLimit' && each.setting === MEMORY_LIMIT),
  );
  return isShort && kind !== 'process' ? { text: t('Raise the limit…'), to: 'raiseMemory' } : undefined;
}

function sentence(text: string): string {
  return /[.!?…]$/.test(text) ? text : `${text}.`;
}

function cut(text: string): string {
  return text.length <= LONGEST - 20 ? text : `${text.slice(0, LONGEST - 21)}…`;
}

function upper(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** With its first letter small, unless the word is a name ("iPhone", "ONNX"). */
function lower(text: string): string {
  return /^[A-Z][a-z ]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text;
}
