// The states of the panel of an inference log, answered as the host does.
import { send, sent, settle } from './harness.mjs';

export const SUBJECT = {
  ref: { backend: 'process', name: 'irisflowerclassifier' },
  name: 'irisflowerclassifier',
  label: 'irisflowerclassifier',
  live: true,
  empty: { text: 'No predictions yet. They appear here as they are answered.', remedies: [] },
};

/** Records as they are read, one each second, the last one at `end`. */
export function records(count, end) {
  return Array.from({ length: count }, (_, at) => {
    const id = `9d20c4e1-${String(at).padStart(4, '0')}-4c1e-9f00-5d1f0a2b3c4d`;
    const row = [5.1 + (at % 7) / 10, 3.5 - (at % 3) / 10, 1.4 + (at % 5), 0.2 + (at % 4) / 10];
    const request = JSON.stringify({ inputs: [row] });
    const reply = JSON.stringify({ predictions: [['setosa', 'versicolor', 'virginica'][at % 3]], score: at / 7 });
    const base = {
      time: end - (count - 1 - at) * 1000,
      id,
      serving: 'irisflowerclassifier',
      model: 'irisflowerclassifier',
      version: 1,
      replica: (at % 2) + 1,
      verb: at % 4 === 3 ? 'classify' : 'predict',
      protocol: 'v1',
      path: '/v1/models/irisflowerclassifier:predict',
      status: 200,
      latencyMs: 0.8 + (at % 11) / 3,
      headers: { 'content-type': 'application/json' },
      request: { bytes: request.length, text: request },
      reply: { bytes: reply.length, text: reply, type: 'application/json' },
    };
    switch (at % 20) {
      case 7: {
        const text = '{"error": "inputs[0] has 3 of 4 features", "kind": "bad-inputs"}';
        return { ...base, status: 400, reply: { bytes: text.length, text, type: 'application/json' } };
      }
      case 11: {
        const text = '{"error": "ValueError: could not convert \'petal_width\' to float"}';
        return { ...base, status: 500, latencyMs: 31, reply: { bytes: text.length, text, type: 'application/json' } };
      }
      case 13: {
        const text = '{"inputs":[{"name":"[redacted]","petals":[1.4,0.2]}]}';
        return { ...base, request: { bytes: 61, text, redacted: true } };
      }
      case 15:
        return { ...base, request: { bytes: 5400, withheld: 'it is not JSON' } };
      default:
        return base;
    }
  });
}

/** Stands in for the host: what is held, and what it answers to the page's filters and requests. */
export class InferenceHost {
  constructor(host, page) {
    this.host = host;
    this.page = page;
    this.held = [];
  }

  async show(records, { subject = SUBJECT, read = true } = {}) {
    await send(this.page, 'subject', subject);
    await this.add(records, true);
    await send(this.page, 'state', { read, oldest: 0, bytes: records.length * 900, troubles: [] });
    await this.answer();
  }

  async add(records, first = false) {
    const base = first ? 0 : this.held.length;
    this.held = first ? [...records] : [...this.held, ...records];
    await send(this.page, 'records', this.host.toRecordBatch(first, base, records));
    if (!first) {
      await this.tell(base, false);
    }
  }

  /** Answers the last filter that the page has sent. */
  async answer() {
    const asked = (await sent(this.page, 'notification', 'filter')).at(-1).params;
    this.round = asked.round;
    this.fits = this.host.toSieve(asked.filter);
    await this.tell(0, true);
  }

  async tell(from, first) {
    const records = this.held.flatMap((record, at) => (at >= from && this.fits(record) ? [at] : []));
    await send(this.page, 'shown', { round: this.round, first, records, done: true });
  }

  /** Answers the last request of that name. */
  async reply(name, make) {
    const { id, params } = (await sent(this.page, 'request', name)).at(-1);
    await this.page.evaluate((message) => window.stub.deliver(message), { kind: 'result', id, result: make(params) });
    await settle(this.page);
    return params;
  }

  async open(index) {
    await this.page.locator(`#line-${index}`).dblclick();
    await this.reply('record', ({ record }) => this.host.toRecordView(this.held[record]));
  }
}

export const REPLAY = { round: 5, target: 'churn', of: 40, left: 3, running: false };

/** How forty of the records were answered this time. */
export function outcomes(count = 40) {
  return Array.from({ length: count }, (_, record) => {
    const outcome =
      record % 9 === 4 ? 'different' : record % 13 === 5 ? 'close' : record % 20 === 11 ? 'failed' : 'same';
    const differences =
      outcome === 'different'
        ? [
            { path: '$.predictions[0]', before: '"versicolor"', now: '"setosa"' },
            { path: '$.extra', before: '', now: '[1,2]' },
          ]
        : outcome === 'close'
          ? [{ path: '$.score', before: '0.7142857142857143', now: '0.7142857142857144' }]
          : [];
    const times = { before: 1.2, now: 1.5, status: 200 };
    return outcome === 'failed'
      ? { record, outcome, differences, more: 0, before: 1.2, message: 'The request took longer than 300 s' }
      : { record, outcome, differences, more: 0, ...times };
  });
}

export function inferenceShots(host, now) {
  const scene = (name, then) => ({
    name: `inference-${name}`,
    panel: 'inference',
    full: false,
    events: [],
    then: async (page) => {
      await then(new InferenceHost(host, page), page);
    },
  });
  const empty = (serving, isRead, isOff) => {
    const { text, remedies } = host.emptyLog(serving, isRead, isOff);
    return { ...SUBJECT, live: false, empty: { text, remedies: remedies.map(host.toRemedyView) } };
  };
  const definition = (local) => ({ inferenceLog: { local, mode: 'ALL' } });
  return [
    scene('records', (log) => log.show(records(200, now))),
    scene('opened', async (log) => {
      await log.show(records(24, now));
      await log.open(16);
    }),
    scene('withheld', async (log) => {
      await log.show(records(16, now));
      await log.open(15);
    }),
    scene('filter', async (log, page) => {
      await log.show(records(200, now));
      await page.getByRole('textbox', { name: 'Filter by JSON path' }).fill('$.predictions[0] = ');
      await page.getByRole('button', { name: /^4xx/ }).click();
      await page.waitForTimeout(200);
      await log.answer();
    }),
    scene('replay', async (log, page) => {
      await log.show(records(40, now));
      await send(page, 'replay', REPLAY);
      await send(page, 'outcomes', { round: 5, outcomes: outcomes() });
      await log.open(31);
    }),
    scene('replaying', async (log, page) => {
      await log.show(records(40, now));
      await send(page, 'replay', { ...REPLAY, running: true });
      await send(page, 'outcomes', { round: 5, outcomes: outcomes(12) });
    }),
    scene('empty', (log) =>
      log.show([], { subject: empty({ definition: definition(true), state: 'stopped' }, true, false) }),
    ),
    scene('off', (log) =>
      log.show([], { subject: empty({ definition: definition(false), state: 'running' }, true, false) }),
    ),
    scene('hidden', async (log, page) => {
      await log.show(records(40, now));
      await page.getByRole('textbox', { name: 'Filter by text' }).fill('nothing has this');
      await page.waitForTimeout(200);
      await log.answer();
    }),
  ];
}
