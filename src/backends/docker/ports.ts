import type { Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import type { GatewayTraffic } from '../../core/gateway';
import type { ArtifactRecord } from '../local/ledger';
import type { ServingSettings } from '../local/ports';
import type { ServerMetrics } from '../local/serverMetrics';
import type { ContainerSpec, ContainerSummary, Engine, Labels } from './engine/port';

/** What the user has set for servings in containers. */
export interface DockerSettings extends ServingSettings {
  /** The image that environments are built on; undefined: the official one of the Python that is used. */
  readonly baseImage?: string;
  /** The image of HAProxy. */
  readonly gatewayImage?: string;
  /** The address of the engine's computer that gateways answer at. */
  readonly publishAddress: string;
}

export interface EnvironmentImage {
  readonly image: string;
  /** `3.11.7` */
  readonly python: string;
  /** "cached" */
  readonly note?: string;
}

/** A call that may build. */
export interface BuildOperation extends Operation {
  /** Takes what the build prints, line by line. */
  printed?(line: string): void;
}

/** Builds images, each only once. */
export interface Images {
  environment(definition: ServingDefinition, operation: BuildOperation): Promise<EnvironmentImage>;
  /** Script and model on an environment, where `containerArtifact` says. */
  artifact(
    environment: EnvironmentImage,
    artifact: ArtifactRecord,
    definition: ServingDefinition,
    operation: BuildOperation,
  ): Promise<{ readonly image: string; readonly note?: string }>;
}

export interface GatewayOptions {
  readonly definition: ServingDefinition;
  readonly settings: DockerSettings;
  readonly image: string;
  /** The name in the network that finds the replicas. */
  readonly upstream: string;
  /** Of the engine's computer; 0: a free one. */
  readonly port: number;
}

export interface Gateways {
  /** The image of gateways, made or pulled when it is not there. */
  image(settings: DockerSettings, operation: Operation): Promise<string>;
  /** All but name, network, volumes and our usual labels; `labels` are what `read` needs. */
  spec(options: GatewayOptions): Omit<ContainerSpec, 'labels'> & { readonly labels: Labels };
  /** Undefined when it does not answer, or cannot be reached from here. What is not older than `freshMs` is not read again. */
  read(gateway: ContainerSummary, signal: AbortSignal, freshMs?: number): Promise<GatewayReading | undefined>;
  /**
   * What the server of one of its replicas has counted, by the replica's address. Rejects where the gateway cannot be asked
   * from here, or is of a version that does not ask its replicas.
   */
  metricsOf(
    gateway: ContainerSummary,
    address: string,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<ServerMetrics>;
}

/** What a gateway tells of itself. */
export interface GatewayReading extends GatewayTraffic {
  /** Requests that are being answered or wait. */
  readonly inFlight: number;
  /** Requests that wait because no replica is ready. */
  readonly held: number;
  readonly requests: number;
  readonly replicas: readonly GatewayReplica[];
}

export interface GatewayReplica {
  /** In the serving's network. */
  readonly address: string;
  readonly up: boolean;
  /** Why not, in the gateway's words: `Connection refused`. */
  readonly reason?: string;
  readonly inFlight: number;
  readonly requests: number;
  /** Changes whenever a check or a request has failed. */
  readonly troubles: number;
}

/** An engine and what is made on it. */
export interface Place {
  readonly engine: Engine;
  readonly images: Images;
  readonly gateways: Gateways;
}

/** The port of the gateway's container that requests come to. */
export const GATEWAY_PORT = 8080;
/** The port of a replica in the serving's network. */
export const REPLICA_PORT = 8080;
export const UPSTREAM = 'replica';
