import { arrayOf, isCount, isNumber, isString, shape } from '../checks';
import { isState } from './basics';
import type { StateView } from './basics';

export interface ReplicaView {
  readonly number: number;
  readonly state: StateView;
  readonly pid?: number;
  readonly startedAt?: number;
  readonly restarts: number;
  readonly requests: number;
  readonly memoryBytes?: number;
}

export interface ReplicasView {
  readonly note: string;
  readonly memoryLimitBytes?: number;
  readonly warning?: string;
  readonly rows: readonly ReplicaView[];
}

export const isReplicas = shape<ReplicasView>(
  {
    note: isString,
    rows: arrayOf(
      shape<ReplicaView>(
        { number: isCount, state: isState, restarts: isCount, requests: isCount },
        { pid: isCount, startedAt: isNumber, memoryBytes: isNumber },
      ),
    ),
  },
  { warning: isString, memoryLimitBytes: isNumber },
);
