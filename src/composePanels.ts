import { basename, dirname, join } from 'node:path';
import type { Uri } from 'vscode';
import { readAllLogs } from './app/allLogs';
import { foldTracebacks } from './app/foldTracebacks';
import type { BackendRegistry } from './app/backendRegistry';
import { InferenceLogStates } from './app/inferenceLogStates';
import { versionFiles } from './app/models/modelFolder';
import type { Prompts } from './app/prompts';
import { RequestsFiles } from './app/requests/requestsFiles';
import { RequestsPlaces } from './app/requests/requestsPlaces';
import type { Servings } from './app/servings';
import type { ServingStore } from './app/servingStore';
import { numberedDirectory, numbersIn } from './backends/artifacts/numbered';
import { TrafficStore, type TrafficParts } from './app/traffic/trafficStore';
import type { Backend } from './core/backend';
import type { Disposables } from './core/disposables';
import type { Logger } from './core/log';
import type { Folders, Memory } from './core/ports';
import type { BackendId, ServingRef } from './core/serving';
import { replaceFile } from './files/replaceFile';
import { watchFiles } from './platform/workspace';
import { makeInferencePanels } from './composeInference';
import type { InferencePanels } from './ui/panels/inferencePanel';
import { LogPanels, type LogPanelPorts } from './ui/panels/logPanel';
import type { RecordingFacts } from './ui/panels/inferenceLogView';
import type { CommandRunner } from './ui/panels/ports';
import { ServingPanels, type ServingPanelPorts } from './ui/panels/servingPanel';
import { ScriptProblems } from './ui/scriptProblems';
import type { ModelDetails } from './ui/tree/modelNodes';

interface PanelParts {
  readonly store: ServingStore;
  readonly servings: Servings;
  readonly registry: BackendRegistry;
  /** Over a reload of the window. */
  readonly kept: TrafficParts['kept'];
  readonly commands: CommandRunner;
  readonly prompts: Prompts;
  readonly folders: Folders;
  /** What VS Code keeps for the workspace. */
  readonly memory: Memory;
  /** What the user has set for inference logs. */
  readonly recordingSettings: () => RecordingFacts['settings'];
  readonly log: Logger;
}

export interface Panels {
  readonly logPanels: LogPanels;
  readonly servingPanels: ServingPanels;
  readonly inferencePanels: InferencePanels;
}

/** The panels of servings and of their logs, which open each other. */
export function makePanels(extension: Uri, owned: Disposables, parts: PanelParts): Panels {
  const { store, servings, registry, kept, commands, log } = parts;
  const source = {
    serving: store.serving.bind(store),
    actions: store.actionsOf.bind(store),
    progress: store.progress.bind(store),
    backendLabel: store.labelOf.bind(store),
    onDidChange: store.onDidChange,
    watch: store.watch.bind(store),
  };
  const problems = owned.add(new ScriptProblems({ all: store.all.bind(store), onDidChange: store.onDidChange }));
  const logPanels = owned.add(
    new LogPanels(extension, {
      source,
      logs: logSource(store, servings),
      commands,
      seen: (ref, line) => {
        problems.seen(ref, line);
      },
      log,
    }),
  );
  const traffic = owned.add(
    new TrafficStore({
      servings: store.all.bind(store),
      backend: (id) => backendOf(registry, id),
      kept,
    }),
  );
  const console = consolePorts(parts);
  const inferencePanels = makeInferencePanels(extension, owned, {
    ...parts,
    logPanels,
    saver: console,
    sent: traffic.sent.bind(traffic),
    isOff: () => !parts.recordingSettings().local,
  });
  const states = owned.add(new InferenceLogStates({ backend: (id) => backendOf(registry, id) }));
  const servingPanels = owned.add(
    new ServingPanels(extension, {
      source,
      console,
      traffic,
      recording: recordingSource(states, parts.recordingSettings),
      folderOf: store.folderOf.bind(store),
      commands,
      showLogs: (ref, narrow) => {
        logPanels.show(ref, narrow);
      },
      log,
    }),
  );
  return { logPanels, servingPanels, inferencePanels };
}

function backendOf(registry: BackendRegistry, id: BackendId): Backend | undefined {
  return registry.all().find(({ backend }) => backend.id === id)?.backend;
}

function recordingSource(
  states: InferenceLogStates,
  settings: PanelParts['recordingSettings'],
): ServingPanelPorts['recording'] {
  return {
    of: (ref) => (states.has(ref) ? { told: states.of(ref), settings: settings() } : undefined),
    watch: states.watch.bind(states),
    onDidChange: states.onDidChange,
  };
}

/** Reads the log of one serving, or of all. */
function logSource(store: ServingStore, servings: Servings): LogPanelPorts['logs'] {
  const list = (): readonly ServingRef[] =>
    store
      .all()
      .filter((serving) => store.actionsOf(serving.ref).includes('logs'))
      .map(({ ref }) => ref);
  const read: LogPanelPorts['logs']['read'] = (ref, options, signal) =>
    foldTracebacks(servings.logs(ref, options, signal));
  return {
    servings: list,
    read,
    readAll: (tail, signal) => readAllLogs({ servings: list, onDidChange: store.onDidChange, read }, tail, signal),
  };
}

function consolePorts({ servings, prompts, folders, registry, memory }: PanelParts): ServingPanelPorts['console'] {
  return {
    predictor: { predict: (ref, request, signal) => servings.predict(ref, request, signal) },
    api: (ref, signal) => servings.openApi(ref, signal),
    prompts,
    files: new RequestsFiles(),
    places: new RequestsPlaces({ folders, folderOf: ({ backend }) => registry.folderOf(backend), memory }),
    watchFile: (file, onChange) => watchFiles(dirname(file), basename(file), onChange),
    write: replaceFile,
    memory,
  };
}

/** What the tree of models asks of a version beside its metadata. */
export function modelDetails(store: ServingStore, registry: BackendRegistry): ModelDetails {
  return {
    files: versionFiles,
    artifacts: async (version) =>
      (await numbersIn(version.directory)).map((number) => ({
        number,
        directory: numberedDirectory(version.directory, version, number),
      })),
    servedBy: (script) =>
      store
        .all()
        .filter(({ ref, definition }) => join(registry.folderOf(ref.backend)?.path ?? '', definition.script) === script)
        .length,
  };
}
