import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { Turns } from '../../../src/backends/docker/turns';

it('lets no more than so many work at a time, in their order, and goes on after one that fails', async () => {
  const turns = new Turns(2);
  const began: number[] = [];
  let atWork = 0;
  let most = 0;
  const results = await Promise.allSettled(
    [0, 1, 2, 3, 4, 5].map((number) =>
      turns.run(async () => {
        began.push(number);
        most = Math.max(most, ++atWork);
        await sleep(5);
        atWork--;
        if (number === 1) {
          throw new Error('no');
        }
        return number;
      }),
    ),
  );
  expect(most).toBe(2);
  expect(began).toEqual([0, 1, 2, 3, 4, 5]);
  expect(results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed'))).toEqual([
    0,
    'failed',
    2,
    3,
    4,
    5,
  ]);
});
