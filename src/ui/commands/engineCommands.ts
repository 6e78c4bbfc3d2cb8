import type { CommandId } from './ids';
import type { CommandTable } from './register';
import { typeCommand } from './remedies';

export interface EngineCommandParts {
  /** What starts the Docker engine that is meant; undefined where nobody knows. */
  readonly startCommand: () => Promise<string | undefined>;
  readonly run: (id: CommandId, ...args: unknown[]) => Promise<void>;
}

export function engineCommands(parts: EngineCommandParts): Pick<CommandTable, 'modelServing.engine.start'> {
  return {
    'modelServing.engine.start': async () => {
      const command = await parts.startCommand();
      if (command === undefined) {
        // They say why it does not answer, and what can be done.
        await parts.run('modelServing.doctor.run');
      } else {
        typeCommand(command);
      }
    },
  };
}
