import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { rm } from 'node:fs/promises';
import { resolve } from 'node:path';
import { build } from 'esbuild';
import type { ServingDefinition } from '../../../src/core/definition';
import { type DockerPlace, GATEWAY_FILES } from '../../contract/dockerPlace';
import { testPython } from '../../contract/serverRoot';

// In the project, for its modules.
const outfile = resolve(import.meta.dirname, `../../../.cache/window-${String(process.pid)}.cjs`);
let built: Promise<unknown> | undefined;

async function bundle(): Promise<void> {
  built ??= build({
    entryPoints: [resolve(import.meta.dirname, 'windowProcess.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    define: { 'import.meta.dirname': JSON.stringify(resolve(import.meta.dirname, '..')) },
    mainFields: ['module', 'main'],
    external: ['dockerode', 'axios'],
    logLevel: 'error',
  });
  await built;
}

/** For afterAll. */
export async function removeWindowProgram(): Promise<void> {
  built = undefined;
  await rm(outfile, { force: true });
}

/** A window in a process of its own that starts or updates a serving. */
export class WindowProcess {
  private text = '';

  private constructor(private readonly child: ChildProcess) {
    child.stdout?.on('data', (data) => {
      this.text += String(data);
    });
  }

  static async open(
    { folder, storage, serverRoot }: DockerPlace,
    verb: 'start' | 'update',
    definition: ServingDefinition,
  ): Promise<WindowProcess> {
    await bundle();
    const args = [outfile, folder, storage, serverRoot, GATEWAY_FILES, testPython(), verb, JSON.stringify(definition)];
    return new WindowProcess(spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] }));
  }

  /** The stages that it has told, and at last `done` or `failed …`. */
  get told(): readonly string[] {
    return this.text.split('\n').filter((line) => line !== '');
  }

  /** As a window that crashes. */
  async kill(): Promise<void> {
    if (this.child.exitCode === null && this.child.signalCode === null) {
      this.child.kill('SIGKILL');
      await once(this.child, 'exit');
    }
  }
}
