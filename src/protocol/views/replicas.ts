import { arrayOf, isBoolean, isCount, isNumber, isString, shape } from '../checks';
import { isRemedy, isState, isTextPart } from './basics';
import type { RemedyView, StateView, TextPart } from './basics';

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
  /** Of one core: 1.5 = one and a half. */
  readonly cores?: number;
  /** Milliseconds that 95 of 100 replies of the last minutes took at most. */
  readonly p95Ms?: number;
  readonly inFlight?: number;
  readonly memoryBytes?: number;
  readonly trouble?: TroubleView;
}

export interface ReplicasView {
  readonly note: string;
  /** What is worth to be known though all answer: "replica 3 restarted 41 min ago: out of memory". */
  readonly warning?: { readonly replica: number; readonly parts: readonly TextPart[] };
  readonly canOpenShell: boolean;
  readonly memoryLimitBytes?: number;
  readonly rows: readonly ReplicaView[];
}

export const isContainer = shape<ContainerView>({ id: isString, name: isString }, {});

const isTrouble = shape<TroubleView>({ text: isString, isNow: isBoolean, remedies: arrayOf(isRemedy) }, {});

export const isReplicas = shape<ReplicasView>(
  {
    note: isString,
    canOpenShell: isBoolean,
    rows: arrayOf(
      shape<ReplicaView>(
        { number: isCount, state: isState, restarts: isCount, requests: isCount },
        {
          pid: isCount,
          container: isContainer,
          startedAt: isNumber,
          cores: isNumber,
          p95Ms: isNumber,
          inFlight: isCount,
          memoryBytes: isNumber,
          trouble: isTrouble,
        },
      ),
    ),
  },
  {
    memoryLimitBytes: isNumber,
    warning: shape<NonNullable<ReplicasView['warning']>>({ replica: isCount, parts: arrayOf(isTextPart) }, {}),
  },
);
