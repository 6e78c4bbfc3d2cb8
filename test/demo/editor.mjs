// The user's own VS Code, where there is one.
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { run } from '../setup/command.mjs';
import { onPath } from '../setup/paths.mjs';

/** The command of a desktop VS Code, when there is also a screen for it. */
export function findOwnEditor() {
  const hasScreen = process.platform !== 'linux' || Boolean(process.env.DISPLAY || process.env.WAYLAND_DISPLAY);
  return hasScreen ? onPath('code', 'code-insiders', 'codium') : undefined;
}

/**
 * Opens the workspace in it, with the extension, apart from the user's own extensions and settings.
 * @param {{ editor: string, workspace: string, vsix: string, folder: string }} options `folder` for its data
 */
export async function openOwnEditor({ editor, workspace, vsix, folder }) {
  const apart = ['--user-data-dir', join(folder, 'data'), '--extensions-dir', join(folder, 'extensions')];
  mkdirSync(folder, { recursive: true });
  // code is a .cmd on Windows, which only a shell starts; it needs the quotes then.
  const shell = process.platform === 'win32';
  const quoted = (/** @type {string[]} */ args) => (shell ? args.map((arg) => `"${arg}"`) : args);
  const install = quoted([...apart, '--install-extension', vsix, '--force']);
  if (shell) await run('cmd.exe', ['/d', '/s', '/c', `"${editor}"`, ...install]);
  else await run(editor, install);
  spawn(shell ? `"${editor}"` : editor, quoted([...apart, '--new-window', workspace]), {
    shell,
    detached: true,
    stdio: 'ignore',
  }).unref();
}
