import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fingerprintOf, type HashedFile } from '../../src/backends/artifacts/manifest';
import type { BuildSpec, Engine } from '../../src/backends/docker/engine/port';
import type { ImageTools } from '../../src/backends/docker/images/environmentImage';
import type { Operation, Progress } from '../../src/core/backend';
import { copyServer } from '../contract/serverRoot';
import { image } from './place';

export interface ImagesPlace {
  readonly directory: string;
  readonly tools: ImageTools;
  /** What was logged. */
  readonly lines: readonly string[];
  /** What was built. */
  readonly built: readonly BuildSpec[];
  /** A file with these requirements. */
  requirements(...lines: readonly string[]): {
    readonly text: string;
    readonly folder: string;
    readonly file: string;
  };
  /** Takes away its images, too. */
  remove(): Promise<void>;
}

/** A folder to build images from; they are like those of nobody else. */
export function imagesPlace(engine: Engine, env: NodeJS.ProcessEnv = {}): ImagesPlace {
  const directory = mkdtempSync(join(tmpdir(), 'ms-images-'));
  // A folder of packages is a part of what makes an environment: that of this place nobody else has.
  const links = join(directory, 'links');
  mkdirSync(links);
  const lines: string[] = [];
  const built: BuildSpec[] = [];
  const add = (line: string | Error): void => {
    lines.push(String(line));
  };
  const counting = new Proxy(engine, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') {
        return value;
      }
      return (...args: readonly unknown[]): unknown => {
        if (name === 'buildImage') {
          built.push(args[0] as BuildSpec);
        }
        return value.apply(target, args) as unknown;
      };
    },
  });
  const tools: ImageTools = {
    engine: counting,
    log: { debug: add, info: add, warn: add, error: add },
    env: { ...process.env, PIP_FIND_LINKS: links, ...env },
    home: directory,
    serverRoot: copyServer(join(directory, 'server')),
    locks: join(directory, 'locks'),
    baseImage: () => image,
  };
  return {
    directory,
    tools,
    lines,
    built,
    requirements: (...asked) => {
      const file = join(directory, 'requirements.txt');
      const text = [...asked, ''].join('\n');
      writeFileSync(file, text);
      return { text, folder: directory, file };
    },
    remove: async () => {
      for (const { tag } of [...built].reverse()) {
        await engine.removeImage(tag);
      }
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

export function operation(signal = new AbortController().signal): Operation & { readonly told: readonly Progress[] } {
  const told: Progress[] = [];
  return { signal, told, report: (progress) => told.push(progress) };
}

/** A packed artifact with these files. */
export function packed(directory: string, number: number, files: Readonly<Record<string, string | Uint8Array>>) {
  const label = `iris_1_${number}`;
  const place = join(directory, 'artifacts', String(number), label);
  mkdirSync(place, { recursive: true });
  const hashed = Object.entries(files).map(([name, content]) => {
    writeFileSync(join(place, name), content);
    const sha256 = createHash('sha256').update(content).digest('hex');
    return { name, bytes: content.length, sha256, modified: '0', packed: '0' };
  });
  const fingerprint = fingerprintOf(hashed as unknown as readonly HashedFile[], 'predict.py');
  const manifest = { label, fingerprint, created: new Date().toISOString(), files: hashed };
  writeFileSync(join(directory, 'artifacts', String(number), 'artifact.json'), JSON.stringify(manifest));
  return { label, directory: place, fingerprint, script: join(place, 'predict.py') };
}

/** A package index on 127.0.0.1. */
export async function packageIndex(
  answer: (request: IncomingMessage, response: ServerResponse) => void,
): Promise<{ readonly host: string; open(): Promise<number>; close(): void }> {
  const server = createServer(answer);
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    open: () =>
      new Promise((done) => {
        server.getConnections((_, count) => {
          done(count);
        });
      }),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
