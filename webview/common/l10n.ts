import { t, useLanguage, type Texts } from '../../src/core/l10n';

/** Of the page no more than this; tests of single files have none. */
interface Page {
  querySelector(selector: string): { readonly textContent: string | null } | null;
}

/** The translations that the host has put into the page; English has none. */
const texts = textsOf(globalThis);
useLanguage({ name: 'page', texts: () => texts, inEnglish: (work) => work() });

/** That of the host, once the page's language is known. */
export { t };

function textsOf(world: object): Texts | undefined {
  const page = 'document' in world ? (world.document as Page) : undefined;
  const json = page?.querySelector('#texts')?.textContent;
  return json ? (JSON.parse(json) as Texts) : undefined;
}
