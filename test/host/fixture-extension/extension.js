const vscode = require('vscode');

exports.activate = (context) => {
  const folder = vscode.workspace.workspaceFolders?.[0]?.name ?? 'no folder';
  const commands = {
    'fixture.greet': () => vscode.window.showInformationMessage(`Hello from ${folder}`),
    'fixture.ask': async () => {
      const name = await ask(1, vscode.window.createInputBox(), { value: 'filled', prompt: 'Its name' });
      const items = [{ label: 'First' }, { label: 'Second' }];
      const kind = await ask(2, vscode.window.createQuickPick(), { items, placeholder: 'Which kind?' });
      const ways = [{ label: 'Create' }, { label: 'Leave' }];
      const way = await ask(3, vscode.window.createQuickPick(), { items: ways, placeholder: 'Create, or pick a line' });
      vscode.window.showInformationMessage(`Answered ${[name, kind, way].join(', ')}`);
    },
  };
  for (const [id, work] of Object.entries(commands)) {
    context.subscriptions.push(vscode.commands.registerCommand(id, work));
  }
  return { folder };
};

/** One step of a wizard: what is typed, or the label that is chosen. */
function ask(step, input, properties) {
  return new Promise((resolve) => {
    Object.assign(input, { title: 'Ask', step, totalSteps: 3, ignoreFocusOut: true }, properties);
    input.onDidAccept(() => {
      resolve(input.selectedItems?.[0]?.label ?? input.value);
      input.hide();
    });
    input.onDidHide(() => input.dispose());
    input.show();
  });
}
