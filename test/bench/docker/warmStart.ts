import type { ServingRef } from '../../../src/core/serving';
import { answers, BenchPlace, freePort, OPERATION } from './place';
import type { DockerBench } from './parts';

/** At most so many times what the bare script takes. */
const GOAL = 1.3;
/** The same script behind the standard library's server: what one would write by hand. */
const BARE = `import json, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
sys.path.insert(0, "/serving/Models/knn/1")
from knn import Predict
model = Predict()
class Handler(BaseHTTPRequestHandler):
    def log_message(self, *args): pass
    def do_POST(self):
        inputs = json.loads(self.rfile.read(int(self.headers["content-length"])))["inputs"]
        body = json.dumps({"predictions": model.predict(inputs)}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
HTTPServer(("0.0.0.0", 8080), Handler).serve_forever()
`;

/** From the call of start, with all images there, to the first 200; beside it `docker run` of the same image, in turns. */
export async function warmStart({ figure, median, log, quick }: DockerBench): Promise<void> {
  const bench = new BenchPlace();
  const { place, backend } = bench;
  try {
    const port = await freePort();
    const ref = await bench.define({ port });
    log('making the images of a serving with scikit-learn');
    await backend.start(ref, OPERATION);
    const image = (await place.containers('knn', 'replica'))[0]?.image ?? '';
    await backend.stop(ref, OPERATION);
    const times: Record<'ours' | 'bare', number[]> = { ours: [], bare: [] };
    const measures = { ours: () => ownStart(bench, ref, port), bare: () => bareStart(bench, image) } as const;
    for (let round = 0; round <= (quick ? 2 : 10); round++) {
      // Each is first in every other round: what else the machine does comes and goes.
      for (const which of round % 2 === 0 ? (['bare', 'ours'] as const) : (['ours', 'bare'] as const)) {
        const took = await measures[which]();
        // The first round warms both up.
        if (round > 0) {
          times[which].push(took);
        }
      }
    }
    log(`warm start ${times.ours.map(Math.round).join(', ')} ms; bare ${times.bare.map(Math.round).join(', ')} ms`);
    figure({
      name: 'warm start to the first 200, beside docker run of the bare script',
      unit: 'ms',
      values: times.ours,
      baseline: times.bare,
      below: Math.round(GOAL * median(times.bare)),
    });
  } finally {
    await place.dispose();
  }
}

async function ownStart({ backend }: BenchPlace, ref: ServingRef, port: number): Promise<number> {
  // Asked from the beginning on, as the bare one is from the moment that it was started.
  const [took] = await Promise.all([
    answers(`http://127.0.0.1:${port}/v1/models/knn:predict`),
    backend.start(ref, OPERATION),
  ]);
  await backend.stop(ref, OPERATION);
  return took;
}

async function bareStart({ place }: BenchPlace, image: string): Promise<number> {
  const engine = await place.engine();
  const port = await freePort();
  const began = performance.now();
  const id = await engine.createContainer({
    image,
    labels: { 'model-serving': '1', 'model-serving.role': 'once' },
    entrypoint: ['python', '-u', '-c', BARE],
    ports: [{ inside: 8080, outside: port, address: '127.0.0.1' }],
  });
  try {
    await engine.startContainer(id);
    await answers(`http://127.0.0.1:${port}/`);
    return performance.now() - began;
  } finally {
    await engine.removeContainer(id);
  }
}
