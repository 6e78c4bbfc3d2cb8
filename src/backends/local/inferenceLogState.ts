import type { InferenceLogState, InferenceSinkState } from '../../core/inferenceLog';
import { count, object, objects, text, type Json } from './json';

const SINKS: readonly InferenceSinkState['sink'][] = ['file', 'kafka'];
/** The one that a person has to know of comes first. */
const STATES: readonly InferenceSinkState['state'][] = ['failed', 'waiting', 'starting', 'sending', 'ended'];

/** Total: `inferenceLog` of /metrics.json; undefined for null and what is none. */
export function toInferenceLogState(value: unknown): InferenceLogState | undefined {
  const told = object(value);
  if (told === undefined) {
    return undefined;
  }
  const limit = object(told.limit);
  return {
    records: count(told.records),
    droppedBefore: sum(Object.values(numbersIn(told.droppedBefore))),
    limit: { records: count(limit?.records), bytes: count(limit?.bytes) },
    sinks: objects(told.sinks).flatMap(toSink),
  };
}

/** What several replicas tell, as of one; undefined when none of them keeps any. */
export function sumOfStates(states: readonly (InferenceLogState | undefined)[]): InferenceLogState | undefined {
  const known = states.filter((each) => each !== undefined);
  const [first] = known;
  return (
    first && {
      records: sum(known.map(({ records }) => records)),
      droppedBefore: sum(known.map(({ droppedBefore }) => droppedBefore)),
      limit: {
        records: sum(known.map(({ limit }) => limit.records)),
        bytes: sum(known.map(({ limit }) => limit.bytes)),
      },
      sinks: SINKS.flatMap((sink) => {
        const own = known.flatMap(({ sinks }) => sinks.filter((each) => each.sink === sink));
        return own[0] === undefined ? [] : [sumOfSinks(own[0], own)];
      }),
    }
  );
}

function sumOfSinks(first: InferenceSinkState, all: readonly InferenceSinkState[]): InferenceSinkState {
  const reasons = new Map<string, number>();
  for (const [reason, number] of all.flatMap(({ droppedBecause }) => Object.entries(droppedBecause))) {
    reasons.set(reason, (reasons.get(reason) ?? 0) + number);
  }
  const [lastError] = all.flatMap((each) => each.lastError ?? []).sort((a, b) => b.at.getTime() - a.at.getTime());
  return {
    ...first,
    state: STATES.find((state) => all.some((each) => each.state === state)) ?? first.state,
    sent: sum(all.map(({ sent }) => sent)),
    dropped: sum(all.map(({ dropped }) => dropped)),
    droppedBecause: Object.fromEntries(reasons),
    waiting: sum(all.map(({ waiting }) => waiting)),
    ...(lastError ? { lastError } : {}),
  };
}

function toSink(told: Json): readonly InferenceSinkState[] {
  const sink = SINKS.find((each) => each === told.sink);
  const state = STATES.find((each) => each === told.state);
  if (sink === undefined || state === undefined) {
    return [];
  }
  const [topic, brokers, schemaVersion] = [text(told.topic), text(told.brokers), count(told.schemaVersion)];
  const lastError = toError(object(told.lastError));
  return [
    {
      sink,
      state,
      sent: count(told.sent),
      dropped: count(told.dropped),
      droppedBecause: numbersIn(told.droppedBecause),
      waiting: count(told.waiting),
      ...(topic === undefined ? {} : { topic }),
      ...(brokers === undefined ? {} : { brokers }),
      ...(schemaVersion > 0 ? { schemaVersion } : {}),
      ...(lastError ? { lastError } : {}),
    },
  ];
}

function toError(told: Json | undefined): InferenceSinkState['lastError'] {
  const [kind, message, remedy] = [text(told?.kind), text(told?.message), text(told?.remedy)];
  const at = new Date(text(told?.at) ?? Number.NaN);
  return kind === undefined || message === undefined
    ? undefined
    : {
        kind,
        message,
        ...(remedy === undefined ? {} : { remedy }),
        at: Number.isNaN(at.getTime()) ? new Date(0) : at,
      };
}

function numbersIn(value: unknown): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(object(value) ?? {})
      .map(([key, number]) => [key, count(number)] as const)
      .filter(([, number]) => number > 0),
  );
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
