import type * as vscode from 'vscode';
import type { Shell, TerminalSize } from '../core/backend';
import { messageOf } from '../core/errors';
import { Emitter } from '../core/events';
import { t } from '../core/l10n';

/** The shell of a replica as a terminal of the editor. */
export class ShellTerminal implements vscode.Pseudoterminal {
  private readonly written = new Emitter<string>();
  private readonly closed = new Emitter<void>();
  readonly onDidWrite = this.written.event;
  readonly onDidClose = this.closed.event;
  private hasEnded = false;

  constructor(
    private readonly shell: Shell,
    /** What it is in: "replica 1 of iris". */
    private readonly where: string,
  ) {}

  open(size: TerminalSize | undefined): void {
    if (size) {
      this.setDimensions(size);
    }
    void this.show();
  }

  handleInput(text: string): void {
    if (this.hasEnded) {
      this.closed.fire();
    } else {
      this.shell.write(text);
    }
  }

  setDimensions(size: TerminalSize): void {
    // A size that could not be told is told again with the next change.
    this.shell.resize(size).catch(() => undefined);
  }

  close(): void {
    this.shell.dispose();
  }

  /** What it prints; at the end the terminal stays open until a key is pressed, for its last lines to be read. */
  private async show(): Promise<void> {
    let end: string;
    try {
      for await (const text of this.shell.output) {
        this.written.fire(text);
      }
      const code = await this.shell.exitCode();
      end = code === undefined ? t('{0} has ended', this.where) : t('The shell has ended with exit code {0}', code);
    } catch (error) {
      end = messageOf(error);
    }
    this.hasEnded = true;
    const text = t('{0}. Press a key to close the terminal.', end);
    this.written.fire(`\r\n\x1b[7m ${text} \x1b[0m\r\n`);
  }
}
