import { cp, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import path from 'node:path';
import type { ApiPlace as ClientPlace } from './app/localApis';
import { ServingError } from './core/errors';
import { t } from './core/l10n';
import { withLock } from './environments/lock';
import { keptApiKey, keptCertificate } from './localApi/keptFiles';
import { LocalApi, type LocalApiParts, type Ports } from './localApi/localApi';
import { toProjectName, type Generation } from './localApi/project';

/** How long another who has the place is waited for: time to see that it has ended. */
const HELD_MS = 500;
const PROJECT_ID = 1;

export interface ApiOptions extends Pick<
  LocalApiParts,
  'backend' | 'log' | 'backendOfNew' | 'keepsRunning' | 'onAsked'
> {
  /** Absolute path of the workspace folder. */
  readonly workspace: string;
  /** Where state lies that all workspaces share. */
  readonly storage: string;
  /** Where that of this workspace lies. */
  readonly own: string;
  /** 0: the one of the last time where it is free, else any. */
  readonly port: number;
  readonly ingressPort: number;
  readonly generation: Generation;
  readonly project?: string;
  readonly apiKeyFile?: string;
  /** The folder with our Python packages for clients. */
  readonly clientRoot: string;
  /** Who opens it, for whoever finds it taken: "a window of the editor". */
  readonly by: string;
}

/** Where an API is, and all that a client needs. */
export type ApiPlace = ClientPlace & Ports;

export interface OpenApi {
  readonly place: ApiPlace;
  close(): Promise<void>;
}

/** The local Hopsworks API of a workspace folder. It is there once, whoever opens it: rejects with `conflict` when it runs already. */
export async function openApi(options: ApiOptions): Promise<OpenApi> {
  const folder = path.join(options.own, 'localApi');
  const release = await hold(path.join(folder, 'lock'), folder);
  try {
    await rm(placeFile(folder), { force: true });
    const opened = await open(options, folder);
    return {
      place: opened.place,
      close: async () => {
        await opened.api.close();
        await rm(placeFile(folder), { force: true });
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

/** Where the API of a workspace is, as whoever opened it has told; to be asked when it is taken. */
export async function placeOf(own: string): Promise<ApiPlace | undefined> {
  return (await readJson<{ place: ApiPlace }>(placeFile(path.join(own, 'localApi')))).place;
}

async function open(
  options: ApiOptions,
  folder: string,
): Promise<{ readonly api: LocalApi; readonly place: ApiPlace }> {
  const { workspace, storage, generation, by, backend, log, backendOfNew, keepsRunning, onAsked } = options;
  const project = options.project ?? toProjectName(path.basename(workspace));
  const apiKeyFile = path.resolve(options.apiKeyFile ?? path.join(folder, 'api.key'));
  const { certificateFile, ...certificate } = await keptCertificate(storage, new Date());
  const { username } = userInfo();
  const parts = {
    project: {
      id: PROJECT_ID,
      name: project,
      generation,
      created: new Date(),
      user: { username, fullName: username, email: `${username}@localhost` },
    },
    folder: workspace,
    storage: folder,
    key: await keptApiKey(apiKeyFile),
    certificate,
    backend,
    log,
    ...(backendOfNew && { backendOfNew }),
    ...(keepsRunning === undefined ? {} : { keepsRunning }),
    ...(onAsked && { onAsked }),
  };
  const { api, ports } = await startAt(options, await lastPorts(folder), parts);
  try {
    const place: ApiPlace = {
      ...ports,
      address: `https://127.0.0.1:${ports.port}`,
      project,
      projectId: PROJECT_ID,
      user: `${project}__${username}`,
      folder: workspace,
      apiKeyFile,
      certificate: certificateFile,
      clients: await copyClients(options.clientRoot, path.join(storage, 'clients')),
    };
    await writeWhole(path.join(folder, 'ports.json'), ports);
    await writeWhole(placeFile(folder), { by, place });
    return { api, place };
  } catch (error) {
    await api.close();
    throw error;
  }
}

/** At the ports that are asked for; without these, at those of the last time, so that what clients were told stays right. */
async function startAt(
  { port, ingressPort }: Ports,
  last: Ports | undefined,
  parts: Omit<LocalApiParts, keyof Ports>,
): Promise<{ readonly api: LocalApi; readonly ports: Ports }> {
  const tries: readonly Ports[] = [
    ...(last ? [{ port: port || last.port, ingressPort: ingressPort || last.ingressPort }] : []),
    { port, ingressPort },
  ];
  let failure: unknown;
  for (const each of tries) {
    const api = new LocalApi({ ...parts, ...each });
    try {
      return { api, ports: await api.start() };
    } catch (error) {
      failure = error;
      if (!(error instanceof ServingError && error.code === 'portInUse')) {
        throw error;
      }
    }
  }
  throw failure;
}

async function lastPorts(folder: string): Promise<Ports | undefined> {
  const { port, ingressPort } = await readJson<Ports>(path.join(folder, 'ports.json'));
  return port !== undefined && ingressPort !== undefined ? { port, ingressPort } : undefined;
}

/** Takes the place of the one API of a workspace; resolves with what gives it back. */
async function hold(file: string, folder: string): Promise<() => Promise<void>> {
  const waiting = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  let give: () => void = () => undefined;
  const given = new Promise<void>((resolve) => {
    give = resolve;
  });
  let ended: Promise<void> = Promise.resolve();
  try {
    await new Promise<void>((resolve, reject) => {
      const onWait = (): void => {
        timer = setTimeout(() => {
          waiting.abort();
        }, HELD_MS);
      };
      ended = withLock(file, { what: t('Starting the local Hopsworks API'), signal: waiting.signal, onWait }, () => {
        resolve();
        return given;
      });
      ended.catch(reject);
    });
  } catch (error) {
    if (!waiting.signal.aborted) {
      throw error;
    }
    const { by, place } = await readJson<{ by: string; place: ApiPlace }>(placeFile(folder));
    const who = by ?? t('somebody else');
    throw new ServingError(
      'conflict',
      place === undefined
        ? t('The local Hopsworks API of this folder is being started, by {0}', who)
        : t('The local Hopsworks API of this folder runs already at {0}, by {1}', place.address, who),
    );
  } finally {
    clearTimeout(timer);
  }
  return async () => {
    give();
    await ended;
  };
}

/** Copies them to where they stay: snippets name the folder, and that of the extension is another one after each update. */
async function copyClients(from: string, to: string): Promise<string> {
  await mkdir(to, { recursive: true });
  await cp(from, to, { recursive: true });
  return to;
}

/** The file that says where the API of a workspace is. */
function placeFile(folder: string): string {
  return path.join(folder, 'place.json');
}

async function readJson<T extends object>(file: string): Promise<Partial<T>> {
  try {
    return JSON.parse((await readFile(file, 'utf8')) || '{}') as Partial<T>;
  } catch {
    return {};
  }
}

async function writeWhole(file: string, value: unknown): Promise<void> {
  await writeFile(`${file}.${process.pid}`, JSON.stringify(value));
  await rename(`${file}.${process.pid}`, file);
}
