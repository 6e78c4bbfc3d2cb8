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
import { messageOf, ServingError, toServingError } from '../../core/errors';
import { Emitter } from '../../core/events';
import { labelled, type Logger } from '../../core/log';
import type { BackendId, Serving, ServingRef } from '../../core/serving';
import type { HopsworksClient } from './client';
import { isPassing, isTheir } from './failures';
import { infer } from './infer';
import { removeServing, startServing, stopServing, updateServing, type Life } from './life';
import { readLogs } from './logs';
import { toServing, toState } from './mapping';
import type { Place } from './place';
import { toRequest } from './request';
import { checkForHopsworks } from './rules';
import { join, type Session } from './session';
import { TIMING, type Timing } from './timing';
import { removeTopic } from './topic';
import { ERROR, textAt, type ServingView } from './wire';

export interface HopsworksBackendParts {
  readonly connection: Connection;
  readonly client: HopsworksClient;
  readonly log: Logger;
  readonly timing?: Timing;
}

const AVAILABILITY_MS = 15_000;
/** Serves the models of one Hopsworks project, by its REST API. What it shows is what Hopsworks says: it keeps nothing. */
export class HopsworksBackend implements Backend {
  readonly id: BackendId;
  readonly kind = 'hopsworks' as const;
  readonly label: string;
  readonly capabilities: ReadonlySet<Capability> = new Set<Capability>(['logs', 'predict', 'resources']);
  private readonly changed = new Emitter<ServingRef | undefined>();
  readonly onDidChange = this.changed.event;
  private readonly log: Logger;
  private readonly timing: Timing;
  private session: Session | undefined;

  constructor(private readonly parts: HopsworksBackendParts) {
    const { connection, log, timing } = parts;
    this.id = hopsworksBackendId(connection.id);
    this.label = `${connection.project} (${new URL(connection.address).host})`;
    this.log = labelled(log, `hopsworks ${connection.project}`);
    this.timing = timing ?? TIMING;
  }

  async availability(signal: AbortSignal): Promise<Availability> {
    const { client, connection } = this.parts;
    const { host } = new URL(connection.address);
    const limit = AbortSignal.timeout(AVAILABILITY_MS);
    const limited = AbortSignal.any([signal, limit]);
    try {
      // Asked anew each time: the key may have lost what it had.
      const project = await client.project(limited);
      if (this.session?.project !== project) {
        this.session = undefined;
      }
      const { version } = await this.joined(limited);
      const server = version === undefined ? 'Hopsworks' : `Hopsworks ${version}`;
      return { kind: 'ready', detail: `${connection.project} on ${host}, ${server}` };
    } catch (error) {
      if (limit.aborted && !signal.aborted) {
        return { kind: 'unreachable', message: `${host} did not answer within ${AVAILABILITY_MS / 1000} s` };
      }
      const signedOut = error instanceof ServingError && ['signedOut', 'forbidden', 'notFound'].includes(error.code);
      return { kind: signedOut ? 'signedOut' : 'unreachable', message: messageOf(error) };
    }
  }

  async servings(signal: AbortSignal): Promise<readonly Serving[]> {
    return this.guard('Could not list the servings', async () => {
      const { project } = await this.joined(signal);
      const views = await this.parts.client.servings(project, signal);
      return views.map((view) => toServing(view, this.place(project))).sort(byName);
    });
  }

  async create(definition: ServingDefinition, operation: Operation): Promise<ServingRef> {
    const what = `Could not create ${definition.name}`;
    return this.guard(what, async () => {
      const { project } = await this.checked(what, definition, operation.signal);
      const { client } = this.parts;
      const all = await client.servings(project, operation.signal);
      const taken = all.find(({ name }) => name.toLowerCase() === definition.name.toLowerCase());
      if (taken) {
        throw new ServingError('exists', `${what}: there is a serving named ${taken.name}`, {
          remedies: [{ kind: 'openDefinition' }],
        });
      }
      try {
        await client.putServing(what, project, this.request(definition), operation.signal);
      } catch (error) {
        await this.afterLost(error, project, definition.name, operation.signal);
      }
      return { backend: this.id, name: definition.name };
    });
  }

  async update(ref: ServingRef, definition: ServingDefinition, operation: Operation): Promise<void> {
    const what = `Could not update ${ref.name}`;
    await this.guard(what, async () => {
      if (definition.name !== ref.name) {
        throw new ServingError('invalid', `${what}: a serving keeps its name, create another one instead`);
      }
      const { project } = await this.checked(what, definition, operation.signal);
      const make = (before: ServingView): unknown => {
        const server = textAt(before, 'modelServer');
        if (definition.remote && server !== undefined && definition.remote.server !== server) {
          throw new ServingError('invalid', `${what}: a serving keeps its model server, create another one instead`);
        }
        return this.request(definition, before);
      };
      await updateServing(this.life(ref.name, project), make, operation);
    });
  }

  async start(ref: ServingRef, operation: Operation): Promise<void> {
    await this.guard(`Could not start ${ref.name}`, async () => {
      const { project } = await this.joined(operation.signal);
      await startServing(this.life(ref.name, project), operation);
    });
  }

  /** Hopsworks does nothing when it is asked for what there is already: it has to be stopped in between. */
  async restart(ref: ServingRef, operation: Operation): Promise<void> {
    await this.guard(`Could not restart ${ref.name}`, async () => {
      const { project } = await this.joined(operation.signal);
      await stopServing(this.life(ref.name, project), operation);
      await startServing(this.life(ref.name, project), operation);
    });
  }

  async stop(ref: ServingRef, operation: Operation): Promise<void> {
    await this.guard(`Could not stop ${ref.name}`, async () => {
      const { project } = await this.joined(operation.signal);
      await stopServing(this.life(ref.name, project), operation);
    });
  }

  async remove(ref: ServingRef, operation: Operation): Promise<void> {
    await this.guard(`Could not remove ${ref.name}`, async () => {
      const { project } = await this.joined(operation.signal);
      const life = this.life(ref.name, project);
      const was = await removeServing(life, operation);
      if (was) {
        await removeTopic(life, was, operation.signal);
      }
    });
  }

  async *logs(ref: ServingRef, options: LogOptions, signal: AbortSignal): AsyncGenerator<LogLine> {
    const what = `Could not read the logs of ${ref.name}`;
    const { client } = this.parts;
    try {
      const { project } = await this.joined(signal);
      let id: number | undefined;
      const source = {
        name: ref.name,
        timing: this.timing,
        components: async (each: AbortSignal) => {
          const view = await client.servingNamed(project, ref.name, each);
          id = view?.id;
          const state = toState(view?.status);
          if (view === undefined || state === 'stopped' || state === 'creating' || state === 'stopping') {
            return undefined;
          }
          return textAt(view, 'transformer') === undefined
            ? (['predictor'] as const)
            : (['predictor', 'transformer'] as const);
        },
        read: (component: 'predictor' | 'transformer', tail: number, each: AbortSignal) =>
          client.logs(what, project, id ?? 0, { component, tail }, each),
      };
      yield* readLogs(source, options, signal);
    } catch (error) {
      throw toServingError(error, 'internal', what);
    }
  }

  async predict(ref: ServingRef, request: InferenceRequest, signal: AbortSignal): Promise<InferenceResponse> {
    return this.guard(`Could not send the request to ${ref.name}`, async () => {
      const { client, connection } = this.parts;
      const { project } = await this.joined(signal);
      return infer({ client, connection, project, name: ref.name }, request, signal);
    });
  }

  dispose(): void {
    this.changed.dispose();
  }

  /** An answer that was lost may have been a yes. */
  private async afterLost(error: unknown, project: number, name: string, signal: AbortSignal): Promise<void> {
    const made = isPassing(error) ? await this.parts.client.servingNamed(project, name, signal) : undefined;
    if (made === undefined) {
      throw error;
    }
    this.log.info(`${name} was created, though the answer to it was lost: ${messageOf(error)}`);
  }

  private async checked(what: string, definition: ServingDefinition, signal: AbortSignal): Promise<Session> {
    const session = await this.joined(signal);
    const wrong = checkForHopsworks(definition, session.facts, session.limits);
    if (wrong !== undefined) {
      throw new ServingError('invalid', `${what}: ${wrong}`, { remedies: [{ kind: 'openDefinition' }] });
    }
    return session;
  }

  private request(definition: ServingDefinition, before?: ServingView): unknown {
    return toRequest(definition, this.parts.connection.project, this.session?.facts ?? { hasKserve: false }, before);
  }

  private async joined(signal: AbortSignal): Promise<Session> {
    this.session ??= await join(this.parts.client, signal);
    return this.session;
  }

  private life(name: string, project: number): Life {
    return { client: this.parts.client, project, name, timing: this.timing, log: this.log };
  }

  private place(projectId: number): Place {
    const { address, project } = this.parts.connection;
    return { backend: this.id, address, project, projectId };
  }

  private async guard<T>(context: string, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      if (isTheir(error, ERROR.noProject)) {
        this.session = undefined;
      }
      throw toServingError(error, 'internal', context);
    }
  }
}

export function hopsworksBackendId(connection: string): BackendId {
  return `hopsworks:${connection}` as BackendId;
}

function byName(a: Serving, b: Serving): number {
  return a.ref.name < b.ref.name ? -1 : 1;
}
