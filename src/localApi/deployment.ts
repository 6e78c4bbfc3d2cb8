import type { LocalBackendKind } from '../core/definition';
import type { Logger } from '../core/log';
import type { Serving, StageName } from '../core/serving';
import type { Places } from './places';
import type { ApiProject } from './project';
import type { DeploymentRecord, Records } from './records';
import type { ServingAccess } from './servingAccess';
import type { Status } from './status';
import type { Topics } from './topics';

export interface DeploymentParts {
  readonly backend: ServingAccess;
  readonly folder: string;
  readonly project: ApiProject;
  readonly places: Places;
  readonly records: Records;
  readonly log: Logger;
  readonly now: () => Date;
  /** What clients start goes on after the end of the API: it can be seen and stopped elsewhere. */
  readonly keepsRunning: boolean;
  /** Where what clients create runs. */
  readonly backendOfNew: () => LocalBackendKind;
  readonly topics: Topics;
}

export interface Deployment {
  readonly record: DeploymentRecord;
  readonly serving: Serving;
  readonly status: Status;
  /** Where a start or a change of it is. */
  readonly stage?: StageName;
}
