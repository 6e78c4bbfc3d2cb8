// Requests to a serving of this computer, now more and now fewer, so that its charts have something to show.
import { setTimeout as sleep } from 'node:timers/promises';

/** One in so many is wrong. */
const WRONG = 600;

/**
 * @param {{ url: string, body: object, seconds: number }} options `url`: of a verb, at 127.0.0.1
 * @returns {Promise<number>} how many were answered
 */
export async function sendTraffic({ url, body, seconds }) {
  if (new URL(url).hostname !== '127.0.0.1') throw new Error(`${url} is not on this computer`);
  const until = Date.now() + seconds * 1000;
  const waiting = new Set();
  let answered = 0;
  for (let n = 1; Date.now() < until; n++) {
    const text = JSON.stringify(n % WRONG === 0 ? {} : body);
    const request = fetch(url, { method: 'POST', headers: { 'content-type': 'application/json' }, body: text })
      .then(async (reply) => {
        await reply.arrayBuffer();
        answered++;
      })
      .finally(() => waiting.delete(request));
    waiting.add(request);
    const perSecond = 14 + 9 * Math.sin(Date.now() / 17_000) + 3 * Math.sin(Date.now() / 4_100);
    await sleep(1000 / perSecond);
  }
  await Promise.all(waiting);
  return answered;
}
