import type { Progress } from '../../core/backend';
import { pieces, t } from '../../core/l10n';
import type { Failure, ScriptException, Serving, StageRecord } from '../../core/serving';
import { STAGE_LABELS } from '../../core/serving';
import type { TextPart } from '../../protocol/views/basics';
import type { FailureView, LastGoodView, StageView, StartupView, TraceView } from '../../protocol/views/startup';
import { baseName } from './paths';
import { toRemedyView } from './remedyLabels';

/** The stages of the run with their times, and the failure at its stage; undefined when it has never been started. */
export function toStartup(serving: Serving, progress: Progress | undefined): StartupView | undefined {
  const { run } = serving;
  if (run === undefined) {
    return undefined;
  }
  const failure = serving.state === 'failed' ? run.failure : undefined;
  return {
    startedAt: run.startedAt.getTime(),
    ...(run.endedAt === undefined ? {} : { endedAt: run.endedAt.getTime() }),
    stages: run.stages.map((stage) => toStage(stage)),
    ...(progress?.message === undefined ? {} : { message: progress.message }),
    ...(failure === undefined ? {} : { failure: toFailure(failure) }),
  };
}

/** Of one whose start failed. */
export function toLastGood({ lastGood }: Serving): LastGoodView | undefined {
  if (lastGood === undefined) {
    return undefined;
  }
  const { startedAt, endedAt, artifact, changes, script } = lastGood;
  const from = { kind: 'time', at: startedAt.getTime() } as const;
  return {
    note: [
      ...(artifact === undefined ? [] : [`${artifact}, `]),
      ...(endedAt === undefined
        ? [from]
        : pieces<TextPart>('{0} to {1}', from, { kind: 'time', at: endedAt.getTime() })),
    ],
    text:
      changes.length === 0
        ? t('Script, model and settings are as they were then.')
        : t('Since then changed: {0}.', changes.join(', ')),
    canCompare: script !== undefined && changes.some((each) => each.startsWith(t('the Predict script'))),
  };
}

function toStage(stage: StageRecord): StageView {
  return {
    name: stage.name,
    label: STAGE_LABELS[stage.name],
    state: stage.state,
    ...(stage.note === undefined ? {} : { note: noteText(stage.note) }),
    ...(stage.startedAt === undefined ? {} : { startedAt: stage.startedAt.getTime() }),
    ...(stage.seconds === undefined ? {} : { seconds: stage.seconds }),
  };
}

/** What is kept of a run is kept in English. */
function noteText(note: string): string {
  return note === 'cached' ? t('cached') : note === 'unchanged' ? t('unchanged') : note;
}

function toFailure(failure: Failure): FailureView {
  return {
    message: failure.message,
    remedies: failure.remedies.map(toRemedyView),
    ...(failure.at === undefined ? {} : { at: failure.at.getTime() }),
    ...(failure.exception === undefined ? {} : { trace: toTrace(failure.exception) }),
  };
}

export function toTrace(exception: ScriptException): TraceView {
  return {
    type: exception.type,
    text: exception.text,
    frames: exception.frames.map((frame) => ({
      file: frame.file,
      label: baseName(frame.file),
      line: frame.line,
      function: frame.function,
      source: frame.source,
      user: frame.user,
    })),
  };
}
