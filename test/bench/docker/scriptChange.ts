import { answers, BenchPlace, OPERATION } from './place';
import type { DockerBench } from './parts';

/** No more than a person waits who looks at the answer after a change. */
const GOAL_MS = 10_000;

/** From a changed script to its first answer, while the one before answers on. */
export async function scriptChange({ figure, quick }: DockerBench): Promise<void> {
  const bench = new BenchPlace();
  try {
    const ref = await bench.define();
    await bench.backend.start(ref, OPERATION);
    const url = await bench.url();
    const values: number[] = [];
    for (let round = 1; round <= (quick ? 2 : 5); round++) {
      const answer = 1000 + round;
      await bench.writeScript(answer);
      const began = performance.now();
      const changed = bench.restart(ref);
      await Promise.all([answers(url, String(answer)).then(() => values.push(performance.now() - began)), changed]);
    }
    figure({ name: 'a changed script answers', unit: 'ms', values, below: GOAL_MS });
  } finally {
    await bench.place.dispose();
  }
}
