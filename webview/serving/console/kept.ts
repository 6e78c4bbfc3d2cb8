import type { Sent } from '../../../src/protocol/views/console';

const LONGEST_HISTORY = 20;
/** Longer bodies are not kept in the history, in characters: all of it is written at each change. */
const LONGEST_BODY = 20_000;

/** The history with one more request, the newest first. */
export function withSent(history: readonly Sent[], sent: Sent): readonly Sent[] {
  const kept = sent.body.length > LONGEST_BODY ? { ...sent, body: '' } : sent;
  return [kept, ...history].slice(0, LONGEST_HISTORY);
}
