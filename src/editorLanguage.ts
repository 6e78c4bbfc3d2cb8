import { AsyncLocalStorage } from 'node:async_hooks';
import type { Language, Texts } from './core/l10n';

/** That of the editor, whose bundle of translations is undefined in English. Work in English is told by what began it. */
export function editorLanguage(name: string, bundle: Texts | undefined): Language {
  const english = new AsyncLocalStorage<true>();
  return {
    // What is not translated is English, whatever the editor speaks.
    name: bundle ? name : 'en',
    texts: () => (english.getStore() ? undefined : bundle),
    inEnglish: (work) => english.run(true, work),
  };
}
