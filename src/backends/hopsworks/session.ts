import type { HopsworksClient } from './client';
import { toVersion, type ServerFacts } from './request';
import type { ClusterLimits } from './rules';
import { parsed } from './wire';

/** What is asked once of a server. */
export interface Session {
  readonly project: number;
  readonly version: string | undefined;
  readonly facts: ServerFacts;
  readonly limits: ClusterLimits;
}

export async function join(client: HopsworksClient, signal: AbortSignal): Promise<Session> {
  const project = await client.project(signal);
  const [version, kserve, minReplicas, maxReplicas, cores, memoryMb, gpus] = await Promise.all([
    client.version(signal),
    client.variable('kube_kserve_installed', signal),
    ...[
      'kube_serving_min_num_instances',
      'kube_serving_max_num_instances',
      'kube_serving_max_cores_allocation',
      'kube_serving_max_memory_allocation',
      'kube_serving_max_gpus_allocation',
    ].map((name) => client.variable(name, signal)),
  ]);
  const numbered = toVersion(version);
  return {
    project,
    version,
    facts: { ...(numbered ? { version: numbered } : {}), hasKserve: kserve?.toLowerCase() === 'true' },
    limits: limitsOf({ minReplicas, maxReplicas, cores, memoryMb, gpus }),
  };
}

function limitsOf(texts: Readonly<Record<string, string | undefined>>): ClusterLimits {
  const numbers = Object.entries(texts).flatMap(([name, text]) => {
    const value = text === undefined ? NaN : Number(parsed(text));
    return Number.isFinite(value) ? [[name, value] as const] : [];
  });
  return Object.fromEntries(numbers);
}
