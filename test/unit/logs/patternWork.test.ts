import { describe, expect, it } from 'vitest';
import { work } from '../../../webview/logs/patternWork';

const LINES = [
  ['POST /v1/models/iris:predict 200', 'petal_width is outside', 'Kelvin and kelvin', '', 'É is é, SS is no ß'],
  [
    '5 \u212a is five kelvin',
    'the long \u017f of Wa\u017f\u017fer',
    'a face \u{1f600} smiles',
    'plain_again',
    'x\u{1f600}',
  ],
];
const SOURCES = [
  '\\b[o-q]\\w+_\\w+',
  '\\w{7,}',
  '[^k]elvin',
  '\\bk\\b',
  'K elvin|5 k',
  'wasser',
  'WA\\w+R',
  '^.$|^x.$',
  '[\\w\\W]{5}',
  'é',
  '\\u00e9',
  '\\x53{2}',
  '\\p{Lu}\\b',
  '(s)\\1',
  '(?<one>.)\\k<one>',
  '\\\\p|smiles$',
  '(?<=5 )k',
];

describe('a regular expression', () => {
  const asked = SOURCES.flatMap((source) =>
    LINES.flatMap((lines) => ['gimu', 'gmu'].map((flags) => ({ source, flags, lines }))),
  );

  it.each(asked)('finds what the engine finds on each line: $source, $flags', ({ source, flags, lines }) => {
    let end = 0;
    const ends = Uint32Array.from(lines, ({ length }) => (end += length + 1));
    const text = lines.map((line) => `${line}\n`).join('');
    const expected = lines.map((line) => (new RegExp(source, flags).test(line) ? 1 : 0));
    expect([...(work({ id: 1, source, flags, text, ends }).lines ?? [])]).toEqual(expected);
  });

  it.each(asked)('is marked where the engine finds it: $source, $flags', ({ source, flags, lines }) => {
    const places = lines.map((line) =>
      [...line.matchAll(new RegExp(source, flags))].flatMap(({ 0: found, index }) => [index, index + found.length]),
    );
    expect(work({ id: 1, source, flags, texts: lines }).places).toEqual(places);
  });
});
