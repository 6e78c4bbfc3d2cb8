import { describe, expect, it } from 'vitest';
import { toRequest, whyNotAgain } from '../../../src/app/inferenceLog/again';
import { toTest, whyNoTest } from '../../../src/app/inferenceLog/recordTest';
import { replay, type ReplayOutcome } from '../../../src/app/inferenceLog/replay';
import type { InferenceRequest, InferenceResponse } from '../../../src/core/backend';
import { ServingError } from '../../../src/core/errors';
import type { InferenceRecord } from '../../../src/core/inferenceLog';
import { record, withInputs } from './records';

function reply(body: string, more: Partial<InferenceResponse> = {}): InferenceResponse {
  return { status: 200, statusText: 'OK', headers: {}, body, latencyMs: 3, ...more };
}

/** What is sent, and how many at once. */
function target(answer: (request: InferenceRequest) => InferenceResponse | Error) {
  const sent: InferenceRequest[] = [];
  const outcomes: ReplayOutcome[] = [];
  const state: { now: number; most: number; stopped?: string } = { now: 0, most: 0 };
  return {
    sent,
    outcomes,
    state,
    ports: {
      send: async (request: InferenceRequest, signal: AbortSignal): Promise<InferenceResponse> => {
        sent.push(request);
        state.now += 1;
        state.most = Math.max(state.most, state.now);
        await new Promise((resolve) => setTimeout(resolve, 1));
        state.now -= 1;
        signal.throwIfAborted();
        const answered = answer(request);
        if (answered instanceof Error) {
          throw answered;
        }
        return answered;
      },
      stopped: () => state.stopped,
      answered: (outcome: ReplayOutcome) => {
        outcomes.push(outcome);
      },
    },
  };
}

const numbered = (records: readonly InferenceRecord[]) => records.map((each, number) => ({ number, record: each }));
const signal = (): AbortSignal => new AbortController().signal;

describe('a replay', () => {
  it('says of each whether it is the same, close, different or failed', async () => {
    const records = ['same', 'close', 'different', 'status', 'away'].map((each) => withInputs(each));
    const { ports, outcomes, sent } = target(({ body }) => {
      switch ((JSON.parse(body) as { inputs: string }).inputs) {
        case 'same':
          return reply('{ "score": 5e-1, "predictions": ["setosa"] }');
        case 'close':
          return reply('{"predictions":["setosa"],"score":0.5000001}');
        case 'different':
          return reply('{"predictions":["virginica"],"score":0.6,"extra":1}');
        case 'status':
          return reply('{"error":"no"}', { status: 400 });
        default:
          return new ServingError('unavailable', 'Nothing answers there');
      }
    });
    expect(await replay(numbered(records), ports, signal())).toBeUndefined();
    const byRecord = [...outcomes].sort((a, b) => a.record - b.record);
    expect(byRecord.map(({ outcome }) => outcome)).toEqual(['same', 'close', 'different', 'different', 'failed']);
    expect(byRecord[0]).toMatchObject({ before: 2, now: 3, status: 200, differences: [] });
    expect(byRecord[2]?.differences.map(({ path, expected, actual }) => [path, expected, actual])).toEqual([
      ['$.predictions[0]', '"setosa"', '"virginica"'],
      ['$.score', '0.5', '0.6'],
      ['$.extra', undefined, '1'],
    ]);
    expect(byRecord[3]?.differences[0]).toMatchObject({ path: 'status', expected: '200', actual: '400' });
    expect(byRecord[4]?.message).toBe('Nothing answers there');
    expect(sent.map(({ verb }) => verb)).toEqual(Array(5).fill('predict'));
  });

  it('does not take the id that an error tells for a difference', async () => {
    const failed = record({ status: 400, reply: { bytes: 1, text: '{"error":"no","requestId":"id-1"}' } });
    const { ports, outcomes } = target(() =>
      reply('{"error":"no","requestId":"id-2"}', { status: 400, requestId: 'id-2' }),
    );
    await replay(numbered([failed]), ports, signal());
    expect(outcomes[0]?.outcome).toBe('same');
    expect(toTest(failed).expect).toEqual({ status: 400 });
  });

  it('sends four at once at the most, in their order', async () => {
    const { ports, outcomes, state, sent } = target(() => reply('{}'));
    await replay(numbered(Array.from({ length: 50 }, (_, at) => withInputs(at))), ports, signal());
    expect([outcomes.length, state.most]).toEqual([50, 4]);
    expect(sent.map(({ body }) => (JSON.parse(body) as { inputs: number }).inputs)).toEqual(
      Array.from({ length: 50 }, (_, at) => at),
    );
  });

  it('sends nothing to what has stopped', async () => {
    const { ports, outcomes, state, sent } = target(() => {
      if (sent.length > 9) {
        state.stopped = 'iris does not run any more';
      }
      return reply('{}');
    });
    const ended = await replay(numbered(Array.from({ length: 50 }, () => record())), ports, signal());
    expect(ended).toBe('iris does not run any more');
    expect(sent.length).toBeLessThan(15);
    expect(outcomes.length).toBe(sent.length);
  });

  it('ends when it is cancelled', async () => {
    const controller = new AbortController();
    const { ports, sent } = target(() => reply('{}'));
    const work = replay(numbered(Array.from({ length: 500 }, () => record())), ports, controller.signal);
    await new Promise((resolve) => setTimeout(resolve, 10));
    controller.abort();
    expect(await work).toBe('cancelled');
    expect(sent.length).toBeLessThan(500);
  });

  it('compares a record without a reply by its status only', async () => {
    const { reply: _, ...inputsOnly } = record();
    const { ports, outcomes } = target(() => reply('{"predictions":[1]}'));
    await replay(numbered([inputsOnly, record({ reply: { bytes: 1, text: '{}', redacted: true } })]), ports, signal());
    expect(outcomes.map(({ outcome }) => outcome)).toEqual(['same', 'same']);
  });
});

describe('what can be sent again', () => {
  it('is what was kept whole, as text, for a verb of ours', () => {
    const { request: _, ...repliesOnly } = record();
    expect(whyNotAgain(record())).toBeUndefined();
    expect(whyNotAgain(repliesOnly)).toMatch(/not kept/);
    expect(whyNotAgain(record({ request: { bytes: 1, text: '{}', redacted: true } }))).toMatch(/redacted/);
    expect(whyNotAgain(record({ request: { bytes: 1, withheld: 'it is not JSON' } }))).toMatch(/withheld/);
    expect(whyNotAgain(record({ request: { bytes: 1, base64: 'AA==' } }))).toMatch(/no text/);
    expect(whyNotAgain(record({ verb: 'explain' }))).toMatch(/explain/);
    expect(whyNotAgain(record({ verb: 'app', protocol: 'app' }))).toMatch(/app of its own/);
  });

  it('goes byte for byte, as a stream where it was one', () => {
    const text = '{ "inputs" : [1.0] }';
    expect(toRequest(record({ verb: 'classify', request: { bytes: 1, text } }))).toEqual({
      verb: 'classify',
      body: text,
    });
    expect(toRequest(record({ reply: { bytes: 1, text: '', type: 'text/event-stream' } }))?.stream).toBe('events');
  });
});

describe('a request of the Open Inference Protocol', () => {
  const tensors = '{"inputs":[{"name":"x","datatype":"FP64","shape":[1,1],"data":[1.0]}]}';
  const body = { bytes: tensors.length, text: tensors };

  it('goes to its own path again', () => {
    expect(toRequest(record({ protocol: 'v2', request: body }))).toEqual({
      verb: 'predict',
      protocol: 'v2',
      body: tensors,
    });
    expect(toRequest(record({ protocol: 'v1', request: body }))).toEqual({ verb: 'predict', body: tensors });
  });

  it('is known by its tensors in a topic, which does not say so', () => {
    const ofTopic = record({ request: body });
    expect(toRequest(ofTopic)?.protocol).toBe('v2');
    for (const text of ['{"inputs":[]}', '{"inputs":[[1,2]]}', '{"inputs":[null]}', '[1]', 'null', 'no JSON']) {
      expect(toRequest({ ...ofTopic, request: { bytes: 1, text } })?.protocol).toBeUndefined();
    }
  });

  it('becomes no test', () => {
    expect(whyNoTest(record({ protocol: 'v2', request: body }))).toMatch(/Open Inference Protocol/);
  });
});

describe('a test of a record', () => {
  it('has its request, and what was answered, with a tolerance where numbers have fractions', () => {
    expect(toTest(record())).toEqual({
      name: 'predict 2026-11-30 12:00:00',
      verb: 'predict',
      body: '{"inputs":[[5.1,3.5,1.4]]}',
      expect: { status: 200, reply: '{"predictions":["setosa"],"score":0.5}', tolerance: 1e-6 },
    });
    const { reply: _, ...inputsOnly } = record({ status: 400 });
    expect(toTest(inputsOnly).expect).toEqual({ status: 400 });
  });

  it('is not made of what would never pass, or cannot be saved', () => {
    expect(whyNoTest(record({ reply: { bytes: 1, text: '{}', redacted: true } }))).toMatch(/redacted/);
    expect(whyNoTest(record({ request: { bytes: 1, text: '{"inputs": ' } }))).toMatch(/no JSON/);
    expect(() => toTest(record({ verb: 'infer' }))).toThrow(/Could not make a test/);
  });
});
