import type { Verb } from '../../core/serving';
import { arrayOf, isBoolean, isNumber, isString, shape, word } from '../checks';

export interface EndpointView {
  /** With `:predict` in its place: `http://127.0.0.1:49213/v1/models/iris:predict`. */
  readonly url: string;
  readonly port: number;
  /** `POST`, or `APP` for a script with an app of its own. */
  readonly method: string;
  readonly answering: boolean;
  /** "this computer only, no token". */
  readonly note: string;
  /** Pages of the server that a browser can show; none where a token is asked for. */
  readonly pages: readonly PageLink[];
}

export type PageTarget = 'app' | 'docs' | 'metrics' | 'status' | 'ready' | 'hopsworks' | 'hopsworksLogs';

export interface PageLink {
  readonly target: PageTarget;
  readonly label: string;
}

export const isEndpoint = shape<EndpointView>(
  {
    url: isString,
    port: isNumber,
    method: isString,
    answering: isBoolean,
    note: isString,
    pages: arrayOf(
      shape<PageLink>(
        {
          target: word<PageTarget>('app', 'docs', 'metrics', 'status', 'ready', 'hopsworks', 'hopsworksLogs'),
          label: isString,
        },
        {},
      ),
    ),
  },
  {},
);

export interface TestView {
  readonly verbs: readonly Verb[];
  /** A first request body, as text. */
  readonly sample: string;
  /** Ways that a request can take; absent where there is one only. */
  readonly routes?: readonly RouteView[];
}

export type RequestRoute = 'project' | 'direct' | 'version';

export interface RouteView {
  readonly route: RequestRoute;
  readonly label: string;
}

export const isVerb = word<Verb>('predict', 'classify', 'regress');

export const isRoute = word<RequestRoute>('project', 'direct', 'version');

export const isTest = shape<TestView>(
  { verbs: arrayOf(isVerb), sample: isString },
  { routes: arrayOf(shape<RouteView>({ route: isRoute, label: isString }, {})) },
);
