import { join } from 'node:path';
import { readModels } from '../../src/app/models/modelFolder';
import type { BackendServings, ServingStore } from '../../src/app/servingStore';
import type { ModelStore } from '../../src/app/modelStore';
import { allowedActions } from '../../src/core/actions';
import { DefinitionFiles } from '../../src/backends/definitions/definitionFiles';
import { Http } from '../../src/backends/http';
import { Lease } from '../../src/backends/process/lease';
import { ProcessBackend, type ProcessBackendParts } from '../../src/backends/process/processBackend';
import { localProcesses } from '../../src/backends/process/processes';
import { DEFAULTS } from '../../src/core/definition';
import type { Logger } from '../../src/core/log';
import type { Model } from '../../src/core/model';
import type { Serving, ServingState } from '../../src/core/serving';
import type { Arrangement } from '../../src/ui/tree/arrangement';
import { modelRoots } from '../../src/ui/tree/modelNodes';
import type { Node } from '../../src/ui/tree/node';
import { servingRoots } from '../../src/ui/tree/servingRoots';

let rest: Promise<readonly Model[]> = Promise.resolve([]);

const ignore = (): void => undefined;
const log: Logger = { debug: ignore, info: ignore, warn: ignore, error: ignore };

/** Reads the first models of a folder and makes the items that are asked for first; their number. */
export async function readModelRows(folder: string): Promise<number> {
  const models = await new Promise<readonly Model[]>((resolve, reject) => {
    rest = readModels(folder, resolve);
    rest.then(resolve, reject);
  });
  const store = { folders: () => [{ folder: { name: 'bench', path: folder }, models }] } as unknown as ModelStore;
  const none = { files: () => Promise.resolve([]), artifacts: () => Promise.resolve([]), servedBy: () => 0 };
  return items(modelRoots(store, none, { pages: 1 }));
}

/** Resolves when the models that `readModelRows` left out are read; their number in all. */
export async function readRest(): Promise<number> {
  return (await rest).length;
}

/** Reads the servings of a folder as the process backend reports them and makes their items; their number. */
export async function readServingRows(folder: string, storage: string): Promise<number> {
  const parts = {
    folder: { name: 'bench', path: folder },
    storage,
    lease: new Lease(join(storage, 'lease'), log),
    definitions: new DefinitionFiles(folder),
    http: new Http(),
    processes: localProcesses(),
    log,
  } as unknown as ProcessBackendParts;
  const backend = new ProcessBackend(parts);
  try {
    const servings = await backend.servings(AbortSignal.timeout(60_000));
    const entry: BackendServings = { backend, servings };
    const store = {
      backends: () => [entry],
      actions: ({ state }: (typeof servings)[number]) => allowedActions(state, backend.capabilities),
      progress: () => undefined,
    } as unknown as ServingStore;
    const roots = servingRoots(store);
    const below = await Promise.all(roots.map(async (node) => (await node.children?.()) ?? []));
    return items(roots) + items(below.flat());
  } finally {
    backend.dispose();
  }
}

/** Servings of five states, five to a model. */
export function makeServings(count: number): readonly Serving[] {
  const states: readonly ServingState[] = ['running', 'failed', 'stopped', 'idle', 'starting'];
  return Array.from({ length: count }, (_, n) => ({
    ref: { backend: 'process:bench' as Serving['ref']['backend'], name: `serving${n}` },
    kind: 'process',
    state: states[n % states.length] ?? 'stopped',
    differences: [],
    definition: {
      ...DEFAULTS,
      name: `serving${n}`,
      model: { name: `model${Math.floor(n / 5)}`, version: 1 },
      script: 'a.py',
    },
  }));
}

/** Groups, filters and sorts servings, and makes the rows that are asked for first; their number. */
export function arrangeRows(servings: readonly Serving[], arrangement: Arrangement): number {
  const entry = { backend: { id: 'process:bench', kind: 'process', label: 'This computer' }, servings };
  const store = {
    backends: () => [entry],
    actions: ({ state }: Serving) => allowedActions(state, new Set()),
    progress: () => undefined,
  } as unknown as ServingStore;
  const roots = servingRoots(store, new Map(), arrangement);
  return items(roots) + items(roots.flatMap((node) => (node.children?.() ?? []) as readonly Node[]));
}

function items(nodes: readonly Node[]): number {
  return nodes.map((node) => node.toItem()).length;
}
