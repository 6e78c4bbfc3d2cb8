import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Shell, TerminalSize } from '../../core/backend';
import { messageOf, ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Logger } from '../../core/log';
import type { Engine, Terminal } from './engine/port';
import { containerArtifact } from './inside';
import { isRunning, type Seen } from './state';

/** All that a shell starts has it, so that it can be ended together. */
const MARK = 'MODEL_SERVING_SHELL';
/** Not every image has bash, and none of ours a user with a home. */
const COMMAND = 'if [ -x /bin/bash ]; then exec /bin/bash --norc; else exec /bin/sh; fi';
/** Python is in every image; `pkill` and `ps` are not. HUP is what a terminal that is closed sends. */
const END = `
import os, signal, sys, time

mark = sys.argv[1].encode()

def marked():
    for name in os.listdir("/proc"):
        if name.isdigit() and int(name) != os.getpid():
            try:
                with open(f"/proc/{name}/environ", "rb") as file:
                    if mark in file.read().split(b"\\0"):
                        yield int(name)
            except OSError:
                pass

for number in (signal.SIGHUP, signal.SIGKILL):
    for pid in list(marked()):
        try:
            os.kill(pid, number)
        except OSError:
            pass
    time.sleep(1)
`;
/** Exit codes above it are those of what a signal has ended. */
const SIGNALLED = 128;
const LOOKS = 20;
const LOOK_MS = 50;

export interface ShellParts {
  readonly engine: Engine;
  readonly name: string;
  readonly seen: Seen;
  readonly log: Logger;
}

/** A shell in a replica, as the user that the replica runs as, in the folder of its model. */
export async function openShell(
  { engine, name, seen, log }: ShellParts,
  replica: number,
  size: TerminalSize,
  signal: AbortSignal,
): Promise<Shell> {
  const context = t('Could not open a shell in {0}', name);
  const found = seen.replicas.find(({ number, container }) => number === replica && isRunning(container));
  if (found === undefined) {
    throw new ServingError('unavailable', t('{0}: its replica {1} does not run', context, String(replica)), {
      remedies: [{ kind: 'start' }],
    });
  }
  const { id } = found.container;
  const startedAt = (await engine.inspectContainer(id, signal))?.startedAt?.getTime();
  const mark = randomUUID();
  const { run } = seen;
  const terminal = await engine.openTerminal(
    id,
    {
      command: ['/bin/sh', '-c', COMMAND],
      variables: {
        // The root is read-only, /tmp is not.
        HOME: '/tmp',
        TERM: 'xterm-256color',
        // The user has no name that a prompt could say.
        PS1: `${name} ${String(replica)}:\\w$ `,
        [MARK]: mark,
      },
      ...(run?.artifact ? { directory: containerArtifact(run.artifact, run.definition).directory } : {}),
    },
    size,
    signal,
  );
  const end = async (): Promise<void> => {
    await engine.runInside(id, { command: ['python', '-c', END, `${MARK}=${mark}`] });
  };
  const shell = new ReplicaShell(terminal, {
    isThere: async () => {
      const now = await engine.inspectContainer(id);
      // It may have been started again since.
      return now?.running === true && now.startedAt?.getTime() === startedAt;
    },
    end: () => {
      end().catch((error: unknown) => {
        log.debug(`a shell in ${name} could not be ended: ${messageOf(error)}`);
      });
    },
  });
  await shell.resize(size);
  return shell;
}

interface ShellReplica {
  /** The container of the shell still runs. */
  isThere(): Promise<boolean>;
  /** All that the shell started ends. */
  end(): void;
}

class ReplicaShell implements Shell {
  private hasEnded = false;

  constructor(
    private readonly terminal: Terminal,
    private readonly replica: ShellReplica,
  ) {}

  get output(): AsyncIterable<string> {
    return this.text();
  }

  write(text: string): void {
    this.terminal.write(text);
  }

  resize(size: TerminalSize): Promise<void> {
    return this.terminal.resize(size);
  }

  /** The engine may close the connection before it knows of the end, and of the replica's a moment after the shell's. */
  async exitCode(): Promise<number | undefined> {
    let code: number | undefined;
    for (let look = 0; look < LOOKS && (code === undefined || code > SIGNALLED); look++) {
      if (!(await this.replica.isThere())) {
        return undefined;
      }
      code = await this.terminal.exitCode();
      if (code === undefined || code > SIGNALLED) {
        await sleep(LOOK_MS);
      }
    }
    return code;
  }

  dispose(): void {
    if (!this.hasEnded) {
      this.hasEnded = true;
      this.replica.end();
    }
    this.terminal.close();
  }

  private async *text(): AsyncGenerator<string> {
    const decoder = new TextDecoder();
    for await (const chunk of this.terminal.output) {
      yield decoder.decode(chunk, { stream: true });
    }
    this.hasEnded = true;
  }
}
