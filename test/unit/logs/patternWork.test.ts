import { describe, expect, it } from 'vitest';
import { keeping, work } from '../../../webview/logs/patternWork';

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

describe('lines that are handed over once', () => {
  const answer = keeping(work);
  const ask = (key: number, oldest: number, lines?: readonly string[]): readonly number[] => {
    let end = 0;
    const given = lines && {
      text: lines.map((line) => `${line}\n`).join(''),
      ends: Uint32Array.from(lines, ({ length }) => (end += length + 1)),
    };
    return [...(answer({ id: 1, source: 'b+', flags: 'gmu', kept: { key, oldest }, ...given }).lines ?? [])];
  };

  it('are searched again, each by its number, until they are the oldest no more', () => {
    expect(ask(0, 0, ['a', 'bb'])).toEqual([0, 1]);
    expect(ask(2, 0, ['b', 'a', 'ab'])).toEqual([1, 0, 1]);
    expect(ask(0, 0)).toEqual([0, 1]);
    expect(ask(2, 2)).toEqual([1, 0, 1]);
    expect(ask(0, 2)).toEqual([]);
  });

  it('have nothing to do with what is asked beside them', () => {
    expect(answer({ id: 7, source: 'b', flags: 'gu', texts: ['abc'] })).toMatchObject({ id: 7, places: [[1, 2]] });
  });
});
