/** Translations by their English sentence, as VS Code keeps them in `l10n/bundle.l10n.<language>.json`. */
export type Texts = Readonly<Record<string, string>>;

export type Value = string | number;

/** A sentence in another language where there is one, with `{0}`, `{1}` … filled in. Other braces stay. */
export function filled(sentence: string, values: readonly Value[], texts: Texts | undefined): string {
  const said = (texts && Object.hasOwn(texts, sentence) ? texts[sentence] : undefined) ?? sentence;
  return values.length === 0
    ? said
    : said.replace(/\{(\d+)\}/g, (whole, place: string) => String(values[Number(place)] ?? whole));
}
