import { describe, expect, it } from 'vitest';
import type { InferenceResponse } from '../../../src/core/backend';
import { DEFAULTS } from '../../../src/core/definition';
import type { InferenceRecord } from '../../../src/core/inferenceLog';
import type { BackendId, Serving } from '../../../src/core/serving';
import type { OutcomeView, ReplayView } from '../../../src/protocol/views/record';
import { ReplayHost } from '../../../src/ui/panels/replayHost';
import { ScriptedPrompts, type Answer } from '../../fakes/scriptedPrompts';
import { record, withInputs } from './records';

const serving = (name: string): Serving => ({
  ref: { backend: 'process:/w' as BackendId, name },
  kind: 'process',
  state: 'running',
  differences: [],
  definition: { ...DEFAULTS, name, model: { name: 'iris', version: 1 }, script: 'a.py' },
});
const REPLY: InferenceResponse = {
  ...{ status: 200, statusText: 'OK', headers: {}, latencyMs: 1 },
  body: '{"predictions":["setosa"],"score":0.5}',
};

function setUp(script: readonly (readonly [string, Answer])[]) {
  const prompts = new ScriptedPrompts(script);
  const sent: string[] = [];
  const views: ReplayView[] = [];
  const outcomes: OutcomeView[] = [];
  const running = [serving('churn'), serving('iris')];
  const host = new ReplayHost(
    serving('iris').ref,
    {
      predictor: {
        predict: ({ name }) => {
          sent.push(name);
          return Promise.resolve(REPLY);
        },
      },
      prompts,
      running: () => running,
      backendLabel: () => 'This computer',
    },
    { view: (view) => views.push(view), outcomes: (_, fresh) => outcomes.push(...fresh) },
  );
  const run = (records: readonly InferenceRecord[]): Promise<void> =>
    host.run(
      records.map((_, at) => at),
      (at) => records[at],
    );
  return { prompts, sent, views, outcomes, running, host, run };
}

describe('replays of a panel', () => {
  it('go to the serving that is chosen, its own first, and count what cannot be sent', async () => {
    const { prompts, sent, views, outcomes, run, host } = setUp([['Replay', 'enter']]);
    const withheld = record({ request: { bytes: 1, withheld: 'it is not JSON' } });
    await run([withInputs([1]), withheld, withInputs([2]), record({ verb: 'infer' })]);
    prompts.end();
    expect(sent).toEqual(['iris', 'iris']);
    expect(outcomes.map(({ record: number, outcome }) => [number, outcome])).toEqual([
      [0, 'same'],
      [2, 'same'],
    ]);
    const last = views.at(-1);
    expect([views.length, last?.of, last?.left, last?.running, last?.target]).toEqual([2, 2, 2, false, 'iris']);
    outcomes.length = 0;
    host.tellAll();
    expect([views.at(-1), outcomes.length], 'a page that was hidden is told again').toEqual([last, 2]);
    host.close();
    views.length = 0;
    host.tellAll();
    expect(views).toEqual([]);
  });

  it('of more than a thousand are asked about first', async () => {
    const many = Array.from({ length: 1001 }, (_, at) => withInputs([at]));
    const refused = setUp([
      ['Replay', { pick: 'churn' }],
      ['Send 1001 requests to churn?', 'leave'],
    ]);
    await expect(refused.run(many)).rejects.toMatchObject({ code: 'cancelled' });
    expect([refused.sent, refused.views]).toEqual([[], []]);
    const { run, outcomes, prompts } = setUp([
      ['Replay', { pick: 'churn' }],
      ['Send 1001 requests to churn?', 'yes'],
    ]);
    await run(many);
    prompts.end();
    expect(outcomes).toHaveLength(1001);
  });

  it('say why they are not possible, and end when the serving stops', async () => {
    const { run, running } = setUp([]);
    await expect(run([record({ verb: 'infer' })])).rejects.toThrow(
      'Could not replay: Requests for infer cannot be sent from here.',
    );
    running.length = 0;
    await expect(run([record()])).rejects.toThrow('Could not replay: no serving runs');
    const other = setUp([['Replay', 'enter']]);
    const work = other.run(Array.from({ length: 400 }, () => record()));
    await expect(other.run([record()])).rejects.toThrow('another replay is under way');
    other.running.length = 0;
    await work;
    expect(other.views.at(-1)?.problem).toBe('iris does not run any more');
  });
});
