import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, expect, it } from 'vitest';
import type { DockerBackend } from '../../src/backends/docker/dockerBackend';
import type { Shell } from '../../src/core/backend';
import { ServingError } from '../../src/core/errors';
import type { ServingRef } from '../../src/core/serving';
import { ShellTerminal } from '../../src/ui/shellTerminal';
import { until } from '../contract/backend.contract';
import { DockerPlace, NEVER } from '../contract/dockerPlace';
import { operation } from '../contract/fixture';
import { describeWithEngine, engineIsUp } from './support/engine';

const SIZE = { columns: 80, rows: 24 };

describeWithEngine('a shell in a replica', () => {
  let place: DockerPlace;
  let backend: DockerBackend;
  let ref: ServingRef;
  const open: Shell[] = [];

  beforeAll(async () => {
    await engineIsUp();
    place = new DockerPlace();
    await place.add('echo');
    backend = place.open();
    ref = await backend.create(
      place.define('iris', 'echo', { backend: 'docker', replicas: { min: 2, max: 2 } }),
      operation(),
    );
    await backend.start(ref, operation());
  }, 180_000);
  afterEach(() => {
    open.splice(0).forEach((shell) => {
      shell.dispose();
    });
  });
  afterAll(() => place.dispose());

  const openShell = async (replica = 1, by = backend): Promise<Told> => {
    const shell = await by.openShell(ref, replica, SIZE, NEVER);
    open.push(shell);
    return new Told(shell);
  };
  const containerOf = async (replica: number): Promise<string> => {
    const found = (await backend.servings(NEVER))[0]?.run?.replicas.find(({ number }) => number === replica);
    return (
      (await place.containers('iris', 'replica')).find(({ id }) => id.startsWith(found?.container ?? '-'))?.id ?? ''
    );
  };

  it('runs commands as the user of the replica, where the script lies, and can write to its home', async () => {
    const shell = await openShell();
    expect(await shell.says('id -u; pwd; echo "$TERM"; ls')).toMatch(
      /10001\s+\/serving\/Models\/echo\/1\s+xterm-256color\s+echo\.py/,
    );
    expect(await shell.says('touch ~/mine && echo "wrote $?"; touch /mine; echo "root $?"')).toMatch(
      /wrote 0[^]*Read-only file system[^]*root 1/,
    );
    expect(await shell.says('[ -t 0 ] && [ -t 1 ] && echo "a terminal"')).toContain('a terminal');
    // Both halves of a letter come through, in both directions.
    expect(await shell.says(`printf 'h\\303\\251'; echo " wörld"`)).toContain('hé wörld');
  }, 60_000);

  it('is in the replica that was asked for', async () => {
    const [first, second] = await Promise.all([openShell(1), openShell(2)]);
    const names = await Promise.all([first.says('cat /etc/hostname'), second.says('cat /etc/hostname')]);
    for (const [index, text] of names.entries()) {
      expect(text).toContain((await containerOf(index + 1)).slice(0, 12));
    }
  }, 60_000);

  it('follows the size of the terminal', async () => {
    const shell = await openShell();
    expect(await shell.says('stty size')).toMatch(/24 80/);
    await shell.shell.resize({ columns: 131, rows: 47 });
    expect(await shell.says('stty size')).toMatch(/47 131/);
  }, 60_000);

  it('gives its exit code', async () => {
    const shell = await openShell();
    shell.shell.write('exit 7\r');
    await shell.ended;
    expect(await shell.shell.exitCode()).toBe(7);
    await shell.shell.resize({ columns: 10, rows: 10 });
  }, 60_000);

  it('ends with all that runs in it when it is disposed', async () => {
    const shell = await openShell();
    await shell.says('sleep 4321 & (trap "" HUP; sleep 4322) & echo begun');
    shell.shell.write('sleep 4323\r');
    const id = await containerOf(1);
    const engine = await place.engine();
    const sleeping = async (): Promise<string> => {
      const looker = await backend.openShell(ref, 1, SIZE, NEVER);
      const text = await new Told(looker).says(
        'cat /proc/[0-9]*/cmdline | tr "\\0" " " | grep -o "sleep 43[0-9]*" | sort',
      );
      looker.dispose();
      return text;
    };
    await until(async () => (await sleeping()).includes('sleep 4323'), 10);
    shell.shell.dispose();
    await until(async () => !/sleep 43\d\d/.test(await sleeping()), 15);
    expect((await engine.inspectContainer(id))?.running).toBe(true);
    expect(await backend.predict(ref, { verb: 'predict', body: '{"inputs": 1}' }, NEVER)).toMatchObject({
      status: 200,
    });
  }, 90_000);

  it('as a terminal of the editor: types, resizes, and says how it ended until a key is pressed', async () => {
    const shell = await backend.openShell(ref, 1, SIZE, NEVER);
    open.push(shell);
    const terminal = new ShellTerminal(shell, 'Replica 1 of iris');
    let text = '';
    let isClosed = false;
    terminal.onDidWrite((part) => (text += part));
    terminal.onDidClose(() => (isClosed = true));
    terminal.open({ columns: 99, rows: 33 });
    await until(() => text.includes('$ '));
    await sleep(300);
    terminal.handleInput('stty size\r');
    await until(() => text.includes('33 99'));
    terminal.handleInput('exit 3\r');
    await until(() => text.includes('ended with exit code 3'));
    expect(isClosed).toBe(false);
    terminal.handleInput('x');
    expect(isClosed).toBe(true);
    terminal.close();
  }, 60_000);

  it('is refused where nothing runs, and in a workspace that is not trusted', async () => {
    const untrusted = place.open({ trust: { isTrusted: false, onDidGrant: () => ({ dispose: () => undefined }) } });
    expect((await failure(openShell(1, untrusted))).code).toBe('untrusted');
    expect((await failure(openShell(9))).message).toBe('Could not open a shell in iris: its replica 9 does not run');
  }, 60_000);

  it('says that its replica has ended', async () => {
    const shell = await openShell(2);
    await shell.says('echo here');
    const terminal = new ShellTerminal(
      { ...shell.shell, output: empty(), exitCode: () => shell.shell.exitCode(), dispose: () => undefined } as Shell,
      'Replica 2 of iris',
    );
    let text = '';
    terminal.onDidWrite((part) => (text += part));
    await (await place.engine()).removeContainer(await containerOf(2));
    await shell.ended;
    expect(await shell.shell.exitCode()).toBeUndefined();
    terminal.open(undefined);
    await until(() => text.includes('Replica 2 of iris has ended'));
  }, 60_000);
});

/** What a shell prints, gathered. */
class Told {
  private text = '';
  private count = 0;
  readonly ended: Promise<void>;

  constructor(readonly shell: Shell) {
    this.ended = (async () => {
      for await (const part of shell.output) {
        this.text += part;
      }
    })();
  }

  /** What a command prints; a word that stands in no line that was typed tells its end. */
  async says(command: string): Promise<string> {
    const end = `end${String(++this.count)}`;
    const from = this.text.length;
    this.shell.write(`${command}; echo "e""nd${String(this.count)}"\r`);
    await until(() => this.text.slice(from).includes(end), 20);
    return this.text.slice(from);
  }
}

async function* empty(): AsyncGenerator<string> {
  // It has ended.
}

async function failure(work: Promise<unknown>): Promise<ServingError> {
  const error: unknown = await work.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ServingError);
  return error as ServingError;
}
