import { type ChildProcess, spawn } from 'node:child_process';
import { StringDecoder } from 'node:string_decoder';
import { isNodeError, messageOf, ServingError } from '../core/errors';
import { t } from '../core/l10n';

const KEPT_CHARACTERS = 1_000_000;
const LONGEST_LINE = 16_000;
/** Time between asking a program to end and ending it. */
const GRACE_MS = 2000;
/** A descendant that left the group may hold the pipes open: its output is not waited for any longer than this. */
const LAST_OUTPUT_MS = 1000;

export interface RunOptions {
  readonly signal: AbortSignal;
  /** What is done, in words for users: the beginning of each message. */
  readonly what: string;
  readonly cwd?: string;
  /** The whole environment of the program; that of this process when undefined. */
  readonly env?: NodeJS.ProcessEnv;
  readonly timeoutMs?: number;
  /** What it reads from its standard input; nothing when undefined. */
  readonly input?: string;
  /** How many characters of its output are kept; undefined: a million. */
  readonly keep?: number;
  /** Each line of stdout and stderr as it comes, without its end. */
  readonly onLine?: (line: string) => void;
}

export interface RunResult {
  /** Undefined when a signal ended it. */
  readonly exitCode: number | undefined;
  /** Its end: as much as is kept. */
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Runs a program without a shell to its end, whatever its exit code. Rejects with a ServingError: `notFound` when there
 * is no such program, `cancelled` and `timeout` when it and everything that it started has been ended.
 */
export type Run = (command: string, args: readonly string[], options: RunOptions) => Promise<RunResult>;

export const run: Run = (command, args, options) => {
  const { signal, what } = options;
  if (signal.aborted) {
    return Promise.reject(ServingError.cancelled(what));
  }
  return new Promise((resolve, reject) => {
    const windows = process.platform === 'win32';
    let child: ChildProcess;
    try {
      child = spawn(command, [...args], {
        // A group of its own, so that what it starts ends with it. On Windows that would open a console.
        detached: !windows,
        windowsHide: true,
        stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
        ...(options.cwd !== undefined && { cwd: options.cwd }),
        ...(options.env && { env: options.env }),
      });
    } catch (error) {
      reject(startError(error, command, what));
      return;
    }
    // One that ends without reading it all says why itself.
    child.stdin?.on('error', () => undefined).end(options.input);
    const stdout = new Output(options.onLine, options.keep);
    const stderr = new Output(options.onLine, options.keep);
    child.stdout?.on('data', (chunk: Buffer) => {
      stdout.add(chunk);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      stderr.add(chunk);
    });

    let ended: ServingError | undefined;
    let harder: NodeJS.Timeout | undefined;
    let lastOutput: NodeJS.Timeout | undefined;
    const end = (why: ServingError): void => {
      ended ??= why;
      harder ??= setTimeout(() => {
        killTree(child, 'SIGKILL');
      }, GRACE_MS);
      killTree(child, 'SIGTERM');
    };
    const abort = (): void => {
      end(ServingError.cancelled(what));
    };
    const limit =
      options.timeoutMs === undefined
        ? undefined
        : setTimeout(() => {
            end(new ServingError('timeout', t('{0}: no answer within {1}', what, seconds(options.timeoutMs ?? 0))));
          }, options.timeoutMs);
    signal.addEventListener('abort', abort, { once: true });

    const settle = (finish: () => void): void => {
      signal.removeEventListener('abort', abort);
      clearTimeout(limit);
      clearTimeout(harder);
      clearTimeout(lastOutput);
      finish();
    };
    const finished = (code: number | null): void => {
      settle(() => {
        if (ended) {
          // The leader may have gone while those that it started go on.
          killTree(child, 'SIGKILL');
          reject(ended);
        } else {
          resolve({ exitCode: code ?? undefined, stdout: stdout.end(), stderr: stderr.end() });
        }
      });
    };
    child.once('error', (error) => {
      settle(() => {
        reject(ended ?? startError(error, command, what));
      });
    });
    child.once('exit', (code) => {
      lastOutput = setTimeout(() => {
        child.stdout?.destroy();
        child.stderr?.destroy();
        finished(code);
      }, LAST_OUTPUT_MS);
    });
    child.once('close', finished);
  });
};

/** The command that ends a process with all that it started; undefined where a signal to its group does. */
export function killCommand(platform: NodeJS.Platform, pid: number): readonly [string, ...string[]] | undefined {
  return platform === 'win32' ? ['taskkill', '/PID', String(pid), '/T', '/F'] : undefined;
}

function killTree(child: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (child.pid === undefined) {
    return;
  }
  const command = killCommand(process.platform, child.pid);
  if (command) {
    const [program, ...args] = command;
    spawn(program, args, { windowsHide: true, stdio: 'ignore' }).on('error', () => child.kill());
    return;
  }
  try {
    process.kill(-child.pid, signal);
  } catch {
    // The whole group has ended.
  }
}

function startError(error: unknown, command: string, what: string): ServingError {
  const code = isNodeError(error) ? error.code : undefined;
  if (code === 'ENOENT') {
    return new ServingError('notFound', t('{0}: there is no program {1}, or its folder is gone', what, command), {
      cause: error,
    });
  }
  if (code === 'EACCES') {
    return new ServingError('unavailable', t('{0}: {1} may not be run', what, command), { cause: error });
  }
  return new ServingError('unavailable', t('{0}: {1} could not be run: {2}', what, command, messageOf(error)), {
    cause: error,
  });
}

function seconds(ms: number): string {
  return ms === 1000 ? t('1 second') : t('{0} seconds', ms / 1000);
}

/** One stream's text: its end is kept, its lines are told. A carriage return ends a line, too: progress bars. */
class Output {
  private readonly decoder = new StringDecoder('utf8');
  private kept = '';
  private line = '';

  constructor(
    private readonly onLine: ((line: string) => void) | undefined,
    private readonly keep = KEPT_CHARACTERS,
  ) {}

  add(chunk: Buffer): void {
    this.take(this.decoder.write(chunk));
  }

  end(): string {
    this.take(this.decoder.end());
    this.tell(this.line);
    this.line = '';
    return this.kept;
  }

  private take(text: string): void {
    this.kept = (this.kept + text).slice(-this.keep);
    if (this.onLine === undefined) {
      return;
    }
    const lines = (this.line + text).split(/\r\n|\n|\r/);
    this.line = lines.pop() ?? '';
    lines.forEach((line) => {
      this.tell(line);
    });
    if (this.line.length > LONGEST_LINE) {
      this.tell(this.line);
      this.line = '';
    }
  }

  private tell(line: string): void {
    if (line.trim() !== '') {
      this.onLine?.(line.slice(0, LONGEST_LINE));
    }
  }
}
