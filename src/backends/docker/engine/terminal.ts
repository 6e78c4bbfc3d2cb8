import type { Duplex } from 'node:stream';
import type { TerminalSize } from '../../../core/backend';
import { isCancelled } from '../../../core/errors';
import { t } from '../../../core/l10n';
import type { EngineCalls } from './calls';
import type { CommandSpec, Terminal } from './port';

const opening = () => t('Opening a terminal in a container');

/** A command in a container, as `docker exec --interactive --tty` runs one. */
export async function openTerminal(
  calls: EngineCalls,
  container: string,
  spec: CommandSpec,
  size: TerminalSize,
  signal: AbortSignal,
): Promise<Terminal> {
  const id = await calls.call(opening(), signal, (abortSignal) =>
    make(calls, container, { ...toOptions(spec), AttachStdin: true, AttachStdout: true, Tty: true }, abortSignal),
  );
  // Not with the call's own signal: docker-modem would end the connection with it.
  const connection = await calls.call(opening(), signal, () =>
    calls.dial<Duplex>({
      path: `/exec/${id}/start`,
      method: 'POST',
      hijack: true,
      isStream: true,
      openStdin: true,
      options: { Detach: false, Tty: true },
      statusCodes: CODES,
    }),
  );
  connection.on('error', () => undefined);
  return new ExecTerminal(calls, id, connection);
}

/** Resolves once it has begun. */
export async function runInside(calls: EngineCalls, container: string, spec: CommandSpec): Promise<void> {
  await calls.call(t('Running a command in a container'), undefined, async (abortSignal) => {
    const id = await make(calls, container, toOptions(spec), abortSignal);
    await calls.dial({
      path: `/exec/${id}/start`,
      method: 'POST',
      options: { Detach: true, Tty: false },
      statusCodes: CODES,
      abortSignal,
    });
  });
}

const CODES = {
  200: true,
  201: true,
  204: true,
  404: 'not found',
  409: 'it does not run',
  500: 'server error',
};

async function make(calls: EngineCalls, container: string, options: object, abortSignal: AbortSignal): Promise<string> {
  const { Id } = await calls.dial<{ readonly Id: string }>({
    path: `/containers/${container}/exec`,
    method: 'POST',
    options,
    statusCodes: CODES,
    abortSignal,
  });
  return Id;
}

function toOptions({ command, variables = {}, directory }: CommandSpec): object {
  return {
    Cmd: [...command],
    Env: Object.entries(variables).map(([name, value]) => `${name}=${value}`),
    ...(directory === undefined ? {} : { WorkingDir: directory }),
  };
}

class ExecTerminal implements Terminal {
  constructor(
    private readonly calls: EngineCalls,
    private readonly id: string,
    private readonly connection: Duplex,
  ) {}

  get output(): AsyncIterable<Buffer> {
    return this.chunks();
  }

  write(text: string): void {
    if (this.connection.writable) {
      this.connection.write(text);
    }
  }

  async resize({ columns, rows }: TerminalSize): Promise<void> {
    await this.calls.call(
      t('Resizing a terminal'),
      undefined,
      (abortSignal) =>
        this.calls.dial({
          path: `/exec/${this.id}/resize?`,
          method: 'POST',
          options: { h: rows, w: columns },
          statusCodes: CODES,
          abortSignal,
        }),
      // It has ended, or has not quite begun: engines say the latter with 500.
      { fine: [404, 409, 500] },
    );
  }

  async exitCode(): Promise<number | undefined> {
    const found = await this.calls.find(t('Looking at a terminal'), undefined, (abortSignal) =>
      this.calls.get<{ readonly Running: boolean; readonly ExitCode: number | null }>(
        `/exec/${this.id}/json`,
        {},
        abortSignal,
      ),
    );
    return found === undefined || found.Running ? undefined : (found.ExitCode ?? undefined);
  }

  close(): void {
    this.connection.destroy();
  }

  private async *chunks(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of this.connection) {
        yield chunk as Buffer;
      }
    } catch (error) {
      // A connection that breaks is an end as any other; the exit code says which.
      if (isCancelled(error)) {
        throw error;
      }
    } finally {
      this.connection.destroy();
    }
  }
}
