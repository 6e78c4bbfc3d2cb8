import { describe, expect, it } from 'vitest';
import { holds, manifest } from './manifest';

const { viewsWelcome, views } = manifest.contributes;

function shown(view: string, keys: Readonly<Record<string, unknown>>): readonly string[] {
  return viewsWelcome.filter((each) => each.view === view && holds(each.when, keys)).map(({ contents }) => contents);
}

const loaded = { workspaceFolderCount: 1, isWorkspaceTrusted: true, 'modelServing.loaded': true };

describe('welcome views', () => {
  it('belong to views that are there', () => {
    const ids = Object.values(views).flatMap((all) => all.map(({ id }) => id));
    for (const { view } of viewsWelcome) {
      expect(ids).toContain(view);
    }
  });

  it.each([
    ['no folder', { workspaceFolderCount: 0, isWorkspaceTrusted: true }, /Open a folder/],
    ['an untrusted workspace', { workspaceFolderCount: 1, isWorkspaceTrusted: false }, /not trusted/],
    ['no Python', { ...loaded, 'modelServing.hasPython': false }, /no Python on this computer/],
    ['nothing yet', { ...loaded, 'modelServing.hasPython': true }, /No servings yet/],
  ])('say one cause of an empty Servings view: %s', (_, keys, text) => {
    const texts = shown('modelServing.servings', keys);
    expect(texts).toHaveLength(1);
    expect(texts[0]).toMatch(text);
  });

  it('are never two at once', () => {
    for (const view of ['modelServing.servings', 'modelServing.models']) {
      for (const bits of Array.from({ length: 16 }, (_, n) => n)) {
        const keys = {
          workspaceFolderCount: bits & 1 ? 2 : 0,
          isWorkspaceTrusted: Boolean(bits & 2),
          'modelServing.loaded': Boolean(bits & 4),
          'modelServing.hasPython': Boolean(bits & 8),
        };
        expect(shown(view, keys).length, JSON.stringify({ view, ...keys })).toBeLessThanOrEqual(1);
      }
    }
  });

  it('have one primary button and at most three links', () => {
    for (const { contents } of viewsWelcome) {
      const links = contents.split('\n').filter((line) => /^\[.*\]\(.*\)$/.test(line));
      expect(links.length).toBeLessThanOrEqual(4);
    }
  });
});
