import { mkdtempSync, realpathSync } from 'node:fs';
import { mkdir, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { LocalApi, type LocalApiParts, type Ports } from '../../../src/localApi/localApi';
import type { Certificate } from '../../../src/localApi/certificate';
import type { Generation } from '../../../src/localApi/project';
import { MemoryBackend, MemoryWorld } from '../../fakes/memoryBackend';
import { SENT } from '../hopsworks/sent';

export const KEY = 'ABCDEFGHIJKLMNOP.secretsecretsecret';
const BASE = '/hopsworks-api/api';

export interface Answer {
  readonly status: number;
  readonly text: string;
  /** Undefined where nothing came. */
  readonly json: never;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface Asking {
  readonly body?: string | Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** The local API over a backend in memory, in a workspace folder of its own; over plain HTTP unless it gets a certificate. */
export class ApiPlace {
  readonly root = realpathSync(mkdtempSync(join(tmpdir(), 'local api é ')));
  readonly folder = join(this.root, 'demo');
  readonly storage = join(this.root, 'storage');
  readonly world = new MemoryWorld();
  readonly warnings: string[] = [];
  /** What differs from an API of one backend. */
  more: Partial<LocalApiParts> = {};
  ports: Ports = { port: 0, ingressPort: 0 };
  private api: LocalApi | undefined;

  async open(generation: Generation = 3, certificate?: Certificate, now?: () => Date): Promise<this> {
    await mkdir(this.folder, { recursive: true });
    const note = (message: string | Error): void => {
      this.warnings.push(String(message));
    };
    this.api = new LocalApi({
      project: {
        id: 1,
        name: 'demo',
        generation,
        created: new Date('2026-11-29T12:00:00Z'),
        user: { username: 'ada', fullName: 'Ada Lovelace', email: 'ada@localhost' },
      },
      folder: this.folder,
      storage: this.storage,
      backend: new MemoryBackend(this.world),
      key: KEY,
      port: 0,
      ingressPort: 0,
      log: { debug: () => undefined, info: () => undefined, warn: note, error: note },
      ...(certificate === undefined ? {} : { certificate }),
      ...(now === undefined ? {} : { now }),
      ...this.more,
    });
    this.ports = await this.api.start();
    return this;
  }

  async reopen(): Promise<void> {
    await this.api?.close();
    await this.open();
  }

  /** A model version with a script that answers what it was asked. */
  async addModel(name = 'iris', version = 1): Promise<void> {
    await this.write(`Models/${name}/${version}/model.pkl`, 'no pickle');
    await this.write(`Models/${name}/${version}/predict.py`, 'class Predict: ...');
    this.world.scripts.set(`Models/${name}/${version}/predict.py`, {
      predict: (inputs, print) => {
        print('asked');
        if (inputs === 'raise') {
          throw new Error('ValueError: asked to');
        }
        return inputs;
      },
    });
  }

  async write(file: string, text: string): Promise<void> {
    await mkdir(dirname(join(this.folder, file)), { recursive: true });
    await writeFile(join(this.folder, file), text);
  }

  /** Path below the project. */
  inProject(method: string, path: string, asking: Asking = {}): Promise<Answer> {
    return this.ask(method, `${BASE}/project/1${path}`, asking);
  }

  direct(method: string, path: string, asking: Asking = {}): Promise<Answer> {
    return this.ask(method, `${BASE}${path}`, asking);
  }

  atIngress(method: string, path: string, asking: Asking = {}): Promise<Answer> {
    return this.ask(method, path, asking, this.ports.ingressPort);
  }

  /** By Node's own client: it sends paths and headers as they are. */
  private ask(method: string, path: string, { body, headers }: Asking, port = this.ports.port): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const asked = request(
        { host: '127.0.0.1', port, method, path, headers: { authorization: `ApiKey ${KEY}`, ...headers } },
        (response) => {
          const pieces: Buffer[] = [];
          response.on('data', (piece: Buffer) => pieces.push(piece));
          response.on('error', reject);
          response.on('end', () => {
            const text = Buffer.concat(pieces).toString('utf8');
            resolve({ status: response.statusCode ?? 0, text, json: parsed(text), headers: response.headers });
          });
        },
      );
      asked.on('error', reject);
      asked.end(body);
    });
  }

  async dispose(): Promise<void> {
    await this.api?.close();
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}

function parsed(text: string): never {
  try {
    return JSON.parse(text) as never;
  } catch {
    return undefined as never;
  }
}

/** What a client of 3.x sends for a new deployment. */
export function deployment(change: Readonly<Record<string, unknown>> = {}): string {
  return JSON.stringify({
    ...SENT,
    created: null,
    creator: null,
    predictorResources: {
      requests: { cores: 0.2, memory: 64, gpus: 0 },
      limits: { cores: 1, memory: 512, gpus: 0 },
    },
    inferenceLogging: null,
    kafkaTopicDTO: { name: 'NONE' },
    ...change,
  });
}
