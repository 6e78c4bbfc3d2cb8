import { createServer, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Backend } from '../../../src/core/backend';
import type { ServingDefinition } from '../../../src/core/definition';
import type { ServingRef } from '../../../src/core/serving';
import { DockerPlace } from '../../contract/dockerPlace';
import { NEVER } from '../../docker/place';

export const OPERATION = { signal: NEVER, report: () => undefined };
const BODY = '{"inputs":[[5.1,3.5,1.4,0.2]]}';

/** A script with a library that takes its time to load. */
const SCRIPT = `from sklearn.datasets import load_iris
from sklearn.neighbors import KNeighborsClassifier


class Predict:
    def __init__(self):
        data = load_iris()
        self.model = KNeighborsClassifier(5).fit(data.data, data.target)

    def predict(self, inputs):
        return [ANSWER for _ in self.model.predict(inputs)]
`;

/** A workspace folder with one serving, `knn`, whose images are made by its first start. */
export class BenchPlace {
  readonly place = new DockerPlace({ name: 'bench-docker-' });
  readonly backend: Backend = this.place.open();

  async define(change: Partial<ServingDefinition> = {}): Promise<ServingRef> {
    await this.writeScript(0);
    await this.place.write('Models/knn/1/requirements.txt', 'scikit-learn\n');
    return this.backend.create({ ...this.definition(), ...change }, OPERATION);
  }

  private definition(): ServingDefinition {
    const environment = { requirements: 'Models/knn/1/requirements.txt', variables: {}, secrets: [] };
    return this.place.define('knn', 'knn', { backend: 'docker', environment });
  }

  /** The script as it answers from now on. */
  async writeScript(answer: number): Promise<void> {
    await this.place.write('Models/knn/1/knn.py', SCRIPT.replace('ANSWER', String(answer)));
  }

  /** A further run takes over. */
  async restart(ref: ServingRef): Promise<void> {
    await this.backend.update(ref, this.definition(), OPERATION);
  }

  async url(): Promise<string> {
    const serving = (await this.backend.servings(NEVER)).find(({ ref }) => ref.name === 'knn');
    const url = serving?.run?.endpoint?.url;
    if (url === undefined) {
      throw new Error(`knn has no address: ${serving?.state ?? 'it is not there'} ${serving?.reason ?? ''}`);
    }
    return `${url}:predict`;
  }
}

/** Asking more often takes so much of a computer with two cores that what is measured is slower by a tenth. */
const ASK_MS = 20;

/** Milliseconds until a POST is answered with 200 and this text in it. */
export async function answers(url: string, text = ''): Promise<number> {
  const began = performance.now();
  while (performance.now() - began < 60_000) {
    try {
      const reply = await fetch(url, { method: 'POST', body: BODY, headers: { 'content-type': 'application/json' } });
      if (reply.status === 200 && (await reply.text()).includes(text)) {
        return performance.now() - began;
      }
    } catch {
      // It is not there yet.
    }
    await sleep(ASK_MS);
  }
  throw new Error(`${url} did not answer within 60 s`);
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => {
        resolve(port);
      });
    });
  });
}
