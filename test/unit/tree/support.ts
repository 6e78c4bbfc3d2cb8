import type { BackendServings, ServingStore } from '../../../src/app/servingStore';
import { allowedActions } from '../../../src/core/actions';
import type { Availability, Capability } from '../../../src/core/backend';
import { DEFAULTS } from '../../../src/core/definition';
import { Emitter } from '../../../src/core/events';
import { refKey, type BackendId, type BackendKind, type Serving, type ServingRef } from '../../../src/core/serving';
import type { Node } from '../../../src/ui/tree/node';

const CAPABILITIES: ReadonlySet<Capability> = new Set(['edit', 'logs', 'predict', 'move', 'pages']);
export const READY: Availability = { kind: 'ready', detail: 'engine 27.3' };

type Known = Partial<Omit<Serving, 'ref' | 'kind' | 'definition'>> & {
  readonly model?: string;
  readonly version?: number;
};

/** A serving by name, as a backend of a folder reports it. */
export function servingOf(
  name: string,
  { model = name, version = 1, ...more }: Known = {},
  kind: BackendKind = 'process',
  folder = '/w',
): Serving {
  return {
    ref: { backend: `${kind}:${folder}` as BackendId, name },
    kind,
    state: 'stopped',
    differences: [],
    definition: {
      ...DEFAULTS,
      name,
      backend: kind,
      model: { name: model, version },
      script: `Models/${model}/${version}/${model}.py`,
    },
    ...more,
  };
}

/** What is known of a backend. */
export function entryOf(
  kind: BackendKind,
  servings: readonly Serving[] = [],
  more: { readonly availability?: Availability; readonly error?: string } = { availability: READY },
  folder = '/w',
): BackendServings {
  const labels = { process: 'This computer', docker: 'Docker', hopsworks: 'demo (hw.example.com)' };
  return {
    backend: { id: `${kind}:${folder}`, kind, label: labels[kind] },
    ...(kind === 'hopsworks' ? {} : { folder: { name: folder.slice(1), path: folder } }),
    servings,
    ...more,
  } as unknown as BackendServings;
}

/** A store that says what it is given, and tells of changes. */
export class FixedStore {
  readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;
  readonly isLoaded = true;
  watchers = 0;
  refreshes = 0;

  constructor(public entries: readonly BackendServings[]) {}

  change(entries: readonly BackendServings[]): void {
    this.entries = entries;
    this.changed.fire();
  }

  backends(): readonly BackendServings[] {
    return this.entries;
  }

  all(): readonly Serving[] {
    return this.entries.flatMap(({ servings }) => servings);
  }

  serving(ref: ServingRef): Serving | undefined {
    return this.all().find((each) => refKey(each.ref) === refKey(ref));
  }

  actions({ state, isOrphan }: Serving): ReturnType<typeof allowedActions> {
    return allowedActions(state, CAPABILITIES, isOrphan);
  }

  progress(): undefined {
    return undefined;
  }

  folderOf({ backend }: ServingRef): string | undefined {
    return this.entries.find((each) => each.backend.id === backend)?.folder?.path;
  }

  labelOf({ backend }: ServingRef): string {
    return this.entries.find((each) => each.backend.id === backend)?.backend.label ?? '';
  }

  refresh(): Promise<void> {
    this.refreshes++;
    return Promise.resolve();
  }

  watch(): { dispose: () => void } {
    this.watchers++;
    return {
      dispose: () => {
        this.watchers--;
      },
    };
  }

  /** For what asks for the real one. */
  get store(): ServingStore {
    return this as unknown as ServingStore;
  }
}

/** What rows say: label and description, those below them indented. */
export async function linesOf(nodes: readonly Node[], depth = 0): Promise<readonly string[]> {
  const lines = await Promise.all(
    nodes.map(async (node) => {
      const { label, description } = node.toItem();
      const own = `${'  '.repeat(depth)}${label as string}${description ? ` | ${String(description)}` : ''}`;
      return [own, ...(await linesOf((await node.children?.()) ?? [], depth + 1))];
    }),
  );
  return lines.flat();
}
