import type { ServingDefinition } from '../../core/definition';
import type { Disposable } from '../../core/disposables';
import type { Event } from '../../core/events';
import { t } from '../../core/l10n';
import type { Logger } from '../../core/log';
import type { ScalingState } from '../../core/gateway';
import type { ServingRef } from '../../core/serving';
import type { RunRecord } from '../local/ledger';
import type { ServingPaths } from '../local/paths';
import { Ends } from './ends';
import type { EngineInfo, Labels } from './engine/port';
import { folderFilter } from './labels';
import { Listing } from './listing';
import { Notes } from './logs/notes';
import { Mender } from './mender';
import type { Place } from './ports';
import { Decisions } from './scaling/decisions';
import { Scaler, scalerLock, type ScalableServing } from './scaling/scaler';
import { EngineWatch } from './watch';

export interface EnginePlaceParts {
  /** The engine of the moment, with what is made on it: the same object while it is the same engine. */
  readonly engine: {
    get(signal: AbortSignal): Promise<Place>;
    readonly onDidChange: Event<void>;
  };
  readonly folder: string;
  /** Where this backend keeps its state of the folder. */
  readonly directory: string;
  readonly log: Logger;
  readonly tends: boolean;
  refOf(labels: Labels): ServingRef | undefined;
  paths(name: string): ServingPaths;
  ledger(name: string): Promise<RunRecord | undefined>;
  /** Names of the servings of which a start was written down and no end of it: they may have no containers. */
  halfDone(): Promise<readonly string[]>;
  /** `later`: somebody works on it. */
  needsMending(name: string, place: FoundPlace): Promise<boolean | 'later'>;
  mend(name: string): Promise<void>;
  scale(name: string, replicas: number, signal: AbortSignal): Promise<void>;
  onChange(ref: ServingRef | undefined): void;
}

/** An engine that is followed. */
export interface FoundPlace extends Place {
  readonly listing: Listing;
  readonly ends: Ends;
  readonly onDidChange: Event<unknown>;
  info(signal: AbortSignal): Promise<EngineInfo>;
  scaling(ref: ServingRef, definition: ServingDefinition): Promise<ScalingState | undefined>;
}

/** Follows the engine of the moment, and begins anew when it is another one. */
export class EnginePlaces implements Disposable {
  private current: Followed | undefined;
  private readonly subscription: Disposable;
  private isDisposed = false;

  constructor(private readonly parts: EnginePlaceParts) {
    this.subscription = parts.engine.onDidChange(() => {
      parts.onChange(undefined);
    });
  }

  async get(signal: AbortSignal): Promise<FoundPlace> {
    const place = await this.parts.engine.get(signal);
    if (this.current?.engine !== place.engine || this.isDisposed) {
      this.current?.dispose();
      this.current = new Followed(place, this.parts);
      if (this.isDisposed) {
        this.current.dispose();
      }
    }
    return this.current;
  }

  dispose(): void {
    this.isDisposed = true;
    this.subscription.dispose();
    this.current?.dispose();
  }
}

class Followed implements FoundPlace, Disposable {
  readonly engine;
  readonly images;
  readonly gateways;
  readonly listing: Listing;
  readonly ends: Ends;
  readonly onDidChange: Event<unknown>;
  private readonly watch: EngineWatch;
  private readonly scaler: Scaler | undefined;
  private readonly ended = new AbortController();
  private readonly mender: Mender | undefined;
  private known: Promise<EngineInfo> | undefined;

  constructor(
    place: Place,
    private readonly parts: EnginePlaceParts,
  ) {
    const { engine, images, gateways } = place;
    this.engine = engine;
    this.images = images;
    this.gateways = gateways;
    const { folder, log, directory } = parts;
    this.ends = new Ends(engine);
    this.watch = new EngineWatch({
      engine,
      labels: folderFilter(folder),
      refOf: parts.refOf.bind(parts),
      onEvent: (event) => {
        this.ends.heard(event);
      },
      log,
    });
    this.listing = new Listing(engine, gateways, folder, this.watch);
    this.onDidChange = this.watch.onDidChange;
    this.watch.onDidChange((ref) => {
      this.known = undefined;
      parts.onChange(ref);
      this.mender?.tell(ref?.name);
    });
    if (parts.tends) {
      this.mender = new Mender({
        all: () => this.all(),
        needsMending: (name) => parts.needsMending(name, this),
        mend: (name) => parts.mend(name),
        log,
      });
      this.scaler = new Scaler({
        directory,
        decisionsOf: ({ name }) => parts.paths(name).scaling,
        note: ({ name }, message, level) => {
          new Notes(parts.paths(name).notes).add('scaling', message, level);
        },
        servings: () => this.scalable(),
        load: async (ref) => this.load(ref.name),
        scale: (ref, replicas, signal) => parts.scale(ref.name, replicas, signal),
        log,
      });
      this.scaler.onDidDecide((ref) => {
        parts.onChange(ref);
      });
    }
  }

  /** Asked again only when the engine has told of a change. */
  async info(signal: AbortSignal): Promise<EngineInfo> {
    if (this.watch.isAvailable !== true) {
      this.watch.poke();
      return this.engine.info(signal);
    }
    this.known ??= this.engine.info(AbortSignal.any([signal, this.ended.signal])).catch((error: unknown) => {
      this.known = undefined;
      throw error;
    });
    return this.known;
  }

  async scaling(ref: ServingRef, { replicas }: ServingDefinition): Promise<ScalingState | undefined> {
    const { parts } = this;
    return replicas.max > replicas.min
      ? new Decisions(parts.paths(ref.name).scaling).state(scalerLock(parts.directory))
      : undefined;
  }

  dispose(): void {
    this.ended.abort();
    this.watch.dispose();
    this.mender?.dispose();
    this.scaler?.dispose();
  }

  private async scalable(): Promise<readonly ScalableServing[]> {
    if (this.watch.isAvailable !== true) {
      return [];
    }
    const found: ScalableServing[] = [];
    for (const name of await this.listing.names()) {
      const ledger = await this.parts.ledger(name);
      const { run, replicas, others, gateway } = await this.listing.group(name, ledger);
      const limits = run?.definition.replicas;
      const ref = gateway && this.parts.refOf(gateway.labels);
      if (run && limits && ref && limits.max > limits.min && run.endedAt === undefined && run.stopAsked !== true) {
        found.push({
          ref,
          replicas: replicas.length,
          ...limits,
          run: run.instance,
          isChanging: others.length > 0 || run.preparing === true || run.successor !== undefined,
        });
      }
    }
    return found;
  }

  private async load(name: string): Promise<{ readonly inFlight: number; readonly ready: number }> {
    const { gateway } = await this.listing.group(name, await this.parts.ledger(name));
    const reading = gateway && (await this.listing.readingOf(gateway));
    if (reading === undefined) {
      throw new Error(t('its gateway does not answer'));
    }
    return { inFlight: reading.inFlight, ready: reading.replicas.filter(({ up }) => up).length };
  }

  private async all(): Promise<ReadonlySet<string>> {
    return new Set([...(await this.listing.names()), ...(await this.parts.halfDone())]);
  }
}
