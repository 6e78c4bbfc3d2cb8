import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { allowedActions } from '../../src/core/actions';
import type { Capability } from '../../src/core/backend';
import { COMMAND_IDS } from '../../src/ui/commands/ids';
import { factsOf } from '../../src/ui/contextFacts';
import { PLAIN } from '../../src/ui/tree/arrangement';
import { holds, manifest, project, textOf, whenClauses } from './manifest';

vi.mock('vscode', () => import('./vscodeFake'));

const NOTHING = { store: { backends: () => [], actions: () => [] }, models: { folders: () => [] }, arrangement: PLAIN };
const { commands, menus, viewsWelcome, walkthroughs, keybindings } = manifest.contributes;
const ids = commands.map(({ command }) => command);
/** Commands that take no target of this extension, or find it in the editor. */
const NOT_FOR_PALETTE = [
  'modelServing.model.showMore',
  'modelServing.registry.download',
  'modelServing.registry.openPage',
  'modelServing.registry.copyPath',
  'modelServing.registry.showMore',
  'modelServing.serving.showMore',
];
/** Those that work in every window; all others say when they do. */
const ALWAYS = [
  'modelServing.environment.clean',
  'modelServing.connection.add',
  'modelServing.doctor.run',
  'modelServing.sample.open',
  'modelServing.log.show',
  'modelServing.issue.report',
  'modelServing.walkthrough.open',
];
const CAPABILITIES: ReadonlySet<Capability> = new Set([
  'edit',
  'logs',
  'predict',
  'move',
  'shell',
  'pages',
  'inferenceLog',
]);
const codicons = new Set(
  [...textOf('node_modules/@vscode/codicons/dist/codicon.css').matchAll(/\.codicon-([\w-]+):before/g)].map(
    ([, name = '']) => name,
  ),
);

function sources(folder: string): readonly string[] {
  return readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => textOf(join(folder, file)));
}

describe('commands', () => {
  it('are those of ids.ts, each once', () => {
    expect([...ids].sort()).toEqual([...COMMAND_IDS].sort());
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('are named modelServing.<noun>.<verb>, in one category', () => {
    for (const { command, category } of commands) {
      expect(command).toMatch(/^modelServing\.[a-z]+\.[a-zA-Z]+$/);
      expect(category).toBe('Model Serving');
    }
  });

  it('have titles in Title Case', () => {
    const small = new Set(['a', 'an', 'the', 'as', 'of', 'from', 'for', 'in', 'to', 'and', 'or']);
    for (const { title } of commands) {
      title.split(' ').forEach((word, at) => {
        const lower = at > 0 && small.has(word);
        expect(lower || /^[A-Z]/.test(word), `${title}: ${word}`).toBe(true);
      });
      expect(title, 'one character, not three').not.toContain('...');
    }
  });

  it('that no menu, view or other command calls are in the palette', () => {
    const hidden = menus.commandPalette?.filter(({ when }) => when === 'false').map(({ command }) => command);
    expect(hidden).toEqual(NOT_FOR_PALETTE);
  });

  it('each say when the palette offers them, or work always', () => {
    const ruled = menus.commandPalette?.map(({ command }) => command) ?? [];
    expect(new Set(ruled).size, 'one rule for each').toBe(ruled.length);
    expect([...ruled, ...ALWAYS].sort()).toEqual([...ids].sort());
  });

  it('ask in the palette for actions that there are, and only in a folder for what is of a folder', () => {
    const rules = new Map(menus.commandPalette?.map(({ command, when }) => [command, when ?? '']));
    const offered = (keys: Readonly<Record<string, unknown>>): readonly string[] =>
      [...rules].filter(([, when]) => holds(when, keys)).map(([id]) => id.replace('modelServing.', ''));
    expect(offered({ workspaceFolderCount: 0, isWorkspaceTrusted: true, 'modelServing.servingActions': '' })).toEqual(
      [],
    );
    const folder = { workspaceFolderCount: 1, isWorkspaceTrusted: true, 'modelServing.servingActions': '' };
    expect(offered(folder)).not.toEqual(
      expect.arrayContaining([expect.stringMatching(/^serving\.(?!create|refresh)/)]),
    );
    const one = { ...folder, 'modelServing.hasServings': true, 'modelServing.servingActions': ';open;start;remove;' };
    expect(offered(one).filter((id) => id.startsWith('serving.'))).toEqual([
      'serving.create',
      'serving.start',
      'serving.remove',
      'serving.open',
      'serving.refresh',
    ]);
    expect(offered({ ...folder, isWorkspaceTrusted: false })).not.toContain('api.start');
    const asked = [...rules.values()].flatMap((when) =>
      [...when.matchAll(/;(\w+);/g)].map(([, action = '']) => action),
    );
    const known = allowedActions('running', CAPABILITIES).concat(allowedActions('stopped', CAPABILITIES), ['adopt']);
    expect(asked.length).toBeGreaterThan(10);
    for (const action of asked) {
      expect(known).toContain(action);
    }
  });

  it('named in menus, welcome texts and sources are there', () => {
    const inMenus = Object.values(menus).flatMap((items) => items.map(({ command }) => command));
    const builtIn = ['vscode.openFolder', 'workbench.trust.manage', 'workbench.action.openSettings'];
    const steps = walkthroughs.flatMap((each) => each.steps);
    const texts = [...viewsWelcome.map(({ contents }) => contents), ...steps.map(({ description }) => description)];
    const inWelcome = [
      ...texts.flatMap((text) => [...text.matchAll(/\(command:([\w.]+)/g)].map(([, id = '']) => id)),
      ...keybindings.map(({ command }) => command),
    ];
    expect(inWelcome.length).toBeGreaterThan(5);
    const inSources = ['src', 'webview'].flatMap(sources).flatMap((text) => {
      const literals = [...text.matchAll(/(['"`])modelServing\.([a-z]+\.[a-zA-Z]+)\1/g)];
      return literals.map(([, , id = '']) => `modelServing.${id}`);
    });
    const settings = Object.keys(manifest.contributes.configuration.properties);
    for (const id of [...inMenus, ...inWelcome, ...inSources]) {
      expect([...ids, ...builtIn, ...settings]).toContain(id);
    }
  });

  it('have icons where they are buttons', () => {
    const buttons = [...(menus['view/title'] ?? []), ...(menus['view/item/context'] ?? [])].filter(({ group }) =>
      /^(inline|navigation)/.test(group ?? ''),
    );
    expect(buttons.length).toBeGreaterThan(6);
    for (const { command } of buttons) {
      expect(commands.find((each) => each.command === command)?.icon, command).toBeDefined();
    }
  });
});

describe('icons', () => {
  it('of commands are codicons', () => {
    for (const { icon, command } of commands) {
      const name = /^\$\(([\w-]+)\)$/.exec(icon ?? '$(add)')?.[1] ?? '';
      expect(codicons.has(name), `${command}: ${name}`).toBe(true);
    }
  });

  it('named in sources are codicons', () => {
    const names = ['src/ui', 'src/app', 'src/platform', 'webview']
      .flatMap(sources)
      .flatMap((text) => [
        ...[...text.matchAll(/\bicon: '([\w~-]+)'/g)].map(([, name = '']) => name.replace(/~spin$/, '')),
        ...[...text.matchAll(/\$\(([a-z][\w-]+)\)/g)].map(([, name = '']) => name),
      ]);
    expect(names.length).toBeGreaterThan(40);
    for (const name of new Set(names)) {
      expect(codicons.has(name), name).toBe(true);
    }
  });

  it('that are files are there', () => {
    const { views, viewsContainers } = manifest.contributes;
    const files = [...Object.values(views).flat(), ...viewsContainers.activitybar].map(({ icon }) => icon);
    for (const file of [...files, manifest.icon]) {
      expect(textOf(file).length).toBeGreaterThan(0);
    }
  });
});

describe('when clauses', () => {
  it('ask only for context keys that are set', () => {
    const named = whenClauses().flatMap((when) =>
      [...when.matchAll(/modelServing\.(\w+)/g)].map(([, key = '']) => key),
    );
    const views = Object.values(manifest.contributes.views).flatMap((all) => all.map(({ id }) => id.split('.')[1]));
    const typed = [...textOf('src/platform/contextKeys.ts').matchAll(/readonly (\w+):/g)].map(([, key = '']) => key);
    const all = [
      'src/compose.ts',
      'src/composeCommands.ts',
      'src/ui/predictScripts.ts',
      'src/ui/testing/acceptReply.ts',
    ]
      .map(textOf)
      .join('\n');
    const facts = Object.keys(factsOf(NOTHING));
    for (const key of new Set(named.filter((each) => !views.includes(each)))) {
      expect(typed).toContain(key);
      const isSet = facts.includes(key) || new RegExp(`setContextKey\\(\\s*'${key}'`).test(all);
      expect(isSet, `something sets ${key}`).toBe(true);
    }
    for (const key of typed) {
      expect(named, `something asks for ${key}`).toContain(key);
    }
  });
});
