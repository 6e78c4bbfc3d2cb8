import { describe, expect, it } from 'vitest';
import { NO_FILTER, withChange, withoutRule, withRule } from '../../../webview/logs/filter';
import { literalOf } from '../../../webview/logs/literal';
import { Matches } from '../../../webview/logs/matches';
import { isQuick, SlowPattern } from '../../../webview/logs/patternWork';
import { Shown } from '../../../webview/logs/shown';
import { toPageState } from '../../../webview/logs/state';
import { lineOfRow, kindOfRow, RUN } from '../../../webview/logs/view';
import { toBatch } from '../../../src/protocol/logBatch';
import { entry, everything, makeShown, NOW } from './support';

describe('the lines that are shown', () => {
  it('are told apart by days and by starts of the serving', () => {
    const { shown, add, rows } = makeShown();
    add([entry({ time: NOW - 86_400_000, starts: true }), entry(), entry({ starts: true })]);
    expect(rows()).toEqual(['day', 'run', 'line', 'day', 'line', 'run', 'line']);
    expect(shown.store.count).toBe(3);
    expect(shown.view.lines).toBe(3);
  });

  it('are counted by level whether that level is on or off', () => {
    const { shown, add, rows, narrow } = makeShown({ off: ['DEBUG'] });
    add([entry({ level: 'DEBUG' }), entry({ level: 'ERROR' }), entry(), entry({ level: 'DEBUG' })]);
    expect(shown.view.counts).toEqual({ DEBUG: 2, INFO: 1, WARN: 0, ERROR: 1 });
    expect(rows()).toHaveLength(2);
    narrow({});
    expect(rows()).toHaveLength(4);
    expect(shown.view.errors.length).toBe(1);
  });

  it('are narrowed to a request, a replica, what matches, and what came after clearing', () => {
    const { add, rows, matches, narrow } = makeShown();
    add([
      entry({ request: 'a', replica: 1 }),
      entry({ request: 'b', replica: 2, message: 'petal_Width' }),
      entry({ time: NOW + 1, request: 'b', replica: 1 }),
    ]);
    narrow({ request: 'b' });
    expect(rows()).toHaveLength(2);
    narrow({ replica: 1 });
    expect(rows()).toHaveLength(2);
    narrow({ text: 'petal_width' });
    expect(matches()).toEqual([1]);
    expect(rows()).toHaveLength(3);
    narrow({ text: 'petal_width', matchCase: true, onlyMatching: true });
    expect(rows()).toHaveLength(0);
    narrow({ clearedAt: NOW });
    expect(rows()).toHaveLength(1);
  });

  it('are narrowed to a range of time, which the histogram goes beyond', () => {
    const { shown, add, messages, narrow } = makeShown();
    add([0, 1, 2, 3].map((second) => entry({ time: NOW + second * 1000, message: String(second) })));
    narrow({ from: NOW + 1000, to: NOW + 2000 });
    expect(messages()).toEqual(['1', '2']);
    expect(shown.view.counts.INFO).toBe(2);
    expect(shown.view.histogram.bars()).toHaveLength(4);
    narrow({ from: NOW + 2000 });
    add([entry({ time: NOW + 9000, message: 'new' })]);
    expect(messages()).toEqual(['2', '3', 'new']);
  });

  it('are narrowed by fields, wherever a value stands', () => {
    const { add, messages, narrow } = makeShown();
    add([
      entry({ message: 'a', fields: { status: 400, path: 'x' } }),
      entry({ message: 'b', fields: { status: 4001, path: '"status":400' }, replica: 2 }),
      entry({ message: 'c', fields: { deep: { status: 400 } }, logger: 'script' }),
      entry({ message: 'd' }),
      entry({ message: 'e', fields: { status: 400 }, request: 'r1' }),
    ]);
    const by = (field: string, value: unknown, out = false) => {
      narrow({ rules: [{ field, value: JSON.stringify(value), out }] });
      return messages().join('');
    };
    expect(by('status', 400)).toBe('ae');
    expect(by('status', 400, true)).toBe('bcd');
    expect(by('deep', { status: 400 })).toBe('c');
    expect(by('message', 'd')).toBe('d');
    expect(by('logger', 'script', true)).toBe('abde');
    expect(by('replica', 2)).toBe('b');
    expect(by('request', 'r1')).toBe('e');
    expect(by('logger', 'nobody')).toBe('');
  });

  it('are told apart by starts of each replica, which are hidden with the others', () => {
    const { shown, add, narrow } = makeShown();
    add([entry({ replica: 1, starts: true }), entry({ replica: 2, starts: true }), entry({ starts: true })]);
    const runs = () =>
      Array.from({ length: shown.view.rows.length }, (_, at) => shown.view.rows.at(at)!)
        .filter((id) => kindOfRow(id) === RUN)
        .map((id) => shown.store.entry(lineOfRow(id))!.replica);
    expect(runs()).toEqual([1, 2, undefined]);
    narrow({ replica: 2 });
    expect(runs()).toEqual([2, undefined]);
    narrow({ replica: 'none' });
    expect(runs()).toEqual([undefined]);
  });

  it('can be narrowed to what no replica has printed', () => {
    const { shown, add, messages, narrow } = makeShown();
    add([entry({ replica: 1 })]);
    expect(shown.store.hasOthers).toBe(false);
    add([entry({ message: 'build' }), entry({ replica: 2 }), entry({ message: 'scaling' })]);
    expect(shown.store.hasOthers).toBe(true);
    expect(shown.replicas).toEqual([1, 2]);
    narrow({ replica: 'none' });
    expect(messages()).toEqual(['build', 'scaling']);
  });

  it('forget the oldest, chunk by chunk, and everything that was counted of them', () => {
    const { shown, told, add, messages } = makeShown({ text: '3' }, { lines: 8 });
    add(
      Array.from({ length: 15 }, (_, at) =>
        entry({ time: NOW + at * 1000, message: String(at), level: at < 4 ? 'ERROR' : 'INFO' }),
      ),
    );
    expect(messages().at(0)).toBe('4');
    expect(messages()).toHaveLength(11);
    expect(shown.store.isCut).toBe(true);
    expect(shown.view.counts).toMatchObject({ ERROR: 0, INFO: 11 });
    expect(shown.view.errors.length).toBe(0);
    expect(shown.view.histogram.from).toBe(NOW + 4000);
    expect(shown.view.matches.length).toBe(1);
    add([entry({ message: 'last' }), entry()]);
    expect(told.dropped).toBe(4);
    expect(shown.store.count).toBe(9);
  });

  it('forget the oldest above a number of bytes', () => {
    const { shown, add } = makeShown({}, { bytes: 5000 });
    add(Array.from({ length: 12 }, () => entry({ message: 'x'.repeat(1000) })));
    expect(shown.store.count).toBe(4);
    expect(shown.store.bytes).toBeLessThan(5000);
  });
});

describe('the search', () => {
  it('takes plain text for what it is and says when a pattern is none', async () => {
    const { shown, add, matches, narrow, rows, settled } = makeShown({ text: 'a.b(' });
    add([entry({ message: 'x a.b( y' }), entry({ message: 'axb(' }), entry({ message: 'ÄÖ İstanbul' })]);
    expect(matches()).toEqual([0]);
    narrow({ text: 'äö i' });
    expect(shown.problem).toBeUndefined();
    narrow({ text: 'äö' });
    expect(matches()).toEqual([2]);
    narrow({ text: 'a.b(', regex: true });
    expect(shown.problem).toBe('not a regular expression');
    expect(rows()).toHaveLength(3);
    narrow({ text: 'x*', regex: true });
    expect(shown.problem).toBe('matches everything');
    narrow({ text: 'a\\.b\\(|stanbul$', regex: true });
    await settled();
    expect(matches()).toEqual([0, 2]);
  });

  it('looks at request, message and exception of each line alone', async () => {
    const { add, matches, narrow, settled } = makeShown();
    add([
      entry({ request: 'abc1', message: 'first' }),
      entry({ message: 'second', trace: { type: 'ValueError', text: 'no', frames: [] } }),
      entry({ message: 'third' }),
    ]);
    const by = async (text: string) => {
      narrow({ text, regex: true });
      await settled();
      return matches();
    };
    expect(await by('abc1')).toEqual([0]);
    expect(await by('^ValueError: no$')).toEqual([1]);
    expect(await by('^third')).toEqual([2]);
    expect(await by('first[^]*second')).toEqual([]);
    expect(await by('st[^]*third')).toEqual([]);
    expect(await by('d(?![^]*third)')).toEqual([1, 2]);
    expect(await by('(?<=s)econd')).toEqual([1]);
  });

  it('finds the same by pattern and as plain text in many lines', async () => {
    const { add, matches, narrow, settled } = makeShown();
    add(Array.from({ length: 500 }, (_, at) => entry({ message: `line ${at}`, request: at % 3 ? 'r' : 'q7' })));
    narrow({ text: '7' });
    const plain = matches();
    narrow({ text: '[7]', regex: true });
    await settled();
    expect(matches()).toEqual(plain);
    expect(plain).toHaveLength(
      Array.from({ length: 500 }, (_, at) => at).filter((at) => at % 3 === 0 || String(at).includes('7')).length,
    );
  });

  it.each(['range: \\d+', 'ran?ge: \\d*7', '^line.*1$', '(?:4|5)1 +x*', '[lL]ine \\w{4,5}: 2+'])(
    'finds by the pattern %s what a search of each line alone finds',
    async (text) => {
      const messages = Array.from(
        { length: 3000 },
        (_, at) => `line ${at % 7 === 0 ? 'range' : 'other'}: ${String(at)}`,
      );
      const { add, matches, narrow, settled } = makeShown();
      add(messages.map((message) => entry({ message })));
      narrow({ text, regex: true });
      await settled();
      const pattern = new RegExp(text, 'iu');
      const wanted = messages.flatMap((message, at) => (pattern.test(message) ? [at] : []));
      expect(matches()).toEqual(wanted);
    },
  );

  it('knows what a pattern cannot do without', () => {
    const known = [
      ['range: \\d+,', 'range: '],
      ['a\\.b\\(c', 'a.b(c'],
      ['colou?rs', 'colo'],
      ['(one|two) three+', ' three'],
      ['[abc]defg{2}', 'def'],
      ['abc*?def', 'def'],
      ['(?<!x(y[)])z)abcd', 'abcd'],
      ['abc|def', undefined],
      ['\\x41bcd', undefined],
      ['\\u0041bcd', undefined],
      ['\\d+ms', undefined],
      ['\\\\xabc', '\\xabc'],
    ] as const;
    for (const [source, literal] of known) {
      expect(literalOf(source), source).toBe(literal);
    }
  });

  it('searches very long lines by pattern only at their beginning, and says so', async () => {
    const { shown, add, matches, narrow, settled } = makeShown();
    add([entry({ message: `start ${'x'.repeat(100_000)} end` }), entry({ message: 'end' })]);
    narrow({ text: 'end' });
    expect(matches()).toEqual([0, 1]);
    narrow({ text: '\\bend', regex: true });
    await settled();
    expect(matches()).toEqual([1]);
    expect(shown.partly).toBe(1);
  });

  it('searches at once for a pattern that repeats nothing: no text keeps it busy', () => {
    const quick = ['petal_w(idth|eight)', 'a\\+b', '\\d\\d:\\d\\d', '[abc]', 'colou?r', '(a|b)(c|d)?'];
    expect(quick.filter((source) => !isQuick(source))).toEqual([]);
    const slow = ['a+', '(a|a)(a|a)(a|a)(a|a)(a|a)b', '.*x', 'a{1,9}', '\\\\+', 'a?a?a?a?a?'];
    expect(slow.filter((source) => isQuick(source))).toEqual([]);
  });

  it('gives a pattern up that takes too long, and shows all lines all the same', async () => {
    const shown = new Shown(withChange(everything, { text: '(a+)+$', regex: true }), {
      patterns: { ask: () => Promise.reject(new SlowPattern()), end: () => undefined },
      slice: Infinity,
      turn: () => new Promise((resolve) => setImmediate(resolve)),
      changed: () => undefined,
      replaced: () => undefined,
      dropped: () => undefined,
    });
    shown.add(toBatch(false, [entry(), entry()]), NOW);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(shown.problem).toBe('takes too long, stopped');
    expect(shown.view.lines).toBe(2);
    expect(shown.isBusy).toBe(false);
  });

  it('goes to the next and the previous match, round the ends, from what is in sight', () => {
    const { shown, add } = makeShown({ text: 'x' });
    add(Array.from({ length: 10 }, (_, at) => entry({ message: at % 3 === 0 ? 'x' : 'y' })));
    const matches = new Matches(shown);
    const row = (line: number) => line * 4 + 2;
    expect(matches.text).toBe('? of 4');
    expect(matches.step(1, row(4))).toBe(row(6));
    expect(matches.text).toBe('3 of 4');
    expect(matches.step(1, 0)).toBe(row(9));
    expect(matches.step(1, 0)).toBe(row(0));
    expect(matches.step(-1, 0)).toBe(row(9));
    matches.forget();
    expect(matches.step(-1, row(5))).toBe(row(3));
    matches.forget();
    expect(matches.step(-1, row(3))).toBe(row(3));
  });
});

describe('the filter', () => {
  it('has one rule for a value, the one that came last', () => {
    const rule = { field: 'status', value: '400', out: false };
    const rules = withRule({ ...everything, rules: [rule] }, { ...rule, out: true });
    expect(rules).toEqual([{ ...rule, out: true }]);
    expect(withoutRule({ ...everything, rules }, rules[0]!)).toBeUndefined();
  });

  it('is kept over a reload', () => {
    const filter = withChange(NO_FILTER, {
      text: 'x',
      request: 'b',
      replica: 'none',
      from: 1,
      to: 2,
      rules: [{ field: 'a', value: '1', out: true }],
    });
    const state = { filter, follow: false, topTime: 5, relative: true };
    expect(toPageState(structuredClone(state))).toEqual(state);
    expect(toPageState({ filter: { off: ['LOUD'] } }).filter).toEqual(NO_FILTER);
  });
});
