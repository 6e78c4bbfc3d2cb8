import { isCancelled } from '../../core/errors';
import type { ClusterLimits } from '../../core/remotePlace';
import type { HopsworksClient } from './client';
import { toVersion, type ServerFacts } from './request';
import { parsed, type EndpointView } from './wire';

/** What is asked once of a server. */
export interface Joined {
  readonly project: number;
  readonly version: string | undefined;
  readonly facts: ServerFacts;
  readonly limits: ClusterLimits;
  /** Of the ingress's host names. */
  readonly domain?: string;
}

const VARIABLES = {
  minReplicas: 'kube_serving_min_num_instances',
  maxReplicas: 'kube_serving_max_num_instances',
  cores: 'kube_serving_max_cores_allocation',
  memoryMb: 'kube_serving_max_memory_allocation',
  gpus: 'kube_serving_max_gpus_allocation',
} as const satisfies Record<keyof ClusterLimits, string>;

/** Finds the project once, and what its server is; until it is told to forget it. */
export class Session {
  private known: Joined | undefined;
  private ingress: { readonly at: number; readonly endpoints: readonly EndpointView[] } | undefined;

  constructor(private readonly client: HopsworksClient) {}

  /** What is known without asking. */
  get last(): Joined | undefined {
    return this.known;
  }

  forget(): void {
    this.known = undefined;
  }

  /** Asks for the project all the same: the key may have lost what it had. */
  async renewed(signal: AbortSignal): Promise<Joined> {
    const project = await this.client.project(signal);
    if (this.known?.project !== project) {
      this.known = undefined;
    }
    return this.joined(signal, project);
  }

  async joined(signal: AbortSignal, number?: number): Promise<Joined> {
    if (this.known) {
      return this.known;
    }
    const { client } = this;
    const project = number ?? (await client.project(signal));
    const [version, kserve, domain, ...limits] = await Promise.all([
      client.version(signal),
      client.variable('kube_kserve_installed', signal),
      client.variable('kube_knative_domain_name', signal),
      ...Object.values(VARIABLES).map((name) => client.variable(name, signal)),
    ]);
    const numbered = toVersion(version);
    this.known = {
      project,
      version,
      facts: { ...(numbered ? { version: numbered } : {}), hasKserve: kserve?.toLowerCase() === 'true' },
      limits: toLimits(limits),
      ...(domain === undefined ? {} : { domain }),
    };
    return this.known;
  }

  /** Where servings answer without Hopsworks in between; none where that is not told. Asked once in a while. */
  async endpoints(signal: AbortSignal): Promise<readonly EndpointView[]> {
    const { project, facts } = await this.joined(signal);
    const now = performance.now();
    if (facts.hasKserve && (this.ingress === undefined || now - this.ingress.at > INGRESS_MS)) {
      const endpoints = await this.client.endpoints(project, signal).catch((error: unknown) => {
        if (isCancelled(error)) {
          throw error;
        }
        return [];
      });
      this.ingress = { at: now, endpoints };
    }
    return this.ingress?.endpoints ?? [];
  }

  /** The role of the key's owner in this project; undefined: the server does not tell. */
  async role(project: string, signal: AbortSignal): Promise<string | undefined> {
    try {
      return (await this.client.roles(signal)).get(project);
    } catch (error) {
      if (isCancelled(error)) {
        throw error;
      }
      return undefined;
    }
  }
}

const INGRESS_MS = 300_000;

export const OWNER = 'Data owner';

function toLimits(texts: readonly (string | undefined)[]): ClusterLimits {
  const numbers = Object.keys(VARIABLES).flatMap((name, index) => {
    const text = texts[index];
    const value = text === undefined ? NaN : Number(parsed(text));
    return Number.isFinite(value) ? [[name, value] as const] : [];
  });
  return Object.fromEntries(numbers);
}
