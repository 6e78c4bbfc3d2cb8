import { setTimeout as sleep } from 'node:timers/promises';
import type {
  Availability,
  Backend,
  Capability,
  InferenceRequest,
  InferenceResponse,
  LogLine,
  LogOptions,
  Moving,
  Operation,
} from '../../src/core/backend';
import type { LocalBackendKind, ServingDefinition } from '../../src/core/definition';
import { parseDefinition, sameDefinition, writeDefinition } from '../../src/core/definitionText';
import { ServingError, toServingError } from '../../src/core/errors';
import { Emitter } from '../../src/core/events';
import type { BackendId, Difference, Serving, ServingRef, ServingState, StageName } from '../../src/core/serving';

const STAGES: readonly StageName[] = ['environment', 'artifact', 'server', 'load', 'ready'];

/** Stands for a Predict script and its model. */
export interface MemoryScript {
  /** Rejects when the script cannot be loaded. */
  load?(signal: AbortSignal): Promise<void>;
  predict(inputs: unknown, print: (text: string) => void): unknown;
}

interface MemoryRun {
  readonly definition: ServingDefinition;
  readonly startedAt: Date;
  readonly script: MemoryScript;
  state: ServingState;
  reason?: string;
  requests: number;
}

/** What several windows share: definitions as text, runs, logs. */
export class MemoryWorld {
  readonly runs = new Map<string, MemoryRun>();
  readonly logs = new Map<string, LogLine[]>();
  readonly scripts = new Map<string, MemoryScript>();
  /** Waited for at the start of each stage. */
  stageDelay: (stage: StageName, signal: AbortSignal) => Promise<void> = () => Promise.resolve();
  private readonly queues = new Map<string, Promise<unknown>>();
  private readonly starting = new Map<string, AbortController>();

  /** Definitions by file name without its ending; the worlds of one folder share them. */
  constructor(readonly texts = new Map<string, string>()) {}

  /** One at a time for each name, in the order of asking. */
  async locked<T>(name: string, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const before = this.queues.get(name) ?? Promise.resolve();
    const run = before
      .catch(() => undefined)
      .then(() => {
        if (signal.aborted) {
          throw ServingError.cancelled(`Waiting for another operation on ${name}`);
        }
        return work();
      });
    this.queues.set(name, run);
    return run;
  }

  async cancellable<T>(name: string, operation: Operation, work: (operation: Operation) => Promise<T>): Promise<T> {
    const asked = new AbortController();
    this.starting.set(name, asked);
    try {
      const signal = AbortSignal.any([operation.signal, asked.signal]);
      return await work({ signal, report: operation.report.bind(operation) });
    } finally {
      this.starting.delete(name);
    }
  }

  cancelStart(name: string): void {
    this.starting.get(name)?.abort();
  }

  print(name: string, message: string, logger: string): void {
    const lines = this.logs.get(name) ?? [];
    lines.push({ time: Date.now(), level: 'INFO', logger, message, fields: {} });
    this.logs.set(name, lines);
  }
}

/** A backend without processes and files: one window on a world. */
export class MemoryBackend implements Backend {
  readonly id = 'memory:1' as BackendId;
  readonly label = 'Memory';
  readonly capabilities: ReadonlySet<Capability> = new Set<Capability>(['edit', 'logs', 'predict', 'move']);
  private readonly changed = new Emitter<ServingRef | undefined>();
  readonly onDidChange = this.changed.event;

  constructor(
    readonly world: MemoryWorld,
    readonly kind: LocalBackendKind = 'process',
  ) {}

  availability(): Promise<Availability> {
    return Promise.resolve({ kind: 'ready', detail: 'memory' });
  }

  servings(signal: AbortSignal): Promise<readonly Serving[]> {
    return guarded('Could not list the servings', async () => {
      await Promise.resolve();
      signal.throwIfAborted();
      const { texts, runs } = this.world;
      const own = new Map([...texts].sort().filter(([, text]) => this.isOwn(text)));
      const listed = [...own].map(([stem, text]) => this.toServing(stem, text));
      const orphans = [...runs.values()].filter(({ definition }) => !own.has(definition.name));
      return [
        ...listed,
        ...orphans
          .map((run) => ({ ...this.describe(run.definition, run), isOrphan: true as const }))
          .filter(({ state }) => state !== 'stopped'),
      ];
    });
  }

  create(definition: ServingDefinition, operation: Operation): Promise<ServingRef> {
    return guarded(`Could not create ${definition.name}`, () =>
      this.world.locked(definition.name, operation.signal, async () => {
        await Promise.resolve();
        checkWritable(definition, 'create');
        const taken = [...this.world.texts.keys()].find((name) => name.toLowerCase() === definition.name.toLowerCase());
        if (taken !== undefined) {
          throw new ServingError('exists', `Could not create ${definition.name}: there is a serving named ${taken}`, {
            remedies: [{ kind: 'openDefinition' }],
          });
        }
        this.world.texts.set(definition.name, writeDefinition(definition));
        return { backend: this.id, name: definition.name };
      }),
    );
  }

  update(ref: ServingRef, definition: ServingDefinition, operation: Operation): Promise<void> {
    return guarded(`Could not update ${ref.name}`, async () => {
      if (definition.name !== ref.name) {
        throw new ServingError('invalid', `Could not update ${ref.name}: a serving keeps its name`);
      }
      checkWritable(definition, 'update');
      await this.world.locked(ref.name, operation.signal, async () => {
        this.definitionOf(ref.name);
        this.world.texts.set(ref.name, writeDefinition(definition, this.world.texts.get(ref.name)));
        const before = this.world.runs.get(ref.name);
        if (before?.state === 'running') {
          before.state = 'updating';
          try {
            const run = await this.world.cancellable(ref.name, operation, (each) => this.prepare(definition, each));
            this.world.runs.set(ref.name, { ...run, state: 'running' });
          } catch (error) {
            before.state = 'running';
            throw error;
          }
        }
      });
    });
  }

  start(ref: ServingRef, operation: Operation): Promise<void> {
    return guarded(`Could not start ${ref.name}`, () =>
      this.world.locked(ref.name, operation.signal, async () => {
        const definition = this.definitionOf(ref.name);
        if (this.world.runs.get(ref.name)?.state === 'running') {
          return;
        }
        await this.world.cancellable(ref.name, operation, async (each) => {
          try {
            const run = await this.prepare(definition, each, (begun) => this.world.runs.set(ref.name, begun));
            run.state = 'running';
          } catch (error) {
            const run = this.world.runs.get(ref.name);
            if (each.signal.aborted || run === undefined) {
              this.world.runs.delete(ref.name);
              throw ServingError.cancelled(`Starting ${ref.name}`);
            }
            const failure = toServingError(error, 'internal', `Could not start ${ref.name}`);
            run.state = 'failed';
            run.reason = failure.message;
            throw failure;
          }
        });
      }),
    );
  }

  stop(ref: ServingRef, operation: Operation): Promise<void> {
    return guarded(`Could not stop ${ref.name}`, async () => {
      this.world.cancelStart(ref.name);
      await this.world.locked(ref.name, operation.signal, async () => {
        await Promise.resolve();
        const run = this.world.runs.get(ref.name);
        if (run) {
          this.world.print(ref.name, 'Ended: asked', 'server');
          run.state = 'stopped';
        }
      });
    });
  }

  adopt(ref: ServingRef, operation: Operation): Promise<void> {
    const context = `Could not adopt ${ref.name}`;
    return guarded(context, () =>
      this.world.locked(ref.name, operation.signal, async () => {
        await Promise.resolve();
        if (this.world.texts.has(ref.name)) {
          throw new ServingError('exists', `${context}: another definition has that name`);
        }
        const run = this.world.runs.get(ref.name);
        if (run === undefined || run.state === 'stopped') {
          throw new ServingError('notFound', `${context}: it does not run any more`);
        }
        this.world.texts.set(ref.name, writeDefinition(run.definition));
      }),
    );
  }

  async remove(ref: ServingRef, operation: Operation): Promise<void> {
    await this.stop(ref, operation);
    this.world.texts.delete(ref.name);
    this.world.runs.delete(ref.name);
    this.world.logs.delete(ref.name);
  }

  handOver(
    ref: ServingRef,
    take: (moving: Moving, operation: Operation) => Promise<void>,
    operation: Operation,
  ): Promise<void> {
    const { name } = ref;
    return guarded(`Could not move ${name}`, () =>
      this.world.locked(name, operation.signal, async () => {
        const definition = this.definitionOf(name);
        if (definition.backend !== this.kind) {
          throw new ServingError('conflict', `Could not move ${name}: it is on ${definition.backend}`);
        }
        const runs = this.world.runs.get(name)?.state === 'running';
        const release = async (): Promise<void> => {
          await Promise.resolve();
          this.forget(name);
        };
        await this.world.cancellable(name, operation, (each) => take({ definition, runs, release }, each));
      }),
    );
  }

  receive(moving: Moving, operation: Operation): Promise<void> {
    const { name } = moving.definition;
    const definition = { ...moving.definition, backend: this.kind };
    return guarded(`Could not move ${name}`, () =>
      this.world.locked(name, operation.signal, async () => {
        if (moving.runs) {
          try {
            const run = await this.world.cancellable(name, operation, (each) =>
              this.prepare(definition, each, (begun) => this.world.runs.set(name, begun)),
            );
            run.state = 'running';
          } catch (error) {
            this.forget(name);
            throw error;
          }
        }
        this.world.texts.set(name, writeDefinition(definition, this.world.texts.get(name)));
        await moving.release();
      }),
    );
  }

  async *logs(ref: ServingRef, options: LogOptions, signal: AbortSignal): AsyncGenerator<LogLine> {
    const lines = (): readonly LogLine[] => this.world.logs.get(ref.name) ?? [];
    let at = options.tail === undefined ? 0 : Math.max(0, lines().length - options.tail);
    do {
      for (const line of lines().slice(at)) {
        at++;
        yield line;
      }
      await (options.follow ? sleep(5, undefined, { signal }).catch(() => undefined) : undefined);
    } while (options.follow && !signal.aborted);
  }

  predict(ref: ServingRef, request: InferenceRequest, signal: AbortSignal): Promise<InferenceResponse> {
    const context = `Could not send the request to ${ref.name}`;
    return guarded(context, async () => {
      await Promise.resolve();
      signal.throwIfAborted();
      const run = this.world.runs.get(ref.name);
      if (run === undefined) {
        this.definitionOf(ref.name);
      }
      if (run?.state !== 'running' && run?.state !== 'updating') {
        throw new ServingError('unavailable', `${context}: it is ${run?.state ?? 'stopped'}`, {
          remedies: [{ kind: 'start' }],
        });
      }
      return this.answer(ref.name, run, request);
    });
  }

  dispose(): void {
    this.changed.dispose();
  }

  private isOwn(text: string): boolean {
    return (parseDefinition(text).definition?.backend ?? 'process') === this.kind;
  }

  private forget(name: string): void {
    this.world.runs.delete(name);
    this.world.logs.delete(name);
  }

  private answer(name: string, run: MemoryRun, request: InferenceRequest): InferenceResponse {
    const requestId = `r${++run.requests}`;
    const reply = (status: number, body: unknown): InferenceResponse => ({
      status,
      statusText: String(status),
      headers: { 'x-request-id': requestId },
      body: JSON.stringify(body),
      latencyMs: 0,
      requestId,
    });
    let inputs: unknown;
    try {
      const body = JSON.parse(request.body) as Record<string, unknown>;
      inputs = body.inputs ?? body.instances;
    } catch (error) {
      return reply(400, { error: `The request is not JSON: ${String(error)}` });
    }
    if (inputs === undefined) {
      return reply(400, { error: 'The request has neither inputs nor instances' });
    }
    try {
      const print = (text: string): void => {
        this.world.print(name, text, 'stdout');
      };
      return reply(200, { predictions: run.script.predict(inputs, print) });
    } catch (error) {
      return reply(500, { error: String(error) });
    }
  }

  private async prepare(
    definition: ServingDefinition,
    operation: Operation,
    begin: (run: MemoryRun) => void = () => undefined,
  ): Promise<MemoryRun> {
    const script = this.world.scripts.get(definition.script);
    if (script === undefined) {
      throw new ServingError('notFound', `Could not start ${definition.name}: there is no ${definition.script}`, {
        remedies: [{ kind: 'createScript' }],
      });
    }
    const run: MemoryRun = { definition, startedAt: new Date(), script, state: 'creating', requests: 0 };
    begin(run);
    for (const stage of STAGES) {
      operation.report({ stage });
      run.state = stage === 'environment' ? 'creating' : 'starting';
      await this.world.stageDelay(stage, operation.signal);
      if (stage === 'load') {
        await script.load?.(operation.signal);
      }
      operation.signal.throwIfAborted();
    }
    this.world.print(definition.name, 'Ready', 'server');
    return run;
  }

  private definitionOf(name: string): ServingDefinition {
    const text = this.world.texts.get(name);
    if (text === undefined) {
      throw new ServingError('notFound', `There is no definition of ${name}`);
    }
    const { definition, issues } = parseDefinition(text);
    if (definition === undefined) {
      throw new ServingError(
        'invalid',
        `The definition of ${name} is not right: ${issues[0]?.message ?? 'unreadable'}`,
        { remedies: [{ kind: 'openDefinition' }] },
      );
    }
    return definition;
  }

  private toServing(stem: string, text: string): Serving {
    const { definition, issues } = parseDefinition(text);
    const run = this.world.runs.get(stem);
    if (definition !== undefined) {
      return this.describe(definition, run);
    }
    const readable = run?.definition ?? {
      ...parseDefinition('{"name":"x","model":{"name":"x","version":1},"script":"x.py"}').definition!,
      name: stem,
      script: '',
    };
    const shown = this.describe(readable, run);
    const runs = shown.state === 'running' || shown.state === 'updating';
    return {
      ...shown,
      state: runs ? shown.state : 'failed',
      reason: `Its definition is not right: ${issues[0]?.message ?? ''}`,
    };
  }

  private describe(definition: ServingDefinition, run: MemoryRun | undefined): Serving {
    const state = run?.state ?? 'stopped';
    const differs = run !== undefined && state === 'running' && !sameDefinition(definition, run.definition);
    const differences: readonly Difference[] = differs
      ? [{ what: 'settings', text: 'the definition was changed after the start' }]
      : [];
    return {
      ref: { backend: this.id, name: definition.name },
      kind: this.kind,
      state,
      ...(run?.reason === undefined ? {} : { reason: run.reason }),
      definition,
      differences,
      ...(run
        ? {
            run: {
              startedAt: run.startedAt,
              stages: [],
              replicas: [],
              ...(state === 'running'
                ? { endpoint: { host: 'memory', port: 1, url: `memory:/v1/models/${definition.name}` } }
                : {}),
            },
          }
        : {}),
    };
  }
}

function checkWritable(definition: ServingDefinition, verb: string): void {
  const issue = parseDefinition(writeDefinition(definition)).issues[0];
  if (issue) {
    throw new ServingError('invalid', `Could not ${verb} ${definition.name}: ${issue.message}`);
  }
}

async function guarded<T>(context: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw toServingError(error, 'internal', context);
  }
}
