import type { Connection, ConnectionRef } from '../../core/connection';
import { isNodeError, toServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import { labelled, type Logger } from '../../core/log';
import type { ModelRef } from '../../core/model';
import { isObject } from '../../core/objects';
import type { Registry, RegistryExport, RegistryPage, RegistryVersion, Transfer } from '../../core/registry';
import { fileError } from '../../files/fileError';
import type { HttpRetry } from '../http';
import type { HopsworksClient } from './client';
import { Datasets } from './datasets';
import { downloadFiles } from './downloadFiles';
import { exportVersion } from './exportVersion';
import { HopsworksError, isTheir } from './failures';
import { modelPath, toRegistryVersion, versionPath } from './registryView';
import { toVersion, type ServerFacts } from './request';
import { TIMING, type Timing } from './timing';
import { ERROR, itemsOf, numberAt } from './wire';

export interface RegistryParts {
  readonly connection: Connection;
  readonly client: HopsworksClient;
  readonly log: Logger;
  readonly timing?: Pick<Timing, 'pollMs' | 'patienceMs'>;
  /** Of an upload. */
  readonly chunkBytes?: number;
  readonly retry?: HttpRetry;
}

/** What a query with an unknown word is answered with. */
const UNKNOWN_WORD = [400, 404, 422];

interface Session {
  readonly project: number;
  readonly facts: ServerFacts;
}

/** The model registry of one Hopsworks project, and the files of its models. */
export class HopsworksRegistry implements Registry {
  readonly connection: ConnectionRef;
  private readonly log: Logger;
  private session: Session | undefined;

  constructor(private readonly parts: RegistryParts) {
    this.connection = parts.connection;
    this.log = labelled(parts.log, `registry ${parts.connection.project}`);
  }

  page(offset: number, limit: number, signal: AbortSignal): Promise<RegistryPage> {
    return this.guard(t('Could not list the models'), async ({ project }) => {
      const query = { offset: String(offset), limit: String(limit), sort_by: 'name:asc' };
      const answer = await this.list(project, query, signal);
      const versions = this.toVersions(answer, project);
      return { versions, total: (isObject(answer) ? numberAt(answer, 'count') : undefined) ?? versions.length };
    });
  }

  versions(name: string, signal: AbortSignal): Promise<readonly RegistryVersion[]> {
    return this.guard(t('Could not list the versions of {0}', name), async ({ project }) => {
      const query = { filter_by: `name_eq:${name}` };
      const answer = await this.list(project, { ...query, expand: 'tags' }, signal).catch((error: unknown) => {
        // A release that knows of no tags refuses the word.
        if (error instanceof HopsworksError && UNKNOWN_WORD.includes(error.status)) {
          return this.list(project, query, signal);
        }
        throw error;
      });
      return [...this.toVersions(answer, project)].sort((a, b) => b.version - a.version);
    });
  }

  numbers(name: string, signal: AbortSignal): Promise<readonly number[]> {
    return this.guard(t('Could not list the versions of {0}', name), async ({ project }) => {
      const datasets = this.datasets(project);
      const entries = (await datasets.list(modelPath(this.connection.project, name), signal)) ?? [];
      const numbers = entries.filter((entry) => /^[1-9]\d{0,14}$/.test(entry.name)).map((entry) => Number(entry.name));
      return numbers.sort((a, b) => b - a);
    });
  }

  exportVersion(request: RegistryExport, transfer: Transfer): Promise<void> {
    const what = t('Could not export {0} version {1}', request.name, request.version);
    return this.guard(what, ({ project, facts }) =>
      exportVersion(request, transfer, {
        what,
        client: this.parts.client,
        datasets: this.datasets(project),
        projectId: project,
        project: this.connection.project,
        facts,
        log: this.log,
        timing: this.parts.timing ?? TIMING,
        ...(this.parts.chunkBytes === undefined ? {} : { chunkBytes: this.parts.chunkBytes }),
      }),
    );
  }

  download({ name, version }: ModelRef, into: string, transfer: Transfer): Promise<void> {
    return this.guard(t('Could not download {0} version {1}', name, version), async ({ project }) => {
      const datasets = this.datasets(project);
      await downloadFiles(datasets, versionPath(this.connection.project, name, version), into, transfer);
    });
  }

  private datasets(project: number): Datasets {
    return new Datasets(this.parts.client, project, this.parts.retry);
  }

  private list(project: number, query: Readonly<Record<string, string>>, signal: AbortSignal): Promise<unknown> {
    const path = `/project/${project}/modelregistries/${project}/models`;
    const call = { what: t('Could not list the models'), scope: 'MODELREGISTRY', method: 'GET', path, query } as const;
    return this.parts.client.json(call, signal);
  }

  private toVersions(answer: unknown, projectId: number): readonly RegistryVersion[] {
    const { address, project } = this.connection;
    return itemsOf(answer)
      .map((item) => toRegistryVersion(item, { address, project, projectId }))
      .filter((each) => each !== undefined);
  }

  private async guard<T>(what: string, work: (session: Session) => Promise<T>): Promise<T> {
    try {
      return await work(await this.joined());
    } catch (error) {
      if (isTheir(error, ERROR.noProject)) {
        this.session = undefined;
      }
      throw isNodeError(error) ? fileError(error, what) : toServingError(error, 'internal', what);
    }
  }

  private async joined(): Promise<Session> {
    if (this.session) {
      return this.session;
    }
    const { client } = this.parts;
    // Not cancelled by whoever came first: others wait for the same.
    const { signal } = new AbortController();
    const project = await client.project(signal);
    const version = toVersion(await client.version(signal));
    this.session = { project, facts: { ...(version ? { version } : {}), hasKserve: false } };
    return this.session;
  }
}
