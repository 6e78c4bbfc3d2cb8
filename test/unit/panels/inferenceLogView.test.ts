import { describe, expect, it } from 'vitest';
import type { InferenceLogState, InferenceSinkState } from '../../../src/core/inferenceLog';
import type { Serving } from '../../../src/core/serving';
import type { TextPart } from '../../../src/protocol/views/basics';
import { isInferenceLog, type InferenceLogView } from '../../../src/protocol/views/inferenceLog';
import { toInferenceLog, type RecordingFacts } from '../../../src/ui/panels/inferenceLogView';
import { facts, definition } from '../../webview/fixtures/servings';

const settings = { local: true, maxMegabytes: 50, maxDays: 7 };
const NOW = Date.UTC(2026, 10, 30);
const running = facts('running', NOW).serving;

function sink(part: Partial<InferenceSinkState> = {}): InferenceSinkState {
  return { sink: 'file', state: 'sending', sent: 78_610, dropped: 0, droppedBecause: {}, waiting: 0, ...part };
}

function told(...sinks: readonly InferenceSinkState[]): InferenceLogState {
  return { records: 78_610, droppedBefore: 0, limit: { records: 10_000, bytes: 1 }, sinks };
}

function viewOf(serving: Serving, part: Partial<RecordingFacts>): InferenceLogView {
  const view = toInferenceLog(serving, { told: undefined, settings, ...part });
  expect(isInferenceLog(JSON.parse(JSON.stringify(view)))).toBe(true);
  return view!;
}

function textsOf({ rows }: InferenceLogView): Readonly<Record<string, string>> {
  return Object.fromEntries(rows.map(({ label, parts }) => [label, parts.map(textOf).join('')]));
}

function textOf(part: TextPart): string {
  return typeof part === 'string' ? part : 'at' in part ? new Date(part.at).toISOString() : String(part.value);
}

const kafka = sink({ sink: 'kafka', topic: 'iris-inf4821', brokers: 'localhost:9092', schemaVersion: 4 });

describe('the section on the inference log', () => {
  it('says of a file where it is, how much it may have, what was written and what waits', () => {
    const view = viewOf(running, { told: told(sink()) });
    expect(view.state).toMatchObject({ word: 'Recording', tone: 'running' });
    expect(textsOf(view)).toEqual({
      File: 'in the storage of the workspace, up to 50 MB and 7 days',
      Records: '78610 written, 0 dropped',
      Queue: '0 of 10000',
    });
  });

  it('says of a topic its name, broker and schema', () => {
    const view = viewOf(running, { told: told(kafka) });
    expect(view.state?.word).toBe('Sending');
    expect(textsOf(view)).toEqual({
      Topic: 'iris-inf4821',
      Broker: 'localhost:9092',
      Schema: 'inference schema, version 4',
      Records: '78610 sent, 0 dropped',
      Queue: '0 of 10000',
    });
  });

  it('has each name of a row once where there are both; the worse of the states counts', () => {
    const view = viewOf(running, { told: told(sink({ waiting: 3 }), { ...kafka, state: 'waiting' }) });
    const labels = view.rows.map(({ label }) => label);
    expect(new Set(labels).size).toBe(labels.length);
    expect(labels).toEqual(expect.arrayContaining(['File', 'Records in the file', 'Topic', 'Records']));
    expect(view.state).toMatchObject({ word: 'Waiting', tone: 'degraded' });
  });

  it('says why records were dropped, most frequent first, and the last error with its remedy', () => {
    const lastError = { kind: 'disk', message: 'Could not write', remedy: 'Make room', at: new Date(NOW) };
    const droppedBecause = { 'too-large': 2, full: 7, odd: 1 };
    const state = told(sink({ state: 'failed', dropped: 10, droppedBecause, lastError }));
    const view = viewOf(running, { told: { ...state, droppedBefore: 5 } });
    expect(view.state?.tone).toBe('failed');
    const texts = textsOf(view);
    expect(texts['Dropped because']).toBe('the queue was full: 7, they were too large: 2, odd: 1');
    expect(texts['Last error']).toBe('Could not write, 2026-11-30T00:00:00.000Z ago');
    expect(view.rows.find(({ label }) => label === 'Last error')?.remedy).toBe('Make room');
    expect(texts.Lost).toBe('5 records, before they could be kept anywhere');
  });

  it.each([
    [{ mode: 'NONE' as const }, {}, 'Its definition keeps nothing of predictions.'],
    [{ local: false }, {}, 'Its definition turns the local file off, and names no topic.'],
    [{}, { local: false }, 'The setting modelServing.inferenceLog.local turns local files off.'],
  ])('says why there is none: %o %o', (log, change, note) => {
    const serving = { ...running, definition: { ...definition, inferenceLog: { ...definition.inferenceLog, ...log } } };
    const view = viewOf(serving, { told: 'off', settings: { ...settings, ...change } });
    expect(view).toMatchObject({ state: { word: 'Off' }, rows: [], note });
  });

  it('says of one that was started before that the next start begins it', () => {
    expect(viewOf(running, { told: 'off' }).note).toBe('It was started without one: the next start begins it.');
  });

  it('says of one that does not run where its records are; nothing is known yet of one that was not asked', () => {
    const view = viewOf(facts('stopped', NOW).serving, {});
    expect(view).toMatchObject({ state: { word: 'Stopped' }, rows: [{ label: 'File' }] });
    expect(viewOf(running, {}).state).toBeUndefined();
  });

  it('leaves Hopsworks to its own rows', () => {
    expect(toInferenceLog({ ...running, kind: 'hopsworks' }, { told: undefined, settings })).toBeUndefined();
    expect(toInferenceLog(running, undefined)).toBeUndefined();
  });
});
