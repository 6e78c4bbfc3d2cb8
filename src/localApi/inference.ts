import type { InferenceResponse } from '../core/backend';
import { messageOf, ServingError } from '../core/errors';
import { isObject } from '../core/objects';
import { VERBS, type ServingRef, type Verb } from '../core/serving';
import type { Deployments } from './deployments';
import { textOf } from './json';
import type { ApiProject } from './project';
import { Problem, problem } from './problem';
import type { Records } from './records';
import type { Call, Reply, Route } from './router';
import type { ServingAccess } from './servingAccess';

export interface InferenceParts {
  readonly backend: ServingAccess;
  readonly deployments: Deployments;
  readonly records: Records;
  readonly project: ApiProject;
  /** Port of the ingress; undefined where there is none. */
  readonly ingressPort: () => number | undefined;
}

/** Inference through the project's path. */
export function inferenceRoutes(parts: InferenceParts): readonly Route[] {
  const infer = (call: Call): Promise<Reply> => throughProject(parts, call);
  return [
    ['GET', '/inference/endpoints', () => ({ status: 200, json: endpoints(parts.ingressPort()) })],
    ['POST', '/inference/models/:target', infer],
    ['POST', '/inference/models/:name/versions/:target', infer],
  ];
}

/** What clients that do not go through the project's path ask: paths of newer releases, and hosts of older ones. */
export function ingressRoutes(parts: InferenceParts): readonly Route[] {
  const ask = (call: Call): Promise<Reply> => throughIngress(parts, call);
  const look = (call: Call): Promise<Reply> => isThere(parts, call);
  return [
    ['POST', '/v1/:namespace/:deployment/v1/models/:target', ask],
    ['GET', '/v1/:namespace/:deployment/v1/models/:target', look],
    ['POST', '/v1/models/:target', ask],
    ['GET', '/v1/models/:target', look],
  ];
}

function endpoints(port: number | undefined): unknown {
  if (port === undefined) {
    return [];
  }
  const ports = [{ name: 'HTTP', number: port }];
  return ['LOAD_BALANCER', 'NODE'].map((type) => ({ type, hosts: ['127.0.0.1'], ports }));
}

async function throughProject(parts: InferenceParts, call: Call): Promise<Reply> {
  const { name, verb } = toTarget(call);
  if (verb === undefined) {
    await known(parts, name, call.signal);
    throw problem(250005);
  }
  const wire = (await parts.records.get(name))?.wire;
  if (wire && textOf(wire, 'servingTool') === 'KSERVE' && verb !== 'predict' && verb !== 'test') {
    await known(parts, name, call.signal);
    throw problem(250004, `Verb :${verb} not supported in KServe deployments`);
  }
  const answer = await predict(parts, name, verb === 'test' ? 'predict' : verb, call);
  const { status, body } = answer;
  if (status >= 500) {
    throw problem(250007, errorOf(body));
  }
  if (status >= 400) {
    throw problem(status === 401 ? 250010 : status === 403 ? 250011 : 250008, errorOf(body));
  }
  return { status: 200, raw: rawOf(answer) };
}

/** There the answer comes from the server itself. */
async function throughIngress(parts: InferenceParts, call: Call): Promise<Reply> {
  const { name, verb } = toTarget(call);
  if (!isRoutedHere(parts.project, call, name) || verb === undefined || verb === 'test') {
    return { status: 404 };
  }
  try {
    const answer = await predict(parts, name, verb, call);
    return { status: answer.status, raw: rawOf(answer) };
  } catch (error) {
    if (error instanceof Problem && [250000, 250001].includes(error.errorCode)) {
      // Nothing is routed there.
      return { status: 404 };
    }
    return { status: 503, json: { error: messageOf(error) } };
  }
}

async function isThere(parts: InferenceParts, call: Call): Promise<Reply> {
  const { name } = toTarget(call);
  const all = isRoutedHere(parts.project, call, name) ? await parts.deployments.list(call.signal) : [];
  const runs = all.some(
    ({ record, status }) => record.name === name && (status === 'Running' || status === 'Updating'),
  );
  return runs ? { status: 200, json: { name, ready: true } } : { status: 404 };
}

/** By path: the deployment's name stands in it twice. By host: `name.namespace.domain`. */
function isRoutedHere(project: ApiProject, { params, headers }: Call, name: string): boolean {
  if (params.deployment !== undefined) {
    const spaces = [project.name, project.name.replaceAll('_', '-')].map((each) => each.toLowerCase());
    return params.deployment === name && spaces.includes((params.namespace ?? '').toLowerCase());
  }
  const host = typeof headers.host === 'string' ? headers.host : '';
  return host.split('.')[0] === name.toLowerCase();
}

async function predict(parts: InferenceParts, name: string, verb: Verb, call: Call): Promise<InferenceResponse> {
  const { backend, deployments } = parts;
  const body = (await call.body()).toString('utf8');
  let ref = await deployments.refOf(name, call.signal);
  for (;;) {
    if (ref === undefined) {
      throw problem(250000, `name: ${name}`);
    }
    const tried: ServingRef = ref;
    try {
      return await backend.predict(tried, { verb, body }, call.signal);
    } catch (error) {
      if (!(error instanceof ServingError)) {
        throw error;
      }
      ref = await deployments.refOf(name, call.signal, true);
      if (ref?.backend === tried.backend) {
        throw problem(error.code === 'unavailable' || error.code === 'notFound' ? 250001 : 250002, error.message);
      }
      // It has moved, or is gone.
    }
  }
}

async function known({ deployments }: InferenceParts, name: string, signal: AbortSignal): Promise<void> {
  const all = await deployments.list(signal);
  if (!all.some(({ record }) => record.name === name)) {
    throw problem(250000, `name: ${name}`);
  }
}

interface Target {
  readonly name: string;
  readonly verb: Verb | 'test' | undefined;
}

function toTarget({ params }: Call): Target {
  const { target = '' } = params;
  const [, head = '', verb] = /^([^:]*)(?::(.*))?$/s.exec(target) ?? [];
  if (verb !== undefined && verb !== 'test' && !isVerb(verb)) {
    throw problem(120004, `verb: ${verb}`);
  }
  return { name: params.name ?? head, verb };
}

function isVerb(text: string): text is Verb {
  return (VERBS as readonly string[]).includes(text);
}

/** The reason out of `{"error": …}`, else the text as it is. */
function errorOf(body: string): string {
  try {
    const json: unknown = JSON.parse(body);
    return isObject(json) && typeof json.error === 'string' ? json.error : body;
  } catch {
    return body;
  }
}

function rawOf({ headers, body, requestId }: InferenceResponse): NonNullable<Reply['raw']> {
  return {
    type: headers['content-type'] ?? 'application/json',
    body,
    ...(requestId === undefined ? {} : { requestId }),
  };
}
