import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { send, sent, servingPages, trouble } from './harness.mjs';
import { answer } from './scenes.mjs';

describe('the detail panel', () => {
  let harness;
  let page;
  const { open, view, show, editor, type } = servingPages((now) => ({ harness, page } = now));
  const lastRequest = async () => (await sent(page, 'request', 'predict')).at(-1);

  it('says that it listens and shows nothing before it is told', async () => {
    await open();
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

  it('shows what becomes of the records: where they go, how many, why some were dropped, what to do', async () => {
    await show('running');
    assert.deepEqual(await factsOf('Inference log'), {
      Topic: 'irisflowerclassifier-inf4821',
      Broker: 'localhost:9092',
      Schema: 'inference schema, version 4',
      Records: '78,610 sent, 0 dropped',
      Queue: '0 of 10,000',
    });
    const section = page.getByRole('region', { name: 'Inference log' });
    assert.equal(await section.locator('.state').textContent(), 'Sending');
    await send(page, 'view', view('docker'));
    assert.deepEqual(await factsOf('Inference log'), {
      File: 'in the storage of the workspace, up to 50 MB and 7 days. Show file',
      Records: '61,005 written, 1,203 dropped',
      'Dropped because': 'the queue was full: 1,200, they were too large: 3',
      Queue: '120 of 10,000',
      'Last error':
        'Could not write the inference log: No space left on device, 2 min ago' +
        'Make room, or allow to write there: /run/serving/inferencelog',
      Lost: '4 records, before they could be kept anywhere',
    });
    assert.equal(await section.locator('.state').textContent(), 'Waiting');
    await section.getByRole('link', { name: 'Show file' }).focus();
    await page.keyboard.press('Enter');
    assert.deepEqual((await sent(page, 'notification', 'open'))[0].params, { target: 'inferenceLogFile' });
    await send(page, 'view', view('dockerFixed'));
    await section.getByText('It was started without one: the next start begins it.').waitFor();
    assert.equal(await page.getByRole('table', { name: 'Inference log' }).count(), 0);
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
