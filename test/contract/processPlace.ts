import { cpSync, mkdtempSync, readdirSync, realpathSync } from 'node:fs';
import { mkdir, readdir, readFile, readlink, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { Artifacts } from '../../src/backends/artifacts/artifacts';
import { DefinitionFiles } from '../../src/backends/definitions/definitionFiles';
import { Http } from '../../src/backends/http';
import { Lease } from '../../src/backends/process/lease';
import type { ProcessSettings } from '../../src/backends/local/ports';
import { ProcessBackend, type ProcessBackendParts } from '../../src/backends/process/processBackend';
import { localProcesses } from '../../src/backends/process/processes';
import { DEFAULTS, type ServingDefinition } from '../../src/core/definition';
import type { Logger } from '../../src/core/log';
import { copyServer, testPython } from './serverRoot';

const SCRIPTS = resolve(import.meta.dirname, '../fixtures/scripts');
export const NEVER: AbortSignal = new AbortController().signal;

export interface PlaceOptions {
  /** Name of the temporary folder. */
  readonly name?: string;
  readonly settings?: Partial<ProcessSettings>;
  readonly parts?: Partial<ProcessBackendParts>;
}

/** A workspace folder and a storage in a temporary folder, and process backends on them: real server, real Python. */
export class ProcessPlace {
  readonly root: string;
  readonly folder: string;
  readonly storage: string;
  readonly serverRoot: string;
  readonly warnings: string[] = [];
  private readonly backends: ProcessBackend[] = [];

  constructor(private readonly options: PlaceOptions = {}) {
    this.root = realpathSync(mkdtempSync(join(tmpdir(), options.name ?? 'model serving é ')));
    this.folder = join(this.root, 'work space');
    this.storage = join(this.root, 'storage');
    this.serverRoot = copyServer(join(this.root, 'server'));
  }

  /** Puts a script of the fixtures into a model version of its own. */
  async add(...scripts: readonly string[]): Promise<void> {
    for (const script of scripts) {
      const version = join(this.folder, 'Models', script, '1');
      await mkdir(version, { recursive: true });
      cpSync(join(SCRIPTS, `${script}.py`), join(version, `${script}.py`));
    }
  }

  async write(file: string, text: string | Uint8Array): Promise<string> {
    const path = join(this.folder, file);
    await mkdir(resolve(path, '..'), { recursive: true });
    await writeFile(path, text);
    return path;
  }

  define(name: string, model = 'echo', change: Partial<ServingDefinition> = {}): ServingDefinition {
    return {
      ...DEFAULTS,
      name,
      model: { name: model, version: 1 },
      script: `Models/${model}/1/${model}.py`,
      ...change,
    };
  }

  /** Another window of the folder. */
  open(parts: Partial<ProcessBackendParts> = {}): ProcessBackend {
    const note = (message: string | Error): void => {
      this.warnings.push(String(message));
    };
    const log: Logger = { debug: () => undefined, info: () => undefined, warn: note, error: note };
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

  /** Files below a folder of the storage or of the workspace, sorted; empty when it is not there. */
  async files(below: string): Promise<readonly string[]> {
    const found = await readdir(below, { recursive: true, withFileTypes: true }).catch(() => []);
    return found
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(this.root, join(entry.parentPath, entry.name)))
      .sort();
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
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}
