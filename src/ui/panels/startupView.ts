import type { Progress } from '../../core/backend';
import type { Failure, ScriptException, Serving, StageRecord } from '../../core/serving';
import { STAGE_LABELS } from '../../core/serving';
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
      from,
      ...(endedAt === undefined ? [] : [' to ', { kind: 'time', at: endedAt.getTime() } as const]),
    ],
    text:
      changes.length === 0
        ? 'Script, model and settings are as they were then.'
        : `Since then changed: ${changes.join(', ')}.`,
    canCompare: script !== undefined && changes.some((each) => each.startsWith('the Predict script')),
  };
}

function toStage(stage: StageRecord): StageView {
  return {
    name: stage.name,
    label: STAGE_LABELS[stage.name],
    state: stage.state,
    ...(stage.note === undefined ? {} : { note: stage.note }),
    ...(stage.startedAt === undefined ? {} : { startedAt: stage.startedAt.getTime() }),
    ...(stage.seconds === undefined ? {} : { seconds: stage.seconds }),
  };
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
