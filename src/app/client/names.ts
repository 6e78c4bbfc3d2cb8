/** `IrisFlower2`: the name of a class for any name of a serving. */
export function className(name: string): string {
  const words = name.split(/[^A-Za-z0-9]+/).filter((word) => word !== '');
  const joined = words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
  return /^[A-Za-z]/.test(joined) ? joined : `Serving${joined}`;
}

/** A string literal of Python and of TypeScript alike: JSON's, with the line ends and controls that JSON lets through escaped. */
export function literal(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** A text that no comment or docstring can be ended with. */
export function plainWords(text: string): string {
  return text
    .replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ')
    .replaceAll('"""', "'''")
    .replaceAll('*/', '* /')
    .replaceAll('\\', '/');
}
