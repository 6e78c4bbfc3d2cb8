/** `14:28` today, `2026-11-02 14:28` on another day; local time. From a date or from nanoseconds since 1970. */
export function timeText(time: Date | bigint, now = new Date()): string {
  const date = typeof time === 'bigint' ? new Date(Number(time / 1_000_000n)) : time;
  const clock = `${two(date.getHours())}:${two(date.getMinutes())}`;
  return date.toDateString() === now.toDateString() ? clock : `${dayText(date)} ${clock}`;
}

function dayText(date: Date): string {
  return `${String(date.getFullYear())}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
}

function two(number: number): string {
  return String(number).padStart(2, '0');
}
