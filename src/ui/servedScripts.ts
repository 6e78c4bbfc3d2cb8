import { join } from 'node:path';
import * as vscode from 'vscode';
import type { ServingStore } from '../app/servingStore';
import { Disposables, type Disposable } from '../core/disposables';
import type { Event } from '../core/events';
import { t } from '../core/l10n';
import type { Serving } from '../core/serving';
import { stateLook } from './tree/stateWords';

export interface Mark {
  readonly badge: string;
  readonly tooltip: string;
  /** Id of a theme colour. */
  readonly color?: string;
}

/** Marks by the paths of scripts. What is stopped is not served: its script has none. */
export function marksOf(
  servings: readonly Serving[],
  folderOf: (serving: Serving) => string | undefined,
): ReadonlyMap<string, Mark> {
  const served = new Map<string, Serving[]>();
  for (const serving of servings) {
    const folder = folderOf(serving);
    if (folder !== undefined && serving.definition.script !== '' && serving.state !== 'stopped') {
      const path = join(folder, serving.definition.script);
      served.set(path, [...(served.get(path) ?? []), serving]);
    }
  }
  return new Map([...served].map(([path, by]) => [path, markOf(by)]));
}

/** Of several, the one that failed says how it looks: it needs somebody. */
function markOf(by: readonly Serving[]): Mark {
  const worst = by.find(({ state }) => state === 'failed') ?? by[0];
  const color = worst && stateLook(worst).color;
  return {
    badge: worst?.state === 'failed' ? 'S!' : 'S',
    tooltip: by.map((each) => t('Served by {0} ({1})', each.ref.name, stateLook(each).word.toLowerCase())).join(', '),
    ...(color === undefined ? {} : { color }),
  };
}

export interface ServedScriptsParts {
  readonly store: ServingStore;
  /** Whether scripts are to be marked. */
  readonly isOn: () => boolean;
  readonly onDidChangeSettings: Event<void>;
}

/** Marks in the Explorer which scripts are served. Only files whose mark changed are drawn again. */
export class ServedScripts implements vscode.FileDecorationProvider, Disposable {
  private readonly owned = new Disposables();
  private readonly changed = this.owned.add(new vscode.EventEmitter<vscode.Uri[]>());
  readonly onDidChangeFileDecorations = this.changed.event;
  private marks: ReadonlyMap<string, Mark> = new Map();

  constructor(private readonly parts: ServedScriptsParts) {
    this.look();
    this.owned.add(vscode.window.registerFileDecorationProvider(this));
    for (const onDidChange of [parts.store.onDidChange, parts.onDidChangeSettings]) {
      this.owned.add(
        onDidChange(() => {
          this.look();
        }),
      );
    }
  }

  provideFileDecoration(uri: vscode.Uri): vscode.FileDecoration | undefined {
    const mark = uri.scheme === 'file' ? this.marks.get(uri.fsPath) : undefined;
    return (
      mark &&
      new vscode.FileDecoration(mark.badge, mark.tooltip, mark.color ? new vscode.ThemeColor(mark.color) : undefined)
    );
  }

  dispose(): void {
    this.owned.dispose();
  }

  private look(): void {
    const { store, isOn } = this.parts;
    const before = this.marks;
    this.marks = isOn() ? marksOf(store.all(), ({ ref }) => store.folderOf(ref)) : new Map();
    const paths = new Set([...before.keys(), ...this.marks.keys()]);
    const different = [...paths].filter(
      (path) => JSON.stringify(before.get(path)) !== JSON.stringify(this.marks.get(path)),
    );
    if (different.length > 0) {
      this.changed.fire(different.map((path) => vscode.Uri.file(path)));
    }
  }
}
