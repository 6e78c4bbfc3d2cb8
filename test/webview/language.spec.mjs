import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { openHarness, send, trouble } from './harness.mjs';

const folder = join(import.meta.dirname, '../../l10n');
const bundle = (name) => JSON.parse(readFileSync(join(folder, name), 'utf8'));
const german = bundle('bundle.l10n.de.json');
/** Each sentence of the sources in brackets. */
const pseudo = Object.fromEntries(
  Object.keys(bundle('bundle.l10n.json')).map((each) => [each, each.replace(/^(\s*)([^]*?)(\s*)$/, '$1⟦$2⟧$3')]),
);

describe('the panels in another language', () => {
  let harness;
  before(async () => {
    harness = await openHarness();
  });
  after(async () => {
    await harness?.close();
  });

  const speak = (name, texts) => harness.host.useLanguage({ name, texts: () => texts, inEnglish: (work) => work() });
  async function show(fixture, name, texts) {
    speak(name, texts);
    const view = harness.host.toServingView(harness.host.facts(fixture, Date.now()));
    speak('en', undefined);
    const page = await harness.open('serving', { language: name, texts });
    await send(page, 'view', view);
    return page;
  }

  it('are in German, and say so', async () => {
    const page = await show('running', 'de', german);
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
    const text = await page.locator('#root').innerText();
    for (const word of ['In Betrieb', 'Endpunkt', 'Replikate', 'Konfiguration', 'Anhalten', 'Senden']) {
      assert.ok(text.includes(word), `${word} in\n${text}`);
    }
    assert.doesNotMatch(text, /\b(Replicas|Endpoint|Restart|Uptime|in flight|Healthy)\b/);
    await page.getByRole('button', { name: 'Endpunkt kopieren' }).waitFor();
    assert.deepEqual(await trouble(page), []);
    await page.close();
  });

  it('fit into a narrow panel, though German is longer', async () => {
    speak('de', german);
    const view = harness.host.toServingView(harness.host.facts('docker', Date.now()));
    speak('en', undefined);
    const page = await harness.open('serving', { language: 'de', texts: german, width: 320 });
    await send(page, 'view', view);
    const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    assert.ok(wide <= 0, `${wide} px too wide`);
    await page.close();
  });

  it('cannot be broken out of by a translation', async () => {
    const page = await show('running', 'de', { ...german, Endpoint: '</script><script>window.broken = 1</script>' });
    assert.equal(await page.evaluate(() => window.broken), undefined);
    assert.ok((await page.locator('#root').innerText()).includes('</script>'));
    await page.close();
  });

  for (const fixture of ['running', 'docker', 'dockerTrouble', 'degraded', 'failed', 'stopped', 'starting', 'fresh']) {
    it(`of a serving that is ${fixture} have no word of English, wide and narrow`, async () => {
      const page = await show(fixture, 'pseudo', pseudo);
      for (const width of [1000, 320]) {
        await page.setViewportSize({ width, height: 800 });
        assert.deepEqual(
          (await bareWords(page)).filter((each) => !isData(each.trim())),
          [],
          `${width} px`,
        );
      }
      await page.close();
    });
  }
});

/** What comes from the serving, is code, or is a part of a sentence whose brackets are in other elements. */
function isData(text) {
  return [
    /irisflower|^models\/$|requirements|MODEL-ONLY|HF_TOKEN|LOG_LEVEL|^(numpy|sklearn)|^ms-|^[0-9a-f]{12}$|^\d/,
    /^(POST|http.*|:predict|curl|Python( 3.*)?|JavaScript|Docker|This computer|predict( ⟦.*)?|classify|regress|CPU|PID|p50|p95|Ctrl|Enter)$/,
    /inputs|xgb|xgboost|Error$|<module>/,
    // Sentences of servers and backends, which the pages are given.
    /^localhost:9092$|^Make room|requests in flight|would have had|out of memory|Connection refused|[Ii]mporting|permission denied|killed/,
    /^⟦(load|stopped|environment)|^ready$/,
  ].some((each) => each.test(text));
}

/** Texts that are shown or read out and have letters outside of the brackets. */
function bareWords(page) {
  return page.evaluate(() => {
    const found = new Set();
    const note = (text) => {
      if (/[A-Za-z]{3,}/.test((text ?? '').replace(/⟦[^]*⟧/g, ''))) found.add(text);
    };
    for (const each of document.querySelectorAll('#root *')) {
      if (!each.checkVisibility()) continue;
      for (const name of ['aria-label', 'title', 'placeholder', 'alt', 'data-label']) note(each.getAttribute(name));
      for (const child of each.childNodes) if (child.nodeType === Node.TEXT_NODE) note(child.textContent);
    }
    return [...found];
  });
}
