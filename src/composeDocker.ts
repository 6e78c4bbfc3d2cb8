import { writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { ChosenPython } from './backends/process/chosenPython';
import { DockerBackend, type DockerBackendParts } from './backends/docker/dockerBackend';
import type { Engine } from './backends/docker/engine/port';
import { HaproxyGateways } from './backends/docker/gateway/gateways';
import { DockerImages } from './backends/docker/images/dockerImages';
import type { LateEngine } from './backends/docker/lateEngine';
import type { DockerSettings, Place } from './backends/docker/ports';
import type { Http } from './backends/http';
import type { LocalBackendParts } from './backends/local/folderServings';
import type { BuildPlan } from './core/backend';
import type { ServingDefinition } from './core/definition';
import { isNodeError, toServingError } from './core/errors';
import type { Logger } from './core/log';
import type { Framework } from './core/model';
import type { Interpreters } from './core/ports';
import type { ManagedEnvironments } from './environments/managed';
import type { Pythons } from './environments/python';
import type { Settings } from './platform/settings';

export interface DockerParts {
  /** The engine of the moment. */
  readonly engine: Pick<LateEngine, 'get' | 'onDidChange'>;
  /** What the user has set. */
  readonly settings: () => DockerSettings;
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

export function dockerSettings(settings: Settings): DockerSettings {
  const [baseImage, gatewayImage] = [settings.baseImage(), settings.gatewayImage()];
  return {
    loadSeconds: settings.loadSeconds(),
    drainSeconds: settings.drainSeconds(),
    bodyBytes: settings.bodyBytes(),
    inferenceLog: settings.inferenceLog(),
    publishAddress: settings.publishAddress(),
    ...(baseImage && { baseImage }),
    ...(gatewayImage && { gatewayImage }),
  };
}

/** The file in which what would be installed can be changed: that which asks for it, else one beside the script. */
export async function requirementsFile(folder: string, script: string, { file, text }: BuildPlan): Promise<string> {
  if (file !== undefined) {
    return file;
  }
  const beside = join(folder, dirname(script), 'requirements.txt');
  // One that came meanwhile is the user's.
  await writeFile(beside, text, { flag: 'wx' }).catch((error: unknown) => {
    if (!isNodeError(error) || error.code !== 'EEXIST') {
      throw toServingError(error, 'internal', `Could not write ${beside}`);
    }
  });
  return beside;
}

/** Makes a backend on the engine of the moment for each workspace folder. */
export function makeDocker(
  parts: DockerParts,
): (common: LocalBackendParts, more?: Partial<DockerBackendParts>) => DockerBackend {
  const { engine: late, http, log } = parts;
  const images = (folder: string, engine: Engine): DockerImages => {
    const python = new ChosenPython(folder, parts.interpreters, parts.pythons, parts.managed);
    return new DockerImages(folder, {
      engine,
      log,
      env: process.env,
      home: homedir(),
      serverRoot: parts.serverRoot,
      locks: join(parts.storage, 'docker-locks'),
      agreed: join(parts.storage, 'docker-agreed'),
      baseImage: () => parts.settings().baseImage,
      pythons: parts.pythons,
      interpreterOf: (definition, signal) => python.base(definition, signal),
      frameworkOf: (definition) => parts.frameworkOf(folder, definition),
    });
  };
  return (common, more) => {
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
      settings: parts.settings,
      ...more,
    });
  };
}
