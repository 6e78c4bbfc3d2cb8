import type * as vscode from 'vscode';
import type { LocalApis } from './app/localApis';
import type { ModelStore } from './app/modelStore';
import type { ServingStore } from './app/servingStore';
import type { Disposables } from './core/disposables';
import type { Event } from './core/events';
import { WorkspaceMemory } from './platform/workspaceMemory';
import type { Settings } from './platform/settings';
import { ContextFacts } from './ui/contextFacts';
import { ServedScripts } from './ui/servedScripts';
import { ServingStatus } from './ui/servingStatus';
import { Arranging } from './ui/tree/arranging';
import type { ModelDetails } from './ui/tree/modelNodes';
import type { RegistryReader } from './ui/tree/registryNodes';
import { Trees } from './ui/tree/trees';

export interface SideBarParts {
  readonly store: ServingStore;
  readonly models: ModelStore;
  readonly details: ModelDetails;
  readonly registries: RegistryReader & { readonly onDidChange: Event<void> };
  readonly apis: LocalApis;
  readonly settings: Settings;
  readonly memento: vscode.Memento;
  readonly run: (id: string, ...args: unknown[]) => Promise<void>;
}

export interface SideBar {
  readonly trees: Trees;
  readonly arranging: Arranging;
}

/** The views, and what else shows servings beside them: status bar, marks of files, the keys that menus ask. */
export function makeSideBar(owned: Disposables, parts: SideBarParts): SideBar {
  const { store, models, apis, settings } = parts;
  const arranging = owned.add(new Arranging(new WorkspaceMemory(parts.memento)));
  const trees = owned.add(new Trees({ ...parts, servings: store, arranging }));
  owned.add(new ContextFacts({ store, models, arranging }));
  owned.add(new ServingStatus(store, apis));
  owned.add(
    new ServedScripts({
      store,
      isOn: () => settings.servedScriptsAreMarked(),
      onDidChangeSettings: settings.onDidChange,
    }),
  );
  return { trees, arranging };
}
