import { t } from '../../core/l10n';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Two units at most: "41 min", "2 h 14 min", "3 d 4 h". */
export function formatAge(milliseconds: number): string {
  if (milliseconds < MINUTE) {
    return t('{0} s', Math.max(0, Math.floor(milliseconds / SECOND)));
  }
  if (milliseconds < HOUR) {
    return t('{0} min', Math.floor(milliseconds / MINUTE));
  }
  return milliseconds < DAY
    ? t('{0} h {1} min', Math.floor(milliseconds / HOUR), Math.floor((milliseconds % HOUR) / MINUTE))
    : t('{0} d {1} h', Math.floor(milliseconds / DAY), Math.floor((milliseconds % DAY) / HOUR));
}
