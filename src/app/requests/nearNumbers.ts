/** A number as it was written, without loss: digits × 10^exponent. */
interface Decimal {
  readonly digits: bigint;
  readonly exponent: number;
}

/** Longer ones, and ones that reach further, are not computed with exactly. */
const LONGEST = 400;

/**
 * Whether a number of JSON is the expected one, or off by no more than the tolerance: as it is, or as a part of the
 * expected one, whichever is more. Both as they were written: 1.0 is 1, and no digit of a big integer is lost.
 */
export function isNear(expected: string, actual: string, tolerance: number): boolean {
  if (expected === actual) {
    return true;
  }
  const [a, b] = [toDecimal(actual), toDecimal(expected)];
  if (a === undefined || b === undefined) {
    // NaN and the infinities are near nothing but themselves; far too long ones are compared as well as can be.
    return Number.isFinite(Number(expected)) && isNearRoughly(Number(expected), Number(actual), tolerance) === true;
  }
  if (a.digits === b.digits && a.exponent === b.exponent) {
    return true;
  }
  if (!(tolerance > 0)) {
    return false;
  }
  return isNearRoughly(Number(expected), Number(actual), tolerance) ?? isNearExactly(b, a, tolerance);
}

/** Undefined: too close to the limit to be told with numbers of 53 bits, as 1.1 is to 1 with a tolerance of 0.1. */
function isNearRoughly(expected: number, actual: number, tolerance: number): boolean | undefined {
  if (!Number.isFinite(actual)) {
    return false;
  }
  const limit = Math.max(tolerance, tolerance * Math.abs(expected));
  const off = Math.abs(actual - expected);
  const unsure = 4 * Number.EPSILON * Math.max(Math.abs(actual), Math.abs(expected), limit);
  return Math.abs(off - limit) <= unsure ? undefined : off < limit;
}

function isNearExactly(expected: Decimal, actual: Decimal, tolerance: number): boolean {
  const allowed = toDecimal(String(tolerance));
  if (allowed === undefined) {
    return true;
  }
  const relative = { digits: allowed.digits * abs(expected.digits), exponent: allowed.exponent + expected.exponent };
  const all = [expected, actual, allowed, relative];
  const lowest = Math.min(...all.map(({ exponent }) => exponent));
  const [e, a, t, r] = all.map(({ digits, exponent }) => digits * 10n ** BigInt(exponent - lowest));
  const off = abs((a ?? 0n) - (e ?? 0n));
  return off <= (t ?? 0n) || off <= (r ?? 0n);
}

/** In its shortest form: 1.50 is 15 × 10^-1. Undefined: it is no decimal number, or too long to compute with. */
function toDecimal(text: string): Decimal | undefined {
  const [, sign = '', whole = '', fraction = '', power = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:[eE]([+-]?\d+))?$/.exec(text) ?? [];
  if (whole === '' || text.length > LONGEST) {
    return undefined;
  }
  const written = `${whole}${fraction}`;
  let end = written.length;
  while (end > 0 && written[end - 1] === '0') {
    end -= 1;
  }
  const digits = BigInt(written.slice(0, end) || '0');
  const exponent = Number(power) - fraction.length + (written.length - end);
  if (digits === 0n) {
    return { digits, exponent: 0 };
  }
  return Math.abs(exponent) > LONGEST ? undefined : { digits: sign === '-' ? -digits : digits, exponent };
}

function abs(value: bigint): bigint {
  return value < 0n ? -value : value;
}
