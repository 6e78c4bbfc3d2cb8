import { messageOf } from '../../core/errors';
import type { Logger } from '../../core/log';
import { removeScript } from './bring';
import type { HopsworksClient } from './client';
import { Datasets } from './datasets';
import type { ServerFacts } from './request';
import { textAt, type ServingView } from './wire';

export interface LeftParts {
  readonly client: HopsworksClient;
  readonly log: Logger;
  readonly project: number;
  readonly projectName: string;
  readonly facts: ServerFacts;
}

/** The scripts that were uploaded for it. */
export async function removeScripts(view: ServingView, parts: LeftParts, signal: AbortSignal): Promise<void> {
  const { client, log, project, projectName, facts } = parts;
  const datasets = new Datasets(client, project);
  const about = { name: view.name, project: projectName, facts };
  for (const [field, role] of [
    ['predictor', 'script'],
    ['transformer', 'transformer'],
  ] as const) {
    const file = textAt(view, field);
    try {
      if (file !== undefined) {
        await removeScript(datasets, file, role, about, signal);
      }
    } catch (error) {
      log.warn(`the script that was uploaded for ${view.name} is left: ${messageOf(error)}`);
    }
  }
}
