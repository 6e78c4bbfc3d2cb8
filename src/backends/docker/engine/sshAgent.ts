import { type ChildProcess, spawn } from 'node:child_process';
import { Agent } from 'node:http';
import { Duplex } from 'node:stream';
import { t } from '../../../core/l10n';

const KEPT_ERROR = 2000;

/**
 * Connections to an engine as the Docker CLI makes them: `ssh … docker system dial-stdio`, so that the user's ssh
 * config, keys and agent count. A password cannot be asked for.
 */
export class SshAgent extends Agent {
  constructor(private readonly command: readonly [string, ...string[]]) {
    // One connection costs a second: it is kept.
    super({ keepAlive: true, maxFreeSockets: 2 });
  }

  override createConnection(): Duplex {
    const [program, ...args] = this.command;
    return new ProgramSocket(spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'], windowsHide: true }));
  }
}

/** Program and arguments for an address `ssh://user@host:port`. */
export function sshCommand(url: string): readonly [string, ...string[]] {
  const { username, hostname, port } = new URL(url);
  const user = username === '' ? [] : ['-l', decodeURIComponent(username)];
  return [
    'ssh',
    ...['-o', 'BatchMode=yes', '-o', 'ConnectTimeout=20', '-T'],
    ...user,
    ...(port === '' ? [] : ['-p', port]),
    '--',
    hostname.replace(/^\[|\]$/g, ''),
    ...['docker', 'system', 'dial-stdio'],
  ];
}

/** A program's standard input and output as a connection, with those methods of a socket that Node's HTTP calls. */
class ProgramSocket extends Duplex {
  private said = '';

  constructor(private readonly child: ChildProcess) {
    super({ allowHalfOpen: true });
    child.stdout?.on('data', (chunk: Buffer) => {
      if (!this.push(chunk)) {
        child.stdout?.pause();
      }
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      this.said = (this.said + chunk.toString()).slice(-KEPT_ERROR);
    });
    child.stdin?.on('error', () => undefined);
    child.once('error', (error) => this.destroy(error));
    child.once('close', (code) => {
      if (code !== 0 && code !== null) {
        const error: NodeJS.ErrnoException = new Error(this.said.trim() || t('ssh ended with {0}', code));
        error.code = 'ESSH';
        this.destroy(error);
      } else {
        this.push(null);
      }
    });
  }

  override _read(): void {
    this.child.stdout?.resume();
  }

  override _write(chunk: Buffer, _encoding: BufferEncoding, done: () => void): void {
    this.child.stdin?.write(chunk, (error) => {
      // A program that reads no more is about to end, and what it said then is the better reason.
      if (!error) {
        done();
      }
    });
  }

  override _final(done: () => void): void {
    this.child.stdin?.end(done);
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.child.kill();
    done(error);
  }

  setTimeout(): this {
    return this;
  }

  setNoDelay(): this {
    return this;
  }

  setKeepAlive(): this {
    return this;
  }

  ref(): this {
    this.child.ref();
    return this;
  }

  unref(): this {
    this.child.unref();
    return this;
  }
}
