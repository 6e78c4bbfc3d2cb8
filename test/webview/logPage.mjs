// What the specs of the log panel do with its page.
import assert from 'node:assert/strict';
import { after, afterEach, before } from 'node:test';
import { openHarness, send, sent, trouble } from './harness.mjs';
import { LOG_SUBJECT } from './scenes.mjs';

/** One browser for the tests of a file, one page for each; no test may leave errors or violations behind. */
export function useLogPage() {
  const log = new LogPage();
  before(async () => {
    log.harness = await openHarness();
  });
  after(() => log.harness?.close());
  afterEach(async () => {
    assert.deepEqual(await trouble(log.page), []);
    await log.page.close();
  });
  return log;
}

class LogPage {
  async show(lines, options = {}) {
    this.page = await this.harness.open('logs', options);
    await send(this.page, 'subject', options.subject ?? LOG_SUBJECT);
    await this.add(lines, true);
  }

  add(lines, first = false) {
    return send(this.page, 'lines', this.harness.host.toBatch(first, lines));
  }

  /** Lines that the host made from what a program printed. */
  addPrinted(...messages) {
    return this.add(
      messages.map((message, at) =>
        this.harness.host.toLogEntry({
          ...{ time: Date.now() + at, level: 'INFO', logger: 'stdout', replica: 1, message, fields: {} },
        }),
      ),
    );
  }

  get grid() {
    return this.page.getByRole('treegrid', { name: 'Log lines' });
  }

  get search() {
    return this.page.getByRole('textbox', { name: 'Search in log' });
  }

  button(name) {
    return this.page.getByRole('button', { name });
  }

  status() {
    return this.page.locator('.statusline').textContent();
  }

  /** Waits for a text of the status line. */
  async statusIs(pattern) {
    await this.waitFor(() => this.status(), pattern);
  }

  found() {
    return this.page.getByRole('search').getByRole('status').textContent();
  }

  async foundIs(pattern) {
    await this.waitFor(() => this.found(), pattern);
  }

  async waitFor(read, pattern) {
    const until = Date.now() + 10_000;
    let text = await read();
    while (!pattern.test(text ?? '') && Date.now() < until) {
      await this.page.waitForTimeout(20);
      text = await read();
    }
    assert.match(text ?? '', pattern);
  }

  sent(kind, name) {
    return sent(this.page, kind, name);
  }

  scroll() {
    return this.page
      .locator('#lines')
      .evaluate((box) => ({ top: box.scrollTop, atEnd: box.scrollTop + box.clientHeight >= box.scrollHeight - 1 }));
  }

  scrollToPart(part) {
    return this.page.locator('#lines').evaluate((box, to) => {
      box.scrollTop = box.scrollHeight * to;
    }, part);
  }

  settle() {
    return this.page.evaluate(
      () => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))),
    );
  }

  /** Texts of the lines in sight. */
  inView() {
    return this.page.locator('#lines').evaluate((box) => {
      const frame = box.getBoundingClientRect();
      return [...box.querySelectorAll('.lr')]
        .filter(
          (row) => row.getBoundingClientRect().bottom > frame.top && row.getBoundingClientRect().top < frame.bottom,
        )
        .map((row) => row.textContent);
    });
  }

  /** Answers the page's requests of an export as the host does; resolves with the text once it has ended. */
  async takeExport(format = 'text') {
    const taken = await this.page.evaluate(
      (answer) =>
        new Promise((resolve) => {
          const parts = [];
          const answered = new Set();
          const look = () => {
            for (const message of window.stub.sent) {
              if (message.kind !== 'request' || answered.has(message.id)) continue;
              answered.add(message.id);
              if (message.name === 'exportPart') parts.push(message.params.text);
              const result = message.name === 'exportStart' ? { id: 1, format: answer } : undefined;
              setTimeout(() => window.stub.deliver({ kind: 'result', id: message.id, result }));
              if (message.name === 'exportEnd') {
                resolve({ text: parts.join(''), parts: parts.length });
                return;
              }
            }
            setTimeout(look, 5);
          };
          look();
        }),
      format,
    );
    await this.settle();
    return taken;
  }
}
