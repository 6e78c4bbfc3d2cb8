import { describe, expect, it } from 'vitest';
import type { LogEntry } from '../../../src/protocol/logPanel';
import { ALL_LINES, NO_FILTER, withChange } from '../../../webview/logs/filter';
import { Shown } from '../../../webview/logs/shown';
import { toPageState } from '../../../webview/logs/state';

const NOW = Date.UTC(2026, 10, 23, 12);
const entry = (part: Partial<LogEntry> = {}): LogEntry => ({
  time: NOW,
  level: 'INFO',
  logger: 'access',
  message: 'POST',
  fields: {},
  starts: false,
  ...part,
});
const everything = withChange(NO_FILTER, ALL_LINES);

describe('the lines that are shown', () => {
  it('are told apart by days and by starts of the serving', () => {
    const shown = new Shown(everything);
    shown.add([entry({ time: NOW - 86_400_000, starts: true }), entry(), entry({ starts: true })], NOW);
    expect(shown.items.map((item) => item.kind)).toEqual(['day', 'run', 'line', 'day', 'line', 'run', 'line']);
    expect(shown.lines.count).toBe(3);
  });

  it('are counted by level whether that level is on or off', () => {
    const shown = new Shown(NO_FILTER);
    shown.add([entry({ level: 'DEBUG' }), entry({ level: 'ERROR' }), entry(), entry({ level: 'DEBUG' })], NOW);
    expect(shown.counts).toEqual({ DEBUG: 2, INFO: 1, WARN: 0, ERROR: 1 });
    expect(shown.items).toHaveLength(2);
    shown.narrow(everything);
    expect(shown.items).toHaveLength(4);
  });

  it('are narrowed to a request, a replica, what matches, and what came after clearing', () => {
    const shown = new Shown(everything);
    shown.add(
      [
        entry({ request: 'a', replica: 1 }),
        entry({ request: 'b', replica: 2, message: 'petal_Width' }),
        entry({ time: NOW + 1, request: 'b', replica: 1 }),
      ],
      NOW,
    );
    shown.narrow(withChange(everything, { request: 'b' }));
    expect(shown.items).toHaveLength(2);
    shown.narrow(withChange(everything, { replica: 1 }));
    expect(shown.items).toHaveLength(2);
    shown.narrow(withChange(everything, { text: 'petal_width' }));
    expect(shown.matches).toEqual([1]);
    expect(shown.items).toHaveLength(3);
    shown.narrow(withChange(everything, { text: 'petal_width', matchCase: true, onlyMatching: true }));
    expect(shown.items).toHaveLength(0);
    shown.narrow(withChange(everything, { clearedAt: NOW }));
    expect(shown.items).toHaveLength(1);
  });

  it('are told apart by starts of each replica, which are hidden with the others', () => {
    const shown = new Shown(everything);
    shown.add([entry({ replica: 1, starts: true }), entry({ replica: 2, starts: true }), entry({ starts: true })], NOW);
    const runs = () => shown.items.flatMap((item) => (item.kind === 'run' ? [item.replica] : []));
    expect(runs()).toEqual([1, 2, undefined]);
    shown.narrow(withChange(everything, { replica: 2 }));
    expect(runs()).toEqual([2, undefined]);
    shown.narrow(withChange(everything, { replica: 'none' }));
    expect(runs()).toEqual([undefined]);
  });

  it('can be narrowed to what no replica has printed', () => {
    const shown = new Shown(everything);
    shown.add([entry({ replica: 1 })], NOW);
    expect(shown.hasOthers).toBe(false);
    shown.add([entry({ logger: 'build' }), entry({ replica: 2 }), entry({ logger: 'scaling' })], NOW);
    expect(shown.hasOthers).toBe(true);
    shown.narrow(withChange(everything, { replica: 'none' }));
    expect(shown.items.map((item) => (item.kind === 'line' ? item.entry.logger : item.kind))).toEqual([
      'build',
      'scaling',
    ]);
    const state = { filter: withChange(NO_FILTER, { replica: 'none' }), follow: true };
    expect(toPageState(structuredClone(state))).toEqual(state);
  });

  it('take plain text for what it is and say when a pattern is none', () => {
    const shown = new Shown(withChange(everything, { text: 'a.b(' }));
    shown.add([entry({ message: 'x a.b( y' }), entry({ message: 'axb(' })], NOW);
    expect(shown.matches).toEqual([0]);
    shown.narrow(withChange(everything, { text: 'a.b(', regex: true }));
    expect(shown.problem).toBe('not a regular expression');
    expect(shown.items).toHaveLength(2);
    shown.narrow(withChange(everything, { text: 'x*', regex: true }));
    expect(shown.problem).toBe('matches everything');
  });

  it('forget the oldest above 100,000', () => {
    const shown = new Shown(everything);
    shown.add(
      Array.from({ length: 100_000 }, (_, at) => entry({ message: String(at) })),
      NOW,
    );
    expect(shown.add([entry({ message: 'last' })], NOW)).toBeUndefined();
    expect(shown.lines.count).toBe(90_000);
    expect(shown.lines.isCut).toBe(true);
    const last = shown.items.at(-1);
    expect(last?.kind === 'line' && last.entry.message).toBe('last');
  });

  it('keep their filter over a reload', () => {
    const state = { filter: withChange(NO_FILTER, { text: 'x', request: 'b' }), follow: false, topTime: 5 };
    expect(toPageState(structuredClone(state))).toEqual(state);
    expect(toPageState({ filter: { off: ['LOUD'] } }).filter).toEqual(NO_FILTER);
  });
});
