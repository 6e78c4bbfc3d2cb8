import * as vscode from 'vscode';

/**
 * The address at which the person's own computer reaches what this computer serves at `url`. They are the same unless the
 * editor works on another computer (Remote-SSH, WSL, a container, Codespaces): then the editor forwards the port.
 */
export async function externalUrl(url: string): Promise<string> {
  if (isHere()) {
    return url;
  }
  const external = await vscode.env.asExternalUri(vscode.Uri.parse(url, true));
  // Encoded, the `:` before the verb would be `%3A`.
  return external.toString(true);
}

/** Whether the editor that a person sees runs on the computer that the extension runs on. */
function isHere(): boolean {
  return vscode.env.remoteName === undefined && vscode.env.uiKind === vscode.UIKind.Desktop;
}
