import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { collect, sentencesOf } from '../../l10n/sentences.mjs';

const folder = path.resolve(import.meta.dirname, '../../../l10n');
const bundle = (file: string): Record<string, string> =>
  JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as Record<string, string>;
const languages = readdirSync(folder).filter((file) => /^bundle\.l10n\..+\.json$/.test(file));
const { sentences, problems } = collect();

/** The values that a sentence has places for. */
const places = (text: string): readonly string[] => [...new Set(text.match(/\{\d+\}/g))].sort();

/** What a sentence begins and ends with where it is joined to others. */
const edges = (text: string): string => `${/^\s*/.exec(text)?.[0] ?? ''}|${/[:…\s]*$/.exec(text)?.[0] ?? ''}`;

describe('the sentences of the sources', () => {
  it('are literals with a place for each of their values, and said when they are needed', () => {
    expect(problems).toEqual([]);
    expect(sentences.length).toBeGreaterThan(1000);
  });

  it('are those of bundle.l10n.json: node test/l10n/collect.mjs', () => {
    expect(Object.keys(bundle('bundle.l10n.json'))).toEqual(sentences);
  });

  it('are found out when they cannot be collected', () => {
    const text = [
      "import { t } from '../core/l10n';",
      "const a = t('on import');",
      'export const b = () => t(a);',
      "export const c = () => t('without {0}');",
      "export const d = () => t('one {0}', 1, 2);",
      "export const e = () => t('two {0} {1}', 1);",
      "export const f = () => t('right {0}', 1);",
    ].join('\n');
    const { found, problems: wrong } = sentencesOf('a.ts', text);
    expect(found).toEqual(['on import', 'without {0}', 'one {0}', 'two {0} {1}', 'right {0}']);
    expect(wrong.map((each) => each.replace(/".*/, '').trim())).toEqual([
      'a.ts:2: said on import, when the language is not known',
      'a.ts:3: the sentence is no literal',
      'a.ts:5: a value stands nowhere in',
      'a.ts:6: a value is missing in',
    ]);
    expect(sentencesOf('b.ts', "const t = (x: string) => x;\nt('not ours');").found).toEqual([]);
  });
});

describe.each(languages)('%s', (file) => {
  const texts = bundle(file);

  it('has every sentence, and none that is no longer said', () => {
    expect(sentences.filter((each) => !texts[each])).toEqual([]);
    expect(Object.keys(texts).filter((each) => !sentences.includes(each))).toEqual([]);
  });

  it('has a place for the same values', () => {
    const wrong = Object.entries(texts).filter(([from, to]) => places(from).join() !== places(to).join());
    expect(wrong).toEqual([]);
  });

  it('keeps blanks, colons and dots at the ends, as others follow there', () => {
    const wrong = Object.entries(texts).filter(([from, to]) => edges(from) !== edges(to));
    expect(wrong).toEqual([]);
  });

  it('says in the same words what is looked for in others', () => {
    expect(texts['{0}: nobody is signed in to {1} at {2}']).toContain(texts['nobody is signed in']);
    const beginning = new RegExp(`^${texts['Could not [^:]*: '] ?? ''}`);
    for (const [from, to] of Object.entries(texts).filter(([each]) => /^Could not [^:[]*: ./.test(each))) {
      expect(to.replace(beginning, ''), from).not.toBe(to);
    }
  });

  it('keeps code, commands, settings and links', () => {
    const kept = (text: string): readonly string[] =>
      (text.match(/`[^`]+`|\(command:[^)]*\)|modelServing\.[\w.]+|https?:\/\/[^\s)]+|\$\([a-z-]+\)/g) ?? []).sort();
    expect(Object.entries(texts).filter(([from, to]) => kept(from).join() !== kept(to).join())).toEqual([]);
  });
});

it('there is German', () => {
  expect(languages).toContain('bundle.l10n.de.json');
});
