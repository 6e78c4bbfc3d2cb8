/** Translations by their English sentence, as VS Code keeps them in `l10n/bundle.l10n.<language>.json`. */
export type Texts = Readonly<Record<string, string>>;

/** Who reads, and in which language. */
export interface Language {
  /** `en`, `de`. */
  readonly name: string;
  /** Asked at each sentence; undefined for English. */
  texts(): Texts | undefined;
  /** Does work whose sentences, and those of what it begins, are in English. */
  inEnglish<T>(work: () => T): T;
}

let language: Language = { name: 'en', texts: () => undefined, inEnglish: (work) => work() };

/** The language from now on; English before. */
export function useLanguage(other: Language): void {
  language = other;
}

/**
 * A sentence for the person, in the editor's language, with `{0}`, `{1}` … filled in; other braces stay. It is written here in
 * English, whole and as a literal: `node test/l10n/collect.mjs` reads it from the call. To be called when the sentence is
 * needed, never on import: the language is not known by then.
 */
export function t(sentence: string, ...values: readonly (string | number)[]): string {
  const texts = language.texts();
  const said = (texts && Object.hasOwn(texts, sentence) ? texts[sentence] : undefined) ?? sentence;
  return values.length === 0
    ? said
    : said.replace(/\{(\d+)\}/g, (whole, place: string) => String(values[Number(place)] ?? whole));
}

/** The same for values that are filled in where the sentence is shown: its texts and values in their order, to be joined. */
export function pieces<T>(sentence: string, ...values: readonly T[]): readonly (string | T)[] {
  return t(sentence)
    .split(/\{(\d+)\}/)
    .map((part, index) => (index % 2 === 1 ? (values[Number(part)] ?? `{${part}}`) : part))
    .filter((part) => part !== '');
}

/** For a page, which says some things itself. */
export function pageLanguage(): { readonly language: string; readonly texts: Texts | undefined } {
  return { language: language.name, texts: language.texts() };
}

/** Does work whose sentences are for a program, not for the person. */
export function inEnglish<T>(work: () => T): T {
  return language.inEnglish(work);
}
