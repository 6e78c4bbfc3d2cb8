import { t } from '../core/l10n';

const UNITS = ['bytes', 'KB', 'MB', 'GB', 'TB'] as const;
const EVERY_MS = 100;

/** "1.2 of 2.0 GB". */
export function bytesOf(done: number, total: number): string {
  const power = powerOf(total);
  return t('{0} of {1} {2}', amount(done, power), amount(total, power), UNITS[power] ?? 'bytes');
}

/** A counter of bytes that tells the sum, at most ten times a second; the first and the last always. */
export function byteProgress(total: number, tell: (message: string) => void): (count: number) => void {
  let done = 0;
  let told = 0;
  return (count) => {
    done += count;
    const now = performance.now();
    if (done >= total || now - told >= EVERY_MS) {
      told = now;
      tell(bytesOf(Math.min(done, total), total));
    }
  };
}

function powerOf(bytes: number): number {
  return bytes < 1000 ? 0 : Math.min(UNITS.length - 1, Math.floor(Math.log10(bytes) / 3));
}

function amount(bytes: number, power: number): string {
  return power === 0 ? String(bytes) : (bytes / 1000 ** power).toFixed(1);
}
