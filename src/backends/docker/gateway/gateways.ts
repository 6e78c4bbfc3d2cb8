import type { Operation } from '../../../core/backend';
import { ServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import type { Http } from '../../http';
import { readServerMetrics, type ServerMetrics } from '../../local/serverMetrics';
import type { ContainerSpec, ContainerSummary, Engine } from '../engine/port';
import type { DockerSettings, GatewayOptions, Gateways } from '../ports';
import { gatewaySpec, replicaMetricsUrl, statisticsUrl } from './container';
import { GATEWAY_BASE, gatewayImage } from './image';
import { type GatewayMetrics, parseMetrics } from './metrics';

/** A reading is given to whoever asks again within this time. */
const FRESH_MS = 200;
const ANSWER_MS = 1500;

export interface GatewaysParts {
  readonly engine: Engine;
  readonly http: Pick<Http, 'send'>;
  /** Folder of the gateway's configuration: `dist/gateway`. */
  readonly files: string;
  /** Milliseconds; for tests. */
  readonly clock?: () => number;
}

interface Reading {
  readonly url: string;
  /** When it was there; undefined while it is under way. */
  at: number | undefined;
  readonly value: Promise<GatewayMetrics | undefined>;
}

/** HAProxy as the gateways of an engine. */
export class HaproxyGateways implements Gateways {
  private readonly readings = new Map<string, Reading>();
  private readonly clock: () => number;

  constructor(private readonly parts: GatewaysParts) {
    this.clock = parts.clock ?? (() => performance.now());
  }

  image({ gatewayImage: base }: Pick<DockerSettings, 'gatewayImage'>, operation: Operation): Promise<string> {
    const { engine, files } = this.parts;
    return gatewayImage({ engine, files, base: base === undefined || base === '' ? GATEWAY_BASE : base }, operation);
  }

  spec(options: GatewayOptions): Omit<ContainerSpec, 'name' | 'network'> {
    return gatewaySpec(options);
  }

  /** Never asks one gateway twice at a time. Rejects with `cancelled` only; the reading itself goes on for others. */
  async read(gateway: ContainerSummary, signal: AbortSignal, freshMs = FRESH_MS): Promise<GatewayMetrics | undefined> {
    const url = statisticsUrl(gateway);
    // It is published on the engine's own computer only.
    if (url === undefined || this.parts.engine.address.remoteHost !== undefined) {
      return undefined;
    }
    return orCancelled(this.reading(gateway.id, url, freshMs).value, signal);
  }

  async metricsOf(
    gateway: ContainerSummary,
    address: string,
    token: string | undefined,
    signal: AbortSignal,
  ): Promise<ServerMetrics> {
    const { engine, http } = this.parts;
    const url = engine.address.remoteHost === undefined ? replicaMetricsUrl(gateway, address) : undefined;
    if (url === undefined) {
      throw new ServingError('unavailable', t('Its gateway cannot be asked from here'));
    }
    return readServerMetrics(http, url, token, signal);
  }

  private reading(id: string, url: string, freshMs: number): Reading {
    const known = this.readings.get(id);
    if (known?.url === url && (known.at === undefined || this.clock() - known.at < freshMs)) {
      return known;
    }
    for (const [other, { at }] of this.readings) {
      if (at !== undefined && this.clock() - at >= FRESH_MS) {
        this.readings.delete(other);
      }
    }
    const value = this.ask(url);
    const reading: Reading = { url, at: undefined, value };
    this.readings.set(id, reading);
    void value.then(() => (reading.at = this.clock()));
    return reading;
  }

  private async ask(url: string): Promise<GatewayMetrics | undefined> {
    try {
      const signal = AbortSignal.timeout(ANSWER_MS);
      const { status, body } = await this.parts.http.send({ method: 'GET', url, timeout: ANSWER_MS, signal });
      return status === 200 ? parseMetrics(body) : undefined;
    } catch {
      // It starts, or it has just ended: the engine tells which.
      return undefined;
    }
  }
}

function orCancelled<T>(value: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) {
    return Promise.reject(ServingError.cancelled(t('Asking the gateway')));
  }
  return new Promise((resolve, reject) => {
    const cancelled = (): void => {
      reject(ServingError.cancelled(t('Asking the gateway')));
    };
    signal.addEventListener('abort', cancelled, { once: true });
    value.then(resolve, reject).finally(() => {
      signal.removeEventListener('abort', cancelled);
    });
  });
}
