import assert from 'node:assert/strict';
import { after, afterEach, before, describe, it } from 'node:test';
import { openHarness, send, sent, trouble } from './harness.mjs';
import { answer } from './scenes.mjs';

describe('the detail panel', () => {
  let harness;
  let page;
  before(async () => {
    harness = await openHarness();
  });
  after(() => harness?.close());
  afterEach(async () => {
    assert.deepEqual(await trouble(page), []);
    await page.close();
  });

  const view = (name) => harness.host.toServingView(harness.host.facts(name, Date.now()));
  async function show(name, options) {
    page = await harness.open('serving', options);
    await send(page, 'view', view(name));
  }
  const editor = () => page.getByRole('textbox', { name: 'Request body, JSON' });
  const type = async (text) => editor().fill(text);
  const lastRequest = async () => (await sent(page, 'request', 'predict')).at(-1);

  it('says that it listens and shows nothing before it is told', async () => {
    page = await harness.open('serving');
    assert.deepEqual(await sent(page, 'ready'), [{ kind: 'ready' }]);
    assert.equal(await page.locator('#root').textContent(), '');
  });

  for (const [name, word, shown, hidden] of [
    ['running', 'Running', ['Endpoint', 'Test', 'Replicas', 'Start-up', 'Configuration'], []],
    ['degraded', 'Running · 2/3', ['Endpoint', 'Test', 'Replicas'], []],
    ['starting', 'Starting', ['Start-up', 'Endpoint'], ['Test', 'Replicas']],
    ['creating', 'Creating', ['Configuration'], ['Endpoint', 'Test', 'Replicas', 'Start-up']],
    ['stopped', 'Stopped', ['Start-up', 'Configuration'], ['Endpoint', 'Test', 'Replicas']],
    ['unknown', 'Unknown', ['Configuration'], ['Test']],
    ['failed', 'Failed', ['Start-up', 'Endpoint', 'Configuration'], ['Test', 'Replicas']],
  ]) {
    it(`shows a serving that is ${name}`, async () => {
      await show(name);
      assert.equal(await page.locator('header').getByRole('status').textContent(), word);
      const heads = await page.getByRole('heading', { level: 2 }).allTextContents();
      for (const each of shown) assert.ok(heads.includes(each), `${each} is in ${heads}`);
      for (const each of hidden) assert.ok(!heads.includes(each), `${each} is not in ${heads}`);
    });
  }

  it('shows of a serving in containers: each with its copy buttons, what is wrong, and the button against it', async () => {
    await show('dockerTrouble');
    const table = page.getByRole('table', { name: 'Replicas' });
    assert.deepEqual(await table.getByRole('columnheader').allTextContents(), [
      'Name',
      'State',
      'Uptime',
      'Restarts',
      'Memory',
      'Requests',
      'In flight',
      'Container',
      'Actions',
    ]);
    const first = table.getByRole('row').filter({ has: page.getByRole('rowheader', { name: 'replica 1' }) });
    assert.match(await first.textContent(), /2 h 14 min2.*489 of 512 MB.*32,000.*1/);
    await first.getByRole('button', { name: 'Copy container id of replica 1' }).click();
    await first.getByRole('button', { name: 'Copy container name of replica 1' }).click();
    assert.deepEqual(
      (await sent(page, 'notification', 'copy')).map(({ params }) => params.text),
      ['1f2a9c81d0b4', 'ms-irisflowerclassifier-3fa2c1-9b21c4-1'],
    );
    await table.getByText('Does not answer its gateway: Connection refused').waitFor();
    const trouble = table.getByRole('row').filter({ hasText: 'replica 3: Ran out of memory at 512 MB' });
    await trouble.getByRole('button', { name: 'Raise Limit…' }).click();
    assert.deepEqual((await sent(page, 'notification', 'replicaRemedy'))[0].params, { replica: 3, index: 0 });
    await first.getByRole('button', { name: 'Logs of replica 1' }).click();
    assert.deepEqual((await sent(page, 'notification', 'logs'))[0].params, { replica: 1 });
  });

  const factsOf = (name) =>
    page
      .getByRole('table', { name, exact: true })
      .getByRole('row')
      .evaluateAll((rows) =>
        Object.fromEntries(rows.map((row) => [row.cells[0].textContent, row.cells[1].textContent])),
      );

  it('shows what the gateway has counted, and that it cannot be asked', async () => {
    await show('docker');
    assert.deepEqual(await factsOf('Gateway'), {
      Container: 'c07be4410f2ams-irisflowerclassifier-3fa2c1-gateway',
      Requests: '62,338, 6 in flight, none waits for a replica',
      Replies: '2xx 62,201 · 4xx 131 · 5xx 0',
      'Time to reply': '3 ms, the mean of the last requests',
      Retries: '2, made on another replica',
      Errors: '2 connections to replicas failed, 1 reply was broken off',
      Connections: '14 open, 1,203 in all',
    });
    await send(page, 'view', view('dockerFixed'));
    assert.match((await factsOf('Gateway')).Figures, /^None now/);
  });

  it('shows the rule of scaling, the load and the decisions, more of them on demand', async () => {
    await show('docker');
    const facts = await factsOf('Scaling');
    assert.match(facts.Load, /^6 requests in flight, 2 for each of 3 replicas/);
    assert.match(facts.Up, /more than 4 requests in flight for 2 s/);
    const table = page.getByRole('table', { name: 'Decisions, newest first' });
    const rows = () => table.getByRole('row').allTextContents();
    assert.equal((await rows())[0], 'TimeReplicasReason');
    assert.equal((await rows()).length, 6);
    assert.match((await rows())[1], /^\d\d:\d\d:\d\d3 → 2For 60 s, 2 replicas/);
    const more = page.getByRole('button', { name: 'Show 7 More' });
    await more.focus();
    await page.keyboard.press('Enter');
    assert.equal((await rows()).length, 13);
    assert.equal((await page.evaluate(() => window.stub.state())).decisionsOpen, true);
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Show Fewer');
    await page.getByRole('link', { name: 'Edit the number of replicas…' }).click();
    assert.deepEqual((await sent(page, 'notification', 'act'))[0].params, { action: 'edit' });
    await send(page, 'view', view('dockerTrouble'));
    await page.getByText('No window decides now: the number stays at 3.').waitFor();
    await send(page, 'view', view('dockerFixed'));
    await page.getByText('The number is fixed at 2 replicas.').waitFor();
    assert.equal(await table.count(), 0);
  });

  it('takes changes of parts, keeps the rest with the focus, and has no live region but state and reply', async () => {
    await show('docker');
    await page.getByRole('button', { name: 'Logs of replica 2' }).focus();
    const { gateway, replicas } = view('docker');
    const busy = { ...gateway, figures: { ...gateway.figures, inFlight: 41 } };
    const fewer = { ...replicas, rows: replicas.rows.slice(1) };
    await send(page, 'changes', { set: { gateway: busy, replicas: fewer }, unset: ['scaling'] });
    assert.match((await factsOf('Gateway')).Requests, /41 in flight/);
    assert.equal(await page.getByRole('rowheader', { name: 'replica 1' }).count(), 0);
    assert.equal(await page.getByRole('heading', { name: 'Scaling' }).count(), 0);
    assert.equal(await page.evaluate(() => document.activeElement.title), 'Logs of replica 2');
    const live = await page.locator('main [aria-live], main [role=status]').count();
    await send(page, 'view', view('running'));
    assert.equal(await page.locator('main [aria-live], main [role=status]').count(), live);
    await page.evaluate(
      (data) => {
        try {
          window.stub.deliver({ kind: 'event', name: 'changes', data });
        } catch {
          // reported to the window
        }
      },
      { set: { replicas: 3 }, unset: [] },
    );
    assert.match((await trouble(page))[0], /does not have the shape/);
    await page.evaluate(() => window.stub.errors.splice(0));
  });

  it('begins with the failing stage when it failed: remedies, traceback folded to the user, its link', async () => {
    await show('failed');
    assert.equal((await page.getByRole('heading', { level: 2 }).allTextContents())[0], 'Start-up');
    await page.getByRole('button', { name: 'Install xgboost…' }).click();
    assert.deepEqual((await sent(page, 'notification', 'remedy'))[0].params, { index: 0 });
    await page.getByRole('button', { name: '3 frames of the server and of Python' }).click();
    await page.getByText('loading.py:22').waitFor();
    await page.getByRole('link', { name: 'irisflowerclassifier.py:3' }).click();
    assert.deepEqual((await sent(page, 'notification', 'openFrame'))[0].params, {
      file: '/home/dana/flowers/irisflowerclassifier.py',
      line: 3,
    });
  });

  it('leaves out an update that is not of the agreed shape and goes on with the next', async () => {
    await show('running');
    await page.evaluate(
      (data) => {
        try {
          window.stub.deliver({ kind: 'event', name: 'view', data });
        } catch {
          // reported to the window
        }
      },
      { ...view('stopped'), state: 'Stopped' },
    );
    assert.match((await trouble(page))[0], /does not have the shape/);
    assert.equal(await page.locator('header').getByRole('status').textContent(), 'Running');
    await page.evaluate(() => window.stub.errors.splice(0));
    await send(page, 'view', view('stopped'));
    assert.equal(await page.locator('header').getByRole('status').textContent(), 'Stopped');
  });

  it('keeps what is being typed, the selection, the focus and the scroll over updates', async () => {
    await show('running', { height: 400 });
    await type('{"inputs": [[1, 2');
    await page.keyboard.press('Shift+Home');
    await page.evaluate(() => {
      window.scrollTo(0, 150);
      window.kept = document.activeElement;
    });
    for (let round = 0; round < 5; round++) {
      await send(page, 'view', view(round % 2 ? 'running' : 'degraded'));
    }
    const now = await page.evaluate(() => ({
      same: document.activeElement === window.kept,
      text: window.kept.value,
      selection: [window.kept.selectionStart, window.kept.selectionEnd],
      scroll: window.scrollY,
    }));
    assert.deepEqual(now, { same: true, text: '{"inputs": [[1, 2', selection: [0, 17], scroll: 150 });
  });

  it('follows the sample until something is typed', async () => {
    await show('running');
    const wider = harness.host.facts('running', Date.now());
    wider.serving.run.loaded = { features: 2, verbs: ['predict'] };
    await send(page, 'view', harness.host.toServingView(wider));
    assert.match(await editor().inputValue(), /\[0, 0\]/);
    await type('{"mine": 1}');
    await send(page, 'view', view('running'));
    assert.equal(await editor().inputValue(), '{"mine": 1}');
    assert.equal(await page.locator('#coloured').textContent(), '{"mine": 1}\n');
  });

  it('sends on Ctrl+Enter without moving the focus, and shows status, time and size', async () => {
    await show('running');
    await type('{"inputs": [[5.1, 3.5, 1.4, 0.2]]}');
    await page.keyboard.press('Control+Enter');
    const { id, params } = await lastRequest();
    assert.deepEqual(params, { verb: 'predict', body: '{"inputs": [[5.1, 3.5, 1.4, 0.2]]}' });
    await page.getByText('Waiting').waitFor();
    await page.keyboard.press('Control+Enter');
    assert.equal((await sent(page, 'request', 'predict')).length, 1, 'one request at a time');
    const result = {
      status: 200,
      statusText: 'OK',
      headers: { 'x-request-id': 'e8d1' },
      body: '{"predictions":[2]}',
      bytes: 19,
      latencyMs: 2.13,
      requestId: 'e8d1',
    };
    await page.evaluate((message) => window.stub.deliver(message), { kind: 'result', id, result });
    await page.getByText('200 OK · 2.1 ms · 19 B').waitFor();
    assert.equal(await page.locator('#reply').textContent(), '{\n  "predictions": [2]\n}');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'body');
    await page.getByRole('tab', { name: 'Raw' }).click();
    assert.equal(await page.locator('#reply').textContent(), '{"predictions":[2]}');
    await page.keyboard.press('ArrowRight');
    assert.match(await page.locator('#reply').textContent(), /x-request-id: e8d1/);
    await page.getByRole('link', { name: 'Log lines of this request' }).click();
    assert.deepEqual((await sent(page, 'notification', 'logs'))[0].params, { request: 'e8d1' });
    await page.getByRole('button', { name: 'Copy Reply' }).click();
    assert.deepEqual((await sent(page, 'notification', 'copy'))[0].params, { text: '{"predictions":[2]}' });
  });

  it('cancels on Escape and can send again', async () => {
    await show('running');
    await editor().focus();
    await page.keyboard.press('Control+Enter');
    const { id } = await lastRequest();
    await page.keyboard.press('Escape');
    await page.getByText('Cancelled').waitFor();
    assert.deepEqual(await sent(page, 'cancel'), [{ kind: 'cancel', id }]);
    await page.evaluate((message) => window.stub.deliver(message), { kind: 'result', id, result: {} });
    assert.equal(await page.getByText('Cancelled').isVisible(), true, 'a late answer changes nothing');
    await page.keyboard.press('Control+Enter');
    assert.equal((await sent(page, 'request', 'predict')).length, 2);
  });

  it('does not send what is no JSON: line, column, and the caret there', async () => {
    await show('running');
    await type('{\n  "inputs": [1, NaN]\n}');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.getByText('Line 2, column 17: NaN is not JSON').waitFor();
    assert.equal((await sent(page, 'request', 'predict')).length, 0);
    assert.equal(await editor().evaluate((area) => area.selectionStart), 18);
    assert.equal(await editor().getAttribute('aria-invalid'), 'true');
    await page.keyboard.press('x');
    await page.getByText('Line 2, column 17').waitFor({ state: 'detached' });
  });

  it('says why nothing answered', async () => {
    await show('running');
    await page.getByRole('button', { name: 'Send' }).click();
    const { id } = await lastRequest();
    await page.evaluate((message) => window.stub.deliver(message), {
      kind: 'error',
      id,
      error: { message: 'iris did not answer: connection refused', cancelled: false },
    });
    await page.getByText('No reply').waitFor();
    assert.equal(await page.locator('#reply').textContent(), 'iris did not answer: connection refused');
  });

  it('keeps a history whose rows bring their request back, over a reload too', async () => {
    await show('running');
    await type('{"inputs": [[1], [2]]}');
    await answer(page);
    await type('{"inputs": []}');
    await page.getByRole('button', { name: '2 rows' }).click();
    assert.equal(await editor().inputValue(), '{"inputs": [[1], [2]]}');
    const state = await page.evaluate(() => window.stub.state());
    assert.deepEqual(state.ref, { backend: 'process', name: 'irisflowerclassifier' });
    await page.close();
    await show('running', { state });
    assert.equal(await editor().inputValue(), '{"inputs": [[1], [2]]}');
    assert.equal(await page.getByRole('table', { name: 'Request history' }).getByRole('row').count(), 2);
  });

  it('shows what the server said was wrong, as text and never as a page', async () => {
    await show('running');
    const body = JSON.stringify({ error: '<img src=x onerror=alert(1)> has 3 of 4 features' });
    await answer(page, {
      status: 400,
      statusText: 'Bad Request',
      headers: {},
      body,
      bytes: body.length,
      latencyMs: 0.6,
    });
    await page.getByText('400 Bad Request · 0.6 ms').waitFor();
    assert.equal(await page.locator('img').count(), 0);
  });

  it('has one stop for the actions, with arrows inside, that stays on its action over updates', async () => {
    await show('running');
    const names = () =>
      page.evaluate(() =>
        [...document.querySelectorAll('#actions button')]
          .filter((b) => b.tabIndex === 0)
          .map((b) => b.textContent || b.title),
      );
    assert.deepEqual(await names(), ['Stop']);
    await page.getByRole('button', { name: 'Stop' }).focus();
    await page.keyboard.press('ArrowRight');
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Restart');
    await send(page, 'view', view('running'));
    assert.equal(await page.evaluate(() => document.activeElement.textContent), 'Restart');
    await page.keyboard.press('End');
    assert.equal(await page.evaluate(() => document.activeElement.title), 'More actions');
    await page.keyboard.press('ArrowRight');
    await page.keyboard.press('Enter');
    assert.deepEqual((await sent(page, 'notification', 'act'))[0].params, { action: 'stop' });
  });

  it('has the rest in a menu: arrows, letters, Escape, and Edit… where the page is narrow', async () => {
    await show('running', { width: 420 });
    await page.getByRole('button', { name: 'More actions' }).click();
    const focused = () => page.evaluate(() => document.activeElement.textContent);
    assert.equal(await focused(), 'Edit…');
    await page.keyboard.press('End');
    assert.equal(await focused(), 'Delete…');
    await page.keyboard.press('e');
    assert.equal(await focused(), 'Edit…');
    await page.keyboard.press('Escape');
    assert.equal(await page.getByRole('menu').count(), 0);
    assert.equal(await page.evaluate(() => document.activeElement.title), 'More actions');
    await page.keyboard.press('ArrowDown');
    await page.getByRole('menuitem', { name: 'Delete…' }).click();
    assert.deepEqual((await sent(page, 'notification', 'act'))[0].params, { action: 'remove' });
  });

  it('sends the verb that was chosen, and copies with it', async () => {
    await show('running');
    await page.getByRole('combobox', { name: 'Verb' }).focus();
    await page.keyboard.press('ArrowDown');
    await page.getByText(':classify').waitFor();
    await page.getByRole('button', { name: 'Send' }).click();
    assert.equal((await lastRequest()).params.verb, 'classify');
    await page.getByRole('button', { name: 'curl' }).click();
    assert.deepEqual((await sent(page, 'request', 'copyAs'))[0].params.verb, 'classify');
    await page.getByRole('button', { name: 'Copy endpoint' }).click();
    assert.match((await sent(page, 'notification', 'copy'))[0].params.text, /:classify$/);
  });

  it('shows the verb of a request that was brought back, and keeps a verb only while the script has it', async () => {
    await show('running');
    const verb = page.getByRole('combobox', { name: 'Verb' });
    assert.equal(await verb.evaluate((element) => element.currentValue), 'predict');
    await verb.focus();
    await page.keyboard.press('ArrowDown');
    await answer(page);
    await verb.focus();
    await page.keyboard.press('ArrowUp');
    await page.locator('.url').getByText(':predict').waitFor();
    await page.getByRole('table', { name: 'Request history' }).getByRole('button').click();
    assert.equal(await verb.evaluate((element) => element.currentValue), 'classify');
    const only = harness.host.facts('running', Date.now());
    only.serving.run.loaded = { features: 4, verbs: ['predict'] };
    await send(page, 'view', harness.host.toServingView(only));
    await page.locator('.url').getByText(':predict').waitFor();
    assert.equal(await verb.evaluate((element) => element.currentValue), 'predict');
  });

  it('leads from the health sentence to what differs', async () => {
    await show('running', { height: 400 });
    await page.getByRole('link', { name: 'The script differs from what runs.' }).click();
    assert.equal(await page.evaluate(() => document.activeElement.id), 'differences');
    await page.getByRole('link', { name: 'Restart' }).click();
    assert.deepEqual((await sent(page, 'notification', 'act'))[0].params, { action: 'restart' });
  });

  it('says that a serving is gone', async () => {
    await show('running');
    await send(page, 'gone', {
      ref: { backend: 'process', name: 'iris' },
      message: 'There is no serving named iris: it was deleted.',
    });
    await page.getByText('it was deleted').waitFor();
    assert.equal(await page.getByRole('heading', { level: 2 }).count(), 0);
    await send(page, 'view', view('running'));
    assert.equal(await page.getByRole('heading', { level: 1 }).textContent(), 'irisflowerclassifier');
    await send(page, 'focusTest', undefined);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'body');
  });
});
