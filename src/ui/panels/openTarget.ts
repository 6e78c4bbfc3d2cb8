import { join } from 'node:path';
import * as vscode from 'vscode';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Serving, ServingRef } from '../../core/serving';
import type { LinkTarget } from '../../protocol/views/basics';
import { baseName } from './paths';
import type { CommandRunner } from './ports';

/** Pages of the server; undefined: the model's own address. */
const PATHS = {
  app: '/',
  docs: '/docs',
  metrics: '/metrics',
  ready: '/v2/health/ready',
  status: undefined,
} as const;

export interface TargetParts {
  readonly ref: ServingRef;
  readonly serving: Serving | undefined;
  /** The workspace folder of the serving: absolute path. */
  readonly folder: string | undefined;
  readonly commands: CommandRunner;
}

/** Opens what a link of the detail page leads to. */
export async function openTarget(target: LinkTarget, parts: TargetParts): Promise<void> {
  const { ref, serving, commands } = parts;
  switch (target) {
    case 'script':
      return commands.run('modelServing.serving.openScript', ref);
    case 'compareScript':
      return compare(parts, serving?.run?.artifactScript, serving?.run?.artifact);
    case 'compareLastGood':
      return compare(parts, serving?.lastGood?.script, serving?.lastGood?.artifact);
    case 'definition':
      return commands.run('modelServing.serving.openDefinition', ref);
    case 'model':
      return commands.run('modelServing.model.reveal', serving?.definition.model, ref);
    case 'requirements':
      return commands.runRemedy({ kind: 'openDefinition', field: 'environment.requirements' }, ref);
    case 'artifact': {
      const directory = serving?.run?.artifactDirectory;
      if (directory !== undefined) {
        await vscode.commands.executeCommand('revealFileInOS', vscode.Uri.file(directory));
      }
      return;
    }
    case 'inferenceLog':
      return commands.run('modelServing.serving.inferenceLog', ref);
    case 'inferenceLogFile':
      return commands.run('modelServing.serving.showInferenceLogFile', ref);
    case 'hopsworks':
      return commands.run('modelServing.serving.openInHopsworks', ref);
    case 'hopsworksLogs': {
      const page = serving?.remote?.pages.logs;
      if (page !== undefined) {
        await vscode.env.openExternal(vscode.Uri.parse(page, true));
      }
      return;
    }
    case 'app':
    case 'docs':
    case 'metrics':
    case 'status':
    case 'ready':
      // The editor forwards a port by itself for what it opens.
      await vscode.env.openExternal(vscode.Uri.parse(page(target, ref, serving), true));
  }
}

/** The endpoint of what runs; rejects where there is none. */
export function endpointOf(ref: ServingRef, serving: Serving | undefined): { readonly url: string } {
  const endpoint = serving?.run?.endpoint;
  if (endpoint === undefined) {
    throw new ServingError('unavailable', t('{0} has no endpoint: it does not run', ref.name), {
      remedies: [{ kind: 'start' }],
    });
  }
  return endpoint;
}

function page(target: keyof typeof PATHS, ref: ServingRef, serving: Serving | undefined): string {
  const { url } = endpointOf(ref, serving);
  const path = PATHS[target];
  return path === undefined ? url : new URL(path, url).href;
}

/** The packed script on the left, that of the workspace on the right. */
async function compare(
  { ref, serving, folder }: TargetParts,
  packed: string | undefined,
  artifact: string | undefined,
): Promise<void> {
  if (packed !== undefined && serving && folder !== undefined) {
    const own = join(folder, serving.definition.script);
    const title = `${ref.name}: ${artifact ?? 'artifact'} ↔ ${baseName(own)}`;
    await vscode.commands.executeCommand('vscode.diff', vscode.Uri.file(packed), vscode.Uri.file(own), title);
  }
}
