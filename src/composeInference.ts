import type { Uri } from 'vscode';
import { LocalSource } from './app/inferenceLog/localSource';
import type { BackendRegistry } from './app/backendRegistry';
import type { Prompts } from './app/prompts';
import type { Servings } from './app/servings';
import type { ServingStore } from './app/servingStore';
import type { Disposables } from './core/disposables';
import type { RecordSource } from './core/inferenceLog';
import type { Logger } from './core/log';
import type { ServingRef } from './core/serving';
import { InferencePanels } from './ui/panels/inferencePanel';
import type { LogPanels } from './ui/panels/logPanel';
import type { CommandRunner } from './ui/panels/ports';
import type { SaverPorts } from './ui/panels/requestSaver';

interface InferenceParts {
  readonly store: ServingStore;
  readonly servings: Servings;
  readonly registry: BackendRegistry;
  readonly commands: CommandRunner;
  readonly prompts: Prompts;
  readonly logPanels: LogPanels;
  readonly saver: SaverPorts;
  /** This editor sent a request. */
  readonly sent: (ref: ServingRef, status: number, latencyMs: number) => void;
  /** Whether a setting keeps local logs off. */
  readonly isOff: () => boolean;
  readonly log: Logger;
}

/** The panels of inference logs. */
export function makeInferencePanels(extension: Uri, owned: Disposables, parts: InferenceParts): InferencePanels {
  const { store, servings, registry, commands, prompts, logPanels, saver, isOff, log } = parts;
  return owned.add(
    new InferencePanels(extension, {
      source: { serving: store.serving.bind(store), onDidChange: store.onDidChange },
      records: (ref) => localSource(registry, ref),
      onDidDelete: servings.onDidDeleteInferenceLog,
      isOff,
      replay: {
        predictor: {
          predict: async (ref, request, signal) => {
            const reply = await servings.predict(ref, request, signal);
            parts.sent(ref, reply.status, reply.latencyMs);
            return reply;
          },
        },
        prompts,
        running: () => store.all().filter((serving) => store.actionsOf(serving.ref).includes('predict')),
        backendLabel: store.labelOf.bind(store),
      },
      saver,
      commands,
      showLogs: (ref, narrow) => {
        logPanels.show(ref, narrow);
      },
      log,
    }),
  );
}

/** Undefined where no local log is kept. */
function localSource(registry: BackendRegistry, ref: ServingRef): RecordSource | undefined {
  const backend = registry.all().find((each) => each.backend.id === ref.backend)?.backend;
  const read = backend?.inferenceLog?.bind(backend);
  return read && new LocalSource(ref.name, (since, signal) => read(ref, since, signal));
}
