import { createHash } from 'node:crypto';
import { rm } from 'node:fs/promises';
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
import type { ServingDefinition } from '../../core/definition';
import { parseDefinition, writeDefinition } from '../../core/definitionText';
import { messageOf, ServingError, toServingError } from '../../core/errors';
import { Emitter } from '../../core/events';
import { labelled, type Logger } from '../../core/log';
import type { Trust, WorkspaceFolder } from '../../core/ports';
import type { BackendId, Difference, Endpoint, Serving, ServingRef } from '../../core/serving';
import { withLock } from '../../environments/lock';
import type { DefinitionFiles } from '../definitions/definitionFiles';
import type { Http } from '../http';
import { endpointOf, infer } from '../inference';
import { cancellable, requestCancel } from '../local/cancelFile';
import { Ledger } from '../local/ledger';
import type { Lease } from './lease';
import { readLogs } from './logReader';
import { toServing, type Observation } from './observation';
import { observe } from './observe';
import { ServingPaths, storagesIn } from '../local/paths';
import type { Packer, ProcessSettings, Pythons, SecretValues } from '../local/ports';
import type { Processes } from './processes';
import { replaceRun } from './replaceRun';
import type { RunContext } from './runContext';
import { runFolders, tidyRuns } from '../local/runFolders';
import { startRun } from './serverRun';
import { toState } from './state';
import { end, settle, stopRun } from './stopRun';
import { backendOf, lastRuns, servingNameOf, wantedServings, type Wanted } from '../local/wanted';

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
    'scaling',
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
    const ref = { backend: this.id, name: definition.name };
    return this.guard(`Could not create ${definition.name}`, async () => {
      checkWritable(definition, 'create');
      return this.locked(ref, operation.signal, async () => {
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
        return ref;
      });
    });
  }

  async update(ref: ServingRef, definition: ServingDefinition, operation: Operation): Promise<void> {
    const since = Date.now();
    await this.guard(`Could not update ${ref.name}`, async () => {
      if (definition.name !== ref.name) {
        throw new ServingError(
          'invalid',
          `Could not update ${ref.name}: a serving keeps its name, create another one instead`,
        );
      }
      checkWritable(definition, 'update');
      await this.locked(ref, operation.signal, async (context) => {
        const before = await this.parts.definitions.get(ref.name);
        const seen = await settle(context, operation.signal);
        if (seen.alive) {
          this.checkTrusted(`restart ${ref.name}`);
        }
        operation.signal.throwIfAborted();
        await this.parts.definitions.write(definition, before);
        if (seen.alive) {
          await cancellable(context.paths.cancel, since, operation, (each) =>
            replaceRun(context, seen, definition, each),
          );
          await this.tidy(context);
        }
      });
    });
  }

  async start(ref: ServingRef, operation: Operation): Promise<void> {
    const since = Date.now();
    await this.guard(`Could not start ${ref.name}`, async () => {
      this.checkTrusted(`start ${ref.name}`);
      await this.parts.lease.renew();
      await this.locked(ref, operation.signal, async (context) => {
        const { definition } = await this.parts.definitions.get(ref.name);
        const seen = await settle(context, operation.signal);
        if (toState(seen).state === 'running') {
          return;
        }
        if (seen.alive && seen.run) {
          await stopRun(context, seen.run, operation.signal);
        }
        await cancellable(context.paths.cancel, since, operation, (each) => startRun(context, definition, each));
        await this.tidy(context);
      });
    });
  }

  async stop(ref: ServingRef, operation: Operation): Promise<void> {
    await this.guard(`Could not stop ${ref.name}`, () =>
      this.afterOthers(ref, operation, (context) => end(context, operation.signal)),
    );
  }

  async remove(ref: ServingRef, operation: Operation): Promise<void> {
    await this.guard(`Could not remove ${ref.name}`, () =>
      this.afterOthers(ref, operation, async (context) => {
        await end(context, operation.signal);
        const file = (await this.parts.definitions.list()).find((each) => servingNameOf(each) === ref.name);
        if (file) {
          await this.parts.definitions.remove(file.file);
        }
        await rm(context.paths.directory, { recursive: true, force: true });
        await this.tidy(context);
      }),
    );
  }

  async *logs(ref: ServingRef, options: LogOptions, signal: AbortSignal): AsyncGenerator<LogLine> {
    const paths = this.paths(ref.name);
    try {
      yield* readLogs({ list: () => runFolders(paths) }, options, signal);
    } catch (error) {
      throw toServingError(error, 'internal', `Could not read the logs of ${ref.name}`);
    }
  }

  async predict(ref: ServingRef, request: InferenceRequest, signal: AbortSignal): Promise<InferenceResponse> {
    const context = `Could not send the request to ${ref.name}`;
    return this.guard(context, async () => {
      try {
        const { endpoint, token } = await this.endpoint(ref, context);
        return await infer(this.parts.http, endpoint, request, signal, token && (await this.parts.secrets.get(token)));
      } catch (error) {
        if (error instanceof ServingError && error.code === 'unreachable') {
          throw new ServingError('unreachable', `${context}: ${error.message}`, {
            cause: error,
            remedies: [{ kind: 'restart' }, { kind: 'showLogs', serving: ref.name }],
          });
        }
        throw error;
      }
    });
  }

  dispose(): void {
    this.parts.lease.dispose();
    this.changed.dispose();
  }

  /** Where it answers, and the name of the secret that it wants. */
  private async endpoint(
    ref: ServingRef,
    context: string,
  ): Promise<{ readonly endpoint: Endpoint; readonly token?: string | undefined }> {
    const seen = await observe(this.context(ref.name));
    if (seen.run === undefined) {
      await this.parts.definitions.get(ref.name);
    }
    const { state } = toState(seen);
    const answers = state === 'running' || state === 'starting' || state === 'updating';
    if (!answers || seen.server === undefined || seen.server.port === 0) {
      throw new ServingError('unavailable', `${context}: it is ${state}`, {
        remedies: [
          { kind: 'start' },
          ...(state === 'failed' ? [{ kind: 'showLogs', serving: ref.name } as const] : []),
        ],
      });
    }
    return {
      endpoint: endpointOf(ref.name, seen.server.host, seen.server.port),
      token: seen.run?.definition.token,
    };
  }

  private wanted(): Promise<ReadonlyMap<string, Wanted>> {
    const { definitions, storage } = this.parts;
    const storages = storagesIn(storage);
    return wantedServings(definitions, storage, async (file) => (await backendOf(file, storages)) === 'process');
  }

  private async serving(wanted: Wanted): Promise<Serving> {
    try {
      const seen = await observe(this.context(wanted.definition.name));
      return toServing(this.id, this.parts.folder.path, wanted, seen, await this.packedDifferences(wanted, seen));
    } catch (error) {
      // One whose files cannot be read must not hide the others.
      return {
        ref: { backend: this.id, name: wanted.definition.name },
        kind: 'process',
        state: 'unknown',
        reason: `Could not read its state: ${messageOf(error)}`,
        definition: wanted.definition,
        ...(wanted.file === undefined ? {} : { definitionFile: wanted.file }),
        differences: [],
      };
    }
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

  /** Takes away what old runs left; a serving is no worse for what stays. */
  private async tidy({ paths, ledger }: RunContext): Promise<void> {
    try {
      const run = await ledger.read();
      await tidyRuns(paths, run ? [run.instance] : []);
      const runs = await lastRuns(this.parts.storage);
      const inUse = runs.flatMap(({ artifact, successor }) => [artifact, successor?.artifact]);
      await this.parts.packer.prune(inUse.filter((artifact) => artifact !== undefined));
    } catch (error) {
      this.log.warn(`could not tidy up after ${paths.name}: ${messageOf(error)}`);
    }
  }

  /** Asks whoever starts the serving, in whichever window, to give up, and then does the work. */
  private async afterOthers(
    ref: ServingRef,
    operation: Operation,
    work: (context: RunContext) => Promise<void>,
  ): Promise<void> {
    const asked = await requestCancel(this.paths(ref.name).cancel);
    try {
      await this.locked(ref, operation.signal, work);
    } finally {
      await asked.withdraw();
    }
  }

  private async locked<T>(ref: ServingRef, signal: AbortSignal, work: (context: RunContext) => Promise<T>): Promise<T> {
    const context = this.context(ref.name);
    try {
      return await withLock(context.paths.lock, { what: `Waiting for another operation on ${ref.name}`, signal }, () =>
        work(context),
      );
    } finally {
      this.changed.fire(ref);
    }
  }

  private context(name: string): RunContext {
    const { folder, serverRoot, lease, pythons, packer, secrets, processes } = this.parts;
    const paths = this.paths(name);
    return {
      folder: folder.path,
      serverRoot,
      bytecode: join(this.parts.storage, 'bytecode'),
      leaseFile: lease.file,
      paths,
      ledger: new Ledger(paths),
      pythons,
      packer,
      secrets,
      processes,
      settings: this.parts.settings(),
      log: this.log,
    };
  }

  private paths(name: string): ServingPaths {
    return new ServingPaths(this.parts.storage, name);
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

/** What could not be read again is not written. */
function checkWritable(definition: ServingDefinition, verb: 'create' | 'update'): void {
  const context = `Could not ${verb} ${definition.name}`;
  if (definition.backend !== 'process') {
    throw new ServingError(
      'invalid',
      `${context}: it is for ${definition.backend}, not for a process of this computer`,
    );
  }
  const issue = parseDefinition(writeDefinition(definition)).issues[0];
  if (issue) {
    throw new ServingError('invalid', `${context}: ${issue.message}`, {
      remedies: [{ kind: 'openDefinition', field: issue.field }],
    });
  }
}
