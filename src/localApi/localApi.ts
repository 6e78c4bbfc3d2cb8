import { mkdir } from 'node:fs/promises';
import path from 'node:path';
import { MODELS } from '../app/models/modelFolder';
import type { Backend } from '../core/backend';
import type { Logger } from '../core/log';
import type { Certificate } from './certificate';
import { datasetRoutes, RESOURCES } from './datasets';
import { Deployments } from './deployments';
import { inferenceRoutes, ingressRoutes, type InferenceParts } from './inference';
import { Listener } from './listener';
import { modelRoutes } from './models';
import { Places } from './places';
import { problem } from './problem';
import { projectRoutes, type ApiProject } from './project';
import { Records } from './records';
import type { Route } from './router';
import { servingRoutes } from './servings';
import { Uploads } from './uploads';

const PREFIX = '/hopsworks-api/api';

export interface LocalApiParts {
  readonly project: ApiProject;
  /** The workspace folder: its folders are the project's datasets. */
  readonly folder: string;
  /** Where records and what is being uploaded lie. */
  readonly storage: string;
  readonly backend: Backend;
  readonly key: string;
  /** Undefined: plain HTTP, which Hopsworks' own clients refuse. */
  readonly certificate?: Certificate;
  /** 0: any that is free. */
  readonly port: number;
  readonly ingressPort: number;
  readonly log: Logger;
  readonly now?: () => Date;
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
    const { project, folder, storage, backend, key, certificate, log } = parts;
    const now = parts.now ?? ((): Date => new Date());
    const places = new Places(folder, project.name);
    const records = new Records(path.join(storage, 'deployments.json'), now);
    this.deployments = new Deployments({ backend, folder, project, places, records, log, now });
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
      ...smallRoutes(certificate),
    ];
    this.api = new Listener({
      routes: [...projectRoutes(project), ...inProject.map((route) => below(project, route))],
      prefix: PREFIX,
      key,
      ...(certificate === undefined ? {} : { certificate }),
      port: parts.port,
      log,
    });
    this.ingress = new Listener({
      routes: ingressRoutes(inference),
      prefix: '',
      key,
      anyHost: true,
      port: parts.ingressPort,
      log,
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

  /** Stops what clients started, too: nobody would be there to stop it. */
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

/** What clients ask for and there is no more of here than they need to go on. */
function smallRoutes(certificate: Certificate | undefined): readonly Route[] {
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
  return [
    ['GET', '/credentials', () => ({ status: 200, json: credentials })],
    // No broker is set up.
    ['GET', '/kafka/topics', () => ({ status: 200, json: { href: '', items: [], count: 0 } })],
    [
      'GET',
      '/kafka/topics/:topic',
      (call) => {
        throw problem(190000, `topic: ${call.params.topic ?? ''}`);
      },
    ],
  ];
}
