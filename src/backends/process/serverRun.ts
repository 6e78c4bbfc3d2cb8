import { randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import { isCancelled, ServingError, type ErrorCode } from '../../core/errors';
import type { Failure, StageName } from '../../core/serving';
import { writeJson } from './files';
import { toLaunch } from './launch';
import type { Ledger, PreparedStage, RunRecord } from './ledger';
import { Origin } from './origin';
import type { RunPaths, ServingPaths } from './paths';
import type { Packer, ProcessSettings, Pythons, SecretValues } from './ports';
import type { Processes } from './processes';
import { serverEnvironment, spawnServer, type SpawnedServer } from './serverProcess';
import { readServerState, type ServerState } from './serverState';

const POLL_MS = 50;
/** What a stop may take beyond the time that running requests get. */
const STOP_MARGIN_MS = 5000;

export interface RunContext {
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  readonly serverRoot: string;
  readonly leaseFile: string;
  readonly paths: ServingPaths;
  readonly ledger: Ledger;
  readonly pythons: Pythons;
  readonly packer: Packer;
  readonly secrets: SecretValues;
  readonly processes: Processes;
  readonly settings: ProcessSettings;
}

/**
 * Starts a server and waits until it is ready. With `before`, a run that still answers: its socket is taken over, so
 * that no request is lost; when the start fails it goes on answering. Rejects with what failed; then nothing is left.
 */
export async function startRun(
  context: RunContext,
  definition: ServingDefinition,
  operation: Operation,
  before?: RunRecord,
): Promise<RunRecord> {
  const run = new Preparation(context, definition, operation);
  try {
    const environment = await run.stage('environment', () => context.pythons.prepare(definition, operation));
    const artifact = await run.stage('artifact', async () => {
      const packed = await context.packer.pack(definition, operation);
      return { ...packed, note: packed.cached ? 'unchanged' : packed.label };
    });
    const { cached: _cached, note: _note, ...record } = artifact;
    return await run.launch({ executable: environment.executable, artifact: record }, before);
  } catch (error) {
    throw await run.failed(error, before);
  }
}

/** Ends a run: running requests may end, then what is left is killed. */
export async function stopRun(context: RunContext, run: RunRecord, signal: AbortSignal): Promise<void> {
  const pid = run.server?.pid;
  if (pid === undefined || !(await context.processes.isAlive(pid, run.instance))) {
    return;
  }
  await writeFile(context.paths.run(run.instance).stop, '');
  context.processes.ask(pid);
  const limit = Date.now() + context.settings.drainSeconds * 1000 + STOP_MARGIN_MS;
  while (Date.now() < limit && !signal.aborted) {
    if (!(await context.processes.isAlive(pid, run.instance))) {
      return;
    }
    await sleep(POLL_MS);
  }
  await context.processes.kill(pid);
}

interface Prepared {
  readonly executable: string;
  readonly artifact: NonNullable<RunRecord['artifact']>;
}

class Preparation {
  private readonly instance = randomUUID();
  private readonly paths: RunPaths;
  private record: RunRecord;
  private server: SpawnedServer | undefined;

  constructor(
    private readonly context: RunContext,
    private readonly definition: ServingDefinition,
    private readonly operation: Operation,
  ) {
    this.paths = context.paths.run(this.instance);
    this.record = {
      instance: this.instance,
      startedAt: new Date().toISOString(),
      definition,
      stages: [],
      preparing: { pid: process.pid },
    };
  }

  /** Runs one step and writes down how long it took, so that every window can show it. */
  async stage<T extends { readonly note?: string }>(name: StageName, work: () => Promise<T>): Promise<T> {
    this.operation.report({ stage: name });
    const started = Date.now();
    const open: PreparedStage = { name, startedAt: new Date(started).toISOString() };
    await this.write({ stages: [...this.record.stages, open] });
    const result = await work();
    this.checkCancelled();
    const done = {
      ...open,
      seconds: (Date.now() - started) / 1000,
      ...(result.note === undefined ? {} : { note: result.note }),
    };
    await this.write({ stages: [...this.record.stages.slice(0, -1), done] });
    return result;
  }

  async launch(prepared: Prepared, before: RunRecord | undefined): Promise<RunRecord> {
    const { context, definition, paths } = this;
    this.operation.report({ stage: 'server' });
    const secrets = await secretsOf(definition, context.secrets);
    await mkdir(paths.directory, { recursive: true });
    await writeJson(
      paths.launch,
      toLaunch({
        definition,
        artifact: prepared.artifact,
        folder: context.folder,
        paths,
        port: definition.port === 'auto' ? await keptPort(context, before) : definition.port,
        settings: context.settings,
        leaseFile: context.leaseFile,
        ...(before ? { takeover: context.paths.run(before.instance).state } : {}),
      }),
    );
    this.server = await spawnServer({
      python: prepared.executable,
      serverRoot: context.serverRoot,
      instance: this.instance,
      launchFile: paths.launch,
      directory: paths.directory,
      bootFile: paths.boot,
      environment: serverEnvironment(process.env, definition.environment.variables, secrets),
    });
    const { preparing: _done, ...rest } = this.record;
    this.record = {
      ...rest,
      server: { pid: this.server.pid },
      artifact: prepared.artifact,
      environment: { executable: prepared.executable },
    };
    await this.write({});
    await this.ready(this.server);
    return this.record;
  }

  /** Ends what was started, keeps the reason for every window to see, and gives it back as an error. */
  async failed(error: unknown, before: RunRecord | undefined): Promise<unknown> {
    if (this.server && !this.server.hasExited()) {
      await this.context.processes.kill(this.server.pid);
    }
    const cancelled = isCancelled(error) || this.operation.signal.aborted;
    if (before) {
      await this.context.ledger.write(before);
    } else if (cancelled) {
      await this.write({ stopAsked: true, endedAt: new Date().toISOString() });
    } else {
      await this.write({ endedAt: new Date().toISOString(), failure: await this.failureOf(error) });
    }
    return cancelled ? ServingError.cancelled(`Starting ${this.definition.name}`) : error;
  }

  private async ready(server: SpawnedServer): Promise<void> {
    let shown: StageName = 'server';
    for (;;) {
      this.checkCancelled();
      const state = await readServerState(this.paths.state);
      if (state?.state === 'ready') {
        return;
      }
      if (state?.state === 'failed' && state.failure) {
        throw this.serverError(state.failure);
      }
      if (server.hasExited()) {
        throw await this.exitError(await readServerState(this.paths.state));
      }
      const stage = state?.stages.at(-1)?.name ?? 'server';
      if (stage !== shown) {
        shown = stage;
        this.operation.report({ stage });
      }
      await sleep(POLL_MS);
    }
  }

  private serverError(failure: Failure): ServingError {
    const origin = new Origin(this.context.folder, this.definition, this.record.artifact);
    const mapped = origin.failure(failure);
    const code: ErrorCode =
      failure.kind === 'port-in-use' ? 'portInUse' : failure.kind === 'missing-package' ? 'package' : 'script';
    return new ServingError(code, `Could not start ${this.definition.name}: ${mapped.message}`, {
      remedies: mapped.remedies,
    });
  }

  private async exitError(state: ServerState | undefined): Promise<ServingError> {
    if (state?.failure) {
      return this.serverError(state.failure);
    }
    const boot = await readFile(this.paths.boot, 'utf8').catch(() => '');
    const last = boot.trim().split('\n').at(-1);
    return new ServingError(
      'python',
      `Could not start ${this.definition.name}: ${last ? `Python ended with "${last}"` : 'Python ended without a word'}`,
      {
        remedies: [{ kind: 'selectInterpreter' }, { kind: 'showLogs', serving: this.definition.name }],
      },
    );
  }

  private async failureOf(error: unknown): Promise<Omit<Failure, 'at'> | undefined> {
    const state = await readServerState(this.paths.state);
    if (state?.failure) {
      // The server's own words are richer, and stay in its state file.
      return undefined;
    }
    const known = error instanceof ServingError ? error : new ServingError('internal', String(error));
    return {
      stage: this.record.server ? 'server' : (this.record.stages.at(-1)?.name ?? 'environment'),
      kind: known.code,
      message: known.message,
      remedies: known.remedies,
    };
  }

  private async write(
    change: Partial<Omit<RunRecord, 'failure'>> & { failure?: Omit<Failure, 'at'> | undefined },
  ): Promise<void> {
    const { failure, ...rest } = change;
    this.record = { ...this.record, ...rest, ...(failure ? { failure } : {}) };
    await this.context.ledger.write(this.record);
  }

  private checkCancelled(): void {
    if (this.operation.signal.aborted) {
      throw ServingError.cancelled(`Starting ${this.definition.name}`);
    }
  }
}

async function secretsOf(definition: ServingDefinition, values: SecretValues): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of definition.environment.secrets) {
    const value = await values.get(name);
    if (value === undefined) {
      throw new ServingError(
        'invalid',
        `Could not start ${definition.name}: the secret ${name} has no value on this computer`,
        {
          remedies: [{ kind: 'setSecret', name }],
        },
      );
    }
    found[name] = value;
  }
  return found;
}

/** A run that takes over keeps the port, as its callers know it. */
async function keptPort(context: RunContext, before: RunRecord | undefined): Promise<number> {
  const state = before && (await readServerState(context.paths.run(before.instance).state));
  return state?.port ?? 0;
}
