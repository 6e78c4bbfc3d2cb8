import { randomUUID } from 'node:crypto';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '../../core/backend';
import { secretNames, type ServingDefinition } from '../../core/definition';
import { isCancelled, messageOf, ServingError, toServingError, type ErrorCode } from '../../core/errors';
import type { Failure, StageName } from '../../core/serving';
import { writeJson } from '../local/files';
import { toLaunch } from './launch';
import type { ArtifactRecord, PreparedStage, RecordedFailure, RunRecord } from './ledger';
import { Origin } from './origin';
import type { RunPaths } from './paths';
import type { SecretValues } from './ports';
import type { RunContext } from './runContext';
import { serverEnvironment, spawnServer, type SpawnedServer } from './serverProcess';
import { readServerState } from './serverState';
import { stopRun } from './stopRun';

const POLL_MS = 50;

/** What the server's word for a failure is to the rest of us; anything else has to do with the script. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  'port-in-use': 'portInUse',
  'port-not-allowed': 'portInUse',
  'missing-package': 'package',
  'pickle-version': 'model',
  'not-a-pickle': 'model',
  'pickle-import-refused': 'model',
  'load-timeout': 'timeout',
  'host-unusable': 'internal',
  'server-error': 'internal',
  'spawn-failed': 'internal',
  config: 'internal',
};

/** Where a run is to answer, beyond what its definition says. */
export interface RunPlace {
  /** A run that answers: its socket is taken over, so that no request is lost; it goes on when the start fails. */
  readonly before?: RunRecord;
  /** In place of a free one; with `before`, the one that it has. */
  readonly port?: number;
}

/** Starts a server and waits until it is ready. Rejects with what failed; then nothing is left running. */
export async function startRun(
  context: RunContext,
  definition: ServingDefinition,
  operation: Operation,
  how: RunPlace = {},
): Promise<RunRecord> {
  const run = new Preparation(context, definition, operation, how);
  try {
    const environment = await run.stage('environment', () => context.pythons.prepare(definition, operation));
    const artifact = await run.stage('artifact', async () => {
      const packed = await context.packer.pack(definition, operation);
      return { ...packed, note: packed.cached ? 'unchanged' : packed.label };
    });
    const { cached: _cached, note: _note, ...record } = artifact;
    return await run.launch(environment.executable, record);
  } catch (error) {
    throw await run.failed(error);
  }
}

class Preparation {
  private readonly instance = randomUUID();
  private readonly paths: RunPaths;
  private record: RunRecord;

  constructor(
    private readonly context: RunContext,
    private readonly definition: ServingDefinition,
    private readonly operation: Operation,
    private readonly how: RunPlace,
  ) {
    this.paths = context.paths.run(this.instance);
    this.record = {
      instance: this.instance,
      startedAt: new Date().toISOString(),
      definition,
      stages: [],
      preparing: true,
    };
  }

  /** Runs one step and writes down how long it took, so that every window can show it. */
  async stage<T extends { readonly note?: string }>(name: StageName, work: () => Promise<T>): Promise<T> {
    this.operation.report({ stage: name });
    const started = performance.now();
    const open: PreparedStage = { name, startedAt: new Date().toISOString() };
    await this.write({ stages: [...this.record.stages, open] });
    const result = await work();
    this.checkCancelled();
    const done = {
      ...open,
      seconds: (performance.now() - started) / 1000,
      ...(result.note === undefined ? {} : { note: result.note }),
    };
    await this.write({ stages: [...this.record.stages.slice(0, -1), done] });
    return result;
  }

  async launch(executable: string, artifact: ArtifactRecord): Promise<RunRecord> {
    const { context, definition, paths } = this;
    const { before } = this.how;
    this.operation.report({ stage: 'server' });
    const secrets = await secretsOf(definition, context.secrets);
    await mkdir(paths.directory, { recursive: true });
    await writeJson(
      paths.launch,
      toLaunch({
        definition,
        artifact,
        folder: context.folder,
        paths,
        port: definition.port === 'auto' ? (this.how.port ?? 0) : definition.port,
        settings: context.settings,
        leaseFile: context.leaseFile,
        ...(before ? { takeover: context.paths.run(before.instance).state } : {}),
      }),
    );
    await this.write({ artifact, environment: { executable } });
    this.checkCancelled();
    const server = await spawnServer({
      python: executable,
      serverRoot: context.serverRoot,
      bytecode: context.bytecode,
      instance: this.instance,
      launchFile: paths.launch,
      directory: paths.directory,
      bootFile: paths.boot,
      environment: serverEnvironment(process.platform, process.env, definition.environment.variables, secrets),
    });
    const { preparing: _done, ...rest } = this.record;
    this.record = { ...rest, server: { pid: server.pid } };
    await this.write({});
    await this.ready(server);
    if (before) {
      const { replaced: _ended, successor: _itself, ...replaced } = before;
      await context.ledger.write({ ...this.record, replaced });
    }
    return this.record;
  }

  /** Ends what was started, keeps the reason for every window to see, and gives it back as an error. */
  async failed(error: unknown): Promise<ServingError> {
    const { context } = this;
    const { before } = this.how;
    const cancelled = isCancelled(error) || this.operation.signal.aborted;
    const reason = cancelled
      ? ServingError.cancelled(`Starting ${this.definition.name}`)
      : toServingError(error, 'internal', `Could not start ${this.definition.name}`);
    try {
      await stopRun(context, this.record, new AbortController().signal);
      if (cancelled || before) {
        await rm(this.paths.directory, { recursive: true, force: true });
      }
      if (before) {
        await context.ledger.write(before);
      } else if (cancelled) {
        await context.ledger.clear();
      } else {
        const { preparing: _done, ...rest } = this.record;
        this.record = rest;
        const failure = await this.failureOf(reason);
        await this.write({ endedAt: new Date().toISOString(), ...(failure ? { failure } : {}) });
      }
    } catch (problem) {
      // What failed first is what a person has to know, also when the disk is so full that it cannot be written down.
      context.log.warn(`could not write down why ${this.definition.name} did not start: ${messageOf(problem)}`);
    }
    return reason;
  }

  private async ready(server: SpawnedServer): Promise<void> {
    let shown: StageName = 'server';
    for (;;) {
      const hasExited = server.hasExited();
      const state = await readServerState(this.paths.state);
      if (state?.failure) {
        throw this.serverError(state.failure);
      }
      if (hasExited) {
        throw await this.exitError();
      }
      if (state?.state === 'ready') {
        return;
      }
      this.checkCancelled();
      if (state?.state === 'stopping') {
        throw new ServingError('conflict', `Could not start ${this.definition.name}: it was asked to stop`);
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
    const mapped = new Origin(this.context.folder, this.definition, this.record.artifact).failure(failure);
    return new ServingError(
      CODES[failure.kind] ?? 'script',
      `Could not start ${this.definition.name}: ${mapped.message}`,
      { remedies: mapped.remedies },
    );
  }

  private async exitError(): Promise<ServingError> {
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

  private async failureOf(error: ServingError): Promise<RecordedFailure | undefined> {
    if ((await readServerState(this.paths.state))?.failure) {
      // The server's own words are richer, and stay in its state file.
      return undefined;
    }
    return {
      stage: this.record.artifact ? 'server' : (this.record.stages.at(-1)?.name ?? 'environment'),
      kind: error.code,
      message: error.message,
      remedies: error.remedies,
    };
  }

  private async write(change: Partial<RunRecord>): Promise<void> {
    this.record = { ...this.record, ...change };
    const { before } = this.how;
    await this.context.ledger.write(before ? { ...before, successor: this.record } : this.record);
  }

  private checkCancelled(): void {
    if (this.operation.signal.aborted) {
      throw ServingError.cancelled(`Starting ${this.definition.name}`);
    }
  }
}

async function secretsOf(definition: ServingDefinition, values: SecretValues): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const name of secretNames(definition)) {
    const value = await values.get(name);
    if (value === undefined) {
      throw new ServingError(
        'invalid',
        `Could not start ${definition.name}: the secret ${name} has no value on this computer`,
        { remedies: [{ kind: 'setSecret', name }] },
      );
    }
    found[name] = value;
  }
  return found;
}
