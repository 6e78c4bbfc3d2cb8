// The states that are drawn and measured.
import { inferenceShots } from './inferenceScenes.mjs';

const REPLY = {
  status: 200,
  statusText: 'OK',
  headers: { 'content-type': 'application/json', 'x-request-id': 'e8d11a04' },
  body: '{"predictions": [0, 1, 2]}',
  bytes: 25,
  latencyMs: 2.1,
  requestId: 'e8d11a04',
};

/** Sends the request of the page and answers it. */
export async function answer(page, reply = REPLY) {
  await page.getByRole('button', { name: 'Send' }).click();
  await page.evaluate((result) => {
    const { id } = window.stub.sent.findLast((message) => message.kind === 'request' && message.name === 'predict');
    window.stub.deliver({ kind: 'result', id, result });
  }, reply);
  await page
    .getByRole('status')
    .filter({ hasText: String(reply.status) })
    .waitFor();
}

const ROW = {
  type: 'array',
  items: { type: 'number' },
  minItems: 4,
  maxItems: 4,
  description: 'sepal_length, sepal_width, petal_length, petal_width',
};

/** What the test console is told of a serving with saved requests. */
export const CONSOLE = {
  canStream: true,
  verbs: ['predict', 'classify'].map((verb) => ({
    verb,
    inputs: {
      schema: { type: 'array', items: ROW },
      source: 'As the model in the script needs it.',
      isLoose: true,
    },
    sample: '{\n  "inputs": [[1, 2, 3, 4]]\n}\n',
  })),
  file: {
    name: 'irisflowerclassifier.requests.json',
    exists: true,
    requests: [
      {
        name: 'three flowers',
        verb: 'predict',
        body: '{\n  "inputs": [\n    [5.1, 3.5, 1.4, 0.2],\n    [6.2, 2.9, 4.3, 1.3],\n    [7.7, 3.0, 6.1, 2.3]\n  ]\n}\n',
        isTest: false,
      },
      { name: 'one setosa', verb: 'classify', body: '{\n  "inputs": [[5.1, 3.5, 1.4, 0.2]]\n}\n', isTest: true },
    ],
  },
};

/** A history with a request that was refused. */
function history(now) {
  const one = { verb: 'predict', body: '{}', what: 'three flowers · 3 rows', status: 200, latencyMs: 2.1, bytes: 24 };
  const wrong = { ...one, what: 'inputs[1] has 3 of 4 features · 2 rows', status: 400, latencyMs: 0.6, bytes: 118 };
  return [
    { ...one, at: now - 60_000 },
    { ...wrong, at: now - 90_000 },
  ];
}

/** A request that does not fit, as it is said while it is typed, with the saved ones open. */
async function unfit(page) {
  await answer(page);
  await page.getByRole('textbox', { name: 'Request body, JSON' }).fill('{\n  "inputs": [[5.1, 3.5, 1.4]]\n}\n');
  await page.getByRole('link', { name: 'Line 2, column 14: inputs[0]: 3 of 4 features' }).waitFor();
  await page.getByRole('button', { name: 'Saved Requests' }).click();
}

export const LOG_SUBJECT = {
  ref: { backend: 'process', name: 'irisflowerclassifier' },
  name: 'irisflowerclassifier',
  live: true,
  all: false,
  choices: [
    { ref: { backend: '', name: '*' }, label: 'All servings' },
    { ref: { backend: 'process', name: 'irisflowerclassifier' }, label: 'irisflowerclassifier' },
    { ref: { backend: 'process', name: 'churn' }, label: 'churn' },
  ],
};

/** Lines as the server writes them, one a second, the last one at `end`. */
export function logLines(count, end) {
  return Array.from({ length: count }, (_, at) => {
    const request = (0x9d20c4e1 + Math.floor(at / 2) * 7919).toString(16);
    const base = {
      time: end - (count - 1 - at) * 137,
      logger: 'access',
      replica: (at % 3) + 1,
      request,
      starts: false,
    };
    switch (at % 12) {
      case 5:
        return {
          ...base,
          level: 'WARN',
          logger: 'script',
          message: 'petal_width is outside the training range: 9.1, expected 0.1 to 2.5',
          fields: {},
        };
      case 7:
        return {
          ...base,
          level: 'ERROR',
          logger: 'server',
          message: "row 2: petal_width is not a number: 'n/a'",
          fields: { status: 400, latency_ms: 0.6, batch: true },
        };
      case 9:
        return {
          ...base,
          level: 'ERROR',
          logger: 'script',
          message: "ValueError: could not convert 'petal_width' to float",
          fields: {},
          trace: {
            type: 'ValueError',
            text: "could not convert 'petal_width' to float",
            frames: [
              {
                file: '/ext/server/model_server/worker/worker.py',
                label: 'worker.py',
                line: 80,
                function: 'call',
                source: 'method(inputs)',
                user: false,
              },
              {
                file: '/home/dana/flowers/irisflowerclassifier.py',
                label: 'irisflowerclassifier.py',
                line: 21,
                function: 'predict',
                source: 'return self.model.predict(inputs)',
                user: true,
              },
              {
                file: '/home/dana/.venv/lib/python3.11/site-packages/sklearn/base.py',
                label: 'base.py',
                line: 300,
                function: 'check_array',
                source: 'array = float(x)',
                user: false,
              },
            ],
          },
        };
      case 10:
        return {
          ...base,
          level: 'DEBUG',
          logger: 'script',
          message: 'features petal_width=0.2 petal_length=1.4',
          fields: {},
        };
      default:
        return {
          ...base,
          level: 'INFO',
          message: `POST :predict 200 ${(1 + (at % 7) / 10).toFixed(1)} ms rows=1`,
          fields: { status: 200, latency_ms: 1 + (at % 7) / 10 },
        };
    }
  });
}

/** A log of two runs, the first one of yesterday. */
export function twoRuns(end) {
  const start = (time) => ({
    time,
    level: 'INFO',
    logger: 'server',
    message: 'Model server 0.1.0 starts irisflowerclassifier on Python 3.11.7',
    fields: {},
    starts: true,
  });
  return [start(end - 86_400_000), ...logLines(40, end - 86_300_000), start(end - 9000), ...logLines(60, end)];
}

/** Lines as programs print them for terminals. */
export function colouredLines(host, now) {
  const texts = [
    '\u001b[31mred\u001b[0m \u001b[1;32mbold green\u001b[0m \u001b[33myellow\u001b[0m \u001b[4;36munderlined cyan\u001b[0m plain',
    '\u001b[97;44mwhite on blue\u001b[0m \u001b[38;5;9mof 256\u001b[0m \u001b[38;2;1;2;3mtrue colour\u001b[0m \u001b[2Kcleared',
    'Epoch 1:  10%|#     |\rEpoch 1:  50%|###   |\rEpoch 1: 100%|######|',
    '<script>alert("no")</script> <b>not bold</b>',
    'broken \ufffd utf-8',
    `long ${'x'.repeat(100_000)} end`,
  ];
  return texts.map((message, at) =>
    host.toLogEntry({
      time: now + at,
      level: 'INFO',
      logger: 'stdout',
      replica: 1,
      message,
      fields: { note: message },
    }),
  );
}

export const ALL_SUBJECT = {
  ...LOG_SUBJECT,
  ref: { backend: '', name: '*' },
  name: 'All servings',
  all: true,
};

/** Lines of two servings, in the order of time. */
export function severalServings(now) {
  return logLines(60, now).map((line, at) => ({ ...line, serving: at % 5 < 3 ? 'irisflowerclassifier' : 'churn' }));
}

/** What the host tells of a serving: the charts come first, so that they are there with the first draw. */
export function servingEvents(host, name, now) {
  const facts = host.facts(name, now);
  const charts = host.toTraffic(facts.traffic, now);
  return [
    ['traffic', charts === undefined ? {} : { charts }],
    ['view', host.toServingView(facts)],
  ];
}

export function shotsOf(host) {
  const now = Date.now();
  const servings = host.FIXTURE_NAMES.map((name) => ({
    name: `serving-${name}`,
    panel: 'serving',
    full: true,
    events: servingEvents(host, name, now),
    then: name === 'running' ? (page) => answer(page) : undefined,
  }));
  const running = ['view', host.toServingView(host.facts('running', now))];
  const console = {
    name: 'console',
    panel: 'serving',
    full: true,
    events: [running, ['console', CONSOLE], ['history', { sent: history(now) }]],
    then: unfit,
  };
  const log = (name, lines, then) => ({
    name: `logs-${name}`,
    panel: 'logs',
    full: false,
    events: [
      ['subject', LOG_SUBJECT],
      ['lines', host.toBatch(true, lines)],
    ],
    then,
  });
  const facts = host.facts('single', now);
  const sent = host.sentFromHere(now);
  const here = {
    name: 'serving-sent',
    panel: 'serving',
    full: true,
    events: [
      ['traffic', { charts: host.toTraffic(sent, now) }],
      ['view', host.toServingView({ ...facts, traffic: sent, countsTraffic: false })],
    ],
  };
  return [
    ...servings,
    here,
    console,
    log('lines', twoRuns(now)),
    log('search', twoRuns(now), async (page) => {
      await page.getByRole('textbox', { name: 'Search in log' }).fill('petal_width');
      await page.getByRole('textbox', { name: 'Search in log' }).press('Enter');
      await page.getByRole('treegrid').focus();
      await page.keyboard.press('ArrowRight');
    }),
    log('traceback', twoRuns(now), async (page) => {
      await page.getByRole('row').filter({ hasText: 'ValueError' }).last().dblclick();
    }),
    log('range', logLines(4000, now), async (page) => {
      const box = await page.locator('#histogram').boundingBox();
      await page.mouse.move(box.x + box.width * 0.6, box.y + 20);
      await page.mouse.down();
      await page.mouse.move(box.x + box.width, box.y + 20, { steps: 4 });
      await page.mouse.up();
      await page.getByRole('textbox', { name: 'Search in log' }).fill('training');
    }),
    {
      ...log('all', severalServings(now)),
      events: [
        ['subject', ALL_SUBJECT],
        ['lines', host.toBatch(true, severalServings(now))],
      ],
    },
    log('colours', colouredLines(host, now)),
    log('empty', []),
    log(
      'hidden',
      logLines(20, now).filter((line) => line.level === 'DEBUG'),
    ),
    ...inferenceShots(host, now),
  ];
}
