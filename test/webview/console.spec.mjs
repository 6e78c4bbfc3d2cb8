import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { send, sent, servingPages } from './harness.mjs';
import { answer, CONSOLE } from './scenes.mjs';

describe('the test console', () => {
  let harness;
  let page;
  const { view, show, editor, type } = servingPages((now) => ({ harness, page } = now));
  const focused = () => page.evaluate(() => document.activeElement.id || document.activeElement.textContent);
  const lastRequest = async (name = 'predict') => (await sent(page, 'request', name)).at(-1);
  const deliver = (message) => page.evaluate((each) => window.stub.deliver(each), message);
  const warning = 'Line 1, column 27: inputs[1]: 3 of 4 features';

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
    await page.getByRole('button', { name: 'Save Reply…' }).click();
    // The host has the whole of it.
    assert.equal((await sent(page, 'notification', 'copyReply')).length, 1);
    assert.equal((await sent(page, 'notification', 'saveReply')).length, 1);
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
    await page.getByRole('link', { name: 'Line 2, column 17: NaN is not JSON' }).waitFor();
    assert.equal((await sent(page, 'request', 'predict')).length, 0);
    assert.equal(await editor().evaluate((area) => area.selectionStart), 18);
    assert.equal(await editor().getAttribute('aria-invalid'), 'true');
    await page.keyboard.type('1');
    await page.getByText('Line 2, column 17').waitFor({ state: 'detached' });
  });

  it('is typed over once all of it is selected, key by key', async () => {
    await show('running');
    await editor().focus();
    await page.keyboard.press('Control+A');
    await page.keyboard.type('{"inputs": [[5.1, 3.5]]}');
    assert.equal(await editor().inputValue(), '{"inputs": [[5.1, 3.5]]}');
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

  it('keeps a history whose rows bring their request back, told to the host and taken from it', async () => {
    await show('running');
    await type('{"inputs": [[1], [2]]}');
    await answer(page);
    await type('{"inputs": []}');
    await page.getByRole('button', { name: '2 rows' }).click();
    assert.equal(await editor().inputValue(), '{"inputs": [[1], [2]]}');
    const kept = (await sent(page, 'notification', 'keepHistory')).at(-1).params;
    assert.deepEqual(
      kept.sent.map(({ what }) => what),
      ['2 rows'],
    );
    const state = await page.evaluate(() => window.stub.state());
    assert.deepEqual(state.ref, { backend: 'process', name: 'irisflowerclassifier' });
    await page.close();
    await show('running', { state });
    await send(page, 'history', kept);
    assert.equal(await editor().inputValue(), '{"inputs": [[1], [2]]}');
    const table = page.getByRole('table', { name: 'Request history' });
    assert.equal(await table.getByRole('row').count(), 2);
    await page.getByRole('button', { name: 'Clear History' }).click();
    assert.equal(await table.count(), 0);
    assert.equal(await page.evaluate(() => document.activeElement.id), 'body');
    assert.deepEqual((await sent(page, 'notification', 'keepHistory')).at(-1).params, { sent: [] });
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

  it('says while a request is typed what does not fit, with its place, and sends it all the same', async () => {
    await show('running');
    await send(page, 'console', CONSOLE);
    await page.getByText('As the model in the script needs it.').waitFor();
    await type('{"inputs": [[1, 2, 3, 4], [1, 2, 3]]}');
    const note = page.getByRole('link', { name: warning });
    await note.waitFor();
    assert.equal(await editor().getAttribute('aria-invalid'), null);
    await note.click();
    assert.deepEqual(await editor().evaluate((area) => [area.selectionStart, area.selectionEnd]), [26, 35]);
    await page.keyboard.press('Control+Enter');
    assert.equal((await lastRequest()).params.body, '{"inputs": [[1, 2, 3, 4], [1, 2, 3]]}');
    await type('{"inputs": [[1, 2, 3, null]]}');
    await page.getByText('As the model in the script needs it.').waitFor();
    await type('{"inputs": [');
    await page.getByText('Line 1, column 13: the end is missing: ]').waitFor();
  });

  it('begins with the request that the server knows, by verb, until something is typed', async () => {
    await show('running');
    await send(page, 'console', CONSOLE);
    assert.equal(await editor().inputValue(), CONSOLE.verbs[0].sample);
    await type('{"mine": 1}');
    await send(page, 'console', { ...CONSOLE, verbs: [], canStream: false });
    assert.equal(await editor().inputValue(), '{"mine": 1}');
  });

  it('helps with brackets, quotes and indents, formats, and undoes all of it', async () => {
    await show('running');
    await type('');
    await editor().focus();
    await page.keyboard.type('{"inputs": [');
    assert.equal(await editor().inputValue(), '{"inputs": []}');
    await page.keyboard.press('Enter');
    await page.keyboard.type('[1,2]');
    assert.equal(await editor().inputValue(), '{"inputs": [\n  [1,2]\n]}');
    await page.keyboard.press('Shift+Alt+KeyF');
    assert.equal(await editor().inputValue(), '{\n  "inputs": [[1, 2]]\n}\n');
    assert.equal(await page.locator('#coloured').textContent(), '{\n  "inputs": [[1, 2]]\n}\n\n');
    await page.keyboard.press('Control+z');
    assert.equal(await editor().inputValue(), '{"inputs": [\n  [1,2]\n]}');
    for (let step = 0; step < 40; step++) await page.keyboard.press('Control+z');
    assert.match(await editor().inputValue(), /\[0, 0, 0, 0\]/);
  });

  it('is left by Tab, with every control after the other', async () => {
    await show('running');
    await send(page, 'console', CONSOLE);
    await answer(page);
    await page.getByRole('link', { name: CONSOLE.file.name }).focus();
    const stops = [];
    for (let step = 0; step < 13; step++) {
      await page.keyboard.press('Tab');
      stops.push(
        await page.evaluate(() => {
          const { id, ariaLabel, textContent, tagName } = document.activeElement;
          return tagName === 'TEXTAREA' || tagName === 'PRE' ? id : (ariaLabel ?? textContent);
        }),
      );
    }
    assert.deepEqual(stops, [
      'Saved Requests',
      'Format request',
      'Reply as',
      'Verb',
      'body',
      'Send',
      'Rows from File…',
      'Save Request…',
      'Pretty',
      'reply',
      'Copy Reply',
      'Save Reply…',
      'Make Test…',
    ]);
  });

  it('takes a saved request, whose name goes into the history, and opens their file', async () => {
    await show('running');
    await send(page, 'console', CONSOLE);
    await page.getByRole('button', { name: 'Saved Requests' }).focus();
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(), 'three flowers');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    assert.equal(await editor().inputValue(), CONSOLE.file.requests[0].body);
    assert.equal(await focused(), 'body');
    await answer(page);
    await page.getByRole('button', { name: 'three flowers · 3 rows' }).waitFor();
    await page.keyboard.press('Control+z');
    assert.equal(await editor().inputValue(), CONSOLE.verbs[0].sample);
    await page.getByRole('link', { name: CONSOLE.file.name }).click();
    assert.equal((await sent(page, 'notification', 'openRequests')).length, 1);
    await send(page, 'console', {
      verbs: [],
      canStream: false,
      file: { ...CONSOLE.file, requests: [], problem: 'It is not a JSON object' },
    });
    await page.getByText('It is not a JSON object').waitFor();
    assert.equal(await page.getByRole('button', { name: 'Saved Requests' }).count(), 0);
  });

  it('saves a request and makes a test of its reply, under the name that was given', async () => {
    await show('running');
    await send(page, 'console', CONSOLE);
    await type('{"inputs": [');
    await page.getByRole('button', { name: 'Save Request…' }).click();
    assert.equal(await lastRequest('saveRequest'), undefined);
    await type('{"inputs": [[1, 2, 3, 4]]}');
    await page.getByRole('button', { name: 'Save Request…' }).click();
    const save = await lastRequest('saveRequest');
    assert.deepEqual(save.params, { verb: 'predict', body: '{"inputs": [[1, 2, 3, 4]]}', name: '1 row' });
    await deliver({ kind: 'result', id: save.id, result: 'mine' });
    await page.getByText('Saved as mine.').waitFor();
    await answer(page);
    await page.getByRole('button', { name: 'mine · 1 row' }).waitFor();
    await page.getByRole('button', { name: 'Make Test…' }).click();
    const made = await lastRequest('makeTest');
    assert.deepEqual(made.params, { name: 'mine' });
    await deliver({ kind: 'error', id: made.id, error: { message: 'The file is not right', cancelled: false } });
    await page.getByText('The file is not right').waitFor();
    await page.getByRole('button', { name: 'Make Test…' }).click();
    const again = await lastRequest('makeTest');
    await deliver({ kind: 'error', id: again.id, error: { message: 'Cancelled', cancelled: true } });
    assert.equal(await page.getByText('Cancelled').count(), 0);
  });

  it('shows rows that the host made a request of, and what did not fit', async () => {
    await show('running');
    await page.getByRole('button', { name: 'Rows from File…' }).click();
    assert.equal((await sent(page, 'notification', 'sendRows')).length, 1);
    const body = '{\n  "inputs": [\n    [1, 2, 3, 4]\n  ]\n}\n';
    await send(page, 'body', { body, notes: ['The first 1 row of iris.csv.', 'Left out: species.'] });
    assert.equal(await editor().inputValue(), body);
    await page.getByText('The first 1 row of iris.csv. Left out: species.').waitFor();
    assert.equal(await focused(), 'body');
    await page.waitForTimeout(600);
    assert.equal(await page.getByText('Left out: species.').count(), 1, 'it stays until something is typed');
    await page.keyboard.type(' ');
    await page.getByText('Left out: species.').waitFor({ state: 'detached' });
  });

  it('recalls what was sent with Alt and the arrows, and has one stop for the history with arrows inside', async () => {
    await show('running');
    const one = { at: 1, verb: 'predict', what: 'x', status: 200, latencyMs: 1, bytes: 1 };
    const bodies = ['{"inputs": [3]}', '{"inputs": [2]}', '{"inputs": [1]}'];
    await send(page, 'history', { sent: bodies.map((body, at) => ({ ...one, at, body, what: `sent ${at}` })) });
    await editor().focus();
    const values = [];
    for (const key of ['Alt+ArrowUp', 'Alt+ArrowUp', 'Alt+ArrowUp', 'Alt+ArrowUp', 'Alt+ArrowDown']) {
      await page.keyboard.press(key);
      values.push(await editor().inputValue());
    }
    assert.deepEqual(values, [bodies[0], bodies[1], bodies[2], bodies[2], bodies[1]]);
    await page.getByRole('button', { name: 'Clear History' }).focus();
    await page.keyboard.press('Tab');
    assert.equal(await focused(), 'sent 0');
    await page.keyboard.press('ArrowDown');
    assert.equal(await focused(), 'sent 1');
    await page.keyboard.press('End');
    await page.keyboard.press('Enter');
    assert.equal(await editor().inputValue(), bodies[2]);
  });

  it('offers what can be done when nothing answered', async () => {
    await show('running');
    await page.getByRole('button', { name: 'Send' }).click();
    const { id } = await lastRequest();
    const result = {
      message: 'Could not send the request to iris: Nothing answers at 127.0.0.1:4000',
      remedies: [{ label: 'Restart', icon: 'debug-restart' }, { label: 'Show Logs' }],
    };
    await deliver({ kind: 'result', id, result });
    await page.getByText('No reply').waitFor();
    assert.equal(await page.locator('#reply').textContent(), result.message);
    await page.locator('.pane.out').getByRole('button', { name: 'Show Logs' }).click();
    assert.deepEqual((await sent(page, 'notification', 'replyRemedy'))[0].params, { index: 1 });
    assert.equal(await page.getByRole('button', { name: 'Copy Reply' }).count(), 0);
  });

  it('shows a reply as it comes where it is asked for item by item', async () => {
    await show('running');
    assert.equal(await page.getByRole('combobox', { name: 'Reply as' }).count(), 0);
    await send(page, 'console', CONSOLE);
    await page.getByRole('combobox', { name: 'Reply as' }).focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    await page.getByRole('button', { name: 'Send' }).click();
    const { id, params } = await lastRequest();
    assert.equal(params.stream, 'lines');
    await send(page, 'replyPart', { text: '{"a": 1}\n' });
    await send(page, 'replyPart', { text: '{"a": 2}\n' });
    assert.equal(await page.locator('#reply').textContent(), '{"a": 1}\n{"a": 2}\n');
    const body = '{"a": 1}\n{"a": 2}\n{"a": 3}\n';
    const head = { status: 200, statusText: 'OK', headers: {}, bytes: body.length, latencyMs: 3 };
    await deliver({ kind: 'result', id, result: { ...head, body } });
    assert.equal(await page.locator('#reply').textContent(), body);
    await send(page, 'replyPart', { text: 'late' });
    assert.equal(await page.locator('#reply').textContent(), body);
    assert.equal((await page.evaluate(() => window.stub.state())).stream, 'lines');
  });

  it('draws the beginning of a reply of 50 MB at once, laid out, and says that it is cut', async () => {
    await show('running');
    const body = `{"predictions": [${'[0.123456, 17], '.repeat(7000)}`.slice(0, 100_000);
    await page.evaluate(() => {
      window.slowest = 0;
      let before = performance.now();
      const look = (now) => {
        window.slowest = Math.max(window.slowest, now - before);
        before = now;
        requestAnimationFrame(look);
      };
      requestAnimationFrame(look);
    });
    await answer(page, {
      status: 200,
      statusText: 'OK',
      headers: {},
      body,
      cutFrom: 52_428_800,
      bytes: 52_428_800,
      latencyMs: 900,
    });
    await page.getByText('Cut after 100,000 of 52,428,800 characters').waitFor();
    assert.match(await page.locator('#reply').textContent(), /^\{\n {2}"predictions": \[\n {4}\[0\.123456, 17\],\n/);
    // The page draws itself each second.
    await page.waitForTimeout(2500);
    const slowest = await page.evaluate(() => window.slowest);
    assert.ok(slowest < 500, `no frame takes ${slowest} ms`);
  });

  it('fits 320 px at 200 %: what is typed, said and answered can be read', async () => {
    await show('running', { width: 320, scale: 2 });
    await send(page, 'console', CONSOLE);
    await type('{"inputs": [[1, 2, 3, 4], [1, 2, 3]]}');
    await page.getByRole('link', { name: warning }).waitFor();
    await answer(page);
    await page.getByRole('button', { name: 'Saved Requests' }).click();
    const outside = await page.evaluate(() =>
      [...document.querySelectorAll('#test *')]
        .filter((each) => each.getBoundingClientRect().right > window.innerWidth + 1)
        .map((each) => `${each.tagName} ${each.className} ${each.textContent.slice(0, 30)}`),
    );
    assert.deepEqual(outside, []);
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 320);
  });
});
