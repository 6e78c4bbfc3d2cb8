import type * as vscode from 'vscode';
import { describe, expect, it, vi } from 'vitest';
import type { SavedRequest } from '../../../src/app/requests/requestsText';
import type { InferenceRequest, InferenceResponse } from '../../../src/core/backend';
import { ServingError } from '../../../src/core/errors';
import { runRequests, type RunPorts } from '../../../src/ui/testing/runRequests';
import { facts } from '../../webview/fixtures/servings';

vi.mock('vscode', async () => {
  const fake = await import('../../manifest/vscodeFake');
  class TestMessage {
    location: unknown;
    contextValue?: string;
    expectedOutput?: string;
    actualOutput?: string;
    constructor(readonly message: string | { value: string }) {}
    static diff(message: string, expected: string, actual: string): TestMessage {
      return Object.assign(new TestMessage(message), { expectedOutput: expected, actualOutput: actual });
    }
  }
  class Location {
    constructor(
      readonly uri: unknown,
      readonly range: unknown,
    ) {}
  }
  return { ...fake, TestMessage, Location };
});

const FILE = '/w/iris.requests.json';
const { serving } = facts('running', 0);
const REPLY: InferenceResponse = {
  status: 200,
  statusText: 'OK',
  headers: {},
  body: '{"predictions":[1]}',
  latencyMs: 4,
  requestId: 'r1',
};

type Told = readonly [what: string, item: string, ...details: unknown[]];

type Change = Partial<RunPorts> & { readonly error?: string; readonly signal?: AbortSignal; readonly nobody?: true };

/** Runs requests of one file; gives what the run was told, and what was sent. */
async function ran(
  requests: readonly (Partial<SavedRequest> | undefined)[],
  predict: (request: InferenceRequest, signal: AbortSignal) => Promise<InferenceResponse>,
  change: Change = {},
) {
  const told: Told[] = [];
  const tell =
    (what: string) =>
    (item: { label: string }, ...details: unknown[]) =>
      told.push([what, item.label, ...details]);
  const names = ['started', 'passed', 'failed', 'errored', 'skipped'] as const;
  const output: string[] = [];
  const run = {
    ...Object.fromEntries(names.map((name) => [name, tell(name)])),
    appendOutput: (text: string) => output.push(text),
  } as unknown as vscode.TestRun;
  const parent = { error: change.error };
  const items = requests.map((_, at) => ({
    label: `t${String(at)}`,
    uri: { fsPath: FILE },
    range: { start: `line ${String(at)}` },
    parent,
  })) as unknown as vscode.TestItem[];
  const answered: boolean[] = [];
  const ports: RunPorts = {
    trust: { isTrusted: true },
    predict: (_ref, request, signal) => predict(request, signal),
    actions: () => ['predict'],
    requestOf: (item) => {
      const request = requests[items.indexOf(item)];
      return request && { name: item.label, verb: 'predict', body: '1\n', ...request };
    },
    answered: (_item, _request, _reply, hasPassed) => answered.push(hasPassed),
    ...change,
  };
  const signal = change.signal ?? new AbortController().signal;
  await runRequests(run, items, change.nobody ? undefined : serving, ports, signal);
  return { told, output, answered };
}

const answering =
  (reply: Partial<InferenceResponse> = {}) =>
  () =>
    Promise.resolve({ ...REPLY, ...reply });
const textOf = (message: unknown): string => {
  const { message: text } = message as { message: string | { value: string } };
  return typeof text === 'string' ? text : text.value;
};

describe('requests of a file', () => {
  it('are sent one after another, and pass with their latency', async () => {
    const sent: string[] = [];
    let open = 0;
    const { told, output, answered } = await ran([{ body: '1' }, { body: '2', verb: 'classify' }], async (request) => {
      expect(++open).toBe(1);
      await new Promise((next) => setTimeout(next, 5));
      open--;
      sent.push(`${request.verb} ${request.body}`);
      return REPLY;
    });
    expect(sent).toEqual(['predict 1', 'classify 2']);
    expect(told).toEqual([
      ['started', 't0'],
      ['passed', 't0', 4],
      ['started', 't1'],
      ['passed', 't1', 4],
    ]);
    expect(output).toEqual(['t0  200  4.0 ms  request r1\r\n', 't1  200  4.0 ms  request r1\r\n']);
    expect(answered).toEqual([true, true]);
  });

  it('fail at their line with both texts laid out, for the editor that compares', async () => {
    const { told, answered } = await ran(
      [{ expect: { status: 201, reply: '{"predictions":[2]}', latencyMs: 1 } }],
      answering(),
    );
    const [, failed] = told;
    expect(failed?.slice(0, 2)).toEqual(['failed', 't0']);
    expect(failed?.[3]).toBe(4);
    const location = { uri: { fsPath: FILE }, range: 'line 0' };
    expect(failed?.[2]).toMatchObject([
      { message: 'Status 200, expected 201', expectedOutput: '201', actualOutput: '200', location },
      {
        message: '$.predictions[0] is 1, expected 2',
        expectedOutput: '{\n  "predictions": [2]\n}',
        actualOutput: '{\n  "predictions": [1]\n}',
        contextValue: 'modelServingReply',
        location,
      },
      { message: 'Answered after 4.0 ms, at most 1 ms are allowed', location },
    ]);
    expect(answered).toEqual([false]);
  });

  it('show what came with a status that nobody expected', async () => {
    const { told } = await ran([{}], answering({ status: 500, body: '{"error":"no"}' }));
    expect(told[1]?.[2]).toMatchObject([{ actualOutput: '500\n{\n  "error": "no"\n}' }]);
  });

  it('are errors when nothing answers, with what can be done', async () => {
    const { told } = await ran([{}, {}], () =>
      Promise.reject(
        new ServingError('unreachable', 'Could not reach [iris](http://x)', { remedies: [{ kind: 'restart' }] }),
      ),
    );
    expect(told.map(([what]) => what)).toEqual(['started', 'errored', 'started', 'errored']);
    const [message] = told[1]?.slice(2) ?? [];
    expect(textOf(message)).toMatch(/^Could not reach .*\n\n\[Restart\]\(command:modelServing\.serving\.restart\?%5B/s);
    expect((message as { message: { isTrusted: unknown } }).message.isTrusted).toEqual({
      enabledCommands: ['modelServing.serving.restart'],
    });
  });

  it.each<readonly [Change, RegExp]>([
    [{ trust: { isTrusted: false } }, /trusted.*command:workbench\.trust\.manage/s],
    [{ nobody: true }, /No serving is chosen.*command:modelServing\.tests\.chooseServing\?.*iris\.requests\.json/s],
    [{ actions: () => ['start'] }, /does not answer: it is running.*command:modelServing\.serving\.start\?/s],
    [{ actions: () => [] }, /does not answer(?!.*serving\.start)/s],
    [{ error: 'It is not a JSON object: look at line 3' }, /look at line 3/],
  ])('are not sent with %o', async (change, why) => {
    const predict = vi.fn(answering());
    const { told } = await ran([{}], predict, change);
    expect(predict).not.toHaveBeenCalled();
    expect(told.map(([what]) => what)).toEqual(['errored']);
    expect(textOf(told[0]?.[2])).toMatch(why);
  });

  it('that are wrong say so, the others run', async () => {
    const { told } = await ran([undefined, {}], answering());
    expect(told.map(([what, item]) => `${what} ${item}`)).toEqual(['errored t0', 'started t1', 'passed t1']);
  });

  it('end when they are cancelled: the one that runs, and those that wait', async () => {
    const abort = new AbortController();
    const { told } = await ran(
      [{}, {}, {}],
      (_request, signal) =>
        new Promise((_next, reject) => {
          signal.addEventListener('abort', () => {
            reject(new ServingError('cancelled', 'cancelled'));
          });
          setTimeout(() => {
            abort.abort();
          }, 5);
        }),
      { signal: abort.signal },
    );
    expect(told.map(([what, item]) => `${what} ${item}`)).toEqual([
      'started t0',
      'skipped t0',
      'skipped t1',
      'skipped t2',
    ]);
  });
});
