import { cpSync, mkdtempSync, realpathSync } from 'node:fs';
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative, resolve } from 'node:path';
import { DEFAULTS, type ServingDefinition } from '../../src/core/definition';
import type { Logger } from '../../src/core/log';
import { copyServer } from './serverRoot';

const SCRIPTS = resolve(import.meta.dirname, '../fixtures/scripts');

/** A workspace folder and a storage in a temporary folder, with the server as it is today. */
export class ServingPlace {
  readonly root: string;
  readonly folder: string;
  readonly storage: string;
  readonly serverRoot: string;
  readonly warnings: string[] = [];
  readonly log: Logger;

  constructor(name = 'model serving é ') {
    this.root = realpathSync(mkdtempSync(join(tmpdir(), name)));
    this.folder = join(this.root, 'work space');
    this.storage = join(this.root, 'storage');
    this.serverRoot = copyServer(join(this.root, 'server'));
    const note = (message: string | Error): void => {
      this.warnings.push(String(message));
    };
    this.log = { debug: () => undefined, info: () => undefined, warn: note, error: note };
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

  /** Files below a folder of the storage or of the workspace, sorted; empty when it is not there. */
  async files(below: string): Promise<readonly string[]> {
    const found = await readdir(below, { recursive: true, withFileTypes: true }).catch(() => []);
    return found
      .filter((entry) => !entry.isDirectory())
      .map((entry) => relative(this.root, join(entry.parentPath, entry.name)))
      .sort();
  }

  /** Files of the storage, or of another folder, that have a text in them. */
  async found(text: string, below = this.storage): Promise<readonly string[]> {
    const files = await readdir(below, { recursive: true, withFileTypes: true }).catch(() => []);
    const paths = files
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.pyc'))
      .map((entry) => join(entry.parentPath, entry.name));
    const has = async (path: string): Promise<boolean> =>
      (await readFile(path).catch(() => Buffer.of())).includes(text);
    return (await Promise.all(paths.map(async (path) => ((await has(path)) ? [path] : [])))).flat();
  }

  protected async removeFiles(): Promise<void> {
    await rm(this.root, { recursive: true, force: true, maxRetries: 5 });
  }
}
