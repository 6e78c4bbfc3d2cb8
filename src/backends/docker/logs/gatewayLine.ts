import type { LogLine } from '../../../core/backend';

/** HAProxy's word for what it does not survive. */
const GATEWAY_TROUBLE = /\[ALERT\]|\bemerg\b|\bfatal\b/i;
/** Its places for replicas are numbered by themselves, so they are told by another word. */
const GATEWAY_PLACE =
  /(?:Server )?replicas\/replica(\d+) (changed its IP from .*? to \S+|is (?:UP|DOWN), reason: .*?)(?:,? check duration|\. \d+ active|\.? by |$)/;

/** A line of HAProxy. Replicas that come and go are told as well, but are for whoever looks for a fault. Total. */
export function toGatewayLine(text: string, time: number): LogLine | undefined {
  if (GATEWAY_TROUBLE.test(text)) {
    return { time, level: 'ERROR', logger: 'gateway', message: text, fields: {} };
  }
  const [, place, what = ''] = GATEWAY_PLACE.exec(text) ?? [];
  return place === undefined
    ? undefined
    : { time, level: 'DEBUG', logger: 'gateway', message: `Gateway: place ${place} ${what}`, fields: {} };
}
