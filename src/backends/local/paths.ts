import { createHash } from 'node:crypto';
import { join } from 'node:path';
import type { LocalBackendKind } from '../../core/definition';

const PLAIN_NAME = /^[a-zA-Z0-9]+$/;

/** Where the state of a workspace folder's servings lies, below the extension's global storage: the same for every window. */
export function workspaceStorage(globalStorage: string, folder: string): string {
  return join(globalStorage, 'workspaces', createHash('sha256').update(folder).digest('hex').slice(0, 16));
}

/** Where each backend keeps the state of one workspace folder's servings. */
export type Storages = Readonly<Record<LocalBackendKind, string>>;

/** The folders of the backends in a workspace folder's storage. */
export function storagesIn(storage: string): Storages {
  return { process: storage, docker: join(storage, 'docker') };
}

/** Where a backend keeps what belongs to one serving of one workspace folder. */
export class ServingPaths {
  readonly directory: string;
  readonly ledger: string;
  /** Outlives the serving, so that whoever waits for it while the serving is removed still has a place to look at. */
  readonly lock: string;
  /** Is there while somebody wants a start to be given up, whichever window began it. */
  readonly cancel: string;
  /** Is there while it moves here from another backend. */
  readonly arriving: string;
  readonly runs: string;
  /** What windows tell in its log. */
  readonly notes: string;
  /** The last decisions about its number of replicas. */
  readonly scaling: string;

  constructor(
    storage: string,
    readonly name: string,
  ) {
    const folder = folderName(name);
    this.directory = join(servingsDirectory(storage), folder);
    this.ledger = join(this.directory, 'ledger.json');
    this.lock = join(storage, 'locks', folder);
    this.cancel = join(storage, 'locks', `${folder}.cancel`);
    this.arriving = join(arrivalsDirectory(storage), folder);
    this.runs = join(this.directory, 'runs');
    this.notes = join(this.directory, 'notes.log');
    this.scaling = join(this.directory, 'scaling.json');
  }

  run(instance: string): RunPaths {
    return new RunPaths(join(this.runs, instance));
  }
}

/** The folder with one folder for each serving that was started. */
export function servingsDirectory(storage: string): string {
  return join(storage, 'servings');
}

/** The folder with a file for each serving that moves here; none is there when nothing does. */
export function arrivalsDirectory(storage: string): string {
  return join(storage, 'arrivals');
}

/** The folder of one run: what the server was started with, what it says of itself, its log. */
export class RunPaths {
  readonly launch: string;
  readonly state: string;
  readonly stop: string;
  readonly boot: string;
  readonly log: string;

  constructor(readonly directory: string) {
    this.launch = join(directory, 'launch.json');
    this.state = join(directory, 'server.json');
    this.stop = join(directory, 'stop');
    this.boot = join(directory, 'boot.log');
    this.log = join(directory, 'server.log');
  }
}

/**
 * Where the local inference log of a serving lies. Its backends share it, so that it stays when the serving moves: a
 * process writes into the folder itself, and what was read from containers lies in `containers`.
 */
export class InferenceLogPaths {
  readonly directory: string;
  readonly containers: string;
  readonly lock: string;

  constructor(
    storage: string,
    readonly name: string,
  ) {
    const folder = folderName(name);
    this.directory = join(inferenceLogsDirectory(storage), folder);
    this.containers = join(this.directory, 'containers');
    this.lock = join(storage, 'locks', `${folder}.inferencelog`);
  }

  /** Oldest records first, as a serving rarely comes back from where it has moved to. */
  get folders(): readonly string[] {
    return [this.containers, this.directory];
  }
}

/** The folder with one folder for each serving that has kept records. */
export function inferenceLogsDirectory(storage: string): string {
  return join(storage, 'inferencelog');
}

/** A definition that is not right may be named by any file's name, `..` among them. */
function folderName(name: string): string {
  return PLAIN_NAME.test(name) ? name : `_${createHash('sha256').update(name).digest('hex').slice(0, 16)}`;
}
