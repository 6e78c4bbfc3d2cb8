/** What stands before the replicas of a serving, and how their number follows the load. */

export interface GatewayState {
  /** Its container, by the short form of its id. */
  readonly container: string;
  /** The container's name. */
  readonly containerName?: string;
  readonly up: boolean;
  /** Requests that are being answered or wait for a replica. */
  readonly inFlight?: number;
  /** Requests that wait because no replica is ready. */
  readonly held?: number;
  readonly requests?: number;
  readonly traffic?: GatewayTraffic;
}

/** What a gateway has counted since its container was started. */
export interface GatewayTraffic {
  /** Connections of clients now, idle ones included, and all that there were. */
  readonly connections: { readonly open: number; readonly total: number };
  /** Replies to clients by class of their status. */
  readonly replies: Readonly<Record<ReplyClass, number>>;
  /** Tries that failed and were made again. */
  readonly retries: number;
  readonly errors: GatewayErrors;
  /** Milliseconds until a reply begins, the mean of the last requests; whole ones. */
  readonly meanMs?: number;
}

export type ReplyClass = '1xx' | '2xx' | '3xx' | '4xx' | '5xx' | 'other';

export interface GatewayErrors {
  /** Requests that are no HTTP, or did not arrive in time. */
  readonly requests: number;
  /** Connections to replicas that failed. */
  readonly connections: number;
  /** Replies of replicas that were broken off. */
  readonly replies: number;
}

/** How the number of replicas follows the load. */
export interface ScalingState {
  readonly rule: ScalingRule;
  readonly thresholds: ScalingThresholds;
  /** Whether a window decides now; while none does, the number stays as it is. */
  readonly isActive: boolean;
  /** The last ones, oldest first. */
  readonly decisions: readonly ScalingChange[];
}

/** The rule in words, a sentence each. */
export interface ScalingRule {
  readonly more: string;
  readonly fewer: string;
  readonly pause: string;
}

export interface ScalingThresholds {
  /** Requests in flight per ready replica: more than that is too much … */
  readonly inFlight: number;
  /** … for so many seconds. */
  readonly upSeconds: number;
  /** One replica fewer would have stayed below this share of `inFlight` … */
  readonly downShare: number;
  /** … for so many seconds. */
  readonly downSeconds: number;
  /** Seconds after a change in which there is no further one. */
  readonly pauseSeconds: number;
}

/** One decision: from so many replicas to so many. */
export interface ScalingChange {
  readonly at: Date;
  readonly from: number;
  readonly to: number;
  /** A sentence: "3 → 4: 12.5 requests in flight per replica for 2 s (more than 4)". */
  readonly reason: string;
}
