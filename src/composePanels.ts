import type { Uri } from 'vscode';
import type { Servings } from './app/servings';
import type { ServingStore } from './app/servingStore';
import type { Disposables } from './core/disposables';
import type { Logger } from './core/log';
import { LogPanels } from './ui/panels/logPanel';
import type { CommandRunner } from './ui/panels/ports';
import { ServingPanels } from './ui/panels/servingPanel';

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
  const logPanels = owned.add(
    new LogPanels(extension, {
      source,
      logs: { read: (ref, options, signal) => servings.logs(ref, options, signal) },
      commands,
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
