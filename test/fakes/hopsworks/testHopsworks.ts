import { request as ask } from 'node:http';
import type { Certificate } from '../../../src/localApi/certificate';
import type { Generation } from '../../../src/localApi/project';
import type { StageName } from '../../../src/core/serving';
import { ApiPlace } from '../../unit/localApi/apiPlace';
import type { MemoryWorld } from '../memoryBackend';
import { failure, Front, type Answer, type Asked } from './front';

const SCOPES = ['PROJECT', 'SERVING', 'MODELREGISTRY', 'DATASET_VIEW', 'DATASET_CREATE', 'DATASET_DELETE', 'KAFKA'];

/** Time that passes only when the test says so. */
export class Clock {
  private at = Date.parse('2026-11-29T12:00:00Z');
  private readonly waiting = new Set<() => void>();

  now(): Date {
    return new Date(this.at);
  }

  pass(seconds: number): void {
    this.at += seconds * 1000;
    for (const wake of [...this.waiting]) {
      wake();
    }
  }

  async wait(seconds: number, signal: AbortSignal): Promise<void> {
    const end = this.at + seconds * 1000;
    await new Promise<void>((resolve, reject) => {
      const look = (): void => {
        if (signal.aborted || this.at >= end) {
          this.waiting.delete(look);
          signal.removeEventListener('abort', look);
          if (signal.aborted) {
            reject(signal.reason as Error);
          } else {
            resolve();
          }
        }
      };
      this.waiting.add(look);
      signal.addEventListener('abort', look);
      look();
    });
  }
}

/**
 * A Hopsworks for tests: our own API of it over the backend in memory, and in front of that what is not the product's:
 * faults, scopes and roles of the key, KServe that is not there, limits of the cluster, time under the test's control.
 */
export class TestHopsworks extends Front {
  readonly scopes = new Set(SCOPES);
  readonly clock = new Clock();
  role = 'Data owner';
  kserve = true;
  /** Settings of the server in place of its own. */
  readonly variables: Record<string, string> = {};
  /** Seconds of the clock that each stage of a start takes. */
  readonly stages: Partial<Record<StageName, number>> = {};
  /** The server's clock is wrong by this, in milliseconds. */
  skew = 0;
  private readonly place = new ApiPlace();

  get world(): MemoryWorld {
    return this.place.world;
  }

  get warnings(): readonly string[] {
    return this.place.warnings;
  }

  /** Where the API keeps its own files. */
  get storage(): string {
    return this.place.storage;
  }

  async open(generation: Generation = 3, certificate?: Certificate): Promise<this> {
    this.world.stageDelay = (stage, signal) => this.clock.wait(this.stages[stage] ?? 0, signal);
    await this.place.open(generation, certificate, () => new Date(Date.now() + this.skew));
    return this.listen();
  }

  /** A model version with a script; without one, it answers with what it was asked. */
  addModel(name = 'iris', version = 1): Promise<void> {
    return this.place.addModel(name, version);
  }

  write(file: string, text: string): Promise<void> {
    return this.place.write(file, text);
  }

  /** What is in the workspace that is served from. */
  get folder(): string {
    return this.place.folder;
  }

  async dispose(): Promise<void> {
    await this.close();
    await this.place.dispose();
  }

  protected answer(asked: Asked): Answer | Promise<Answer> {
    const refused = this.refused(asked);
    if (refused !== undefined) {
      return refused;
    }
    const [, variable = ''] = /^\/variables\/(\w+)$/.exec(asked.path) ?? [];
    const value = variable === 'kube_kserve_installed' && !this.kserve ? 'false' : this.variables[variable];
    return value === undefined ? this.passed(asked) : { status: 200, body: { successMessage: value } };
  }

  private refused({ method, path, body }: Asked): Answer | undefined {
    const scope = scopeOf(method, path);
    if (scope !== undefined && !this.scopes.has(scope)) {
      return failure(403, 320004, 'No valid scope found for this invocation');
    }
    const changes = method !== 'GET' && /\/(serving|kafka)(\/|$)/.test(path);
    if (changes && this.role !== 'Data owner') {
      return failure(403, 150068, 'Your project role does not allow to perform this action.');
    }
    return method === 'PUT' && path.endsWith('/serving') && !this.kserve && body.includes('"KSERVE"')
      ? failure(400, 240015, 'KServe is not installed or disabled', 'Serving tool not supported')
      : undefined;
  }

  private async passed(asked: Asked): Promise<Answer> {
    const answer = await this.toApi(asked);
    if (asked.path === '/project' && answer.status === 200) {
      const text = String(answer.raw).replaceAll('"Data owner"', JSON.stringify(this.role));
      return { ...answer, raw: text };
    }
    return answer;
  }

  private toApi({ method, url, headers, bytes }: Asked): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const sent = ask(
        { host: '127.0.0.1', port: this.place.ports.port, method, path: url, headers, agent: false },
        (response) => {
          const pieces: Buffer[] = [];
          response.on('data', (piece: Buffer) => pieces.push(piece));
          response.on('error', reject);
          response.on('end', () => {
            const {
              'content-length': _length,
              'transfer-encoding': _coding,
              connection: _kept,
              ...others
            } = response.headers;
            resolve({
              status: response.statusCode ?? 0,
              raw: Buffer.concat(pieces),
              headers: {
                ...(others as Record<string, string>),
                date: new Date(Date.now() + this.skew).toUTCString(),
              },
            });
          });
        },
      );
      sent.on('error', reject);
      sent.end(bytes);
    });
  }
}

/** What a key needs for a call; undefined: it needs none. */
function scopeOf(method: string, path: string): string | undefined {
  if (path === '/variables/versions') {
    return undefined;
  }
  if (path.includes('/kafka/')) {
    return 'KAFKA';
  }
  if (path.includes('/modelregistries')) {
    return 'MODELREGISTRY';
  }
  if (path.includes('/dataset')) {
    return method === 'GET' ? 'DATASET_VIEW' : method === 'DELETE' ? 'DATASET_DELETE' : 'DATASET_CREATE';
  }
  return /\/(serving|inference)(\/|$)/.test(path) ? 'SERVING' : 'PROJECT';
}
