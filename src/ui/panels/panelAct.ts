import type { ServingAction } from '../../core/actions';
import { MEMORY_LIMIT } from '../../core/errors';
import type { Serving, ServingRef } from '../../core/serving';
import type { LinkTarget } from '../../protocol/views/basics';
import type { PanelAction } from '../../protocol/views/header';
import { COMMANDS, GUARDS } from './panelActions';
import type { CommandRunner } from './ports';

export interface ActParts {
  readonly ref: ServingRef;
  readonly serving: Serving | undefined;
  /** What can be done to it now; a page that is behind cannot do anything else. */
  readonly allowed: readonly ServingAction[];
  readonly commands: CommandRunner;
  readonly open: (target: LinkTarget) => Promise<void>;
}

/** Does what a button of the detail page says. */
export async function act(action: PanelAction, { ref, serving, allowed, commands, open }: ActParts): Promise<void> {
  if (action === 'openEndpoint') {
    return open(serving?.run?.loaded?.hasApp === true ? 'app' : 'docs');
  }
  if (action === 'makeWay') {
    const command = serving?.run?.endpoint?.elsewhere?.command;
    return command === undefined ? undefined : commands.runRemedy({ kind: 'typeCommand', command }, ref);
  }
  if (action === 'raiseMemory') {
    return commands.runRemedy({ kind: 'raiseLimit', setting: MEMORY_LIMIT }, ref);
  }
  const guard = GUARDS[action];
  return guard === undefined || allowed.includes(guard) ? commands.run(COMMANDS[action], ref) : undefined;
}
