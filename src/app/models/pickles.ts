/**
 * The classes and functions that a pickle names, in order, as `module.Name`; found in its bytes, nothing is
 * unpickled. A pickle names the class of the outermost object first. Text that merely mentions a module is not taken
 * for one: the bytes must have the form in which pickle writes names of globals.
 */
export function pickleGlobals(bytes: Buffer): readonly string[] {
  const text = bytes.toString('latin1');
  const found = [...text.matchAll(TEXT_GLOBAL), ...text.matchAll(STACK_GLOBAL)];
  return found
    .sort((a, b) => a.index - b.index)
    .map((match) => toName(match))
    .filter((name) => name !== undefined);
}

/** Whether the bytes begin like a pickle of any protocol. */
export function isPickle(bytes: Buffer): boolean {
  const first = bytes[0] ?? 0;
  const second = bytes[1] ?? 0;
  return (first === 0x80 && second >= 1 && second <= 5) || TEXT_START.test(bytes.toString('latin1', 0, 200));
}

const MODULE = String.raw`[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*`;
/** Protocols 0 to 3: `c`, module, line feed, name, line feed. */
const TEXT_GLOBAL = new RegExp(String.raw`c(${MODULE})\n(${MODULE})\n`, 'g');
/** Protocol 4 on: two short strings, each with its length before it, and the opcode that joins them. */
const STACK_GLOBAL = new RegExp(String.raw`\x8c([\s\S])(${MODULE})\x94?\x8c([\s\S])(${MODULE})\x94?\x93`, 'g');
/** Protocol 0 begins with a global, a mark with a dictionary or list, or one of the plain values. */
const TEXT_START = new RegExp(String.raw`^(?:c${MODULE}\n${MODULE}\n|\([dlt]p?\d*\n)`);

function toName(match: RegExpExecArray): string | undefined {
  if (match.length === 3) {
    return `${match[1] ?? ''}.${match[2] ?? ''}`;
  }
  const [, moduleLength, module = '', nameLength, name = ''] = match;
  const fits = moduleLength?.charCodeAt(0) === module.length && nameLength?.charCodeAt(0) === name.length;
  return fits ? `${module}.${name}` : undefined;
}
