import { join } from 'node:path';
import type { Uri } from 'vscode';
import { readAllLogs } from './app/allLogs';
import type { BackendRegistry } from './app/backendRegistry';
import { versionFiles } from './app/models/modelFolder';
import type { Servings } from './app/servings';
import type { ServingStore } from './app/servingStore';
import { numberedDirectory, numbersIn } from './backends/artifacts/numbered';
import type { Disposables } from './core/disposables';
import type { Logger } from './core/log';
import type { ServingRef } from './core/serving';
import { LogPanels, type LogPanelPorts } from './ui/panels/logPanel';
import type { CommandRunner } from './ui/panels/ports';
import { ServingPanels } from './ui/panels/servingPanel';
import { ScriptProblems } from './ui/scriptProblems';
import type { ModelDetails } from './ui/tree/modelNodes';

interface PanelParts {
  readonly store: ServingStore;
  readonly servings: Servings;
  readonly commands: CommandRunner;
  readonly log: Logger;
}

interface Panels {
  readonly logPanels: LogPanels;
  readonly servingPanels: ServingPanels;
}

/** The panels of servings and of their logs, which open each other. */
export function makePanels(extension: Uri, owned: Disposables, { store, servings, commands, log }: PanelParts): Panels {
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
  const servingPanels = owned.add(
    new ServingPanels(extension, {
      source,
      predictor: { predict: (ref, request, signal) => servings.predict(ref, request, signal) },
      commands,
      showLogs: (ref, narrow) => {
        logPanels.show(ref, narrow);
      },
      log,
    }),
  );
  return { logPanels, servingPanels };
}

/** Reads the log of one serving, or of all. */
function logSource(store: ServingStore, servings: Servings): LogPanelPorts['logs'] {
  const list = (): readonly ServingRef[] =>
    store
      .all()
      .filter((serving) => store.actionsOf(serving.ref).includes('logs'))
      .map(({ ref }) => ref);
  const read = servings.logs.bind(servings);
  return {
    servings: list,
    read,
    readAll: (tail, signal) => readAllLogs({ servings: list, onDidChange: store.onDidChange, read }, tail, signal),
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
