/** The few values of VS Code's API that tree nodes are made of, so that the real node classes run in plain Node. */
export const TreeItemCollapsibleState = { None: 0, Collapsed: 1, Expanded: 2 } as const;

export class ThemeColor {
  constructor(readonly id: string) {}
}

export class ThemeIcon {
  constructor(
    readonly id: string,
    readonly color?: ThemeColor,
  ) {}
}

export class TreeItem {
  contextValue?: string;
  iconPath?: ThemeIcon;
  description?: string;
  accessibilityInformation?: { label: string };
  command?: { command: string };

  constructor(
    readonly label: string,
    readonly collapsibleState: number,
  ) {}
}

export class MarkdownString {
  value = '';
  isTrusted: unknown;

  appendMarkdown(text: string): void {
    this.value += text;
  }

  appendText(text: string): void {
    this.value += text;
  }
}

export const Uri = { file: (path: string) => ({ scheme: 'file', fsPath: path }) };

export class EventEmitter<T> {
  private readonly listeners = new Set<(value: T) => void>();
  readonly event = (listener: (value: T) => void): { dispose: () => void } => {
    this.listeners.add(listener);
    return { dispose: () => this.listeners.delete(listener) };
  };

  fire(value: T): void {
    this.listeners.forEach((listener) => {
      listener(value);
    });
  }

  dispose(): void {
    this.listeners.clear();
  }
}
