import { createHash } from 'node:crypto';
import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type {
  Availability,
  Backend,
  Capability,
  InferenceRequest,
  InferenceResponse,
  LogLine,
  LogOptions,
  Operation,
} from '../../core/backend';
import { DEFAULTS, type ServingDefinition } from '../../core/definition';
import { Emitter } from '../../core/events';
import { messageOf, ServingError, toServingError } from '../../core/errors';
import { labelled, type Logger } from '../../core/log';
import type { Trust, WorkspaceFolder } from '../../core/ports';
import type { BackendId, Difference, Endpoint, Serving, ServingRef } from '../../core/serving';
import { withLock } from '../../environments/lock';
import type { DefinitionFile, DefinitionFiles } from '../definitions/definitionFiles';
import type { Http } from '../http';
import { endpointOf, infer } from '../inference';
import { cancellable, requestCancel } from './cancelFile';
import { Ledger, type RunRecord } from './ledger';
import type { Lease } from './lease';
import { readLogs } from './logReader';
import { toServing, type Observation, type Wanted } from './observation';
import { ServingPaths } from './paths';
import type { Packer, ProcessSettings, Pythons, SecretValues } from './ports';
import { pidExists, type Processes } from './processes';
import { startRun, stopRun, type RunContext } from './serverRun';
import { readServerState } from './serverState';
import { toState } from './state';

/** How many runs of a serving keep their logs. */
const RUNS_KEPT = 5;

export interface ProcessBackendParts {
  readonly folder: WorkspaceFolder;
  /** Where the state of this folder's servings lies; the same for every window of the folder. */
  readonly storage: string;
  readonly lease: Lease;
  /** The folder that holds the server's `run.py`. */
  readonly serverRoot: string;
  readonly definitions: DefinitionFiles;
  readonly http: Http;
  readonly processes: Processes;
  readonly pythons: Pythons;
  readonly packer: Packer;
  readonly secrets: SecretValues;
  readonly trust: Trust;
  /** Which Python is there, in a few words; rejects when there is none. */
  readonly describePython: (signal: AbortSignal) => Promise<string>;
  readonly settings: () => ProcessSettings;
  readonly log: Logger;
}

/** Serves the models of one workspace folder by Python processes on this computer. */
export class ProcessBackend implements Backend {
  readonly id: BackendId;
  readonly kind = 'process';
  readonly label = 'This computer';
  readonly capabilities: ReadonlySet<Capability> = new Set<Capability>([
    'edit',
    'logs',
    'predict',
    'requestedPort',
    'managedEnvironment',
  ]);
  private readonly log: Logger;
  private readonly changed = new Emitter<ServingRef | undefined>();
  readonly onDidChange = this.changed.event;

  constructor(private readonly parts: ProcessBackendParts) {
    this.id = processBackendId(parts.folder.path);
    this.log = labelled(parts.log, `process ${parts.folder.name}`);
  }

  async availability(signal: AbortSignal): Promise<Availability> {
    if (!this.parts.trust.isTrusted) {
      return {
        kind: 'untrusted',
        message: 'This workspace is not trusted: nothing of it is run, imported or unpickled',
      };
    }
    try {
      return { kind: 'ready', detail: await this.parts.describePython(signal) };
    } catch (error) {
      return { kind: 'missing', message: messageOf(error) };
    }
  }

  async servings(signal: AbortSignal): Promise<readonly Serving[]> {
    return this.guard('Could not list the servings', async () => {
      const wanted = await this.wanted();
      const servings = await Promise.all([...wanted.values()].map((each) => this.serving(each)));
      signal.throwIfAborted();
      return servings;
    });
  }

  async create(definition: ServingDefinition, operation: Operation): Promise<ServingRef> {
    return this.guard(`Could not create ${definition.name}`, async () => {
      const taken = [...(await this.wanted()).keys()].find(
        (name) => name.toLowerCase() === definition.name.toLowerCase(),
      );
      if (taken !== undefined) {
        throw new ServingError('exists', `Could not create ${definition.name}: there is a serving named ${taken}`, {
          remedies: [{ kind: 'openDefinition' }],
        });
      }
      operation.signal.throwIfAborted();
      await this.parts.definitions.write(definition);
      return this.ref(definition.name);
    });
  }

  async update(ref: ServingRef, definition: ServingDefinition, operation: Operation): Promise<void> {
    await this.guard(`Could not update ${ref.name}`, async () => {
      if (definition.name !== ref.name) {
        throw new ServingError(
          'invalid',
          `Could not update ${ref.name}: a serving keeps its name, create another one instead`,
        );
      }
      const before = await this.parts.definitions.get(ref.name);
      operation.signal.throwIfAborted();
      await this.parts.definitions.write(definition, before);
      await this.locked(ref, operation.signal, async (context) => {
        const seen = await this.observe(context);
        const { run } = seen;
        if (seen.alive && run) {
          await cancellable(context.paths.cancel, operation, (each) => this.replace(context, run, definition, each));
        }
      });
    });
  }

  async start(ref: ServingRef, operation: Operation): Promise<void> {
    await this.guard(`Could not start ${ref.name}`, async () => {
      this.checkTrusted(`start ${ref.name}`);
      await this.parts.lease.renew();
      const { definition } = await this.parts.definitions.get(ref.name);
      await this.locked(ref, operation.signal, async (context) => {
        const seen = await this.observe(context);
        if (toState(seen).state === 'running') {
          return;
        }
        if (seen.alive && seen.run) {
          await stopRun(context, seen.run, operation.signal);
        }
        await cancellable(context.paths.cancel, operation, (each) => startRun(context, definition, each));
        await this.tidy(context);
      });
    });
  }

  async stop(ref: ServingRef, operation: Operation): Promise<void> {
    await this.guard(`Could not stop ${ref.name}`, () =>
      this.locked(ref, operation.signal, (context) => this.end(context, operation.signal)),
    );
  }

  async remove(ref: ServingRef, operation: Operation): Promise<void> {
    await this.guard(`Could not remove ${ref.name}`, async () => {
      await requestCancel(this.paths(ref.name).cancel);
      await this.locked(ref, operation.signal, async (context) => {
        await this.end(context, operation.signal);
        const file = (await this.parts.definitions.list()).find((each) => nameOf(each) === ref.name);
        if (file) {
          await this.parts.definitions.remove(file.file);
        }
        await rm(context.paths.runs, { recursive: true, force: true });
        await context.ledger.clear();
        await this.prune();
      });
    });
    await rm(this.paths(ref.name).directory, { recursive: true, force: true });
  }

  async *logs(ref: ServingRef, options: LogOptions, signal: AbortSignal): AsyncGenerator<LogLine> {
    const paths = this.paths(ref.name);
    try {
      yield* readLogs({ list: () => this.runs(paths) }, options, signal);
    } catch (error) {
      throw toServingError(error, 'internal', `Could not read the logs of ${ref.name}`);
    }
  }

  async predict(ref: ServingRef, request: InferenceRequest, signal: AbortSignal): Promise<InferenceResponse> {
    return this.guard(`Could not send the request to ${ref.name}`, async () =>
      infer(this.parts.http, await this.endpoint(ref), request, signal),
    );
  }

  dispose(): void {
    this.parts.lease.dispose();
    this.changed.dispose();
  }

  private async endpoint(ref: ServingRef): Promise<Endpoint> {
    const seen = await this.observe(this.context(ref.name));
    const { state } = toState(seen);
    if (
      !seen.server ||
      seen.server.port === 0 ||
      (state !== 'running' && state !== 'starting' && state !== 'updating')
    ) {
      throw new ServingError('unavailable', `Could not send the request to ${ref.name}: it is ${state}`, {
        remedies: [{ kind: 'start' }],
      });
    }
    return endpointOf(ref.name, seen.server.host, seen.server.port);
  }

  /** Another run takes the place of one that answers; where it cannot take over its socket, there is a short gap. */
  private async replace(
    context: RunContext,
    before: RunRecord,
    definition: ServingDefinition,
    operation: Operation,
  ): Promise<void> {
    this.checkTrusted(`restart ${definition.name}`);
    const samePort =
      definition.port === 'auto' ||
      definition.port === before.definition.port ||
      definition.port === (await this.port(context, before));
    if (samePort && process.platform !== 'win32') {
      await startRun(context, definition, operation, before);
    } else {
      await this.end(context, operation.signal);
      await startRun(context, definition, operation);
    }
    // Left to itself by whoever took over, it has ended or ends soon; this makes sure of it.
    await stopRun(context, before, operation.signal);
    await this.tidy(context);
  }

  private async port(context: RunContext, run: RunRecord): Promise<number | undefined> {
    return (await readServerState(context.paths.run(run.instance).state))?.port;
  }

  private async end(context: RunContext, signal: AbortSignal): Promise<void> {
    const { run, alive } = await this.observe(context);
    if (run === undefined || run.endedAt !== undefined) {
      return;
    }
    await context.ledger.write({ ...run, stopAsked: true });
    if (alive) {
      await stopRun(context, run, signal);
    }
    const { preparing: _gone, ...rest } = run;
    await context.ledger.write({ ...rest, stopAsked: true, endedAt: new Date().toISOString() });
  }

  private async serving(wanted: Wanted): Promise<Serving> {
    const seen = await this.observe(this.context(wanted.definition.name));
    return toServing(this.id, this.parts.folder.path, wanted, seen, await this.packedDifferences(wanted, seen));
  }

  private async packedDifferences(wanted: Wanted, seen: Observation): Promise<readonly Difference[]> {
    const artifact = seen.run?.artifact;
    if (!seen.alive || artifact === undefined || wanted.problem !== undefined) {
      return [];
    }
    try {
      return await this.parts.packer.differences(artifact, wanted.definition);
    } catch (error) {
      this.log.warn(`could not compare ${wanted.definition.name} with its artifact: ${messageOf(error)}`);
      return [];
    }
  }

  private async observe({ paths, ledger, processes }: RunContext): Promise<Observation> {
    const run = await ledger.read();
    const pid = run?.server?.pid;
    const alive = run !== undefined && pid !== undefined && (await processes.isAlive(pid, run.instance));
    const server = run && (await readServerState(paths.run(run.instance).state));
    return { run, server, alive, preparerAlive: run?.preparing !== undefined && pidExists(run.preparing.pid) };
  }

  /** What the files ask for, by name; what runs without a file any more is there, too. */
  private async wanted(): Promise<ReadonlyMap<string, Wanted>> {
    const wanted = new Map<string, Wanted>();
    for (const file of await this.parts.definitions.list()) {
      if (file.definition?.backend === 'docker') {
        continue;
      }
      const name = nameOf(file);
      const problem = wanted.has(name) ? `Another file defines a serving named ${name}, too` : file.issues[0]?.message;
      wanted.set(problem !== undefined && wanted.has(name) ? file.stem : name, {
        definition: file.definition ?? broken(file.stem),
        file: file.file,
        ...(problem === undefined ? {} : { problem: `Its definition is not right: ${problem}` }),
      });
    }
    for (const name of await readdir(join(this.parts.storage, 'servings')).catch(() => [])) {
      if (!wanted.has(name)) {
        const run = await new Ledger(this.paths(name)).read();
        if (run && run.endedAt === undefined) {
          wanted.set(name, { definition: run.definition });
        }
      }
    }
    return wanted;
  }

  private async runs(paths: ServingPaths): Promise<readonly { instance: string; directory: string }[]> {
    const names = await readdir(paths.runs).catch(() => []);
    const known = await Promise.all(
      names.map(async (instance) => ({
        instance,
        directory: paths.run(instance).directory,
        startedAt: await startOf(paths, instance),
      })),
    );
    return known.sort((a, b) => a.startedAt - b.startedAt);
  }

  private async tidy(context: RunContext): Promise<void> {
    const current = (await context.ledger.read())?.instance;
    const runs = (await this.runs(context.paths)).filter((run) => run.instance !== current);
    for (const old of runs.slice(0, Math.max(0, runs.length - RUNS_KEPT + 1))) {
      await rm(old.directory, { recursive: true, force: true });
    }
    await this.prune();
  }

  private async prune(): Promise<void> {
    const names = await readdir(join(this.parts.storage, 'servings')).catch(() => []);
    const runs = await Promise.all(names.map((name) => new Ledger(this.paths(name)).read()));
    await this.parts.packer.prune(runs.flatMap((run) => (run?.artifact ? [run.artifact] : [])));
  }

  private locked<T>(ref: ServingRef, signal: AbortSignal, work: (context: RunContext) => Promise<T>): Promise<T> {
    const context = this.context(ref.name);
    return withLock(context.paths.lock, { what: `Waiting for another operation on ${ref.name}`, signal }, () =>
      work(context),
    ).finally(() => {
      this.changed.fire(ref);
    });
  }

  private context(name: string): RunContext {
    const { folder, serverRoot, lease, pythons, packer, secrets, processes } = this.parts;
    const paths = this.paths(name);
    return {
      folder: folder.path,
      serverRoot,
      leaseFile: lease.file,
      paths,
      ledger: new Ledger(paths),
      pythons,
      packer,
      secrets,
      processes,
      settings: this.parts.settings(),
    };
  }

  private paths(name: string): ServingPaths {
    return new ServingPaths(this.parts.storage, name);
  }

  private ref(name: string): ServingRef {
    return { backend: this.id, name };
  }

  private checkTrusted(what: string): void {
    if (!this.parts.trust.isTrusted) {
      throw new ServingError('untrusted', `Could not ${what}: this workspace is not trusted, so nothing of it is run`, {
        remedies: [{ kind: 'trust' }],
      });
    }
  }

  private async guard<T>(context: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      throw toServingError(error, 'internal', context);
    }
  }
}

export function processBackendId(folder: string): BackendId {
  return `process:${createHash('sha256').update(folder).digest('hex').slice(0, 12)}` as BackendId;
}

function nameOf(file: DefinitionFile): string {
  return file.definition?.name ?? file.stem;
}

/** What stands for a definition that cannot be read, so that its serving can be shown and mended. */
function broken(name: string): ServingDefinition {
  return { ...DEFAULTS, name, model: { name: '', version: 0 }, script: '' };
}

async function startOf(paths: ServingPaths, instance: string): Promise<number> {
  return (await readServerState(paths.run(instance).state))?.stages[0]?.startedAt?.getTime() ?? Number.MAX_SAFE_INTEGER;
}
