import type { InferenceRequest, InferenceResponse } from '../../core/backend';
import type { Connection } from '../../core/connection';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { DirectRoute } from '../../core/remoteDetails';
import { stateText } from '../../core/stateText';
import type { HttpResponse } from '../http';
import { withRequestId } from '../inference';
import type { HopsworksClient } from './client';
import { isTheir, toFailure } from './failures';
import { toState } from './mapping';
import { ERROR, toErrorView, type ServingView } from './wire';

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

/** A serving that is asked through its project. */
export interface Asked {
  readonly client: HopsworksClient;
  readonly connection: Connection;
  readonly project: number;
  readonly name: string;
  /** The way without Hopsworks in between. */
  readonly routeOf: (view: ServingView) => Promise<DirectRoute | undefined>;
}

/** Whatever the model's server answers; rejects with what Hopsworks itself says in its place. */
export async function infer(asked: Asked, request: InferenceRequest, signal: AbortSignal): Promise<InferenceResponse> {
  const { client, project, name } = asked;
  const { verb, body, version } = request;
  if (request.protocol === 'v2') {
    const what = t('Could not send the request to {0}', name);
    throw new ServingError('invalid', t('{0}: requests of the Open Inference Protocol do not get there', what));
  }
  if (request.route === 'direct') {
    return withRequestId(await inferDirect(asked, request, signal));
  }
  const answer = await client.infer(project, name, verb, body, signal, version);
  const code = toErrorView(answer.body)?.errorCode;
  if (answer.status >= 400 && NOT_OF_THE_MODEL.some((each) => each === code)) {
    throw await notAsked(asked, answer, signal);
  }
  return withRequestId(answer);
}

async function inferDirect(
  { client, project, name, routeOf }: Asked,
  { verb, body }: InferenceRequest,
  signal: AbortSignal,
): Promise<HttpResponse> {
  const what = t('Could not send the request to {0}', name);
  const view = await client.servingNamed(project, name, signal);
  const route = view && (await routeOf(view));
  if (route === undefined) {
    throw new ServingError('unavailable', t('{0}: it has no ingress that can be reached from here', what));
  }
  return client.inferDirect(what, route, verb, body, signal);
}

/** Why Hopsworks did not pass a request on. */
async function notAsked(
  { client, connection, project, name }: Asked,
  answer: HttpResponse,
  signal: AbortSignal,
): Promise<ServingError> {
  const what = t('Could not send the request to {0}', name);
  const error = toFailure(what, answer, connection, 'SERVING');
  if (!isTheir(error, ERROR.inferenceNotRunning)) {
    return error;
  }
  const view = await client.servingNamed(project, name, signal);
  return new ServingError('unavailable', t('{0}: it is {1}', what, stateText(toState(view?.status))), {
    cause: error,
    remedies: error.remedies,
  });
}
