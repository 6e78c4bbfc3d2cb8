import { t } from './l10n';

/** Hopsworks' rule for the name of a serving, kept on every backend so that a serving can move. */
const SERVING_NAME = /^[a-zA-Z0-9]+$/;
const MODEL_NAME = /^[a-zA-Z0-9_]+$/;
const LONGEST = 256;

/** What is wrong with the name of a serving, with a name that would do; undefined when it is right. */
export function checkServingName(name: string, taken: readonly string[] = []): string | undefined {
  if (name === '') {
    return t('Enter a name: letters and digits only');
  }
  if (!SERVING_NAME.test(name)) {
    const better = toServingName(name);
    return better
      ? t('Use letters and digits only, so that the serving can move to any backend: {0}', better)
      : t('Use letters and digits only, so that the serving can move to any backend');
  }
  if (name.length > LONGEST) {
    return t('Use at most {0} characters', String(LONGEST));
  }
  const other = taken.find((each) => each.toLowerCase() === name.toLowerCase());
  return other === undefined
    ? undefined
    : t('There is a serving named {0}: choose another name, or edit that one', other);
}

/** Kafka's rule for the name of a topic; undefined when it is right. */
export function checkTopicName(name: string): string | undefined {
  return /^[\w.-]{1,249}$/.test(name) && name !== '.' && name !== '..'
    ? undefined
    : t('Use CREATE, NONE or the name of a topic: at most 249 letters, digits, ".", "_" and "-"');
}

/** A valid name made from any text; empty when no letter or digit is in it. */
export function toServingName(text: string): string {
  return plain(text)
    .replace(/[^a-zA-Z0-9]/g, '')
    .slice(0, LONGEST);
}

/** The first of `name`, `name2`, `name3` … that is free. Names differ by more than case, as file systems may not. */
export function freeName(name: string, taken: readonly string[]): string {
  const used = new Set(taken.map((each) => each.toLowerCase()));
  for (let n = 1; ; n++) {
    const candidate = n === 1 ? name : `${name}${String(n)}`;
    if (!used.has(candidate.toLowerCase())) {
      return candidate;
    }
  }
}

/** What is wrong with the name of a model; undefined when it is right. */
export function checkModelName(name: string): string | undefined {
  if (name === '') {
    return t('Enter a name: letters, digits and _');
  }
  if (!MODEL_NAME.test(name)) {
    const better = toModelName(name);
    return better ? t('Use letters, digits and _ only: {0}', better) : t('Use letters, digits and _ only');
  }
  return name.length > LONGEST ? t('Use at most {0} characters', String(LONGEST)) : undefined;
}

/** A valid model name made from any text; empty when nothing of it can be used. */
export function toModelName(text: string): string {
  return plain(text)
    .replace(/[^a-zA-Z0-9_]+/g, '_')
    .replace(/^_+|_+$/g, '')
    .slice(0, LONGEST);
}

/** Letters without their accents, so that "Modèle" becomes "Modele" and not "Mod le". */
function plain(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '');
}
