import * as vscode from 'vscode';

/**
 * The address at which the person's own computer reaches what this computer serves at `url`. They are the same unless the
 * editor works on another computer (Remote-SSH, WSL, a container, Codespaces): then the editor forwards the port.
 */
export async function externalUrl(url: string): Promise<string> {
  if (isHere()) {
    return url;
  }
  const asked = vscode.Uri.parse(url, true);
  // Only the port is asked for: an older editor in the browser gives an address without the path that it was given.
  const external = await vscode.env.asExternalUri(asked.with({ path: '/', query: '' }));
  const path = `${external.path.replace(/\/$/, '')}${asked.path}`;
  // Encoded, the `:` before the verb would be `%3A`.
  return external.with({ path, ...(asked.query === '' ? {} : { query: asked.query }) }).toString(true);
}

/** Whether the editor that a person sees runs on the computer that the extension runs on. */
function isHere(): boolean {
  return vscode.env.remoteName === undefined && vscode.env.uiKind === vscode.UIKind.Desktop;
}
