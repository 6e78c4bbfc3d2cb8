import { afterEach, beforeEach, expect, it } from 'vitest';
import { useLanguage } from '../../../src/core/l10n';
import { toServingView } from '../../../src/ui/panels/servingView';
import { collect } from '../../l10n/sentences.mjs';
import { facts, FIXTURE_NAMES } from '../../webview/fixtures/servings';

/** Every sentence in brackets: what stands outside of them was not translated. */
const texts = Object.fromEntries(
  collect().sentences.map((each) => [each, each.replace(/^(\s*)([^]*?)(\s*)$/, '$1⟦$2⟧$3')]),
);

beforeEach(() => {
  useLanguage({ name: 'pseudo', texts: () => texts, inEnglish: (work) => work() });
});
afterEach(() => {
  useLanguage({ name: 'en', texts: () => undefined, inEnglish: (work) => work() });
});

/** Fields of views that a person reads, and that are said by us and not by a script, a model or a server. */
const READ = new Set(['word', 'label', 'text', 'note', 'parts', 'reason', 'linkText', 'idle']);

function* readIn(value: unknown, field = ''): Generator<string> {
  if (typeof value === 'string') {
    if (READ.has(field)) {
      yield value;
    }
  } else if (Array.isArray(value) && field === 'parts') {
    // One sentence with values that the page fills in.
    yield value.map((each: unknown) => (typeof each === 'string' ? each : '#')).join('');
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value)) {
      yield* readIn(each, Array.isArray(value) ? field : key);
    }
  }
}

function* textsIn(value: unknown): Generator<string> {
  if (typeof value === 'string') {
    yield value;
  } else if (typeof value === 'object' && value !== null) {
    for (const [key, each] of Object.entries(value)) {
      yield key;
      yield* textsIn(each);
    }
  }
}

/** What is left of a text without what is translated, and without names, files and what others have said. */
function bare(text: string, said: readonly string[]): string {
  let rest = text;
  for (let before = ''; before !== rest;) {
    before = rest;
    rest = rest.replace(/⟦[^⟦⟧]*⟧/g, ' ');
  }
  for (const each of said) {
    rest = rest.replaceAll(each, ' ').replaceAll(each.charAt(0).toUpperCase() + each.slice(1), ' ');
    rest = rest.replaceAll(each.charAt(0).toLowerCase() + each.slice(1), ' ');
  }
  return rest.replace(/Python [\d.]+|[\w-]*\.(?:py|txt)|\w+_\d+_\d+/g, ' ');
}

it.each(FIXTURE_NAMES)('the view of %s says nothing that is not translated', (name) => {
  const given = facts(name, Date.now());
  const said = [...new Set([...textsIn(given)].map((each) => each.replace(/^\d+ → \d+: /, '')))]
    .filter((each) => each.length > 2)
    .sort((a, b) => b.length - a.length);
  const left = [...readIn(toServingView(given))].filter((each) => /[A-Za-z]{3,}/.test(bare(each, said)));
  expect(left).toEqual([]);
});
