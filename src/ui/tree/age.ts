const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** Two units at most: "41 min", "2 h 14 min", "3 d 4 h". */
export function formatAge(milliseconds: number): string {
  if (milliseconds < MINUTE) {
    return `${Math.max(0, Math.floor(milliseconds / SECOND))} s`;
  }
  if (milliseconds < HOUR) {
    return `${Math.floor(milliseconds / MINUTE)} min`;
  }
  return milliseconds < DAY
    ? `${Math.floor(milliseconds / HOUR)} h ${Math.floor((milliseconds % HOUR) / MINUTE)} min`
    : `${Math.floor(milliseconds / DAY)} d ${Math.floor((milliseconds % DAY) / HOUR)} h`;
}
