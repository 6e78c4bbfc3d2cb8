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

export interface PageLink {
  readonly target: 'app' | 'docs' | 'metrics' | 'status' | 'ready';
  readonly label: string;
}

export const isEndpoint = shape<EndpointView>(
  {
    url: isString,
    port: isNumber,
    method: isString,
    answering: isBoolean,
    note: isString,
    pages: arrayOf(shape<PageLink>({ target: word('app', 'docs', 'metrics', 'status', 'ready'), label: isString }, {})),
  },
  {},
);

export interface TestView {
  readonly verbs: readonly Verb[];
  /** A first request body, as text. */
  readonly sample: string;
}

export const isVerb = word<Verb>('predict', 'classify', 'regress');

export const isTest = shape<TestView>({ verbs: arrayOf(isVerb), sample: isString }, {});
