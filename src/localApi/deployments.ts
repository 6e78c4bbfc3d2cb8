import { randomInt } from 'node:crypto';
import type { Operation } from '../core/backend';
import type { ServingDefinition } from '../core/definition';
import { messageOf } from '../core/errors';
import { refKey, type ServingRef, type StageName } from '../core/serving';
import { toAsked } from './asked';
import { checkDeployment } from './checkDeployment';
import { scriptOf, transformerOf } from './deployedFiles';
import type { Deployment, DeploymentParts } from './deployment';
import { objectOf, textOf, type Json } from './json';
import { toDefinition, toView, toWire } from './mapping';
import { problem } from './problem';
import { startOf, startTrouble, stopTrouble, toStatus, type Work } from './status';
import { translated } from './translated';

/** Servings of a backend as Hopsworks' deployments: with ids, and started and stopped while the client goes on. */
export class Deployments {
  private readonly work = new Map<string, Work>();
  private readonly stages = new Map<string, StageName>();
  /** Where each was when they were listed last: one may move. */
  private refs = new Map<string, ServingRef>();
  /** What runs because a client started it. */
  private readonly started = new Map<string, ServingRef>();
  private readonly ended = new AbortController();
  private readonly tasks = new Set<Promise<void>>();

  constructor(private readonly parts: DeploymentParts) {}

  async list(signal: AbortSignal): Promise<readonly Deployment[]> {
    const servings = await this.parts.backend.servings(signal);
    this.refs = new Map(servings.map(({ ref }) => [ref.name, ref]));
    const records = await this.parts.records.ofAll(
      servings.map(({ ref: { name }, definition }) => ({ name, wire: () => toWire(definition, this.parts.places) })),
    );
    const all = servings.flatMap((serving, index): Deployment[] => {
      const record = records[index];
      if (record === undefined) {
        return [];
      }
      const { name } = serving.ref;
      const stage = this.stages.get(name);
      const status = toStatus(serving, record, this.work.get(name));
      return [{ record, serving, status, ...(stage === undefined ? {} : { stage }) }];
    });
    return all.sort((a, b) => a.record.id - b.record.id);
  }

  async byName(name: string, signal: AbortSignal): Promise<Deployment> {
    return found((await this.list(signal)).find(({ record }) => record.name === name));
  }

  async byId(id: number, signal: AbortSignal): Promise<Deployment> {
    return found((await this.list(signal)).find(({ record }) => record.id === id));
  }

  view({ record, serving, status, stage }: Deployment): Json {
    return toView(this.parts.project, record, serving, { state: status, ...(stage === undefined ? {} : { stage }) });
  }

  /** Creates a deployment, or changes one: then its id is sent. */
  async put(body: Json, signal: AbortSignal): Promise<Json> {
    const { places, folder, topics, log } = this.parts;
    const asked = toAsked(body);
    const all = await this.list(signal);
    const before = asked.id === undefined ? undefined : found(all.find(({ record }) => record.id === asked.id));
    const checked = await checkDeployment(asked, {
      places,
      named: (name) =>
        Promise.resolve(all.find(({ record }) => record.name.toLowerCase() === name.toLowerCase())?.record),
      before: before && { ...toAsked(before.record.wire), predictor: places.toPath(before.serving.definition.script) },
    });
    const script = checked.script ?? (await scriptOf(folder, checked));
    const transformer = await transformerOf(folder, checked);
    const definition = toDefinition(
      asked,
      { ...checked, script, transformer },
      before?.serving.definition ?? this.parts.backendOfNew(),
    );
    const had = before && textOf(objectOf(before.record.wire, 'kafkaTopicDTO') ?? {}, 'name');
    const topic = await topics.ofDeployment(asked, had);
    if (topic !== undefined && topic !== had) {
      log.warn(`${checked.name}: requests are not logged to Kafka, as no broker is set up for the local API`);
    }
    const wire = {
      ...body,
      predictor: places.toPath(script),
      ...(topic === undefined ? {} : { kafkaTopicDTO: await topics.toDto(topic) }),
      ...(checked.transformer === undefined ? {} : { transformer: places.toPath(checked.transformer) }),
    };
    try {
      await (before ? this.update(before, definition, wire) : this.create(definition, wire));
    } catch (error) {
      if (topic !== undefined && topic !== had && topic !== asked.topic) {
        // It was made for this.
        await topics.remove(topic);
      }
      throw error;
    }
    // While it changes, the backend may still tell of what was.
    const { record, serving } = await this.byName(definition.name, signal);
    return toView(this.parts.project, record, { ...serving, definition });
  }

  async start(id: number, signal: AbortSignal): Promise<void> {
    const { record, serving, status } = await this.byId(id, signal);
    const trouble = startTrouble(status);
    if (trouble !== undefined) {
      throw problem(240003, trouble);
    }
    const { ref } = serving;
    const { records, backend } = this.parts;
    await this.during(ref, 'start', async () => {
      const { failure: _failure, stopped: _stopped, ...clean } = record;
      const deployed = this.parts.now().toISOString();
      await records.change(ref.name, () => ({ ...clean, deployed, revision: newRevision() }));
      this.started.set(refKey(ref), ref);
      return () => backend.start(ref, this.operation(ref.name));
    });
  }

  async stop(id: number, signal: AbortSignal): Promise<void> {
    const { record, serving, status } = await this.byId(id, signal);
    const trouble = stopTrouble(status);
    if (trouble !== undefined) {
      throw problem(240003, trouble);
    }
    const { ref } = serving;
    await this.during(ref, 'stop', async () => {
      const { deployed: _deployed, failure: _failure, ...clean } = record;
      await this.parts.records.change(ref.name, () => ({ ...clean, stopped: startOf(serving) }));
      this.started.delete(refKey(ref));
      return () => this.parts.backend.stop(ref, this.operation());
    });
  }

  async remove(id: number, signal: AbortSignal): Promise<void> {
    const { serving, status } = await this.byId(id, signal);
    if (status === 'Starting' || status === 'Updating') {
      throw problem(240001, 'Deployment is starting. Please, try later.');
    }
    await translated(240001, () => this.parts.backend.remove(serving.ref, this.operation()));
    this.started.delete(refKey(serving.ref));
    await this.parts.records.remove(serving.ref.name);
  }

  /** Whether a model version is used by a deployment. */
  async isServed(name: string, version: number, signal: AbortSignal): Promise<boolean> {
    const servings = await this.parts.backend.servings(signal);
    return servings.some(({ definition: { model } }) => model.name === name && model.version === version);
  }

  /** Where it is; as it was seen last, unless `isAsked`. Undefined: nowhere. */
  async refOf(name: string, signal: AbortSignal, isAsked = false): Promise<ServingRef | undefined> {
    if (isAsked || !this.refs.has(name)) {
      await this.list(signal);
    }
    return this.refs.get(name);
  }

  /** Gives up what is under way, and stops what clients started; unless others look after that. */
  async close(): Promise<void> {
    if (this.parts.keepsRunning) {
      return;
    }
    this.ended.abort();
    await Promise.allSettled(this.tasks);
    const { signal } = new AbortController();
    const stops = [...this.started.values()].map((ref) =>
      this.parts.backend.stop(ref, { signal, report: () => undefined }),
    );
    for (const result of await Promise.allSettled(stops)) {
      if (result.status === 'rejected') {
        this.parts.log.warn(messageOf(result.reason));
      }
    }
  }

  private async create(definition: ServingDefinition, wire: Json): Promise<void> {
    const { backend, records } = this.parts;
    await translated(240026, () => backend.create(definition, this.operation()));
    // One of that name may have been deleted by somebody else.
    await records.remove(definition.name);
    await records.of(definition.name, wire);
  }

  private async update(before: Deployment, definition: ServingDefinition, wire: Json): Promise<void> {
    const { backend, records } = this.parts;
    const operation = this.operation();
    const { serving, status, record } = before;
    if (status === 'Starting' || status === 'Updating') {
      throw problem(240002, 'Deployment is starting. Please, try later.');
    }
    const { ref } = serving;
    if (definition.name !== ref.name) {
      await translated(240002, async () => {
        await backend.create(definition, operation);
        await backend.remove(ref, operation);
      });
      await records.remove(ref.name);
      await records.of(definition.name);
      await records.change(definition.name, () => ({
        ...record,
        name: definition.name,
        version: record.version + 1,
        wire,
      }));
      return;
    }
    const changed = { ...record, version: record.version + 1, wire };
    if (status !== 'Running' && status !== 'Idle' && status !== 'Failed') {
      await translated(240002, () => backend.update(ref, definition, operation));
      await records.change(ref.name, () => changed);
      return;
    }
    await this.during(ref, 'update', async () => {
      const { failure: _failure, ...clean } = changed;
      await records.change(ref.name, () => ({ ...clean, revision: newRevision() }));
      return async () => {
        const begun = this.operation(ref.name);
        await backend.update(ref, definition, begun);
        // One that has failed is tried anew; with one that still runs, nothing happens.
        await backend.start(ref, begun);
      };
    });
  }

  /** Begins something that goes on after the client was answered; `prepare` is waited for. */
  private async during(ref: ServingRef, work: Work, prepare: () => Promise<() => Promise<void>>): Promise<void> {
    const { name } = ref;
    if (this.work.has(name)) {
      throw problem(240004, 'Instance is busy. Please, try later');
    }
    this.work.set(name, work);
    let run: () => Promise<void>;
    try {
      run = await prepare();
    } catch (error) {
      this.work.delete(name);
      throw error;
    }
    const task = run()
      .catch(async (error: unknown) => {
        this.parts.log.warn(messageOf(error));
        if (work !== 'stop') {
          await this.parts.records.change(name, (record) => ({ ...record, failure: messageOf(error) }));
        }
      })
      .catch((error: unknown) => {
        this.parts.log.error(messageOf(error));
      })
      .finally(() => {
        this.work.delete(name);
        this.stages.delete(name);
        this.tasks.delete(task);
      });
    this.tasks.add(task);
  }

  /** `name`: of the serving whose conditions follow where it is. */
  private operation(name?: string): Operation {
    return {
      signal: this.ended.signal,
      report: ({ stage }) => {
        if (name !== undefined) {
          this.stages.set(name, stage);
        }
      },
    };
  }
}

function found<T>(deployment: T | undefined): T {
  if (deployment === undefined) {
    throw problem(240000);
  }
  return deployment;
}

function newRevision(): string {
  return String(randomInt(10_000_000, 100_000_000));
}
