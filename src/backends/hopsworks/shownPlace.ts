import type { DirectRoute, RemoteDetails } from '../../core/remoteDetails';
import type { BackendId, Endpoint } from '../../core/serving';
import { API_PATH, textAt, type ServingView } from './wire';

/** What has to be known of a connection to show its servings. */
export interface Place {
  readonly backend: BackendId;
  readonly address: string;
  readonly project: string;
  readonly projectId: number;
  /** Where a serving answers without Hopsworks in between; absent: that was not asked. */
  readonly direct?: (view: ServingView) => DirectRoute | undefined;
  /** A time of the server's as one of this computer's; without it, the clocks agree. */
  readonly toHere?: (time: Date) => Date;
}

/** Through the project: it needs the API key as well. */
export function toEndpoint(view: ServingView, { address, projectId }: Place): Endpoint | undefined {
  const path = textAt(view, 'hopsworksInferencePath') ?? `/project/${projectId}/inference/models/${view.name}`;
  if (!URL.canParse(address)) {
    return undefined;
  }
  const url = new URL(address);
  const port = url.port === '' ? (url.protocol === 'http:' ? 80 : 443) : Number(url.port);
  return { host: url.hostname, port, url: `${url.origin}${API_PATH}${path}` };
}

/** Where a person sees it in the browser. */
export function toPages({ id, name }: ServingView, place: Place): RemoteDetails['pages'] {
  return {
    serving: `${place.address}/p/${place.projectId}/deployments/${id}`,
    logs: logsPage(place, name),
  };
}

/** Their log search, filtered by the serving. */
function logsPage({ address, project, projectId }: Place, name: string): string {
  const search =
    `_g=()&_a=(columns:!(serving_name,log_message,'@timestamp'),index:'${project.toLowerCase()}_serving-*',` +
    `interval:auto,query:(language:lucene,query:'serving_name:${name}'),sort:!('@timestamp',desc))`;
  return `${address}/hopsworks-api/kibana/app/discover?projectId=${projectId}#/discover?${search}`;
}
