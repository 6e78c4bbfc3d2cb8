import assert from 'node:assert/strict';
import { openPanel, sendRequest } from './steps.mjs';
import { request } from './workspace.mjs';

/**
 * Opens a serving's panel and presses Send; the reply has to be the expected one.
 * @param {object} options
 * @param {import('playwright-core').Page} options.page
 * @param {string} options.name of the serving
 * @param {unknown} options.expected the reply
 * @param {import('./report.mjs').Report['step']} options.step
 */
export async function predictInPanel({ page, name, expected, step }) {
  const panel = await step('its panel opens', () => openPanel(page, name));
  await step(
    'press Send',
    async () => {
      const { status, reply } = await sendRequest(panel, request);
      assert.deepEqual(reply, expected);
      return { status, reply };
    },
    ({ status, reply }) => `${JSON.stringify(request)}\n${status}: ${JSON.stringify(reply)}`,
  );
}
