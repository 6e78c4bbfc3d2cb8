// @ts-check
// Stand-in for ms-python.python: the exported API of @vscode/python-extension 1.0.6, fed from the setting
// pythonStub.environments or, by _stub.set([...]) on the API, from a test.
const path = require('node:path');
const vscode = require('vscode');

exports.activate = async (context) => {
  const activeChanged = new vscode.EventEmitter();
  const listChanged = new vscode.EventEmitter();
  const variablesChanged = new vscode.EventEmitter();
  const active = new Map();
  const key = (resource) => {
    const uri = resource && 'uri' in resource ? resource.uri : resource;
    return (
      (uri ? vscode.workspace.getWorkspaceFolder(uri) : vscode.workspace.workspaceFolders?.[0])?.uri.toString() ?? ''
    );
  };
  const make = ({ path: p, version = '3.11.2', env }) => {
    const [major, minor, micro] = version.split('.').map(Number);
    return {
      id: p,
      path: p,
      executable: { uri: vscode.Uri.file(p), bitness: '64-bit', sysPrefix: path.dirname(path.dirname(p)) },
      environment: env
        ? {
            type: 'VirtualEnvironment',
            name: env,
            folderUri: vscode.Uri.file(path.dirname(path.dirname(p))),
            workspaceFolder: undefined,
          }
        : undefined,
      version: { major, minor, micro, release: { level: 'final', serial: 0 }, sysVersion: version },
      tools: env ? ['Venv'] : [],
    };
  };
  const configured = () => (vscode.workspace.getConfiguration('pythonStub').get('environments') ?? []).map(make);
  let known = configured();
  context.subscriptions.push(
    activeChanged,
    listChanged,
    variablesChanged,
    vscode.workspace.onDidChangeConfiguration((e) => {
      if (e.affectsConfiguration('pythonStub.environments')) set(configured());
    }),
  );
  const set = (next) => {
    const old = known;
    known = next;
    for (const e of old) if (!next.some((n) => n.id === e.id)) listChanged.fire({ env: e, type: 'remove' });
    for (const e of next) if (!old.some((n) => n.id === e.id)) listChanged.fire({ env: e, type: 'add' });
  };
  const pathOf = (e) => (typeof e === 'string' ? e : e.path);
  const environments = {
    get known() {
      return known;
    },
    getActiveEnvironmentPath(resource) {
      const p =
        active.get(key(resource)) ??
        known[0]?.path ??
        vscode.workspace.getConfiguration('python').get('defaultInterpreterPath') ??
        'python';
      return { id: p, path: p };
    },
    async updateActiveEnvironmentPath(environment, resource) {
      const p = pathOf(environment);
      active.set(key(resource), p);
      activeChanged.fire({
        id: p,
        path: p,
        resource: resource && 'uri' in resource ? resource : vscode.workspace.workspaceFolders?.[0],
      });
    },
    onDidChangeActiveEnvironmentPath: activeChanged.event,
    onDidChangeEnvironments: listChanged.event,
    async refreshEnvironments() {},
    async resolveEnvironment(environment) {
      return known.find((e) => e.path === pathOf(environment) || e.id === pathOf(environment));
    },
    getEnvironmentVariables: () => ({ ...process.env }),
    onDidEnvironmentVariablesChange: variablesChanged.event,
  };
  context.subscriptions.push(
    vscode.commands.registerCommand('python.setInterpreter', async () => {
      const pick = await vscode.window.showQuickPick(
        known.map((e) => ({ label: `Python ${e.version.sysVersion}`, description: e.path })),
        { title: 'Select Interpreter' },
      );
      if (pick) await environments.updateActiveEnvironmentPath(pick.description);
    }),
  );
  return {
    ready: Promise.resolve(),
    debug: {
      getRemoteLauncherCommand: async (host, port) => ['debugpy', '--listen', `${host}:${port}`],
      getDebuggerPackagePath: async () => undefined,
    },
    environments,
    _stub: { set: (list) => set(list.map(make)) },
  };
};
