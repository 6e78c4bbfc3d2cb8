import { describe, expect, it } from 'vitest';
import { SERVING_PANEL } from '../../../src/protocol/servingPanel';
import { toServingView } from '../../../src/ui/panels/servingView';
import { sentence } from '../../../webview/common/sentence';
import { facts, FIXTURE_NAMES } from '../../webview/fixtures/servings';

const NOW = Date.UTC(2026, 10, 23, 14, 32, 8);

describe('the view of a serving', () => {
  it.each(FIXTURE_NAMES)('%s has the agreed shape and a health sentence of one line', (name) => {
    const view = toServingView(facts(name, NOW));
    expect(SERVING_PANEL.events.view(structuredClone(view))).toBe(true);
    const text = `${sentence(view.health.parts, NOW)} ${view.health.act?.text ?? ''}`.trim();
    expect(text.length).toBeLessThanOrEqual(150);
    expect(text).not.toBe(`${view.state.word}.`);
    expect(text).toMatch(/[.…]$/);
  });

  it('says of a healthy serving how long, how many and what differs', () => {
    const { health, state, actions } = toServingView(facts('running', NOW));
    expect(sentence(health.parts, NOW)).toBe(
      'Healthy for 2 h 14 min: 3 of 3 replicas answer, p95 3.9 ms, 2 of 10,306 requests failed in the last 15 min.',
    );
    expect(health.act).toEqual({ text: 'The script differs from what runs.', to: 'differences' });
    expect(state).toMatchObject({ word: 'Running', icon: 'pass-filled', tone: 'running' });
    expect(actions.filter((each) => each.place !== 'more').map((each) => each.label)).toEqual([
      'Stop',
      'Restart',
      'Edit…',
      'Move to…',
      'Logs',
    ]);
    expect(actions.at(-1)?.label).toBe('Delete…');
  });

  it('says how many requests there were since the start where the serving tells no more', () => {
    const { health } = toServingView({ ...facts('running', NOW), traffic: undefined });
    expect(sentence(health.parts, NOW)).toBe(
      'Healthy for 2 h 14 min: 3 of 3 replicas answer, 78,405 requests since the start.',
    );
  });

  it('counts from the moment that it was ready, not from the start that may have built for minutes', () => {
    const built = facts('single', NOW);
    const { run } = built.serving;
    if (!run) {
      throw new Error('the fixture runs');
    }
    const startedAt = new Date(NOW - 600_000);
    const ready = { name: 'ready', state: 'done', startedAt: new Date(NOW - 61_000), seconds: 1 } as const;
    const serving = { ...built.serving, run: { ...run, startedAt, stages: [ready] } };
    const { health } = toServingView({ ...built, serving });
    expect(sentence(health.parts, NOW)).toMatch(/^Healthy for 1 min/);
  });

  it('points at the request where none was sent yet', () => {
    const { health } = toServingView(facts('single', NOW));
    expect(sentence(health.parts, NOW)).toBe('Healthy for 2 h 14 min: its replica answers, no requests yet.');
    expect(health.act?.to).toBe('test');
  });

  it('says what is wrong first when a replica does not answer', () => {
    const view = toServingView(facts('degraded', NOW));
    expect(view.state).toMatchObject({ word: 'Running · 2/3', tone: 'degraded' });
    expect(sentence(view.health.parts, NOW)).toMatch(
      /^1 of 3 replicas does not answer: replica 3 was killed by signal 9/,
    );
    expect(view.replicas?.rows[2]?.trouble).toEqual({ text: 'killed by signal 9', isNow: false, remedies: [] });
  });

  it('turns round when it failed: cause, remedies and traceback, no test and no replicas', () => {
    const view = toServingView(facts('failed', NOW));
    expect(view.test).toBeUndefined();
    expect(view.replicas).toBeUndefined();
    expect(view.endpoint).toMatchObject({ answering: false });
    expect(view.startup?.failure?.remedies.map((each) => each.label)).toEqual([
      'Install xgboost…',
      'Open irisflowerclassifier.py at Line 3',
      'Show Logs',
    ]);
    expect(view.startup?.failure?.trace?.frames.filter((each) => each.user)).toHaveLength(1);
    expect(sentence(view.health.parts, NOW)).toMatch(
      /^Failed 2 min ago, at .*, while loading the Predict script\. Nothing answers/,
    );
    expect(view.actions.map((each) => each.action)).not.toContain('stop');
  });

  it('tells where a start is', () => {
    const view = toServingView(facts('starting', NOW));
    expect(sentence(view.health.parts, NOW)).toBe(
      'For 4 s: loading the Predict script, importing irisflowerclassifier.py.',
    );
    expect(view.startup?.message).toBe('Importing irisflowerclassifier.py');
    expect(sentence(toServingView(facts('creating', NOW)).health.parts, NOW)).toBe(
      'Making the environment, installing scikit-learn.',
    );
  });

  it('shows configuration with the difference at its row', () => {
    const { configuration } = toServingView(facts('running', NOW));
    expect(configuration.file).toBe('servings/irisflowerclassifier.serving.json');
    expect(configuration.rows.find((each) => each.difference)).toMatchObject({
      label: 'Predict script',
      linkText: 'irisflowerclassifier.py',
    });
    expect(configuration.rows.find((each) => each.label === 'Secrets')?.text).toBe('HF_TOKEN');
    expect(configuration.canRestart).toBe(true);
  });

  it('offers the verbs that the script has, and a row as wide as the model', () => {
    const { test } = toServingView(facts('running', NOW));
    expect(test?.verbs).toEqual(['predict', 'classify']);
    expect(JSON.parse(test?.sample ?? '')).toEqual({ inputs: [[0, 0, 0, 0]] });
  });

  it('cuts a long reason so that the sentence stays one', () => {
    const base = facts('unknown', NOW);
    const view = toServingView({ ...base, serving: { ...base.serving, reason: 'x'.repeat(4000) } });
    expect(sentence(view.health.parts, NOW).length).toBeLessThanOrEqual(150);
  });
});
