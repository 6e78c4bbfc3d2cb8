import type { Endpoint } from '../../core/serving';
import { isFrom, type ServerFacts } from './request';
import { textAt, type EndpointView, type ServingView } from './wire';

/** Where a KServe deployment answers without Hopsworks in between, and how it is told apart there. */
export interface DirectEndpoint extends Endpoint {
  /** The name that requests have to be for; undefined: the path tells. */
  readonly hostHeader?: string;
}

/** Hopsworks has this name for clusters that set none. */
const USUAL_DOMAIN = 'hopsworks.ai';

/** Undefined: it cannot be reached from outside the cluster, or is no KServe deployment; then the way through the project is left. */
export function directEndpoint(
  view: ServingView,
  endpoints: readonly EndpointView[],
  facts: ServerFacts,
  about: { readonly project: string; readonly domain?: string },
): DirectEndpoint | undefined {
  const place = placeOf(endpoints, facts);
  if (textAt(view, 'servingTool') !== 'KSERVE' || place === undefined) {
    return undefined;
  }
  const { scheme, host, port } = place;
  const root = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  const own = `/v1/models/${view.name}`;
  const namespace = textAt(view, 'projectNamespace');
  if (isFrom(facts, 4, 8)) {
    // From 5.1 on it is the namespace, before that the project.
    const first = isFrom(facts, 5, 1) ? (namespace ?? about.project) : about.project;
    return { host, port, url: `${root}/v1/${first}/${view.name}${own}` };
  }
  const space = (isFrom(facts, 4, 0) ? namespace : undefined) ?? about.project.replaceAll('_', '-');
  const hostHeader = `${view.name}.${space}.${about.domain ?? USUAL_DOMAIN}`.toLowerCase();
  return { host, port, url: `${root}${own}`, hostHeader };
}

/** The load balancer; by https where it has that, as clients do from 4.4 on. */
function placeOf(
  endpoints: readonly EndpointView[],
  facts: ServerFacts,
): { readonly scheme: 'http' | 'https'; readonly host: string; readonly port: number } | undefined {
  const balancer = endpoints.find(({ type, hosts }) => type === 'LOAD_BALANCER' && hosts.length > 0);
  const [host] = balancer?.hosts ?? [];
  if (balancer === undefined || host === undefined) {
    return undefined;
  }
  for (const scheme of isFrom(facts, 4, 4) ? (['https', 'http'] as const) : (['http'] as const)) {
    const number = balancer.ports.find(({ name }) => name === scheme.toUpperCase())?.number;
    if (number !== undefined) {
      return { scheme, host, port: number };
    }
  }
  return undefined;
}
