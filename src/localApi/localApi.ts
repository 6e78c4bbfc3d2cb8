import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { MODELS } from '../app/models/modelFolder';
import type { LocalBackendKind } from '../core/definition';
import type { Logger } from '../core/log';
import type { Certificate } from './certificate';
import { datasetRoutes, RESOURCES } from './datasets';
import { Deployments } from './deployments';
import { inferenceRoutes, ingressRoutes, type InferenceParts } from './inference';
import { kafkaRoutes } from './kafka';
import { Listener, type AskedFor } from './listener';
import { modelRoutes } from './models';
import { Places } from './places';
import { problem } from './problem';
import { projectRoutes, type ApiProject } from './project';
import { Records } from './records';
import type { Route } from './router';
import type { ServingAccess } from './servingAccess';
import { servingRoutes } from './servings';
import { Topics } from './topics';
import { Uploads } from './uploads';

const PREFIX = '/hopsworks-api/api';

export interface LocalApiParts {
  readonly project: ApiProject;
  /** The workspace folder: its folders are the project's datasets. */
  readonly folder: string;
  /** Where records and what is being uploaded lie. */
  readonly storage: string;
  readonly backend: ServingAccess;
  readonly key: string;
  /** Undefined: plain HTTP, which Hopsworks' own clients refuse. */
  readonly certificate?: Certificate;
  /** 0: any that is free. */
  readonly port: number;
  readonly ingressPort: number;
  readonly log: Logger;
  readonly now?: () => Date;
  /** Where what clients create runs; a process when undefined. */
  readonly backendOfNew?: () => LocalBackendKind;
  /** What clients start goes on after the end of the API. */
  readonly keepsRunning?: boolean;
  /** Told of each request once it was answered. */
  readonly onAsked?: (asked: AskedFor) => void;
}

export interface Ports {
  readonly port: number;
  readonly ingressPort: number;
}

/** Hopsworks' REST API in front of one backend and the workspace's models. */
export class LocalApi {
  private readonly deployments: Deployments;
  private readonly uploads: Uploads;
  private readonly api: Listener;
  private readonly ingress: Listener;
  private ports: Ports | undefined;

  constructor(private readonly parts: LocalApiParts) {
    const { project, folder, storage, backend, key, certificate, log, onAsked } = parts;
    const now = parts.now ?? ((): Date => new Date());
    const places = new Places(folder, project.name);
    const records = new Records(path.join(storage, 'deployments.json'), now);
    const topics = new Topics(path.join(storage, 'topics.json'));
    this.deployments = new Deployments({
      backend,
      folder,
      project,
      places,
      records,
      topics,
      log,
      now,
      backendOfNew: parts.backendOfNew ?? ((): LocalBackendKind => 'process'),
      keepsRunning: parts.keepsRunning ?? false,
    });
    this.uploads = new Uploads(places, path.join(storage, 'uploads'));
    const inference: InferenceParts = {
      backend,
      deployments: this.deployments,
      records,
      project,
      ingressPort: () => this.ports?.ingressPort,
    };
    const inProject = [
      ...datasetRoutes({ folder, project: project.name, places, uploads: this.uploads }),
      ...modelRoutes({
        project,
        folder,
        isServed: (name, version, signal) => this.deployments.isServed(name, version, signal),
      }),
      ...servingRoutes(this.deployments, backend),
      ...inferenceRoutes(inference),
      ...kafkaRoutes(topics),
      credentialsRoute(certificate),
    ];
    this.api = new Listener({
      routes: [...projectRoutes(project), ...inProject.map((route) => below(project, route))],
      prefix: PREFIX,
      key,
      ...(certificate === undefined ? {} : { certificate }),
      port: parts.port,
      log,
      ...(onAsked === undefined ? {} : { onAsked }),
    });
    this.ingress = new Listener({
      routes: ingressRoutes(inference),
      prefix: '',
      key,
      anyHost: true,
      port: parts.ingressPort,
      log,
      ...(onAsked === undefined ? {} : { onAsked }),
    });
  }

  async start(): Promise<Ports> {
    for (const dataset of [MODELS, RESOURCES]) {
      await mkdir(path.join(this.parts.folder, dataset), { recursive: true });
    }
    const ingressPort = await this.ingress.listen();
    try {
      this.ports = { port: await this.api.listen(), ingressPort };
    } catch (error) {
      await this.ingress.close();
      throw error;
    }
    return this.ports;
  }

  /** Stops what clients started, too, unless it is kept: nobody would be there to stop it. */
  async close(): Promise<void> {
    await Promise.all([this.api.close(), this.ingress.close()]);
    await this.deployments.close();
    await this.uploads.dispose();
  }
}

function below(project: ApiProject, [method, pattern, handler]: Route): Route {
  return [
    method,
    `/project/:project${pattern}`,
    (call) => {
      if (call.params.project !== String(project.id)) {
        throw problem(150004, `project: ${call.params.project ?? ''}`);
      }
      return handler(call);
    },
  ];
}

/** Clients ask for keys of the project's own; there is no more of them here than they need to go on. */
function credentialsRoute(certificate: Certificate | undefined): Route {
  const nothing = Buffer.from('none').toString('base64');
  const credentials = {
    fileExtension: 'jks',
    kStore: nothing,
    tStore: nothing,
    password: '',
    caChain: certificate?.certificate ?? '',
    clientCert: '',
    clientKey: '',
  };
  return ['GET', '/credentials', () => ({ status: 200, json: credentials })];
}
