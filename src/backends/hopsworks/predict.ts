import type { InferenceRequest, InferenceResponse } from '../../core/backend';
import type { Connection } from '../../core/connection';
import { ServingError } from '../../core/errors';
import type { DirectRoute } from '../../core/serving';
import type { HttpResponse } from '../http';
import type { HopsworksClient } from './client';
import { isTheir, toFailure } from './failures';
import { toState } from './mapping';
import { ERROR, toErrorView, type ServingView } from './wire';

interface Asking {
  /** What fails when it fails. */
  readonly what: string;
  readonly client: HopsworksClient;
  readonly connection: Connection;
  readonly project: number;
  readonly name: string;
  /** The way without Hopsworks in between. */
  readonly routeOf: (view: ServingView) => Promise<DirectRoute | undefined>;
}

/** Errors of Hopsworks itself, not of the model's server behind it. */
const NOT_OF_THE_MODEL = [
  ERROR.notSignedIn,
  ERROR.wrongKey,
  ERROR.unknownKey,
  ERROR.blocked,
  ERROR.noScope,
  ERROR.noRole,
  ERROR.noProject,
  ERROR.inferenceNoServing,
  ERROR.inferenceNotRunning,
];

/** Whatever the model's server answers, errors included. */
export async function predict(
  asking: Asking,
  request: InferenceRequest,
  signal: AbortSignal,
): Promise<InferenceResponse> {
  const { client, project, name } = asking;
  const { verb, body, version } = request;
  if (request.route === 'direct') {
    return predictDirect(asking, request, signal);
  }
  const answer = await client.infer(project, name, verb, body, signal, version);
  const code = toErrorView(answer.body)?.errorCode;
  if (answer.status >= 400 && NOT_OF_THE_MODEL.some((each) => each === code)) {
    throw await notAsked(asking, answer, signal);
  }
  return answer;
}

async function predictDirect(
  { what, client, project, name, routeOf }: Asking,
  { verb, body }: InferenceRequest,
  signal: AbortSignal,
): Promise<InferenceResponse> {
  const view = await client.servingNamed(project, name, signal);
  const route = view && (await routeOf(view));
  if (route === undefined) {
    throw new ServingError('unavailable', `${what}: it has no ingress that can be reached from here`);
  }
  return client.inferDirect(what, route, verb, body, signal);
}

/** Why Hopsworks did not pass a request on. */
async function notAsked(
  { what, client, connection, project, name }: Asking,
  answer: HttpResponse,
  signal: AbortSignal,
): Promise<ServingError> {
  const error = toFailure(what, answer, connection, 'SERVING');
  if (!isTheir(error, ERROR.inferenceNotRunning)) {
    return error;
  }
  const view = await client.servingNamed(project, name, signal);
  return new ServingError('unavailable', `${what}: it is ${toState(view?.status)}`, {
    cause: error,
    remedies: error.remedies,
  });
}
