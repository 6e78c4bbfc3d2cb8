import { t } from '../../core/l10n';
import { isObject } from '../../core/objects';
import type { HttpResponse } from '../http';
import { HopsworksCalls, type Call } from './calls';
import { brokenAnswer } from './failures';
import {
  ERROR,
  isServingView,
  itemsOf,
  numberAt,
  parsed,
  textAt,
  toErrorView,
  type EndpointView,
  type LogsView,
  type ServingView,
} from './wire';

/** What one has to be told of a log: of which part, and how many of its last lines. */
export interface LogsAsked {
  readonly component: 'predictor' | 'transformer';
  readonly tail: number;
  /** What is kept over the end of an instance, in releases that keep it. */
  readonly isHistory?: boolean;
}

/** Hopsworks' REST API: one method for each call. */
export class HopsworksClient extends HopsworksCalls {
  /** The number of the connection's project. */
  async project(signal: AbortSignal): Promise<number> {
    const { connection } = this.parts;
    const what = t('Could not find the project {0}', connection.project);
    const path = `/project/getProjectInfo/${encodeURIComponent(connection.project)}`;
    const answer = await this.json({ what, scope: 'PROJECT', method: 'GET', path }, signal);
    const id = isObject(answer) ? numberAt(answer, 'projectId') : undefined;
    if (id === undefined) {
      throw brokenAnswer(what, t('a project without its number'), connection);
    }
    return id;
  }

  /** The projects that the key's owner is in, by name, with the role. */
  async roles(signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
    const call = { what: t('Could not list the projects'), scope: 'PROJECT', method: 'GET', path: '/project' } as const;
    const roles = new Map<string, string>();
    for (const item of itemsOf(await this.json(call, signal))) {
      const project = item.project;
      const name = isObject(project) ? textAt(project, 'name') : undefined;
      const role = textAt(item, 'teamRole');
      if (name !== undefined && role !== undefined) {
        roles.set(name, role);
      }
    }
    return roles;
  }

  /** The value of a setting of the server; undefined: it has none, or does not tell. */
  async variable(name: string, signal: AbortSignal): Promise<string | undefined> {
    const path = `/variables/${name}`;
    const what = t('Could not read {0}', name);
    const answer = await this.send({ what, scope: 'PROJECT', method: 'GET', path }, signal);
    const code = toErrorView(answer.body)?.errorCode;
    if (answer.status === 404 || (answer.status === 403 && code !== ERROR.noScope)) {
      return undefined;
    }
    const value = this.read(what, 'PROJECT', answer);
    return isObject(value) ? textAt(value, 'successMessage') : undefined;
  }

  /** "4.2.0"; undefined: it does not tell. */
  async version(signal: AbortSignal): Promise<string | undefined> {
    const answer = await this.send(
      { what: t('Could not read the version'), scope: 'PROJECT', method: 'GET', path: '/variables/versions' },
      signal,
    );
    const versions = answer.status === 200 ? itemsOf(parsed(answer.body)) : [];
    const own = versions.find((each) => textAt(each, 'software')?.toLowerCase() === 'hopsworks');
    return own ? textAt(own, 'version') : undefined;
  }

  async servings(project: number, signal: AbortSignal): Promise<readonly ServingView[]> {
    const what = t('Could not list the servings');
    const answer = await this.json({ what, scope: 'SERVING', method: 'GET', path: servingPath(project) }, signal);
    if (!Array.isArray(answer)) {
      throw brokenAnswer(what, t('no list'), this.parts.connection);
    }
    return answer.filter(isServingView);
  }

  /** Undefined: there is none of that name. */
  async servingNamed(project: number, name: string, signal: AbortSignal): Promise<ServingView | undefined> {
    const what = t('Could not look up {0}', name);
    return this.serving({ what, path: servingPath(project), query: { name } }, signal);
  }

  async servingById(project: number, id: number, signal: AbortSignal): Promise<ServingView | undefined> {
    return this.serving({ what: t('Could not look up the serving {0}', id), path: servingPath(project, id) }, signal);
  }

  /** Without an id: a new one. Answers with less than a look-up does. */
  async putServing(what: string, project: number, view: unknown, signal: AbortSignal): Promise<void> {
    await this.json({ what, scope: 'SERVING', method: 'PUT', path: servingPath(project), body: view }, signal);
  }

  async act(what: string, project: number, id: number, action: 'START' | 'STOP', signal: AbortSignal): Promise<void> {
    const call = { what, scope: 'SERVING', method: 'POST', path: servingPath(project, id), query: { action } } as const;
    await this.json(call, signal);
  }

  async deleteServing(what: string, project: number, id: number, signal: AbortSignal): Promise<void> {
    await this.json({ what, scope: 'SERVING', method: 'DELETE', path: servingPath(project, id) }, signal);
  }

  async logs(
    what: string,
    project: number,
    id: number,
    { component, tail, isHistory = false }: LogsAsked,
    signal: AbortSignal,
  ): Promise<readonly LogsView[]> {
    const path = `${servingPath(project, id)}/logs`;
    const query = { component, tail: String(tail), ...(isHistory ? { source: 'opensearch' } : {}) };
    const answer = await this.json({ what, scope: 'SERVING', method: 'GET', path, query }, signal);
    return itemsOf(answer).map((item) => {
      const timestamp = textAt(item, 'timestamp');
      return {
        instanceName: textAt(item, 'instanceName') ?? '',
        content: textAt(item, 'content') ?? '',
        ...(timestamp === undefined ? {} : { timestamp }),
      };
    });
  }

  async endpoints(project: number, signal: AbortSignal): Promise<readonly EndpointView[]> {
    const what = t('Could not read where servings answer');
    const path = `/project/${project}/inference/endpoints`;
    return itemsOf(await this.json({ what, scope: 'SERVING', method: 'GET', path }, signal)).map((item) => ({
      type: (textAt(item, 'type') ?? '').toUpperCase(),
      hosts: Array.isArray(item.hosts) ? item.hosts.filter((host) => typeof host === 'string') : [],
      ports: itemsOf(item.ports).map((port) => {
        const number = numberAt(port, 'number');
        return { name: (textAt(port, 'name') ?? '').toUpperCase(), ...(number === undefined ? {} : { number }) };
      }),
    }));
  }

  /** Whatever is answered, errors of the model's server included. */
  async infer(
    project: number,
    name: string,
    verb: string,
    body: string,
    signal: AbortSignal,
    version?: number,
  ): Promise<HttpResponse> {
    const at = version === undefined ? '' : `/versions/${version}`;
    const path = `/project/${project}/inference/models/${encodeURIComponent(name)}${at}:${verb}`;
    const what = t('Could not send the request to {0}', name);
    return this.send({ what, scope: 'SERVING', method: 'POST', path, body, timeout: 0 }, signal);
  }

  /** To the ingress, with the key as the official clients send it. */
  async inferDirect(
    what: string,
    { url, hostHeader }: { readonly url: string; readonly hostHeader?: string },
    verb: string,
    body: string,
    signal: AbortSignal,
  ): Promise<HttpResponse> {
    const headers = hostHeader === undefined ? {} : { host: hostHeader };
    const call = { what, scope: 'SERVING', method: 'POST', path: '', body, timeout: 0 } as const;
    return this.asked({ ...call, url: `${url}:${verb}`, headers }, signal, (request) => this.parts.http.send(request));
  }

  async topicDeleted(project: number, topic: string, signal: AbortSignal): Promise<void> {
    const what = t('Could not delete the topic {0}', topic);
    const path = `/project/${project}/kafka/topics/${encodeURIComponent(topic)}`;
    const answer = await this.send({ what, scope: 'KAFKA', method: 'DELETE', path }, signal);
    if (answer.status !== 404) {
      this.read(what, 'KAFKA', answer);
    }
  }

  private async serving(
    call: Pick<Call, 'what' | 'path' | 'query'>,
    signal: AbortSignal,
  ): Promise<ServingView | undefined> {
    const answer = await this.send({ ...call, scope: 'SERVING', method: 'GET' }, signal);
    if (answer.status === 404 && toErrorView(answer.body)?.errorCode === ERROR.noServing) {
      return undefined;
    }
    const value = this.read(call.what, 'SERVING', answer);
    if (!isServingView(value)) {
      throw brokenAnswer(call.what, t('no serving'), this.parts.connection);
    }
    return value;
  }
}

function servingPath(project: number, id?: number): string {
  return `/project/${project}/serving${id === undefined ? '' : `/${id}`}`;
}
