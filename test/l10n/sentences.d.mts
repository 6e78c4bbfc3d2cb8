export interface Collected {
  readonly found: readonly string[];
  readonly problems: readonly string[];
}
export function sentencesOf(file: string, text: string): Collected;
export function collect(): { readonly sentences: readonly string[]; readonly problems: readonly string[] };
