// The product in an editor whose language is German.
import { after, before, describe } from 'node:test';
import { servingAction, waitForState } from '../demo/steps.mjs';
import { webviewFrame } from '../host/workbench/editors.mjs';
import { quickInput } from '../host/workbench/quickInput.mjs';
import { makeScene, openServings, picturing, row, writeServing } from './scene.mjs';

/** @type {import('./scene.mjs').Scene} */
let scene;
const it = picturing(() => scene);

describe('in German', { timeout: 300_000 }, () => {
  before(async () => {
    scene = await makeScene('german', { files: (write) => writeServing(write, 'iris'), language: 'de' });
    await openServings(scene.page);
    await row(scene.page, 'iris').waitFor();
  });
  after(() => scene?.end());

  it('are the trees, and what can be done there', async () => {
    const { page } = scene;
    await waitForState(page, 'iris', /^\s*iris, Angehalten\. Aktionen: Starten, Logs anzeigen/);
    await servingAction(page, 'iris', 'Starten');
    await waitForState(page, 'iris', /^\s*iris, In Betrieb/);
  });

  it('are the panels', async () => {
    const { page } = scene;
    await row(page, 'iris').click();
    const panel = await webviewFrame(page, '[aria-label="Text der Anfrage, JSON"]');
    await panel.getByRole('heading', { name: 'Replikate' }).waitFor();
    await panel.getByRole('button', { name: 'Senden' }).click();
    await panel
      .getByRole('status')
      .filter({ hasText: /\b200\b/ })
      .first()
      .waitFor();
    await scene.picture('panel', { themes: true });
  });

  it('are the commands and their questions', async () => {
    const { page } = scene;
    // Each command is listed with its English title below its own.
    await page.keyboard.press('F1');
    await quickInput.type(page, '>Serving aus Skript anlegen');
    await page.getByRole('option', { name: /Model Serving: Serving aus Skript anlegen/ }).waitFor();
    await quickInput.accept(page);
    await quickInput.waitOpen(page, { title: 'Serving anlegen' });
    await scene.picture('question');
    await page.keyboard.press('Escape');
  });
});
