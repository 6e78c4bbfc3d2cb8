import { describe, expect, it } from 'vitest';
import { holds, manifest, textOf } from './manifest';

const { viewsWelcome, views, walkthroughs, commands } = manifest.contributes;

function shown(view: string, keys: Readonly<Record<string, unknown>>): readonly string[] {
  return viewsWelcome.filter((each) => each.view === view && holds(each.when, keys)).map(({ contents }) => contents);
}

const SERVINGS = 'modelServing.servings';
const MODELS = 'modelServing.models';
const loaded = { workspaceFolderCount: 1, isWorkspaceTrusted: true, 'modelServing.loaded': true };
const works = { ...loaded, 'modelServing.hasPython': true };
const noFolder = { workspaceFolderCount: 0, isWorkspaceTrusted: true };

/** Lines that are nothing but a link are drawn as buttons, the first one as the primary one. */
function buttonsOf(contents: string): readonly string[] {
  return contents.split('\n').flatMap((line) => /^\[(.*)\]\(.*\)$/.exec(line)?.[1] ?? []);
}

describe('welcome views', () => {
  it('belong to views that are there', () => {
    const ids = Object.values(views).flatMap((all) => all.map(({ id }) => id));
    for (const { view } of viewsWelcome) {
      expect(ids).toContain(view);
    }
  });

  it.each<[string, string, Readonly<Record<string, unknown>>, RegExp, string]>([
    [SERVINGS, 'no folder', noFolder, /Open a folder/, 'Open Folder'],
    [
      SERVINGS,
      'signed out',
      { ...noFolder, 'modelServing.hopsworks': 'signedOut' },
      /not signed in/,
      'Sign In to Hopsworks…',
    ],
    [
      SERVINGS,
      'offline',
      { ...noFolder, 'modelServing.hopsworks': 'unreachable' },
      /does not answer/,
      'Test Hopsworks Connection',
    ],
    [
      SERVINGS,
      'an untrusted workspace',
      { workspaceFolderCount: 1, isWorkspaceTrusted: false },
      /not trusted/,
      'Manage Workspace Trust',
    ],
    [
      SERVINGS,
      'no Python',
      { ...loaded, 'modelServing.engine': 'missing' },
      /no Python on this computer yet: servings/,
      'Select Interpreter…',
    ],
    [
      SERVINGS,
      'no Python, but an engine',
      { ...loaded, 'modelServing.engine': 'ready' },
      /but Docker answers/,
      'Create Serving from Script…',
    ],
    [
      SERVINGS,
      'no Python and no engine',
      { ...loaded, 'modelServing.engine': 'stopped' },
      /Docker is not running/,
      'Start Docker…',
    ],
    [SERVINGS, 'no model', works, /export a trained model first/, 'Export Model…'],
    [
      SERVINGS,
      'nothing yet',
      { ...works, 'modelServing.hasModels': true },
      /makes a model version callable/,
      'Create Serving from Script…',
    ],
    [MODELS, 'no folder', noFolder, /No folder is open/, 'Open Folder'],
    [
      MODELS,
      'an untrusted workspace',
      { workspaceFolderCount: 1, isWorkspaceTrusted: false },
      /not trusted/,
      'Manage Workspace Trust',
    ],
    [MODELS, 'no model', works, /No models yet/, 'Export Model…'],
  ])('of %s say one cause with its button: %s', (view, _, keys, text, button) => {
    const texts = shown(view, keys);
    expect(texts).toHaveLength(1);
    expect(texts[0]).toMatch(text);
    expect(buttonsOf(texts[0] ?? '')[0]).toBe(button);
  });

  it('are one in every case, and none before all was read', () => {
    const engines = [undefined, '', 'ready', 'stopped', 'missing', 'untrusted'];
    const elsewhere = [undefined, '', 'ready', 'signedOut', 'unreachable'];
    for (const bits of Array.from({ length: 32 }, (_, n) => n)) {
      for (const engine of engines) {
        for (const hopsworks of elsewhere) {
          const keys = {
            workspaceFolderCount: bits & 1 ? 2 : 0,
            isWorkspaceTrusted: Boolean(bits & 2),
            'modelServing.loaded': Boolean(bits & 4),
            'modelServing.hasPython': Boolean(bits & 8),
            'modelServing.hasModels': Boolean(bits & 16),
            'modelServing.engine': engine,
            'modelServing.hopsworks': hopsworks,
          };
          const isReading = keys.workspaceFolderCount > 0 && keys.isWorkspaceTrusted && !keys['modelServing.loaded'];
          for (const view of [SERVINGS, MODELS]) {
            expect(shown(view, keys).length, JSON.stringify({ view, ...keys })).toBe(isReading ? 0 : 1);
          }
        }
      }
    }
  });

  it('have at most two buttons and three links', () => {
    for (const { contents } of viewsWelcome) {
      const links = [...contents.matchAll(/\]\(/g)].length - buttonsOf(contents).length;
      expect(buttonsOf(contents).length, contents).toBeGreaterThan(0);
      expect(buttonsOf(contents).length, contents).toBeLessThanOrEqual(2);
      expect(links, contents).toBeLessThanOrEqual(3);
    }
  });
});

describe('the walkthrough', () => {
  const steps = walkthroughs.flatMap((each) => each.steps);

  it('has at most six steps, each with its picture and what is in it', () => {
    expect(walkthroughs).toHaveLength(1);
    expect(steps.length).toBeLessThanOrEqual(6);
    for (const { id, description, media } of steps) {
      expect(description, id).toMatch(/\]\(command:/);
      expect(media.altText, id).toMatch(/\.$/);
      expect(textOf(media.svg), id).toMatch(/^<svg /);
    }
  });

  it('has pictures in the colours of the theme, with nothing in them that runs or is fetched', () => {
    for (const { media } of steps) {
      const svg = textOf(media.svg);
      const colors = [...svg.matchAll(/\b(?:fill|stroke)="([^"]*)"/g)].map(([, color = '']) => color);
      expect(colors.length).toBeGreaterThan(5);
      expect(colors.filter((color) => color !== 'none' && !color.startsWith('var(--vscode-'))).toEqual([]);
      expect(svg).not.toMatch(/<script|<style|style=|href|url\(|on\w+=/i);
      expect(svg.length).toBeLessThan(6000);
    }
  });

  it('is completed by what really happens: commands of ours, keys that are set', () => {
    const ids = commands.map(({ command }) => command);
    const typed = [...textOf('src/platform/contextKeys.ts').matchAll(/readonly (\w+):/g)].map(([, key = '']) => key);
    for (const { id, completionEvents } of steps) {
      expect(completionEvents.length, id).toBeGreaterThan(0);
      for (const event of completionEvents) {
        const [, kind, what = ''] = /^(\w+):(.+)$/.exec(event) ?? [];
        if (kind === 'onCommand') {
          expect(ids).toContain(what);
        } else {
          expect(kind).toBe('onContext');
          // What holds before VS Code reads the steps counts only with what becomes true later.
          expect(completionEvents, event).toContain(
            `onContext:${what.split(' && ')[0] ?? ''} && modelServing.walkthroughOpened`,
          );
          for (const term of what.split(' && ').filter((each) => each !== 'workspaceFolderCount != 0')) {
            expect(typed).toContain(term.replace('modelServing.', ''));
          }
        }
      }
    }
  });

  it('is the one that its command opens', () => {
    expect(textOf('src/composeCommands.ts')).toContain(`#${walkthroughs[0]?.id ?? ''}\``);
  });
});
