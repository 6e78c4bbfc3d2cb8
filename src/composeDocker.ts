import { homedir } from 'node:os';
import { join } from 'node:path';
import { ChosenPython } from './backends/process/chosenPython';
import { DockerBackend, type DockerBackendParts } from './backends/docker/dockerBackend';
import { surroundings } from './backends/docker/engine/address';
import type { Engine } from './backends/docker/engine/port';
import { HaproxyGateways } from './backends/docker/gateway/gateways';
import { DockerImages } from './backends/docker/images/dockerImages';
import { LateEngine } from './backends/docker/lateEngine';
import type { DockerSettings, Place } from './backends/docker/ports';
import type { Http } from './backends/http';
import type { LocalBackendParts } from './backends/local/localBackend';
import type { ServingDefinition } from './core/definition';
import type { Disposable } from './core/disposables';
import type { Event } from './core/events';
import type { Logger } from './core/log';
import type { Framework } from './core/model';
import type { Interpreters } from './core/ports';
import type { ManagedEnvironments } from './environments/managed';
import type { Pythons } from './environments/python';

/** What the user has set, and where the engine is looked for first: `''`, wherever the Docker CLI finds it. */
export interface DockerChoices {
  host(): string;
  settings(): DockerSettings;
  readonly onDidChange: Event<void>;
}

export interface DockerParts {
  readonly choices: DockerChoices;
  readonly http: Http;
  readonly pythons: Pythons;
  readonly interpreters: Interpreters;
  readonly managed: ManagedEnvironments;
  frameworkOf(folder: string, definition: ServingDefinition): Framework | undefined;
  /** The folder that holds the server's `run.py`. */
  readonly serverRoot: string;
  /** The folder that holds the gateway's configuration. */
  readonly gatewayRoot: string;
  /** The extension's storage, which all windows share. */
  readonly storage: string;
  readonly log: Logger;
}

export interface Docker extends Disposable {
  /** The engine of the moment. */
  engine(signal: AbortSignal): Promise<Engine>;
  backend(common: LocalBackendParts, more?: Partial<DockerBackendParts>): DockerBackend;
  images(folder: string, engine: Engine): DockerImages;
}

/** One engine for all workspace folders of a window, and a backend on it for each. */
export function makeDocker(parts: DockerParts): Docker {
  const { choices, http, log } = parts;
  const late = new LateEngine(() => surroundings(choices.host()));
  const subscription = choices.onDidChange(() => {
    late.refresh();
  });
  const images = (folder: string, engine: Engine): DockerImages => {
    const python = new ChosenPython(folder, parts.interpreters, parts.pythons, parts.managed);
    return new DockerImages(folder, {
      engine,
      log,
      env: process.env,
      home: homedir(),
      serverRoot: parts.serverRoot,
      locks: join(parts.storage, 'docker-locks'),
      baseImage: () => choices.settings().baseImage,
      pythons: parts.pythons,
      interpreterOf: (definition, signal) => python.base(definition, signal),
      frameworkOf: (definition) => parts.frameworkOf(folder, definition),
    });
  };
  return {
    engine: (signal) => late.get(signal),
    images,
    backend: (common, more) => {
      let place: Place | undefined;
      return new DockerBackend({
        ...common,
        engine: {
          get: async (signal) => {
            const engine = await late.get(signal);
            if (place?.engine !== engine) {
              const gateways = new HaproxyGateways({ engine, http, files: parts.gatewayRoot });
              place = { engine, images: images(common.folder.path, engine), gateways };
            }
            return place;
          },
          onDidChange: late.onDidChange,
        },
        settings: () => choices.settings(),
        ...more,
      });
    },
    dispose: () => {
      subscription.dispose();
      late.dispose();
    },
  };
}
