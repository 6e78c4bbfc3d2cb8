import * as fake from '../../manifest/vscodeFake';

/** What tests see of the window that the code under test draws on. */
export interface SeenView {
  id: string;
  options: Readonly<Record<string, unknown>>;
  visible: boolean;
  selection: readonly unknown[];
  message?: string;
  description?: string;
  badge?: { readonly value: number; readonly tooltip: string } | undefined;
  show: (visible: boolean) => void;
}

export interface SeenItem {
  id: string;
  text: string;
  tooltip: string;
  command: string;
  isShown: boolean;
  backgroundColor?: { readonly id: string } | undefined;
  accessibilityInformation?: { readonly label: string };
}

export interface SeenPick {
  title: string;
  items: readonly Readonly<Record<string, unknown> & { label: string; key: string }>[];
  activeItems: readonly unknown[];
  isOpen: boolean;
  accept: () => void;
  press: (item: number, button: number) => void;
  hide: () => void;
}

export const seen: {
  views: SeenView[];
  items: SeenItem[];
  picks: SeenPick[];
  providers: unknown[];
  focus: (on: boolean) => void;
} = {
  views: [],
  items: [],
  picks: [],
  providers: [],
  focus: () => undefined,
};

const nothing = { dispose: () => undefined };

function makeView(id: string, options: Readonly<Record<string, unknown>>): unknown {
  const visibility = new fake.EventEmitter<{ visible: boolean }>();
  const view: SeenView = {
    ...{ id, options, visible: true, selection: [] },
    show: (visible) => {
      view.visible = visible;
      visibility.fire({ visible });
    },
  };
  seen.views.push(view);
  return Object.assign(view, { onDidChangeVisibility: visibility.event, dispose: () => undefined });
}

function makeStatusBarItem(id: string): unknown {
  const item: SeenItem = { id, text: '', tooltip: '', command: '', isShown: false };
  seen.items.push(item);
  return Object.assign(item, {
    show: () => {
      item.isShown = true;
    },
    hide: () => {
      item.isShown = false;
    },
    dispose: () => undefined,
  });
}

function makeQuickPick(): unknown {
  const accepted = new fake.EventEmitter<void>();
  const hidden = new fake.EventEmitter<void>();
  const pressed = new fake.EventEmitter<unknown>();
  const pick: SeenPick = {
    ...{ title: '', items: [], activeItems: [], isOpen: false },
    accept: () => {
      accepted.fire();
    },
    press: (item, button) => {
      const on = pick.items[item] as unknown as { buttons: readonly unknown[] };
      pressed.fire({ item: on, button: on.buttons[button] });
    },
    hide: () => {
      pick.isOpen = false;
      hidden.fire();
    },
  };
  seen.picks.push(pick);
  return Object.assign(pick, {
    show: () => {
      pick.isOpen = true;
    },
    dispose: () => undefined,
    ...{ onDidAccept: accepted.event, onDidHide: hidden.event, onDidTriggerItemButton: pressed.event },
  });
}

/** The API as far as the side bar and the status bar use it. */
export function makeVscode(): Readonly<Record<string, unknown>> {
  const focus = new fake.EventEmitter<{ focused: boolean }>();
  const state = { focused: true };
  seen.focus = (focused) => {
    state.focused = focused;
    focus.fire({ focused });
  };
  return {
    ...fake,
    ...{
      StatusBarAlignment: { Left: 1 },
      QuickPickItemKind: { Separator: -1 },
      ProgressLocation: { Notification: 15 },
    },
    DataTransferItem: class {
      constructor(private readonly value: unknown) {}
      asString(): Promise<string> {
        return Promise.resolve(String(this.value));
      }
    },
    FileDecoration: class {
      constructor(
        readonly badge: string,
        readonly tooltip: string,
        readonly color?: { readonly id: string },
      ) {}
    },
    Uri: {
      ...fake.Uri,
      parse: (text: string) => {
        const { protocol, pathname } = new URL(text);
        return {
          scheme: protocol.slice(0, -1),
          fsPath: decodeURIComponent(pathname),
          path: decodeURIComponent(pathname),
        };
      },
    },
    window: {
      ...{ state, onDidChangeWindowState: focus.event },
      ...{ createTreeView: makeView, createStatusBarItem: makeStatusBarItem, createQuickPick: makeQuickPick },
      registerFileDecorationProvider: (provider: unknown) => {
        seen.providers.push(provider);
        return nothing;
      },
    },
  };
}
