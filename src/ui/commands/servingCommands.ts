import { join } from 'node:path';
import * as vscode from 'vscode';
import { askForBuild } from '../../app/buildQuestion';
import { raiseMemory } from '../../app/raiseMemory';
import type { BuildPlan, Operation } from '../../core/backend';
import type { ServingDefinition } from '../../core/definition';
import { MEMORY_LIMIT, ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Elsewhere, Serving, ServingRef } from '../../core/serving';
import { externalUrl } from '../../platform/externalUri';
import { remedyLabel } from '../../platform/notify';
import { withBar, withOperation } from '../../platform/progress';
import { typeCommand } from './remedies';
import { clientCommands } from './clientCommands';
import { inferenceLogCommands } from './inferenceLogCommands';
import { createServing, editServing, type MakeParts } from './makeServing';
import { eachServing, inTurn, whichOf } from './manyServings';
import { moveServing, type MoveParts } from './moveServing';
import { openDefinition } from './openDefinition';
import { openShell } from './openShell';
import type { CommandTable } from './register';
import { removeServings, type RemoveParts } from './removeServings';
import { sendRows, type SendRowsParts } from './sendRows';
import { connectionOf, draggedModelOf, fileOf, placeOf, remoteOf } from './target';

export interface ServingCommandParts
  extends MoveParts, Pick<SendRowsParts, 'folders' | 'show'>, Omit<MakeParts, 'start' | 'watched'> {
  /** The file in which what would be installed for a script can be changed. */
  readonly requirementsFile: (folder: string, script: string, plan: BuildPlan) => Promise<string>;
  /** Opens the panel with the focus in the request. */
  readonly openTest: (ref: ServingRef) => void;
  readonly openLogs: (ref: ServingRef) => void;
  readonly kafka: RemoveParts['kafka'] & MakeParts['kafka'];
  readonly openInferenceLog: (ref: ServingRef) => void;
  /** Shows more servings of a backend in the tree. */
  readonly showMore: (backend: string) => void;
}

type ServingCommandId = Extract<keyof CommandTable, `modelServing.serving.${string}`>;

export function servingCommands(parts: ServingCommandParts): Pick<CommandTable, ServingCommandId> {
  const { servings, store, targets } = parts;
  return {
    'modelServing.serving.create': (target) =>
      createServing(making(parts), {
        file: fileOf(target),
        connection: connectionOf(target),
        version: remoteOf(target)?.version,
        place: placeOf(target),
        model: draggedModelOf(target),
      }),
    'modelServing.serving.start': async (...args) =>
      startServings(
        parts,
        await targets.servingsFor('start', { title: t('Start Serving'), failed: t('Could not start a serving') }, args),
      ),
    'modelServing.serving.stop': async (...args) => {
      const chosen = await whichOf(
        parts.prompts,
        'stop',
        await targets.servingsFor('stop', { title: t('Stop Serving'), failed: t('Could not stop a serving') }, args),
      );
      await eachServing('stop', chosen, ({ ref }, operation) => servings.stop(ref, operation));
    },
    'modelServing.serving.restart': async (...args) => {
      const chosen = await whichOf(
        parts.prompts,
        'restart',
        await targets.servingsFor(
          'restart',
          { title: t('Restart Serving'), failed: t('Could not restart a serving') },
          args,
        ),
      );
      await askSecrets(parts, chosen);
      await eachServing('restart', chosen, ({ ref }, operation) => servings.restart(ref, operation));
    },
    'modelServing.serving.edit': async (...args) => {
      const serving = await targets.servingFor(
        'edit',
        { title: t('Edit Serving'), failed: t('Could not edit a serving') },
        args,
      );
      // The button beside a failure for memory asks for that field only.
      await (args[1] === MEMORY_LIMIT ? raiseLimit(parts, serving) : editServing(making(parts), serving));
    },
    'modelServing.serving.moveTo': async (...args) => {
      const serving = await targets.servingFor(
        'move',
        { title: t('Move Serving'), failed: t('Could not move a serving') },
        args,
      );
      const { ref, definition } = serving;
      return moveServing(parts, serving, (operation) => watched(parts, ref, definition, operation), placeOf(args[1]));
    },
    'modelServing.serving.openShell': async (...args) => {
      const serving = await targets.servingFor(
        'shell',
        { title: t('Open a Shell in Serving'), failed: t('Could not open a shell in a serving') },
        args,
      );
      // The button beside a replica names it.
      await openShell(parts.prompts, servings, serving, typeof args[1] === 'number' ? args[1] : undefined);
    },
    'modelServing.serving.sendRows': (...args) => sendRows(parts, args),
    ...inferenceLogCommands(parts),
    ...clientCommands(parts),
    'modelServing.serving.adopt': async (...args) => {
      for (const { ref } of await targets.servingsFor(
        'adopt',
        { title: t('Adopt Serving'), failed: t('Could not adopt a serving') },
        args,
      )) {
        await withOperation(t('Adopting {0}', ref.name), (operation) => servings.adopt(ref, operation));
        vscode.window.setStatusBarMessage(t('The definition of {0} is there again', ref.name), 3000);
      }
    },
    'modelServing.serving.remove': async (...args) =>
      removeServings(
        parts,
        await targets.servingsFor(
          'remove',
          { title: t('Delete Serving'), failed: t('Could not delete a serving') },
          args,
        ),
      ),
    'modelServing.serving.open': async (...args) => {
      parts.openPanel(
        (await targets.servingFor('open', { title: t('Open Serving'), failed: t('Could not open a serving') }, args))
          .ref,
      );
    },
    'modelServing.serving.logs': async (...args) => {
      parts.openLogs(
        (
          await targets.servingFor(
            'logs',
            { title: t('Show Logs of Serving'), failed: t('Could not show logs of a serving') },
            args,
          )
        ).ref,
      );
    },
    'modelServing.serving.inferenceLog': async (...args) => {
      parts.openInferenceLog(
        (
          await targets.servingFor(
            'inferenceLog',
            { title: t('Show Inference Log of Serving'), failed: t('Could not show the inference log of a serving') },
            args,
          )
        ).ref,
      );
    },
    'modelServing.serving.predict': async (...args) => {
      parts.openTest(
        (
          await targets.servingFor(
            'predict',
            { title: t('Send a Request to Serving'), failed: t('Could not send a request to a serving') },
            args,
          )
        ).ref,
      );
    },
    'modelServing.serving.openDefinition': async (...args) =>
      openDefinition(
        await targets.servingFor(
          'open',
          { title: t('Open the Definition of Serving'), failed: t('Could not open the definition of a serving') },
          args,
        ),
        args[1],
      ),
    'modelServing.serving.openScript': async (...args) => {
      const serving = await targets.servingFor(
        'open',
        { title: t('Open the Script of Serving'), failed: t('Could not open the script of a serving') },
        args,
      );
      const folder = parts.registry.folderOf(serving.ref.backend);
      if (folder) {
        await vscode.window.showTextDocument(vscode.Uri.file(join(folder.path, serving.definition.script)));
      }
    },
    'modelServing.serving.openInHopsworks': async (...args) => {
      const { ref, remote } = await targets.servingFor(
        'openPage',
        { title: t('Open Serving in Hopsworks'), failed: t('Could not open a serving in Hopsworks') },
        args,
      );
      if (!remote) {
        throw new ServingError('invalid', t('Could not open {0} in Hopsworks: it is not there', ref.name));
      }
      await vscode.env.openExternal(vscode.Uri.parse(remote.pages.serving, true));
    },
    'modelServing.serving.copyEndpoint': async (...args) => {
      const serving = await targets.servingFor(
        'predict',
        { title: t('Copy the Endpoint of Serving'), failed: t('Could not copy the endpoint of a serving') },
        args,
      );
      if (!serving.run?.endpoint) {
        throw new ServingError(
          'unavailable',
          t('Could not copy the endpoint of {0}: it has none until it runs', serving.ref.name),
          { remedies: [{ kind: 'start' }] },
        );
      }
      const { elsewhere, url: here } = serving.run.endpoint;
      // Where the editor works on another computer, the person's own reaches it by another address.
      const url = elsewhere === undefined ? await externalUrl(`${here}:predict`) : `${here}:predict`;
      await vscode.env.clipboard.writeText(url);
      if (elsewhere === undefined) {
        vscode.window.setStatusBarMessage(t('Copied {0}', url), 3000);
      } else {
        // Not awaited: the message may stay.
        void offerWay(url, elsewhere);
      }
    },
    'modelServing.serving.refresh': () => withBar('modelServing.servings', () => store.refresh()),
    'modelServing.serving.showMore': (backend) => {
      parts.showMore(String(backend));
      return Promise.resolve();
    },
  };
}

/** What was copied is not reached before there is a way to its computer. */
async function offerWay(url: string, { host, command }: Elsewhere): Promise<void> {
  const button = remedyLabel({ kind: 'typeCommand', command });
  const message = t('Copied {0}. It answers on {1} only; to reach it from here: {2}', url, host, command);
  if ((await vscode.window.showInformationMessage(message, button)) === button) {
    typeCommand(command);
  }
}

function making(parts: ServingCommandParts): MakeParts {
  return {
    ...parts,
    start: (ref, definition) => startServing(parts, ref, definition),
    watched: (ref, definition, operation) => watched(parts, ref, definition, operation),
  };
}

/** One is asked for what it needs as it starts; several are asked for it before, and start together then. */
async function startServings(parts: ServingCommandParts, named: readonly Serving[]): Promise<void> {
  const chosen = await whichOf(parts.prompts, 'start', named);
  await askSecrets(parts, chosen);
  const ask = inTurn(
    (operation: Operation, plan: BuildPlan) => operation.confirmBuild?.(plan) ?? Promise.resolve(true),
  );
  await eachServing('start', chosen, ({ ref, definition }, operation) => {
    const seen = watched(parts, ref, definition, operation);
    return parts.servings.start(ref, { ...seen, confirmBuild: (plan) => ask(seen, plan) });
  });
}

async function askSecrets({ secrets, registry }: ServingCommandParts, chosen: readonly Serving[]): Promise<void> {
  for (const { ref, definition } of chosen) {
    await secrets.askMissing(registry.folderOf(ref.backend)?.path, definition);
  }
}

async function startServing(parts: ServingCommandParts, ref: ServingRef, definition: ServingDefinition): Promise<void> {
  await parts.secrets.askMissing(parts.registry.folderOf(ref.backend)?.path, definition);
  await withOperation(t('Starting {0}', ref.name), (operation) =>
    parts.servings.start(ref, watched(parts, ref, definition, operation)),
  );
}

/** Whoever started it is there to be asked what may be installed. */
function watched(
  { prompts, registry, requirementsFile }: ServingCommandParts,
  ref: ServingRef,
  { script }: ServingDefinition,
  operation: Operation,
): Operation {
  const folder = registry.folderOf(ref.backend)?.path ?? '';
  const open = async (plan: BuildPlan): Promise<void> => {
    await vscode.window.showTextDocument(vscode.Uri.file(await requirementsFile(folder, script, plan)));
  };
  return { ...operation, confirmBuild: (plan) => askForBuild(prompts, { serving: ref.name, folder, plan, open }) };
}

async function raiseLimit(parts: ServingCommandParts, serving: Serving): Promise<void> {
  await raiseMemory(serving, {
    prompts: parts.prompts,
    update: (ref, definition) =>
      withOperation(t('Updating {0}', ref.name), (operation) =>
        parts.servings.update(ref, definition, watched(parts, ref, definition, operation)),
      ),
    start: (ref, definition) => startServing(parts, ref, definition),
  });
}
