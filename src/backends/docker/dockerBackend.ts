import type { Availability, Capability, LogLine, LogOptions, Operation, Shell, TerminalSize } from '../../core/backend';
import type { LocalBackendKind, ServingDefinition } from '../../core/definition';
import { isCancelled } from '../../core/errors';
import type { InferenceLogState } from '../../core/inferenceLog';
import { t } from '../../core/l10n';
import type { Serving, ServingRef } from '../../core/serving';
import type { TrafficReading } from '../../core/traffic';
import type { DefinitionFile } from '../definitions/definitionFiles';
import { Ledger } from '../local/ledger';
import type { Answering } from '../local/answering';
import type { LocalBackendParts, ServingContext } from '../local/folderServings';
import type { Settled } from '../local/localBackend';
import { MovableBackend } from '../local/movableBackend';
import type { InferenceLogSettings } from '../local/ports';
import { halfDone, type Wanted } from '../local/wanted';
import { availabilityOf } from './availability';
import { EnginePlaces, type EnginePlaceParts, type FoundPlace } from './enginePlaces';
import { observe, type DockerContext } from './dockerContext';
import { endRun } from './endRun';
import type { Engine } from './engine/port';
import { tidyImages } from './images/servingImages';
import { parseLabels, ServingObjects } from './labels';
import { Notes } from './logs/notes';
import { readLogs } from './logs/readLogs';
import { servingLogs } from './logs/servingLogs';
import { pathTo } from './reach';
import type { DockerSettings } from './ports';
import { needsMending, needsRepair, repair, settle } from './repair';
import { clamp, replaceRun } from './replaceRun';
import { scaleRun } from './scaleRun';
import { openShell } from './shell';
import { factsOf, toDockerServing, toUnseenServing } from './shownServing';
import { beginRun, takePort } from './placeRun';
import { toState, type Seen } from './state';
import { RecordCollector } from './recordCollector';
import { readRecordingState, readTraffic, type TrafficOf } from './traffic';

export interface DockerBackendParts extends LocalBackendParts {
  /** The engine of the moment and what is made on it. */
  readonly engine: EnginePlaceParts['engine'];
  readonly settings: () => DockerSettings;
  /** Whether files that cannot be read are shown here; false where another backend shows them. */
  readonly showsUnreadable?: boolean;
  /** Whether the number of replicas follows the load, and what is missing is put back, while this window is open. */
  readonly tends?: boolean;
}

type SettledSeen = Seen & Settled;

/** Serves the models of one workspace folder by containers of a Docker engine: replicas behind a gateway. */
export class DockerBackend extends MovableBackend<DockerContext, SettledSeen> {
  readonly label = 'Docker';
  readonly capabilities: ReadonlySet<Capability> = new Set<Capability>([
    'edit',
    'logs',
    'predict',
    'requestedPort',
    'managedEnvironment',
    'resources',
    'scaling',
    'move',
    'shell',
    'traffic',
    'inferenceLog',
  ]);
  protected readonly needs = 'Docker';
  private readonly places: EnginePlaces;
  private readonly records = new RecordCollector((name, signal) => this.context(name, signal), this.log);

  constructor(private readonly parts: DockerBackendParts) {
    super('docker', parts);
    this.places = new EnginePlaces({
      engine: parts.engine,
      folder: parts.folder.path,
      directory: this.place,
      log: this.log,
      tends: parts.tends ?? true,
      refOf: (labels) => {
        const own = parseLabels(labels);
        return own && this.ref(own.serving);
      },
      paths: (name) => this.paths(name),
      ledger: (name) => new Ledger(this.paths(name)).read(),
      halfDone: () => halfDone(this.place),
      needsMending: async (name, place) => needsMending(this.contextOn(name, place)),
      mend: (name) => this.mend(name),
      scale: (name, replicas, signal) => this.scaleBy(name, replicas, signal),
      onChange: (ref) => {
        this.changed.fire(ref);
      },
    });
  }

  async openShell(ref: ServingRef, replica: number, size: TerminalSize, signal: AbortSignal): Promise<Shell> {
    const { name } = ref;
    return this.guard(t('Could not open a shell in {0}', name), async () => {
      this.checkTrusted(t('Could not open a shell in {0}', name));
      const context = await this.context(name, signal);
      const seen = await observe(context, true);
      return openShell({ engine: context.engine, name, seen, log: this.log }, replica, size, signal);
    });
  }

  override dispose(): void {
    this.places.dispose();
    super.dispose();
  }

  protected available(signal: AbortSignal): Promise<Availability> {
    return availabilityOf(this.places, signal);
  }

  protected override async wanted(signal: AbortSignal): Promise<ReadonlyMap<string, Wanted>> {
    const wanted = new Map(await super.wanted(signal));
    // What runs on the engine is shown though nothing else knows of it any more.
    const place = await this.places.get(signal).catch(() => undefined);
    for (const name of (await place?.listing.names().catch(() => [])) ?? []) {
      if (!wanted.has(name) && place) {
        const { run } = await place.listing.group(name, await new Ledger(this.paths(name)).read());
        if (run !== undefined && run.endedAt === undefined) {
          wanted.set(name, { definition: run.definition });
        }
      }
    }
    return wanted;
  }

  protected override shows(kind: LocalBackendKind, file: DefinitionFile): boolean {
    return kind === this.kind || (file.definition === undefined && this.parts.showsUnreadable === true);
  }

  protected override async isOffline(name: string, signal: AbortSignal): Promise<boolean> {
    const run = await new Ledger(this.paths(name)).read();
    if (run !== undefined && run.endedAt === undefined) {
      return false;
    }
    try {
      await (await this.places.get(signal)).listing.names();
      return false;
    } catch (error) {
      if (isCancelled(error)) {
        throw error;
      }
      return true;
    }
  }

  protected async serving(wanted: Wanted, signal: AbortSignal): Promise<Serving> {
    const { name } = wanted.definition;
    let seen: Seen;
    let place: FoundPlace;
    try {
      place = await this.places.get(signal);
      seen = place.ends.complete(await observe(this.contextOn(name, place)));
    } catch (error) {
      return toUnseenServing(this.ref(name), wanted, new Ledger(this.paths(name)), error);
    }
    const packed = seen.replicas.length > 0 ? await this.packedDifferences(seen.run, wanted) : [];
    return toDockerServing(this.id, this.parts.folder.path, wanted, packed, {
      seen,
      engine: place.engine.address,
      info: seen.run && (await place.info(signal).catch(() => undefined)),
      server: await factsOf(this.paths(name), seen, place.listing),
      scaling: seen.run && (await place.scaling(this.ref(name), seen.run.definition)),
    });
  }

  protected async settle(context: DockerContext): Promise<SettledSeen> {
    const seen = await settle(context);
    const { state } = toState(seen);
    return { ...seen, state, alive: seen.replicas.length > 0 && seen.run?.endedAt === undefined };
  }

  protected async begin(
    context: DockerContext,
    seen: SettledSeen,
    definition: ServingDefinition,
    operation: Operation,
  ): Promise<void> {
    await beginRun(context, seen, definition, operation);
  }

  protected async beginElsewhere(
    context: DockerContext,
    seen: SettledSeen,
    definition: ServingDefinition,
    operation: Operation,
  ): Promise<void> {
    await beginRun(context, seen, definition, operation, true);
  }

  protected async takePort(context: DockerContext, port: number, operation: Operation): Promise<void> {
    await takePort(context, port, operation);
  }

  protected async replace(
    context: DockerContext,
    seen: SettledSeen,
    definition: ServingDefinition,
    operation: Operation,
  ): Promise<void> {
    await replaceRun(context, seen, definition, operation);
    context.listing.forget();
  }

  protected async end(context: DockerContext): Promise<void> {
    await endRun(context, await settle(context));
  }

  protected override async tidy(context: ServingContext): Promise<void> {
    await super.tidy(context);
    const { paths, ledger } = context;
    const engine = async (): Promise<Engine> => (await this.places.get(AbortSignal.timeout(60_000))).engine;
    await tidyImages({ folder: this.parts.folder.path, name: paths.name, ledger, log: this.log, engine });
  }

  protected async answering(name: string, signal: AbortSignal): Promise<Answering> {
    const place = await this.places.get(signal);
    const context = this.contextOn(name, place);
    let seen = await observe(context);
    if (toState(seen).state !== 'running') {
      seen = await observe(context, true);
    }
    const { run, gateway } = seen;
    const endpoint = gateway && pathTo(name, gateway.container, place.engine.address);
    return {
      state: toState(seen).state,
      ...(endpoint ? { endpoint } : {}),
      token: run?.definition.token,
    };
  }

  protected async *readLogs(name: string, options: LogOptions, signal: AbortSignal): AsyncGenerator<LogLine> {
    const place = await this.places.get(signal);
    yield* readLogs(servingLogs(this.parts.folder.path, this.paths(name), place), options, signal);
  }

  protected async readTraffic(name: string, signal: AbortSignal): Promise<TrafficReading> {
    return readTraffic(await this.trafficOf(name, signal), signal);
  }

  protected async readInferenceLogState(name: string, signal: AbortSignal): Promise<InferenceLogState | undefined> {
    return readRecordingState(await this.trafficOf(name, signal), signal);
  }

  protected override async collectRecords(name: string, signal: AbortSignal): Promise<void> {
    await this.records.collect(this.paths(name), signal);
  }

  protected override async dropRecords(name: string, signal: AbortSignal): Promise<void> {
    if (!(await this.isOffline(name, signal))) {
      await this.records.drop(name, signal);
    }
  }

  protected recordingSettings(): InferenceLogSettings | undefined {
    return this.parts.settings().inferenceLog;
  }

  protected async context(name: string, signal: AbortSignal): Promise<DockerContext> {
    return this.contextOn(name, await this.places.get(signal));
  }

  private async trafficOf(name: string, signal: AbortSignal): Promise<TrafficOf> {
    const { listing, gateways } = await this.places.get(signal);
    const ledger = await new Ledger(this.paths(name)).read();
    const secret = (each: string): Promise<string | undefined> => this.parts.secrets.get(each);
    return { name, ledger, listing, gateways, secret };
  }

  private contextOn(name: string, { engine, images, gateways, listing }: FoundPlace): DockerContext {
    const { folder, packer, secrets } = this.parts;
    const paths = this.paths(name);
    return {
      folder: folder.path,
      name,
      engine,
      images,
      gateways,
      listing,
      objects: new ServingObjects(folder.path, name),
      paths,
      records: this.inferenceLogPaths(name),
      ledger: new Ledger(paths),
      notes: new Notes(paths.notes),
      packer,
      secrets,
      topics: this.parts.topics,
      settings: this.parts.settings(),
      log: this.log,
    };
  }

  /** Puts back what a serving that runs lacks; nothing happens while somebody works on it. */
  private async mend(name: string): Promise<void> {
    if (!this.common.trust.isTrusted) {
      return;
    }
    const operation = { signal: AbortSignal.timeout(600_000), report: () => undefined };
    await this.locked(this.ref(name), operation.signal, async () => {
      const context = await this.context(name, operation.signal);
      const seen = await settle(context);
      if (needsRepair(seen)) {
        await repair(context, seen, operation);
      }
    });
  }

  private async scaleBy(name: string, replicas: number, signal: AbortSignal): Promise<void> {
    await this.locked(this.ref(name), signal, async () => {
      const context = await this.context(name, signal);
      const seen = await settle(context);
      if (seen.run && toState(seen).state === 'running') {
        await scaleRun(context, seen, clamp(replicas, seen.run.definition), signal);
      }
    });
  }

  private ref(name: string): ServingRef {
    return { backend: this.id, name };
  }
}
