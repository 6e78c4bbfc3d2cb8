import type { Serving, StageName } from '../core/serving';
import type { Json } from './json';
import type { DeploymentRecord } from './records';

/** Hopsworks' words for the state of a deployment. */
export type Status =
  'Creating' | 'Created' | 'Starting' | 'Failed' | 'Running' | 'Idle' | 'Updating' | 'Stopping' | 'Stopped';

export type Work = 'start' | 'stop' | 'update';

/** What is under way through this API comes first: a backend may not know of it yet. */
export function toStatus(serving: Serving, record: DeploymentRecord, work: Work | undefined): Status {
  if (work !== undefined) {
    return ({ start: 'Starting', stop: 'Stopping', update: 'Updating' } as const)[work];
  }
  switch (serving.state) {
    case 'creating':
    case 'starting':
      return 'Starting';
    case 'running':
      // What was there before goes on when a change of it fails.
      return record.failure === undefined ? 'Running' : 'Failed';
    case 'idle':
      return 'Idle';
    case 'updating':
      return 'Updating';
    case 'stopping':
      return 'Stopping';
    case 'failed':
      // A failed one that was stopped is stopped.
      return record.stopped !== undefined && record.stopped === startOf(serving) ? 'Stopped' : 'Failed';
    case 'unknown':
      return 'Failed';
    case 'stopped':
      return record.failure !== undefined ? 'Failed' : record.revision === undefined ? 'Created' : 'Stopped';
  }
}

/** What tells one run of a serving from another. */
export function startOf({ run }: Serving): string {
  return run?.startedAt.toISOString() ?? 'none';
}

/** `stage`: where a start or a change is. */
export function conditionOf(status: Status, reason: string | undefined, stage?: StageName): Json {
  switch (status) {
    case 'Creating':
      return { type: 'STOPPED', reason: 'Deployment is being prepared' };
    case 'Created':
    case 'Stopped':
      return { type: 'STOPPED', status: true, reason: 'Deployment is not running' };
    case 'Starting':
    case 'Updating':
      return onItsWay(stage);
    case 'Running':
      return { type: 'READY', status: true, reason: 'Deployment is ready' };
    case 'Idle':
      return {
        type: 'READY',
        status: true,
        reason: 'Deployment is ready, but idle. Higher latencies are expected in the first predictions',
      };
    case 'Stopping':
      return { type: 'STOPPED', reason: 'Stopping deployment' };
    case 'Failed':
      return {
        type: 'STARTED',
        status: false,
        reason: `Failed to run: ${reason ?? 'predictor terminated unsuccessfully'}`,
      };
  }
}

function onItsWay(stage: StageName | undefined): Json {
  switch (stage) {
    case 'environment':
    case 'image':
      return { type: 'SCHEDULED', reason: 'Waiting for being scheduled' };
    case 'artifact':
      return { type: 'INITIALIZED', reason: 'Initializing deployment' };
    case 'ready':
      return { type: 'READY', reason: 'Setting up connectivity' };
    default:
      return { type: 'STARTED', reason: 'Deployment is starting' };
  }
}

/** Why a deployment cannot be started now, in Hopsworks' words; undefined: it can. */
export function startTrouble(status: Status): string | undefined {
  switch (status) {
    case 'Creating':
      return 'Deployment is being prepared. Please, try later.';
    case 'Starting':
    case 'Running':
    case 'Idle':
    case 'Updating':
      return 'Deployment is already started.';
    case 'Stopping':
      return 'Deployment is stopping. Please, try later.';
    case 'Failed':
      return 'Deployment is in a failed state and cannot be started.';
    case 'Created':
    case 'Stopped':
      return undefined;
  }
}

export function stopTrouble(status: Status): string | undefined {
  switch (status) {
    case 'Creating':
    case 'Created':
    case 'Stopped':
    case 'Stopping':
      return 'Deployment is already stopped.';
    case 'Starting':
      return 'Deployment is starting. Please, try later.';
    case 'Updating':
      return 'Deployment is updating. Please, try later.';
    case 'Running':
    case 'Idle':
    case 'Failed':
      return undefined;
  }
}
