import type { TextPart } from '../../src/protocol/views/basics';
import { count, duration, latency, time } from './numbers';

/** A sentence of pieces as text, by the reader's clock. Times in milliseconds since 1970. */
export function sentence(parts: readonly TextPart[], now: number): string {
  return parts.map((part) => piece(part, now)).join('');
}

function piece(part: TextPart, now: number): string {
  if (typeof part === 'string') {
    return part;
  }
  switch (part.kind) {
    case 'time':
      return time(part.at, now);
    case 'since':
      return duration(now - part.at);
    case 'ago':
      return duration(now - part.at, 1);
    case 'count':
      return count(part.value);
    case 'latency': {
      const { value, unit } = latency(part.value);
      return `${value} ${unit}`;
    }
  }
}
