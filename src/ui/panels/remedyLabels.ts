import type { Remedy } from '../../core/errors';
import type { RemedyView } from '../../protocol/views/basics';
import { baseName } from './paths';

/** The button of a remedy: its label in Title Case, with an ellipsis when more is asked before anything happens. */
export function toRemedyView(remedy: Remedy): RemedyView {
  switch (remedy.kind) {
    case 'openFile':
      return {
        label:
          remedy.line === undefined
            ? `Open ${baseName(remedy.file)}`
            : `Open ${baseName(remedy.file)} at Line ${String(remedy.line)}`,
        icon: 'go-to-file',
      };
    case 'showLogs':
      return { label: 'Show Logs', icon: 'output' };
    case 'installPackages':
      return {
        label: `Install ${remedy.packages.length > 3 ? `${String(remedy.packages.length)} Packages` : remedy.packages.join(', ')}…`,
        icon: 'package',
      };
    case 'selectInterpreter':
      return { label: 'Select Interpreter…', icon: 'python' };
    case 'choosePort':
      return { label: 'Choose Port…', icon: 'plug' };
    case 'raiseLimit':
      return { label: 'Raise Limit…', icon: 'settings-gear' };
    case 'openSettings':
      return { label: 'Open Settings', icon: 'settings-gear' };
    case 'trust':
      return { label: 'Manage Workspace Trust…', icon: 'workspace-untrusted' };
    case 'openDefinition':
      return { label: 'Open Serving Definition', icon: 'json' };
    case 'createScript':
      return { label: 'Create Predict Script…', icon: 'new-file' };
    case 'start':
      return { label: 'Start', icon: 'debug-start' };
    case 'edit':
      return { label: 'Edit…', icon: 'edit' };
    case 'stopAndStart':
      return { label: 'Stop and Start', icon: 'debug-restart' };
    case 'restart':
      return { label: 'Restart', icon: 'debug-restart' };
    case 'stop':
      return { label: 'Stop', icon: 'debug-stop' };
    case 'setSecret':
      return { label: `Set Secret ${remedy.name}…`, icon: 'key' };
    case 'exportModel':
      return { label: 'Export as Model…', icon: 'package' };
    case 'cleanUp':
      return { label: 'Clean Up…', icon: 'trash' };
    case 'typeCommand':
      return { label: 'Open Terminal with Command', icon: 'terminal' };
    case 'openPage':
      return { label: 'Open Instructions', icon: 'link-external' };
    case 'signIn':
      return { label: 'Sign In…', icon: 'key' };
    case 'editConnection':
      return { label: 'Edit Connection…', icon: 'edit' };
    case 'testConnection':
      return { label: 'Test Connection', icon: 'plug' };
    case 'runDoctor':
      return { label: 'Run Doctor', icon: 'pulse' };
  }
}
