import { describe, expect, it, vi } from 'vitest';
import { ServingError } from '../../../src/core/errors';
import { isNothing, isNumber, isString, shape } from '../../../src/protocol/checks';
import type { Contract, HostHandlers, ToPage } from '../../../src/protocol/contract';
import { HostEnd } from '../../../src/ui/panels/hostEnd';

const CONTRACT = {
  events: { tick: isNumber, focus: isNothing },
  requests: { ask: { params: shape<{ readonly text: string }>({ text: isString }, {}), result: isString } },
  notifications: { say: shape<{ readonly text: string }>({ text: isString }, {}) },
} as const satisfies Contract;

function setUp(handlers: Partial<HostHandlers<typeof CONTRACT>['requests']> = {}) {
  const posted: ToPage[] = [];
  const problems: string[] = [];
  const said: string[] = [];
  const onReady = vi.fn();
  const end = new HostEnd<typeof CONTRACT>(
    CONTRACT,
    {
      requests: { ask: ({ text }) => Promise.resolve(text.toUpperCase()), ...handlers },
      notifications: {
        say: ({ text }) => {
          if (text === 'throw') {
            throw new Error('no');
          }
          said.push(text);
        },
      },
    },
    { post: (message) => posted.push(message), onReady, onProblem: (message) => problems.push(message) },
  );
  return { end, posted, problems, said, onReady };
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0));

describe("the host's end of a panel", () => {
  it('answers a request once', async () => {
    const { end, posted } = setUp();
    end.receive({ kind: 'request', id: 1, name: 'ask', params: { text: 'a' } });
    await settle();
    expect(posted).toEqual([{ kind: 'result', id: 1, result: 'A' }]);
  });

  it('leaves out what is not of the contract, and says so', async () => {
    const { end, posted, problems, said } = setUp();
    for (const message of [
      null,
      7,
      'x',
      {},
      { kind: 'nothing' },
      { kind: 'request', id: 'a', name: 'ask' },
      { kind: 'cancel' },
    ]) {
      end.receive(message);
    }
    end.receive({ kind: 'notification', name: 'say', params: { text: 5 } });
    end.receive({ kind: 'notification', name: 'constructor', params: {} });
    end.receive({ kind: 'request', id: 3, name: 'toString', params: {} });
    await settle();
    expect(said).toEqual([]);
    expect(problems).toHaveLength(9);
    expect(posted).toMatchObject([{ kind: 'error', id: 3 }]);
  });

  it('passes the message of a failure on, and goes on after a handler that throws', async () => {
    const { end, posted, problems, said } = setUp({
      ask: () => Promise.reject(new ServingError('unavailable', 'iris did not answer: it is stopped')),
    });
    end.receive({ kind: 'request', id: 1, name: 'ask', params: { text: 'a' } });
    end.receive({ kind: 'notification', name: 'say', params: { text: 'throw' } });
    end.receive({ kind: 'notification', name: 'say', params: { text: 'b' } });
    await settle();
    expect(posted).toEqual([
      { kind: 'error', id: 1, error: { message: 'iris did not answer: it is stopped', cancelled: false } },
    ]);
    expect(problems).toHaveLength(1);
    expect(said).toEqual(['b']);
  });

  it('cancels what the page gives up, and everything when the page goes; nothing is answered then', async () => {
    const signals: AbortSignal[] = [];
    const { end, posted } = setUp({
      ask: (_params, signal) => {
        signals.push(signal);
        return new Promise((_resolve, reject) => {
          signal.addEventListener('abort', () => {
            reject(ServingError.cancelled('predict'));
          });
        });
      },
    });
    end.receive({ kind: 'request', id: 1, name: 'ask', params: { text: 'a' } });
    end.receive({ kind: 'request', id: 2, name: 'ask', params: { text: 'b' } });
    end.receive({ kind: 'cancel', id: 1 });
    expect(signals.map((each) => each.aborted)).toEqual([true, false]);
    end.receive({ kind: 'ready' });
    expect(signals.map((each) => each.aborted)).toEqual([true, true]);
    await settle();
    expect(posted).toEqual([]);
  });

  it('keeps what is to be sent until the page listens and is filled', () => {
    const { end, posted, onReady } = setUp();
    onReady.mockImplementation(() => {
      end.send('tick', 1);
    });
    end.whenListening(() => {
      end.send('focus', undefined);
    });
    expect(posted).toEqual([]);
    end.receive({ kind: 'ready' });
    expect(posted.map((each) => (each.kind === 'event' ? each.name : ''))).toEqual(['tick', 'focus']);
    end.gone();
    end.whenListening(() => {
      end.send('focus', undefined);
    });
    expect(posted).toHaveLength(2);
  });
});
