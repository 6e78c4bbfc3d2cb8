import { readdirSync } from 'node:fs';
import { readFile, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { Artifacts } from '../../src/backends/artifacts/artifacts';
import { DefinitionFiles } from '../../src/backends/definitions/definitionFiles';
import { Http } from '../../src/backends/http';
import { Lease } from '../../src/backends/process/lease';
import type { ProcessSettings } from '../../src/backends/local/ports';
import { ProcessBackend, type ProcessBackendParts } from '../../src/backends/process/processBackend';
import { localProcesses } from '../../src/backends/process/processes';
import { testPython } from './serverRoot';
import { ServingPlace } from './servingPlace';

export const NEVER: AbortSignal = new AbortController().signal;

export interface PlaceOptions {
  /** Name of the temporary folder. */
  readonly name?: string;
  readonly settings?: Partial<ProcessSettings>;
  readonly parts?: Partial<ProcessBackendParts>;
}

/** Process backends on a workspace folder: real server, real Python. */
export class ProcessPlace extends ServingPlace {
  private readonly backends: ProcessBackend[] = [];

  constructor(private readonly options: PlaceOptions = {}) {
    super(options.name);
  }

  /** Another window of the folder. */
  open(parts: Partial<ProcessBackendParts> = {}): ProcessBackend {
    const { log } = this;
    const folder = parts.folder?.path ?? this.folder;
    const backend = new ProcessBackend({
      folder: { name: 'work space', path: folder },
      storage: this.storage,
      lease: new Lease(join(this.storage, 'lease'), log),
      serverRoot: this.serverRoot,
      definitions: new DefinitionFiles(folder),
      http: new Http(),
      processes: localProcesses(),
      pythons: { prepare: () => Promise.resolve({ executable: testPython() }) },
      packer: new Artifacts(folder, join(this.storage, 'artifacts')),
      secrets: { get: () => Promise.resolve(undefined) },
      trust: { isTrusted: true, onDidGrant: () => ({ dispose: () => undefined }) },
      describePython: () => Promise.resolve('Python'),
      settings: () => ({
        loadSeconds: 20,
        drainSeconds: 2,
        bodyBytes: 10_000_000,
        keepRunningSeconds: 120,
        ...this.options.settings,
      }),
      log,
      ...this.options.parts,
      ...parts,
    });
    this.backends.push(backend);
    return backend;
  }

  async run(name: string): Promise<{ instance: string; server: { pid: number } }> {
    const text = await readFile(join(this.storage, 'servings', name, 'ledger.json'), 'utf8');
    return JSON.parse(text) as { instance: string; server: { pid: number } };
  }

  async serverJson(name: string): Promise<{ replicas: { pid: number }[]; port: number }> {
    const { instance } = await this.run(name);
    const file = join(this.storage, 'servings', name, 'runs', instance, 'server.json');
    return JSON.parse(await readFile(file, 'utf8')) as { replicas: { pid: number }[]; port: number };
  }

  /** The processes that work in this place: servers, workers, and what a script spawned. */
  async processes(): Promise<readonly string[]> {
    const found: string[] = [];
    for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)) {
      const [line, cwd] = await Promise.all([
        readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => ''),
        readlink(`/proc/${pid}/cwd`).catch(() => ''),
      ]);
      // One without a command line is just ending.
      if (line !== '' && (line.includes(this.root) || cwd.startsWith(this.root))) {
        found.push(`${pid} ${line.replaceAll('\0', ' ')}`);
      }
    }
    return found;
  }

  async dispose(): Promise<void> {
    for (const backend of this.backends) {
      backend.dispose();
    }
    for (const line of await this.processes()) {
      try {
        process.kill(Number(line.split(' ')[0]), 'SIGKILL');
      } catch {
        // It ended meanwhile.
      }
    }
    await this.removeFiles();
  }
}
