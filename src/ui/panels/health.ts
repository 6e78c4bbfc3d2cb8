import type { ServingAction } from '../../core/actions';
import type { Progress } from '../../core/backend';
import { MEMORY_LIMIT } from '../../core/errors';
import type { Serving, ServingRun, StageName } from '../../core/serving';
import type { HealthView } from '../../protocol/views/header';
import type { TextPart } from '../../protocol/views/basics';
import { readyReplicas } from './stateView';
import type { Usage } from './trafficView';

/** The longest health sentence, in characters. */
const LONGEST = 150;

const DOING: Readonly<Record<StageName, string>> = {
  environment: 'making the environment',
  artifact: 'packing the artifact',
  image: 'building the image',
  server: 'starting the server',
  load: 'loading the Predict script',
  prepared: 'preparing it on Hopsworks',
  scheduled: 'waiting for a place in the cluster',
  initialized: 'fetching its files',
  started: 'starting the server',
  ready: 'waiting until it is ready',
};

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
      return { parts: ['Requests that have begun are answered first, then it stops.'] };
    case 'idle':
      return { parts: ['Scaled to zero: the next request starts a replica and waits for it.'] };
    case 'stopped':
      return {
        parts:
          run?.endedAt === undefined
            ? ['Not started yet.']
            : [
                'Stopped ',
                { kind: 'ago', at: run.endedAt.getTime() },
                ' ago, at ',
                { kind: 'time', at: run.endedAt.getTime() },
                '.',
              ],
        ...(actions.includes('start') ? { act: { text: 'Start it.', to: 'start' as const } } : {}),
      };
    case 'unknown':
      return { parts: [cut(sentence(serving.reason ?? 'The backend does not say how it is'))] };
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
    const parts = [`${String(missing)} of ${String(all)} replicas ${missing === 1 ? 'does' : 'do'} not answer`];
    return {
      parts: [cut(sentence(serving.reason === undefined ? parts.join('') : `${parts.join('')}: ${serving.reason}`))],
      act: memoryAct(serving) ?? logsAct(actions),
    };
  }
  if (run?.reload?.state === 'failed') {
    const why = run.reload.failure?.message ?? 'see the logs';
    return {
      parts: [cut(sentence(`What ran before goes on, the last change does not work: ${why}`))],
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
  const answer = all === 1 ? 'its replica answers' : `${String(ready)} of ${String(all)} replicas answer`;
  const parts: TextPart[] = [
    ...(run
      ? ['Healthy for ', { kind: 'since', at: readySince(run) } as const, `: ${answer}`]
      : [`Healthy: ${answer}`]),
    ...(usage ? usageText(usage) : requests === 0 ? [', no requests yet.'] : requestsText(requests)),
  ];
  const difference = serving.differences[0];
  if (difference !== undefined) {
    return { parts, act: { text: DIFFERENCES[difference.what], to: 'differences' } };
  }
  return requests === 0 && usage === undefined && actions.includes('predict')
    ? { parts, act: { text: 'Send one below.', to: 'test' } }
    : { parts };
}

const DIFFERENCES = {
  script: 'The script differs from what runs.',
  model: 'The model differs from what runs.',
  settings: 'The settings differ from what runs.',
} as const;

/** More than a few requests of the last minute failed. */
function isFailing({ lastMinute: { replies, failed } }: Usage): boolean {
  return failed >= 3 && failed >= replies * 0.05;
}

function failing({ lastMinute: { replies, failed }, p95Ms }: Usage): readonly TextPart[] {
  return [
    { kind: 'count', value: failed },
    ' of ',
    { kind: 'count', value: replies },
    ' requests of the last minute failed',
    ...(p95Ms === undefined ? ['.'] : [', p95 ', { kind: 'latency', value: p95Ms } as const, '.']),
  ];
}

/** Above this the sentence gets too long with both. */
const MANY = 10_000_000;

function usageText({ replies, failed, p95Ms }: Usage): readonly TextPart[] {
  const all = { kind: 'count', value: replies } as const;
  const p95: readonly TextPart[] =
    p95Ms === undefined || replies >= MANY ? [', '] : [', p95 ', { kind: 'latency', value: p95Ms }, ', '];
  return failed === 0
    ? [...p95, 'none of ', all, ' requests failed in the last 15 min.']
    : [...p95, { kind: 'count', value: failed }, ' of ', all, ' requests failed in the last 15 min.'];
}

function requestsText(requests: number): readonly TextPart[] {
  return [
    ', ',
    { kind: 'count', value: requests },
    requests === 1 ? ' request since the start.' : ' requests since the start.',
  ];
}

function failed(serving: Serving): HealthView {
  const { run } = serving;
  const at = run?.failure?.at ?? run?.endedAt;
  const stage = run?.failure?.stage;
  if (run?.failure === undefined && serving.reason !== undefined) {
    return { parts: [cut(sentence(serving.reason))] };
  }
  return {
    parts: [
      ...(at === undefined
        ? ['Failed']
        : [
            'Failed ',
            { kind: 'ago', at: at.getTime() } as const,
            ' ago, at ',
            { kind: 'time', at: at.getTime() } as const,
          ]),
      stage === undefined ? '. ' : stage === 'ready' ? ', while running. ' : `, while ${DOING[stage]}. `,
      'Nothing answers at the endpoint until it is started again.',
    ],
  };
}

function* busy(serving: Serving, progress: Progress | undefined): Generator<TextPart> {
  const stage = progress?.stage ?? serving.run?.stages.find((each) => each.state === 'running')?.name;
  const since = serving.run?.endedAt === undefined ? serving.run?.startedAt.getTime() : undefined;
  if (since !== undefined) {
    yield 'For ';
    yield { kind: 'since', at: since };
    yield ': ';
  }
  const doing = stage === undefined ? serving.state : DOING[stage];
  const text = progress?.message === undefined ? doing : `${doing}, ${lower(progress.message)}`;
  yield cut(sentence(since === undefined ? upper(text) : text));
}

function logsAct(actions: readonly ServingAction[]): NonNullable<HealthView['act']> {
  return actions.includes('logs')
    ? { text: 'Show the logs.', to: 'logs' }
    : { text: 'Look at the replicas.', to: 'replicas' };
}

/** Nothing is wrong, but it answers on another computer only. */
function wayAct({ run }: Serving): HealthView['act'] {
  return run?.endpoint?.elsewhere ? { text: 'Open a terminal with it…', to: 'makeWay' } : undefined;
}

/** A replica was ended because it needed more memory than it may have; a process has no limit of ours. */
function memoryAct({ run, kind }: Serving): HealthView['act'] {
  const isShort = (run?.replicas ?? []).some(({ remedies }) =>
    remedies?.some((each) => each.kind === 'raiseLimit' && each.setting === MEMORY_LIMIT),
  );
  return isShort && kind !== 'process' ? { text: 'Raise the limit…', to: 'raiseMemory' } : undefined;
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
