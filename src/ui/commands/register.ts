import * as vscode from 'vscode';
import type { Disposable } from '../../core/disposables';
import type { RemedyRunner, Reporter } from '../../platform/notify';
import type { CommandId } from './ids';

/** What a command gets: whatever the menu, the tree or a keyboard hands over. */
export type CommandHandler = (...args: readonly unknown[]) => Promise<unknown>;
export type CommandTable = Readonly<Record<CommandId, CommandHandler>>;

/** Registers every command; what one throws is told in one place. */
export function registerCommands(table: CommandTable, reporter: Reporter, runRemedy: RemedyRunner): Disposable {
  const registered = Object.entries(table).map(([id, handler]) =>
    vscode.commands.registerCommand(id, async (...args: unknown[]) => {
      try {
        return await handler(...args);
      } catch (error) {
        // Not awaited: a message that stays open must not keep the command from ending.
        void reporter.error(error, runRemedy);
        return undefined;
      }
    }),
  );
  return vscode.Disposable.from(...registered);
}
