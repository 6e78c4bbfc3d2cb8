import type { Progress } from '../../core/backend';
import { t } from '../../core/l10n';
import type { Failure, ServingState, StageName, StageRecord } from '../../core/serving';
import { fieldsAt, textAt, type ConditionView, type ServingView } from './wire';

/** The conditions of a serving on its way, in their order, as stages of ours. */
const STAGE_OF: Readonly<Record<Exclude<ConditionView['type'], 'STOPPED'>, StageName>> = {
  SCHEDULED: 'scheduled',
  INITIALIZED: 'initialized',
  STARTED: 'started',
  READY: 'ready',
};
const ORDER: readonly StageName[] = ['prepared', 'scheduled', 'initialized', 'started', 'ready'];

interface Condition {
  readonly stage: StageName;
  readonly state: 'done' | 'running' | 'failed';
  readonly reason: string;
}

/** Where a serving is; undefined where Hopsworks does not say it, or where it is stopped. */
export function conditionOf(view: ServingView): Condition | undefined {
  const fields = fieldsAt(view, 'condition');
  const type = textAt(fields, 'type')?.toUpperCase() ?? '';
  if (!isStage(type)) {
    return undefined;
  }
  const status = fields.status;
  return {
    stage: STAGE_OF[type],
    state: status === true ? 'done' : status === false ? 'failed' : 'running',
    reason: textAt(fields, 'reason') ?? '',
  };
}

/** What is told while it starts. */
export function toProgress(view: ServingView, state: ServingState): Progress {
  const condition = conditionOf(view);
  if (condition === undefined) {
    const prepares = state === 'creating' || state === 'stopped';
    const message = textAt(fieldsAt(view, 'condition'), 'reason');
    return { stage: prepares ? 'prepared' : 'scheduled', ...(message === undefined ? {} : { message }) };
  }
  return { stage: condition.stage, ...(condition.reason === '' ? {} : { message: condition.reason }) };
}

/** All before the one that it is at are done, all after it come later. Hopsworks tells no times of them. */
export function toStages(view: ServingView, state: ServingState): readonly StageRecord[] {
  const condition = conditionOf(view);
  const runs = state === 'running' || state === 'idle';
  // The same where its failure is told to be.
  const unknown = state === 'failed' ? 'started' : 'scheduled';
  const at = ORDER.indexOf(condition?.stage ?? unknown);
  return ORDER.map((name, index) => ({
    name,
    state:
      runs || index < at
        ? 'done'
        : index > at
          ? 'later'
          : (condition?.state ?? (state === 'failed' ? 'failed' : 'running')),
    ...(index === at && condition && condition.reason !== '' && !runs ? { note: condition.reason } : {}),
  }));
}

/** Why it failed, and at what. */
export function toFailedStage(view: ServingView): Failure {
  const condition = conditionOf(view);
  return {
    stage: condition?.stage ?? 'started',
    kind: `hopsworks-${condition?.stage ?? 'unknown'}`,
    message: failureText(view),
    remedies: [{ kind: 'showLogs', serving: view.name }, { kind: 'stopAndStart' }],
  };
}

export function failureText(view: ServingView): string {
  return textAt(fieldsAt(view, 'condition'), 'reason') ?? t('Hopsworks does not say why it failed');
}

function isStage(type: string): type is keyof typeof STAGE_OF {
  return Object.hasOwn(STAGE_OF, type);
}
