const vscode = require('vscode');

exports.activate = (context) => {
  const folder = vscode.workspace.workspaceFolders?.[0]?.name ?? 'no folder';
  const greet = () => vscode.window.showInformationMessage(`Hello from ${folder}`);
  context.subscriptions.push(vscode.commands.registerCommand('fixture.greet', greet));
  return { folder };
};
