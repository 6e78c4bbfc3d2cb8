import type { RecordingTold } from '../../app/inferenceLogStates';
import type { InferenceLogState, InferenceSinkState } from '../../core/inferenceLog';
import { pieces, t } from '../../core/l10n';
import type { Serving } from '../../core/serving';
import type { StateView, TextPart } from '../../protocol/views/basics';
import type { InferenceLogRow, InferenceLogView } from '../../protocol/views/inferenceLog';

export interface RecordingFacts {
  /** What it tells while it runs; undefined: it was not asked yet, or does not run. */
  readonly told: RecordingTold | undefined;
  /** What the user has set for all servings. */
  readonly settings: { readonly local: boolean; readonly maxMegabytes: number; readonly maxDays: number };
}

type SinkState = InferenceSinkState['state'];

/** The one that a person has to know of comes first. */
const WORST: readonly SinkState[] = ['failed', 'waiting', 'starting', 'sending', 'ended'];

/** What becomes of the records; undefined where that is not this computer's to tell: Hopsworks' rows have it. */
export function toInferenceLog(serving: Serving, facts: RecordingFacts | undefined): InferenceLogView | undefined {
  if (serving.kind === 'hopsworks' || facts === undefined) {
    return undefined;
  }
  // Also of one that keeps nothing now: what was kept before can be read, and the panel says why there is no more.
  return { ...whatBecomes(serving, facts), view: { text: t('Show records'), target: 'inferenceLog' } };
}

function whatBecomes(serving: Serving, facts: RecordingFacts): InferenceLogView {
  const { told } = facts;
  const isUp = serving.state === 'running' || serving.state === 'idle' || serving.state === 'updating';
  if (isUp && told !== undefined && told !== 'off') {
    const isAlone = told.sinks.length < 2;
    const rows = [
      ...told.sinks.flatMap((sink) => sinkRows(sink, told, facts, isAlone)),
      ...(told.droppedBefore === 0 ? [] : [lostRow(told.droppedBefore)]),
    ];
    return { state: toState(told), rows };
  }
  const why = whyOff(serving, facts);
  if (why !== undefined || (isUp && told === 'off')) {
    return { state: off(), rows: [], note: why ?? t('It was started without one: the next start begins it.') };
  }
  return { ...(isUp ? {} : { state: ended() }), rows: wantedRows(serving, facts) };
}

/** Nothing of it would be kept. */
function whyOff({ definition: { inferenceLog } }: Serving, { settings }: RecordingFacts): string | undefined {
  if (inferenceLog.mode === 'NONE') {
    return t('Its definition keeps nothing of predictions.');
  }
  if (inferenceLog.kafka.topic !== 'NONE') {
    return undefined;
  }
  if (!inferenceLog.local) {
    return t('Its definition turns the local file off, and names no topic.');
  }
  return settings.local ? undefined : t('The setting modelServing.inferenceLog.local turns local files off.');
}

/** Of one that does not run. */
function wantedRows({ definition: { inferenceLog } }: Serving, facts: RecordingFacts): readonly InferenceLogRow[] {
  const { topic } = inferenceLog.kafka;
  const topicText = topic === 'CREATE' ? t('one of its own is made') : topic;
  return [
    ...(inferenceLog.local && facts.settings.local ? [fileRow(facts)] : []),
    ...(topic === 'NONE' ? [] : [row(t('Topic'), [topicText], topic !== 'CREATE')]),
  ];
}

function sinkRows(
  sink: InferenceSinkState,
  { limit }: InferenceLogState,
  facts: RecordingFacts,
  isAlone: boolean,
): readonly InferenceLogRow[] {
  const isFile = sink.sink === 'file';
  const ofFile = isFile && !isAlone;
  const counts = [count(sink.sent), count(sink.dropped)];
  const records = isFile ? pieces('{0} written, {1} dropped', ...counts) : pieces('{0} sent, {1} dropped', ...counts);
  const queue = pieces<TextPart>('{0} of {1}', count(sink.waiting), count(limit.records));
  return [
    ...(isFile ? [fileRow(facts)] : topicRows(sink)),
    row(ofFile ? t('Records in the file') : t('Records'), records),
    ...(sink.dropped === 0
      ? []
      : [row(ofFile ? t('Not in the file because') : t('Dropped because'), reasonParts(sink.droppedBecause))]),
    row(ofFile ? t('Queue of the file') : t('Queue'), queue),
    ...(sink.lastError === undefined
      ? []
      : [errorRow(ofFile ? t('Last error of the file') : t('Last error'), sink.lastError)]),
  ];
}

function fileRow({ settings: { maxMegabytes, maxDays } }: RecordingFacts): InferenceLogRow {
  const text =
    maxDays === 1
      ? t('in the storage of the workspace, up to {0} MB and a day', maxMegabytes)
      : t('in the storage of the workspace, up to {0} MB and {1} days', maxMegabytes, maxDays);
  return { ...row(t('File'), [text]), link: { text: t('Show file'), target: 'inferenceLogFile' } };
}

function topicRows({ topic, brokers, schemaVersion }: InferenceSinkState): readonly InferenceLogRow[] {
  return [
    row(t('Topic'), [topic ?? ''], true),
    row(t('Broker'), [brokers ?? ''], true),
    row(t('Schema'), [t('inference schema, version {0}', String(schemaVersion ?? ''))]),
  ];
}

function reasonParts(reasons: Readonly<Record<string, number>>): readonly TextPart[] {
  return Object.entries(reasons)
    .sort(([, a], [, b]) => b - a)
    .flatMap(([reason, number], index) => [index === 0 ? '' : ', ', `${wordsFor(reason)}: `, count(number)])
    .filter((part) => part !== '');
}

/** Reasons as the server names them. */
function wordsFor(reason: string): string {
  const words: Readonly<Record<string, string>> = {
    full: t('the queue was full'),
    timeout: t('they waited too long'),
    'too-large': t('they were too large'),
    stopped: t('the serving stopped before'),
    disk: t('the file could not be written'),
    lost: t('a process that was killed had them'),
    behind: t('there were more than could be recorded'),
    'broker-away': t('the broker was away'),
    'topic-missing': t('the topic was missing'),
    refused: t('the broker refused them'),
    tls: t('the connection could not be secured'),
    'no-client': t('confluent-kafka is not installed'),
    'no-password': t('there was no password'),
  };
  return Object.hasOwn(words, reason) ? (words[reason] ?? reason) : reason;
}

function errorRow(label: string, error: NonNullable<InferenceSinkState['lastError']>): InferenceLogRow {
  const parts = pieces<TextPart>('{0}, {1} ago', error.message, { kind: 'ago', at: error.at.getTime() });
  return { ...row(label, parts), ...(error.remedy === undefined ? {} : { remedy: error.remedy }) };
}

function lostRow(number: number): InferenceLogRow {
  return row(t('Lost'), pieces<TextPart>('{0} records, before they could be kept anywhere', count(number)));
}

function toState({ sinks }: InferenceLogState): StateView {
  const state = WORST.find((each) => sinks.some((sink) => sink.state === each)) ?? 'ended';
  const sends = sinks.some(({ sink }) => sink === 'kafka');
  switch (state) {
    case 'failed':
      return { word: t('Failed'), icon: 'error', turning: false, tone: 'failed' };
    case 'waiting':
      return { word: t('Waiting'), icon: 'warning', turning: false, tone: 'degraded' };
    case 'starting':
      return { word: t('Starting'), icon: 'sync', turning: true, tone: 'busy' };
    case 'sending':
      return { word: sends ? t('Sending') : t('Recording'), icon: 'pass-filled', turning: false, tone: 'running' };
    case 'ended':
      return ended();
  }
}

function ended(): StateView {
  return { word: t('Stopped'), icon: 'circle-large-outline', turning: false, tone: 'stopped' };
}

function off(): StateView {
  return { word: t('Off'), icon: 'circle-slash', turning: false, tone: 'stopped' };
}

function row(label: string, parts: readonly TextPart[], code = false): InferenceLogRow {
  return { label, parts, code };
}

function count(value: number): TextPart {
  return { kind: 'count', value };
}
