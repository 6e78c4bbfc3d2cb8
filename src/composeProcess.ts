import { join } from 'node:path';
import type { LocalBackendParts } from './backends/local/folderServings';
import { ChosenPython } from './backends/process/chosenPython';
import { Lease } from './backends/process/lease';
import { ProcessBackend } from './backends/process/processBackend';
import { localProcesses } from './backends/process/processes';
import type { Interpreters } from './core/ports';
import type { ManagedEnvironments } from './environments/managed';
import type { Pythons } from './environments/python';
import type { Settings } from './platform/settings';

export interface ProcessParts {
  readonly settings: Settings;
  readonly interpreters: Interpreters;
  readonly pythons: Pythons;
  readonly managed: ManagedEnvironments;
  /** The folder that holds the server's `run.py`. */
  readonly serverRoot: string;
}

/** Makes a backend of processes for each workspace folder. */
export function makeProcess(parts: ProcessParts): (common: LocalBackendParts) => ProcessBackend {
  const { settings, serverRoot } = parts;
  const processes = localProcesses();
  return (common) => {
    const lease = new Lease(join(common.storage, 'lease'), common.log);
    const python = new ChosenPython(common.folder.path, parts.interpreters, parts.pythons, parts.managed);
    return new ProcessBackend({
      ...common,
      lease,
      serverRoot,
      processes,
      pythons: python,
      describePython: (signal) => python.describe(signal),
      settings: () => ({
        loadSeconds: settings.loadSeconds(),
        drainSeconds: settings.drainSeconds(),
        bodyBytes: settings.bodyBytes(),
        inferenceLog: settings.inferenceLog(),
        keepRunningSeconds: settings.keepRunningSeconds(),
      }),
    });
  };
}
