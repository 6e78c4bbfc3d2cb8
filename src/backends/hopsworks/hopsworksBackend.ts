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
import type { Connection } from '../../core/connection';
import type { ServingDefinition } from '../../core/definition';
import { isCancelled, messageOf, ServingError, toServingError } from '../../core/errors';
import { Emitter } from '../../core/events';
import { t } from '../../core/l10n';
import { labelled, type Logger } from '../../core/log';
import type { RemotePlace } from '../../core/remotePlace';
import type { DirectRoute } from '../../core/remoteDetails';
import type { BackendId, Serving, ServingRef } from '../../core/serving';
import { availabilityOf } from './availability';
import { withFiles, type BringParts, type ModelUpload } from './bring';
import { checkChange } from './checkChange';
import type { HopsworksClient } from './client';
import { isPassing, isTheir } from './failures';
import { infer } from './infer';
import { removeServing, startServing, stopServing, updateServing, type Life } from './life';
import { removeScripts, type LeftParts } from './leftovers';
import { logSource } from './logSource';
import { readLogs } from './logs';
import { toServing } from './mapping';
import { HopsworksPlace } from './place';
import { toRequest } from './request';
import { projectPlace } from './projectPlace';
import type { Place } from './shownPlace';
import { checkForHopsworks } from './rules';
import { Session, type Joined } from './session';
import { Timelines } from './timelines';
import { TIMING, type Timing } from './timing';
import { removeTopic } from './topic';
import { ERROR, textAt, type EndpointView, type ServingView } from './wire';

export interface HopsworksBackendParts {
  readonly connection: Connection;
  readonly client: HopsworksClient;
  readonly log: Logger;
  readonly timing?: Timing;
  readonly models?: ModelUpload;
}

/** Serves the models of one Hopsworks project, by its REST API. What it shows is what Hopsworks says: it keeps nothing. */
export class HopsworksBackend implements Backend {
  readonly id: BackendId;
  readonly kind = 'hopsworks' as const;
  readonly label: string;
  readonly capabilities: ReadonlySet<Capability> = new Set<Capability>([
    'edit',
    'logs',
    'move',
    'pages',
    'predict',
    'resources',
  ]);
  readonly remote: RemotePlace;
  private readonly changed = new Emitter<ServingRef | undefined>();
  readonly onDidChange = this.changed.event;
  private readonly log: Logger;
  private readonly timing: Timing;
  private readonly session: Session;
  private readonly there: HopsworksPlace;
  private readonly timelines = new Timelines();

  constructor(private readonly parts: HopsworksBackendParts) {
    const { connection, log, timing } = parts;
    this.id = hopsworksBackendId(connection.id);
    this.label = `${connection.project} (${new URL(connection.address).host})`;
    this.log = labelled(log, `hopsworks ${connection.project}`);
    this.timing = timing ?? TIMING;
    this.session = new Session(parts.client);
    this.there = new HopsworksPlace({ connection, client: parts.client, session: this.session });
    this.remote = this.there;
  }

  availability(signal: AbortSignal): Promise<Availability> {
    return availabilityOf(this.session, new URL(this.parts.connection.address).host, signal);
  }

  async servings(signal: AbortSignal): Promise<readonly Serving[]> {
    return this.guard(t('Could not list the servings'), async () => {
      const { project } = await this.joined(signal);
      const views = await this.parts.client.servings(project, signal);
      const endpoints = views.some(isKserve) ? await this.session.endpoints(signal) : [];
      return views.map((view) => this.timelines.with(toServing(view, this.place(project, endpoints)))).sort(byName);
    });
  }

  create(definition: ServingDefinition, operation: Operation): Promise<ServingRef> {
    return this.make(definition, operation, () => Promise.resolve());
  }

  createStarted(definition: ServingDefinition, operation: Operation): Promise<ServingRef> {
    return this.make(definition, operation, async (life) => {
      try {
        await startServing(life, operation);
      } catch (error) {
        const signal = AbortSignal.timeout(this.timing.patienceMs);
        const was = await removeServing(life, { ...operation, signal });
        if (was) {
          await removeTopic(life, was, signal);
        }
        throw error;
      }
    });
  }

  async update(
    ref: ServingRef,
    definition: ServingDefinition,
    operation: Operation,
    since?: ServingDefinition,
  ): Promise<void> {
    const what = t('Could not update {0}', ref.name);
    await this.guard(what, async () => {
      if (definition.name !== ref.name) {
        throw new ServingError('invalid', t('{0}: a serving keeps its name, create another one instead', what));
      }
      const { project } = await this.checked(what, definition, operation.signal);
      await withFiles(what, await this.bringParts(operation.signal), definition, operation, async (ready, onTaken) => {
        const make = (before: ServingView): unknown => {
          checkChange(what, { definition, since, before, place: this.place(project) });
          return this.request(ready, before);
        };
        await updateServing(this.life(ref.name, project), make, onTaken, operation);
      });
    });
  }

  async start(ref: ServingRef, operation: Operation): Promise<void> {
    await this.guard(t('Could not start {0}', ref.name), async () => {
      const { project } = await this.joined(operation.signal);
      await startServing(this.life(ref.name, project), operation);
    });
  }

  /** Hopsworks does nothing when it is asked for what there is already: it has to be stopped in between. */
  async restart(ref: ServingRef, operation: Operation): Promise<void> {
    await this.guard(t('Could not restart {0}', ref.name), async () => {
      const { project } = await this.joined(operation.signal);
      await stopServing(this.life(ref.name, project), operation);
      await startServing(this.life(ref.name, project), operation);
    });
  }

  async stop(ref: ServingRef, operation: Operation): Promise<void> {
    await this.guard(t('Could not stop {0}', ref.name), async () => {
      const { project } = await this.joined(operation.signal);
      await stopServing(this.life(ref.name, project), operation);
    });
  }

  async remove(ref: ServingRef, operation: Operation): Promise<void> {
    await this.guard(t('Could not remove {0}', ref.name), async () => {
      const { project } = await this.joined(operation.signal);
      const life = this.life(ref.name, project);
      const was = await removeServing(life, operation);
      if (was) {
        await removeTopic(life, was, operation.signal);
        await removeScripts(was, this.left(project), operation.signal);
      }
    });
  }

  async *logs(ref: ServingRef, options: LogOptions, signal: AbortSignal): AsyncGenerator<LogLine> {
    const what = t('Could not read the logs of {0}', ref.name);
    const { client } = this.parts;
    try {
      const { project, facts } = await this.joined(signal);
      const source = logSource(what, { client, project, facts, name: ref.name, timing: this.timing });
      yield* readLogs(source, options, signal);
    } catch (error) {
      throw toServingError(error, 'internal', what);
    }
  }

  predict(ref: ServingRef, request: InferenceRequest, signal: AbortSignal): Promise<InferenceResponse> {
    const what = t('Could not send the request to {0}', ref.name);
    return this.guard(what, async () => {
      const { project } = await this.joined(signal);
      const routeOf = async (view: ServingView): Promise<DirectRoute | undefined> =>
        this.place(project, await this.session.endpoints(signal)).direct?.(view);
      const { client, connection } = this.parts;
      return infer({ client, connection, project, name: ref.name, routeOf }, request, signal);
    });
  }

  dispose(): void {
    this.changed.dispose();
  }

  private async make(
    definition: ServingDefinition,
    operation: Operation,
    then: (life: Life) => Promise<void>,
  ): Promise<ServingRef> {
    const what = t('Could not create {0}', definition.name);
    return this.guard(what, async () => {
      const { project } = await this.checked(what, definition, operation.signal);
      const { client } = this.parts;
      const all = await client.servings(project, operation.signal);
      const taken = all.find(({ name }) => name.toLowerCase() === definition.name.toLowerCase());
      if (taken) {
        throw new ServingError('exists', t('{0}: there is a serving named {1}', what, taken.name));
      }
      await withFiles(what, await this.bringParts(operation.signal), definition, operation, async (ready) => {
        try {
          await client.putServing(what, project, this.request(ready), operation.signal);
        } catch (error) {
          await this.afterLost(error, project, definition.name);
        }
        await then(this.life(definition.name, project));
      });
      return { backend: this.id, name: definition.name };
    });
  }

  /** An answer that was lost may have been a yes; so may one that nobody waited for: then it is taken back. */
  private async afterLost(error: unknown, project: number, name: string): Promise<void> {
    const { client } = this.parts;
    const signal = AbortSignal.timeout(this.timing.cancelMs);
    const made = isPassing(error) || isCancelled(error) ? await client.servingNamed(project, name, signal) : undefined;
    if (made === undefined) {
      throw error;
    }
    if (isCancelled(error)) {
      await client.deleteServing(t('Could not take back {0}', name), project, made.id, signal);
      await removeTopic(this.life(name, project), made, signal);
      throw error;
    }
    this.log.info(`${name} was created, though the answer to it was lost: ${messageOf(error)}`);
  }

  private async checked(what: string, definition: ServingDefinition, signal: AbortSignal): Promise<Joined> {
    const joined = await this.joined(signal);
    const wrong = checkForHopsworks(definition, joined.facts, joined.limits);
    if (wrong !== undefined) {
      throw new ServingError('invalid', `${what}: ${wrong}`);
    }
    return joined;
  }

  private async bringParts(signal: AbortSignal): Promise<BringParts> {
    const { connection, log, models } = this.parts;
    const { facts } = await this.joined(signal);
    const datasets = await this.there.datasets(signal);
    return { datasets, project: connection.project, facts, log, ...(models ? { models } : {}) };
  }

  private request(definition: ServingDefinition, before?: ServingView): unknown {
    const facts = this.session.last?.facts ?? { hasKserve: false };
    return toRequest(definition, this.parts.connection.project, facts, before);
  }

  private joined(signal: AbortSignal): Promise<Joined> {
    return this.session.joined(signal);
  }

  private left(project: number): LeftParts {
    const { client, connection, log } = this.parts;
    const facts = this.session.last?.facts ?? { hasKserve: false };
    return { client, log, project, projectName: connection.project, facts };
  }

  private life(name: string, project: number): Life {
    return { client: this.parts.client, project, name, timing: this.timing, log: this.log };
  }

  private place(projectId: number, endpoints: readonly EndpointView[] = []): Place {
    return projectPlace({ backend: this.id, ...this.parts, projectId, known: this.session.last, endpoints });
  }

  private async guard<T>(context: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isTheir(error, ERROR.noProject)) {
        this.session.forget();
      }
      throw toServingError(error, 'internal', context);
    }
  }
}

export function hopsworksBackendId(connection: string): BackendId {
  return `hopsworks:${connection}` as BackendId;
}

function isKserve(view: ServingView): boolean {
  return textAt(view, 'servingTool') === 'KSERVE';
}

function byName(a: Serving, b: Serving): number {
  return a.ref.name < b.ref.name ? -1 : 1;
}
