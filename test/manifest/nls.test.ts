import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { manifest, nls, project, written } from './manifest';

const english = nls();
const languages = readdirSync(project).flatMap((file) => /^package\.nls\.(.+)\.json$/.exec(file)?.[1] ?? []);

/** What a person must not lose in another language: links, code, settings. */
const kept = (text: string): readonly string[] =>
  (text.match(/\]\([^)]+\)|`[^`]+`|#modelServing\.[\w.]+#/g) ?? []).sort();

describe('the texts of the manifest', () => {
  it('are in package.nls.json, each used', () => {
    const used = [...written.matchAll(/"%([\w.]+)%"/g)].map(([, key = '']) => key);
    expect([...new Set(used)].sort()).toEqual(Object.keys(english).sort());
  });

  it('stand nowhere in the manifest itself', () => {
    const fields = /"(title|description|markdownDescription|contents|altText)": "(?!%)([^"]*)"/g;
    const texts = [...written.matchAll(fields)].map(([, , text]) => text);
    // The name of the product is the same everywhere.
    expect(texts.filter((text) => text !== 'Model Serving')).toEqual([]);
  });

  it('name settings and commands that there are', () => {
    const settings = Object.keys(manifest.contributes.configuration.properties);
    const commands = manifest.contributes.commands.map(({ command }) => command);
    for (const text of Object.values(english)) {
      for (const [, name = ''] of text.matchAll(/#(modelServing[\w.]+)#/g)) {
        expect(settings).toContain(name);
      }
      for (const [, name = ''] of text.matchAll(/\(command:(modelServing[\w.]+)/g)) {
        expect(commands).toContain(name);
      }
    }
  });

  it('are there in German', () => {
    expect(languages).toContain('de');
  });
});

describe.each(languages)('%s', (language) => {
  const texts = nls(language);

  it('has every text, and no other', () => {
    expect(Object.keys(texts)).toEqual(Object.keys(english));
    expect(Object.values(texts).filter((text) => text.trim() === '')).toEqual([]);
  });

  it('keeps links, code and settings, and lines of buttons', () => {
    for (const [key, text] of Object.entries(english)) {
      expect(kept(texts[key] ?? ''), key).toEqual(kept(text));
      expect((texts[key] ?? '').split('\n').length, key).toBe(text.split('\n').length);
    }
  });

  it('keeps the mark of commands that ask for more', () => {
    for (const [key, text] of Object.entries(english).filter(([each]) => each.startsWith('command.'))) {
      expect((texts[key] ?? '').endsWith('…'), key).toBe(text.endsWith('…'));
    }
  });

  it('has other words than English', () => {
    const same = Object.entries(english).filter(([key, text]) => texts[key] === text);
    expect(same.map(([key]) => key)).toEqual(['view.servings']);
  });
});
