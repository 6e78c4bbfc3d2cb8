import { join } from 'node:path';
import type { Availability, Capability, LogLine, LogOptions, Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import { ServingError } from '../../core/errors';
import type { InferenceLogState } from '../../core/inferenceLog';
import { t } from '../../core/l10n';
import type { BackendId, Serving } from '../../core/serving';
import type { TrafficReading } from '../../core/traffic';
import { endpointOf } from '../inference';
import { Ledger, type RunRecord } from '../local/ledger';
import type { Answering } from '../local/answering';
import { localBackendId, type LocalBackendParts } from '../local/folderServings';
import type { Settled } from '../local/localBackend';
import { MovableBackend } from '../local/movableBackend';
import type { InferenceLogSettings, ProcessSettings } from '../local/ports';
import { runFolders } from '../local/runFolders';
import { METRICS, readServerMetrics, type ServerMetrics } from '../local/serverMetrics';
import type { Wanted } from '../local/wanted';
import type { Lease } from './lease';
import { readLogs } from './logReader';
import { toProcessServing, type Observation } from './observation';
import { observe } from './observe';
import type { Processes } from './processes';
import type { Pythons } from './pythons';
import { replaceRun, takePort } from './replaceRun';
import type { RunContext } from './runContext';
import { startRun, type RunPlace } from './serverRun';
import { toState } from './state';
import { end, settle, stopRun } from './stopRun';

export interface ProcessBackendParts extends LocalBackendParts {
  readonly lease: Lease;
  /** The folder that holds the server's `run.py`. */
  readonly serverRoot: string;
  readonly processes: Processes;
  readonly pythons: Pythons;
  /** Which Python is there, in a few words; rejects when there is none. */
  readonly describePython: (signal: AbortSignal) => Promise<string>;
  readonly settings: () => ProcessSettings;
}

type Seen = Observation & Settled;

/** Serves the models of one workspace folder by Python processes on this computer. */
export class ProcessBackend extends MovableBackend<RunContext, Seen> {
  readonly label = t('This computer');
  readonly capabilities: ReadonlySet<Capability> = new Set<Capability>([
    'edit',
    'logs',
    'predict',
    'requestedPort',
    'managedEnvironment',
    'scaling',
    'move',
    'traffic',
    'inferenceLog',
  ]);
  protected readonly needs = t('a process of this computer');

  constructor(private readonly parts: ProcessBackendParts) {
    super('process', parts);
  }

  override dispose(): void {
    this.parts.lease.dispose();
    super.dispose();
  }

  protected async available(signal: AbortSignal): Promise<Availability> {
    return { kind: 'ready', detail: await this.parts.describePython(signal) };
  }

  protected async serving(wanted: Wanted): Promise<Serving> {
    const seen = await observe(this.contextOf(wanted.definition.name));
    const packed = seen.alive ? await this.packedDifferences(seen.run, wanted) : [];
    return toProcessServing(this.id, this.parts.folder.path, wanted, seen, packed);
  }

  protected async settle(context: RunContext, signal: AbortSignal): Promise<Seen> {
    const seen = await settle(context, signal);
    return { ...seen, state: toState(seen).state };
  }

  protected async begin(
    context: RunContext,
    seen: Seen,
    definition: ServingDefinition,
    operation: Operation,
  ): Promise<void> {
    await this.beginAt(context, seen, definition, operation, {});
  }

  protected async beginElsewhere(
    context: RunContext,
    seen: Seen,
    definition: ServingDefinition,
    operation: Operation,
  ): Promise<void> {
    await this.beginAt(context, seen, definition, operation, { port: 0 });
  }

  protected async takePort(context: RunContext, port: number, operation: Operation): Promise<void> {
    await takePort(context, port, operation);
  }

  protected async replace(
    context: RunContext,
    seen: Seen,
    definition: ServingDefinition,
    operation: Operation,
  ): Promise<void> {
    await replaceRun(context, seen, definition, operation);
  }

  protected async end(context: RunContext, signal: AbortSignal): Promise<void> {
    await end(context, signal);
  }

  protected async answering(name: string): Promise<Answering> {
    const seen = await observe(this.contextOf(name));
    const { run, server } = seen;
    return {
      state: toState(seen).state,
      ...(server && server.port > 0 ? { endpoint: endpointOf(name, server.host, server.port) } : {}),
      token: run?.definition.token,
    };
  }

  protected readLogs(name: string, options: LogOptions, signal: AbortSignal): AsyncIterable<LogLine> {
    const paths = this.paths(name);
    return readLogs({ list: () => runFolders(paths) }, options, signal);
  }

  protected async readTraffic(name: string, signal: AbortSignal): Promise<TrafficReading> {
    const { run, metrics } = await this.metrics(name, signal);
    const { workers, name: _its, inferenceLog: _log, ...totals } = metrics;
    // A worker that takes the place of another goes on counting where that one ended.
    return {
      ...totals,
      source: run.instance,
      replicas: workers.map((each) => ({ ...each, source: run.instance })),
    };
  }

  protected async readInferenceLogState(name: string, signal: AbortSignal): Promise<InferenceLogState | undefined> {
    return (await this.metrics(name, signal)).metrics.inferenceLog;
  }

  protected recordingSettings(): InferenceLogSettings | undefined {
    return this.parts.settings().inferenceLog;
  }

  protected context(name: string): Promise<RunContext> {
    return Promise.resolve(this.contextOf(name));
  }

  private async metrics(
    name: string,
    signal: AbortSignal,
  ): Promise<{ readonly run: RunRecord; readonly metrics: ServerMetrics }> {
    const { run, server, alive } = await observe(this.contextOf(name));
    if (run === undefined || server === undefined || !alive || server.port === 0) {
      throw new ServingError('unavailable', t('{0} does not run', name));
    }
    const { token } = run.definition;
    const url = new URL(METRICS.path, endpointOf(name, server.host, server.port).url).href;
    const secret = token === undefined ? undefined : await this.common.secrets.get(token);
    return { run, metrics: await readServerMetrics(this.common.http, url, secret, signal) };
  }

  private async beginAt(
    context: RunContext,
    seen: Seen,
    definition: ServingDefinition,
    operation: Operation,
    place: RunPlace,
  ): Promise<void> {
    await this.parts.lease.renew();
    if (seen.alive && seen.run) {
      await stopRun(context, seen.run, operation.signal);
    }
    await startRun(context, definition, operation, place);
  }

  private contextOf(name: string): RunContext {
    const { folder, serverRoot, lease, pythons, packer, secrets, processes } = this.parts;
    const paths = this.paths(name);
    return {
      inferenceLog: this.inferenceLogPaths(name),
      folder: folder.path,
      serverRoot,
      bytecode: join(this.place, 'bytecode'),
      leaseFile: lease.file,
      paths,
      ledger: new Ledger(paths),
      pythons,
      packer,
      secrets,
      topics: this.parts.topics,
      processes,
      settings: this.parts.settings(),
      log: this.log,
    };
  }
}

export function processBackendId(folder: string): BackendId {
  return localBackendId('process', folder);
}
