import { t } from './l10n';

/** The number formats of both panels: a value and its unit apart, since the unit is dimmed. Everything follows the reader's locale and clock. */
export interface Quantity {
  readonly value: string;
  readonly unit: string;
}

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const oneDecimal = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const clockMs = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  fractionalSecondDigits: 3,
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short', year: 'numeric' });

const upToOne = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const hourAndMinute = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });

/** On an axis, where there is little room: "0.5", "20", "1.5 k". */
export function axis(value: number): string {
  return value < 1000 ? upToOne.format(value) : `${upToOne.format(value / 1000)} k`;
}

/** So many each second: "12.4", from 100 on "120". */
export function rate(value: number): string {
  return value < 99.95 ? oneDecimal.format(value) : whole.format(value);
}

/** "4.2 %", from 10 on "12 %". */
export function percent(share: number): Quantity {
  const value = share * 100;
  return { value: value < 9.95 ? oneDecimal.format(value) : whole.format(value), unit: '%' };
}

/** "14:32". */
export function clockTime(at: number): string {
  return hourAndMinute.format(at);
}

/** "11,160". */
export function count(value: number): string {
  return whole.format(value);
}

/** "0.6 ms", "12 ms", "1.2 s". */
export function latency(ms: number): Quantity {
  if (ms >= 999.5) {
    return { value: oneDecimal.format(ms / 1000), unit: 's' };
  }
  return { value: ms < 9.95 ? oneDecimal.format(ms) : whole.format(ms), unit: 'ms' };
}

/** How long a stage took: "0.4 s", from 60 s on "1 min 12 s". */
export function stageTime(seconds: number): string {
  if (seconds < 59.95) {
    return `${oneDecimal.format(seconds)} s`;
  }
  const all = Math.round(seconds);
  return t('{0} min {1} s', whole.format(Math.floor(all / 60)), String(all % 60));
}

const UNITS: readonly (readonly [string, number])[] = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];

/** A length of time in at most `units` units, seconds only alone: "2 h 14 min", "3 d 4 h", "41 min", "12 s". */
export function duration(ms: number, units: 1 | 2 = 2): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  const first = UNITS.findIndex(([, size]) => seconds >= size);
  if (first === -1) {
    return '0 s';
  }
  const parts: string[] = [];
  let rest = seconds;
  for (const [name, size] of UNITS.slice(first, first + units)) {
    const amount = Math.floor(rest / size);
    rest -= amount * size;
    if (amount > 0 && !(name === 's' && parts.length > 0)) {
      parts.push(`${whole.format(amount)} ${name}`);
    }
  }
  return parts.join(' ');
}

/** "24 B", "6.2 KB", "84 MB". */
export function bytes(value: number): Quantity {
  const names = ['B', 'KB', 'MB', 'GB', 'TB'];
  let amount = value;
  let unit = 0;
  while (amount >= 999.5 && unit < names.length - 1) {
    amount /= 1024;
    unit += 1;
  }
  return {
    value: unit > 0 && amount < 9.95 ? oneDecimal.format(amount) : whole.format(amount),
    unit: names[unit] ?? 'B',
  };
}

/** "14:32:08", with the date in front when it is another day than that of `now`. */
export function time(at: number, now: number): string {
  return isSameDay(at, now) ? clock.format(at) : `${day.format(at)} ${clock.format(at)}`;
}

/** "14:32:08" and ".104". */
export function timeWithMs(at: number): readonly [string, string] {
  const text = clockMs.format(at);
  return [text.slice(0, -4), text.slice(-4)];
}

/** "22 Nov 2026". */
export function date(at: number): string {
  return day.format(at);
}

export function isSameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}
