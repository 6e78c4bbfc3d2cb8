import type { InferenceRequest, InferenceResponse } from '../../core/backend';
import { isCancelled, messageOf } from '../../core/errors';
import type { InferenceRecord } from '../../core/inferenceLog';
import { t } from '../../core/l10n';
import { compareJson, type Differences, type JsonDifference } from '../requests/compare';
import { TOLERANCE } from '../requests/expected';
import { toRequest } from './again';

/** Requests that are under way at once. */
const AT_ONCE = 4;
/** Differences of one reply that are kept. */
const MOST = 20;

/** How one request was answered this time. */
export interface ReplayOutcome {
  /** Number of the record. */
  readonly record: number;
  /** `close`: only numbers differ, within the tolerance. */
  readonly outcome: 'same' | 'close' | 'different' | 'failed';
  /** Milliseconds, then and now. */
  readonly before?: number;
  readonly now?: number;
  readonly status?: number;
  /** Why it was not answered. */
  readonly message?: string;
  readonly differences: readonly JsonDifference[];
  readonly more: number;
}

export interface ReplayPorts {
  /** Rejects when nothing answers. */
  send(request: InferenceRequest, signal: AbortSignal): Promise<InferenceResponse>;
  /** Why nothing more may be sent: it has stopped; undefined: it runs. */
  stopped(): string | undefined;
  answered(outcome: ReplayOutcome): void;
}

/** A record with its number. */
export interface Numbered {
  readonly number: number;
  readonly record: InferenceRecord;
}

/** Sends the requests of records again, a few at once, in their order. Why it ended before the last; undefined: all were sent. */
export async function replay(
  records: readonly Numbered[],
  ports: ReplayPorts,
  signal: AbortSignal,
): Promise<string | undefined> {
  const rest = records[Symbol.iterator]();
  let ended: string | undefined;
  const worker = async (): Promise<void> => {
    for (const each of rest) {
      ended ??= signal.aborted ? t('cancelled') : ports.stopped();
      if (ended !== undefined) {
        return;
      }
      const outcome = await sendAgain(each, ports, signal);
      if (outcome === undefined) {
        ended = t('cancelled');
        return;
      }
      ports.answered(outcome);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return ended;
}

/** Undefined: it was given up. */
async function sendAgain(
  { number, record }: Numbered,
  ports: ReplayPorts,
  signal: AbortSignal,
): Promise<ReplayOutcome | undefined> {
  const before = record.latencyMs === undefined ? {} : { before: record.latencyMs };
  const failed = (message: string): ReplayOutcome => ({
    record: number,
    outcome: 'failed',
    message,
    differences: [],
    more: 0,
    ...before,
  });
  const request = toRequest(record);
  if (request === undefined) {
    return failed(t('It cannot be sent again.'));
  }
  try {
    const reply = await ports.send(request, signal);
    return { record: number, ...compared(record, reply), ...before, now: reply.latencyMs, status: reply.status };
  } catch (error) {
    return signal.aborted || isCancelled(error) ? undefined : failed(messageOf(error));
  }
}

/** A record without a reply is compared by its status only. */
function compared(
  record: InferenceRecord,
  now: InferenceResponse,
): Pick<ReplayOutcome, 'outcome' | 'differences' | 'more'> {
  const { status } = record;
  const statuses: readonly JsonDifference[] =
    status === now.status
      ? []
      : [{ path: t('status'), kind: 'value', expected: String(status), actual: String(now.status) }];
  const exact = differencesOf(record, now, 0);
  if (statuses.length === 0 && exact.list.length === 0) {
    return { outcome: 'same', differences: [], more: 0 };
  }
  const isClose = statuses.length === 0 && differencesOf(record, now, TOLERANCE).list.length === 0;
  return {
    outcome: isClose ? 'close' : 'different',
    differences: [...statuses, ...exact.list],
    more: exact.more,
  };
}

const NONE: Differences = { list: [], more: 0 };

/** The id of its request, which errors tell, is another one each time: no difference. */
function differencesOf({ id, reply }: InferenceRecord, now: InferenceResponse, tolerance: number): Differences {
  if (reply?.text === undefined || reply.redacted) {
    return NONE;
  }
  const { list, more } = compareJson(reply.text, now.body, tolerance, MOST);
  const [then, here] = [id, now.requestId ?? ''].map((each) => JSON.stringify(each));
  return { list: list.filter(({ expected, actual }) => id === '' || expected !== then || actual !== here), more };
}
