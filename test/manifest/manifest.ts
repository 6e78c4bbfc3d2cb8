import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

export const project = resolve(import.meta.dirname, '../..');

export interface MenuItem {
  readonly command: string;
  readonly when?: string;
  readonly group?: string;
}

interface Contributes {
  readonly commands: readonly {
    readonly command: string;
    readonly title: string;
    readonly category: string;
    readonly icon?: string;
  }[];
  readonly menus: Readonly<Record<string, readonly MenuItem[]>>;
  readonly views: Readonly<Record<string, readonly { readonly id: string; readonly icon: string }[]>>;
  readonly viewsContainers: { readonly activitybar: readonly { readonly id: string; readonly icon: string }[] };
  readonly viewsWelcome: readonly { readonly view: string; readonly when: string; readonly contents: string }[];
  readonly configuration: {
    readonly properties: Readonly<
      Record<
        string,
        {
          readonly type: string;
          readonly default: unknown;
          readonly scope: string;
          readonly markdownDescription: string;
        }
      >
    >;
  };
  readonly keybindings: readonly { readonly command: string; readonly key: string; readonly when: string }[];
  readonly walkthroughs: readonly {
    readonly id: string;
    readonly title: string;
    readonly description: string;
    readonly steps: readonly {
      readonly id: string;
      readonly title: string;
      readonly description: string;
      readonly media: { readonly svg: string; readonly altText: string };
      readonly completionEvents: readonly string[];
    }[];
  }[];
  readonly jsonValidation: readonly { readonly fileMatch: string; readonly url: string }[];
}

export interface Manifest {
  readonly main: string;
  readonly icon: string;
  readonly activationEvents: readonly string[];
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
  readonly contributes: Contributes;
}

/** What the manifest says to people, by key; without a language in English. */
export function nls(language?: string): Readonly<Record<string, string>> {
  const file = language === undefined ? 'package.nls.json' : `package.nls.${language}.json`;
  return JSON.parse(textOf(file)) as Record<string, string>;
}

/** The manifest as it is written, with keys in place of texts. */
export const written = textOf('package.json');

/** The manifest as an editor in English reads it. */
export const manifest = JSON.parse(
  written.replace(/"%([\w.]+)%"/g, (whole, key: string) => JSON.stringify(nls()[key] ?? whole)),
) as Manifest;

/** Text of a file of the project. */
export function textOf(path: string): string {
  return readFileSync(join(project, path), 'utf8');
}

/** Every `when` clause of the manifest. */
export function whenClauses(): readonly string[] {
  const { menus, viewsWelcome, keybindings, walkthroughs } = manifest.contributes;
  const events = walkthroughs.flatMap(({ steps }) => steps.flatMap(({ completionEvents }) => completionEvents));
  return [
    ...[...Object.values(menus).flat(), ...viewsWelcome, ...keybindings].flatMap(({ when }) =>
      when === undefined ? [] : [when],
    ),
    ...events.filter((event) => event.startsWith('onContext:')).map((event) => event.slice('onContext:'.length)),
  ];
}

/** Whether a `when` clause of `||`, `&&`, `!`, `==`, `!=` and `=~` holds. */
export function holds(when: string, keys: Readonly<Record<string, unknown>>): boolean {
  return when.split(' || ').some((part) => allHold(part, keys));
}

function allHold(when: string, keys: Readonly<Record<string, unknown>>): boolean {
  return when.split('&&').every((part) => {
    const term = part.trim();
    const match = /^(\S+)\s*(==|!=|=~)\s*(.+)$/.exec(term);
    if (match) {
      const [, key = '', operator, right = ''] = match;
      const left = String(keys[key]);
      if (operator === '=~') {
        return new RegExp(right.slice(1, right.lastIndexOf('/'))).test(left);
      }
      return (left === right) === (operator === '==');
    }
    return term.startsWith('!') ? !keys[term.slice(1)] : Boolean(keys[term]);
  });
}
