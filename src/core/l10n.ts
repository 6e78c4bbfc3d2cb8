import { AsyncLocalStorage } from 'node:async_hooks';
import { filled, type Texts, type Value } from './sentence';

let texts: Texts | undefined;
const english = new AsyncLocalStorage<true>();

/** The translations of the editor's language, from now on; none for English. */
export function useTexts(translations: Texts | undefined): void {
  texts = translations;
}

/**
 * A sentence for the person, in the editor's language, with `{0}`, `{1}` … filled in. It is written here in English, whole and
 * as a literal: `node test/l10n/collect.mjs` reads it from the call. To be called when the sentence is needed, never on
 * import: the language is not known by then.
 */
export function t(sentence: string, ...values: readonly Value[]): string {
  return filled(sentence, values, english.getStore() ? undefined : texts);
}

/** Does work whose sentences are for a program, not for the person: all that it says, and calls, is in English. */
export function inEnglish<T>(work: () => T): T {
  return english.run(true, work);
}
