import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { InferenceLogState } from '../../core/inferenceLog';
import { sumOf, type Histogram, type ReplicaReading } from '../../core/traffic';
import type { Http } from '../http';
import { toInferenceLogState } from './inferenceLogState';
import { count, object, objects, type Json } from './json';

/** What a server answers with this header is its own, also where the script's app has such a path. */
export const METRICS = { path: '/metrics.json', header: 'x-model-serving-metrics' } as const;
const ANSWER_MS = 2000;

/** What a server has counted. */
export interface ServerMetrics {
  readonly name: string;
  readonly replies: number;
  readonly clientErrors: number;
  readonly serverErrors: number;
  readonly inFlight: number;
  readonly latency?: Histogram;
  readonly workers: readonly Omit<ReplicaReading, 'source'>[];
  /** Absent while it keeps none. */
  readonly inferenceLog?: InferenceLogState;
}

/** Asks a server for its metrics; `url` is the whole address. Rejects with `unavailable` where it does not tell them. */
export async function readServerMetrics(
  http: Pick<Http, 'send'>,
  url: string,
  token: string | undefined,
  signal: AbortSignal,
): Promise<ServerMetrics> {
  const { status, body } = await http.send({
    method: 'GET',
    url,
    headers: { [METRICS.header]: '1', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) },
    timeout: ANSWER_MS,
    signal,
  });
  const metrics = status === 200 ? parseMetrics(body) : undefined;
  if (metrics === undefined) {
    throw new ServingError('unavailable', t('it does not tell its metrics: it answered {0}', String(status)));
  }
  return metrics;
}

/** Total: undefined for what is not from a server of ours; what is missing in it is left out. */
export function parseMetrics(text: string): ServerMetrics | undefined {
  const value = parsed(text);
  const totals = object(value?.totals);
  if (value === undefined || totals === undefined || typeof value.name !== 'string') {
    return undefined;
  }
  const requests = objects(totals.requests);
  const countOf = (isIt: (status: number) => boolean): number =>
    requests.reduce((sum, each) => sum + (isIt(count(each.status)) ? count(each.count) : 0), 0);
  const latency = Object.values(object(totals.requestSeconds) ?? {})
    .flatMap(toHistogram)
    .reduce<Histogram | undefined>((sum, each) => (sum ? sumOf(sum, each) : each), undefined);
  const inferenceLog = toInferenceLogState(value.inferenceLog);
  return {
    name: value.name,
    replies: countOf(() => true),
    clientErrors: countOf((status) => status >= 400 && status < 500),
    serverErrors: countOf((status) => status >= 500),
    inFlight: count(totals.inFlight),
    ...(latency ? { latency } : {}),
    workers: objects(value.workers).map(toWorker),
    ...(inferenceLog ? { inferenceLog } : {}),
  };
}

function toWorker(value: Json): Omit<ReplicaReading, 'source'> {
  const [latency] = toHistogram(value.requestSeconds);
  return {
    number: count(value.replica),
    requests: count(value.requests),
    ...(latency ? { latency } : {}),
    ...(typeof value.cpuSeconds === 'number' ? { cpuSeconds: count(value.cpuSeconds) } : {}),
    ...(typeof value.memoryBytes === 'number' ? { memoryBytes: count(value.memoryBytes) } : {}),
  };
}

/** One or none. */
function toHistogram(value: unknown): readonly Histogram[] {
  const { bounds, counts } = object(value) ?? {};
  return isNumbers(bounds) && isNumbers(counts) && counts.length === bounds.length + 1 ? [{ bounds, counts }] : [];
}

function parsed(text: string): Json | undefined {
  try {
    return object(JSON.parse(text));
  } catch {
    return undefined;
  }
}

function isNumbers(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((each) => typeof each === 'number' && Number.isFinite(each));
}
