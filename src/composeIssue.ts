import { arch, release, type } from 'node:os';
import * as vscode from 'vscode';
import type { Fact } from './app/issueText';
import type { LateEngine } from './backends/docker/lateEngine';
import { inEnglish } from './core/l10n';
import type { Folders, Interpreters } from './core/ports';
import type { Pythons } from './environments/python';

export interface IssueParts {
  readonly extension: vscode.Extension<unknown>;
  readonly folders: Folders;
  readonly interpreters: Interpreters;
  readonly pythons: Pick<Pythons, 'describe'>;
  readonly engine: Pick<LateEngine, 'get'>;
}

/** What an issue tells of the surroundings. */
export function issueFacts({ extension, folders, interpreters, pythons, engine }: IssueParts): readonly Fact[] {
  const { version } = extension.packageJSON as { readonly version: string };
  return [
    { name: 'Model Serving', find: () => version },
    { name: 'VS Code', find: () => `${vscode.version} (${vscode.env.appName}, ${vscode.env.appHost})` },
    { name: 'Remote', find: () => vscode.env.remoteName ?? 'none' },
    { name: 'Language', find: () => vscode.env.language },
    { name: 'Computer', find: () => `${type()} ${release()} ${arch()}, Node ${process.versions.node}` },
    {
      name: 'Python',
      find: (signal) =>
        inEnglish(async () => {
          const [folder] = folders.list();
          const { executable, source } = await interpreters.selected(folder?.path ?? '', signal);
          return `${(await pythons.describe(executable, signal)).version} at ${executable} (${source})`;
        }),
    },
    {
      name: 'Docker engine',
      find: (signal) =>
        inEnglish(async () => {
          const { product, version, apiVersion, architecture, rootless } = await (
            await engine.get(signal)
          ).info(signal);
          return `${product} ${version}, API ${apiVersion}, ${architecture}${rootless ? ', rootless' : ''}`;
        }),
    },
  ];
}
