import { arrayOf, isBoolean, isCount, isNumber, isString, shape } from '../checks';
import { isRemedy, isState } from './basics';
import type { RemedyView, StateView } from './basics';

/** A container, as the engine's own programs name it. */
export interface ContainerView {
  /** The short form of its id. */
  readonly id: string;
  readonly name: string;
}

export interface TroubleView {
  /** "ran out of memory at 512 MB: raise the limit". */
  readonly text: string;
  /** Whether it is so now; else it is why the replica was started again. */
  readonly isNow: boolean;
  /** Sent back by its place in this list. */
  readonly remedies: readonly RemedyView[];
}

export interface ReplicaView {
  readonly number: number;
  readonly state: StateView;
  readonly pid?: number;
  readonly container?: ContainerView;
  readonly startedAt?: number;
  readonly restarts: number;
  readonly requests: number;
  readonly inFlight?: number;
  readonly memoryBytes?: number;
  readonly trouble?: TroubleView;
}

export interface ReplicasView {
  readonly note: string;
  readonly memoryLimitBytes?: number;
  readonly rows: readonly ReplicaView[];
}

export const isContainer = shape<ContainerView>({ id: isString, name: isString }, {});

const isTrouble = shape<TroubleView>({ text: isString, isNow: isBoolean, remedies: arrayOf(isRemedy) }, {});

export const isReplicas = shape<ReplicasView>(
  {
    note: isString,
    rows: arrayOf(
      shape<ReplicaView>(
        { number: isCount, state: isState, restarts: isCount, requests: isCount },
        {
          pid: isCount,
          container: isContainer,
          startedAt: isNumber,
          inFlight: isCount,
          memoryBytes: isNumber,
          trouble: isTrouble,
        },
      ),
    ),
  },
  { memoryLimitBytes: isNumber },
);
