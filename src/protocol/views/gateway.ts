import { arrayOf, isCount, isNumber, isString, shape } from '../checks';
import { isState } from './basics';
import type { StateView } from './basics';
import { isContainer } from './replicas';
import type { ContainerView } from './replicas';

/** Replies of one class: "2xx". */
export interface RepliesView {
  readonly label: string;
  readonly count: number;
}

/** What a gateway tells of itself. Counts begin with its container. */
export interface GatewayFigures {
  readonly requests: number;
  readonly inFlight: number;
  /** Requests that wait because no replica is ready. */
  readonly held: number;
  readonly replies: readonly RepliesView[];
  readonly retries: number;
  /** "2 connections to replicas failed"; none when all is well. */
  readonly errors: readonly string[];
  readonly openConnections: number;
  readonly connections: number;
  /** Until a reply begins; whole milliseconds. */
  readonly meanMs?: number;
}

export interface GatewayView {
  readonly state: StateView;
  readonly container: ContainerView;
  /** Absent while it does not answer, and where it cannot be asked. */
  readonly figures?: GatewayFigures;
}

export const isGateway = shape<GatewayView>(
  { state: isState, container: isContainer },
  {
    figures: shape<GatewayFigures>(
      {
        requests: isCount,
        inFlight: isCount,
        held: isCount,
        replies: arrayOf(shape<RepliesView>({ label: isString, count: isCount }, {})),
        retries: isCount,
        errors: arrayOf(isString),
        openConnections: isCount,
        connections: isCount,
      },
      { meanMs: isNumber },
    ),
  },
);
