import { describe, expect, it } from 'vitest';
import { checkJson, layOut, prettyJson } from '../../../src/core/jsonText';
import type { LoadedModel } from '../../../src/core/serving';
import { panelHtml } from '../../../src/ui/panels/html';
import { toSampleRequest } from '../../../src/ui/panels/sampleRequest';
import { tokens } from '../../../webview/common/json';
import { bytes, duration, latency, stageTime } from '../../../webview/common/numbers';
import { Heights } from '../../../webview/common/list/heights';
import { describe as describeSent } from '../../../webview/serving/console/exchange';
import { withSent } from '../../../webview/serving/console/kept';
import { toPageState } from '../../../webview/serving/state';

describe('JSON as it is typed', () => {
  it.each([
    ['{"a": [1, 2,]}', 1, 13, 'no comma may stand before ]'],
    ['{\n  "inputs": [\n    [1, NaN]\n  ]\n}', 3, 9, 'NaN is not JSON: text goes in double quotes'],
    ['{"a": -Infinity}', 1, 7, 'this is not JSON: text goes in double quotes'],
    ["{'a': 1}", 1, 2, 'use double quotes: "'],
    ['{"a" 1}', 1, 6, 'expected : after the name'],
    ['{"a": 1 "b": 2}', 1, 9, 'expected , or }'],
    ['{"a": [1, 2}', 1, 12, 'expected , or ]'],
    ['{"a": "x', 1, 7, 'the closing " is missing'],
    ['{"a": "\\q"}', 1, 7, 'this text has a character or an escape that JSON does not allow'],
    ['{"a": 01}', 1, 7, 'this is not a number of JSON'],
    ['{"a": None}', 1, 7, 'None is Python: write null'],
    ['{"a": 1} x', 1, 10, 'nothing may follow the value'],
    ['{"a": 1', 1, 8, 'the end is missing: }'],
    ['', 1, 1, 'a value is missing'],
  ])('%j is wrong at line %i, column %i', (text, line, column, message) => {
    expect(checkJson(text)).toMatchObject({ line, column, message });
  });

  it('finds a place in every text that is no JSON, and none in JSON', () => {
    const good = '{"a": [1, -2.5e3, true, null, "x\\n"], "b": {}}';
    expect(checkJson(good)).toBeUndefined();
    for (let at = 0; at < good.length; at++) {
      for (const text of [
        good.slice(0, at),
        good.slice(0, at) + good.slice(at + 1),
        `${good.slice(0, at)}#${good.slice(at)}`,
      ]) {
        let valid = true;
        try {
          JSON.parse(text);
        } catch {
          valid = false;
        }
        expect(checkJson(text) === undefined, text).toBe(valid);
      }
    }
  });

  it('is coloured without a character lost', () => {
    for (const text of [
      '{"a": [1, -2.5e3, true, null, "x\\"y"], "b": tru "open',
      '',
      'no json – at all',
      '{"a"\n : 1}',
    ]) {
      expect(
        tokens(text)
          .map((token) => token.text)
          .join(''),
      ).toBe(text);
    }
    expect(tokens('{"a": 1}').map((token) => token.kind)).toContain('name');
  });

  it('is laid out with its numbers as they were written', () => {
    expect(prettyJson('{"predictions":[0,1.0,12345678901234567890],"e":{}}')).toBe(
      '{\n  "predictions": [0, 1.0, 12345678901234567890],\n  "e": {}\n}',
    );
    const wide = JSON.stringify({ a: Array.from({ length: 60 }, (_, at) => at) });
    expect(JSON.parse(prettyJson(wide) ?? '')).toEqual(JSON.parse(wide));
    expect(prettyJson(wide)).toContain('\n    59\n');
    expect(prettyJson('{')).toBeUndefined();
    expect(layOut('{"predictions":[[1,2],[3,"a{')).toBe(
      '{\n  "predictions": [\n    [1, 2],\n    [\n      3,\n      "a{',
    );
  });
});

describe('numbers', () => {
  it('are written as the design says', () => {
    expect([0.6, 12, 1234].map((ms) => Object.values(latency(ms)).join(' '))).toEqual(['0.6 ms', '12 ms', '1.2 s']);
    expect([24, 6349, 88_080_384].map((each) => Object.values(bytes(each)).join(' '))).toEqual([
      '24 B',
      '6.2 KB',
      '84 MB',
    ]);
    expect([0.02, 59.97, 72].map(stageTime)).toEqual(['0.0 s', '1 min 0 s', '1 min 12 s']);
    expect([500, 12_000, 2_466_000, 8_060_000, 273_600_000].map((ms) => duration(ms))).toEqual([
      '0 s',
      '12 s',
      '41 min',
      '2 h 14 min',
      '3 d 4 h',
    ]);
    expect(duration(8_060_000, 1)).toBe('2 h');
    expect(duration(-5)).toBe('0 s');
  });
});

describe('heights of rows', () => {
  it('sum up as plain addition does, whatever is appended and measured', () => {
    const heights = new Heights(20);
    const plain: number[] = [];
    let seed = 7;
    const random = (): number => (seed = (seed * 1_103_515_245 + 12_345) % 2_147_483_648) / 2_147_483_648;
    for (let round = 0; round < 40; round++) {
      const more = Math.floor(random() * 30);
      heights.append(more);
      plain.push(...Array.from({ length: more }, () => 20));
      for (let change = 0; change < 5 && plain.length > 0; change++) {
        const row = Math.floor(random() * plain.length);
        const height = 20 + Math.floor(random() * 200);
        heights.set(row, height);
        plain[row] = height;
      }
    }
    let top = 0;
    plain.forEach((height, row) => {
      expect(heights.top(row)).toBe(top);
      expect(heights.at(top)).toBe(row);
      expect(heights.at(top + height - 1)).toBe(row);
      top += height;
    });
    expect(heights.total).toBe(top);
    expect(heights.at(top + 1000)).toBe(plain.length - 1);
  });
});

describe('what a page starts with', () => {
  it('is a request with a row as wide as the model', () => {
    const sample = (loaded?: LoadedModel): unknown => JSON.parse(toSampleRequest(loaded));
    expect(sample({ features: 40, verbs: [] })).toEqual({ inputs: [new Array(40).fill(0)] });
    expect(sample({ featureNames: ['a', 'b'], verbs: [] })).toEqual({ inputs: [[0, 0]] });
    expect(sample(undefined)).toEqual({ inputs: [] });
    expect(JSON.parse(toSampleRequest({ features: 4, verbs: [] }, [['a', null]]))).toEqual({ inputs: [['a', null]] });
  });

  it('is an empty page that loads and runs nothing of others', () => {
    const html = panelHtml({
      title: '<b>"x"</b>',
      scripts: ['https://a/t.js', 'https://a/s.js'],
      styles: ['https://a/s.css'],
      cspSource: 'https://a',
      nonce: 'abc',
      styleNonce: 'def',
    });
    expect(html).toContain(
      "default-src 'none'; script-src 'nonce-abc'; style-src https://a 'nonce-def'; font-src https://a; img-src https://a; worker-src blob:",
    );
    expect(html).not.toContain('<b>');
    expect(html).not.toContain('unsafe');
  });

  it('forgets kept state that it cannot read', () => {
    expect(toPageState({ verb: 'x', body: 'mine' }).body).toBeUndefined();
    const kept = { ...toPageState(undefined), body: 'mine' };
    expect(toPageState(structuredClone(kept))).toEqual(kept);
  });

  it('keeps the last twenty requests, and tells rows and reasons', () => {
    const reply = { status: 200, statusText: 'OK', headers: {}, body: '{}', bytes: 2, latencyMs: 1 };
    const sent = { at: 1, verb: 'predict' as const, body: '{}', what: '', status: 200, latencyMs: 1, bytes: 2 };
    let history = withSent([], { ...sent, body: 'x'.repeat(50_000) });
    expect(history[0]?.body).toBe('');
    for (let at = 0; at < 30; at++) {
      history = withSent(history, { ...sent, at });
    }
    expect(history).toHaveLength(20);
    expect(history[0]?.at).toBe(29);
    expect(describeSent('{"inputs": [[1], [2]]}', reply)).toBe('2 rows');
    expect(
      describeSent('{"instances": [[1]]}', {
        ...reply,
        status: 400,
        body: '{"error": "inputs[0] has 1 of 4 features"}',
      }),
    ).toBe('inputs[0] has 1 of 4 features · 1 row');
    expect(describeSent('{"inputs": [[1]]}', reply, 'one setosa')).toBe('one setosa · 1 row');
  });
});
