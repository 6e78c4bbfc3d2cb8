import type { Remedy } from '../../core/errors';
import { t } from '../../core/l10n';
import type { RemedyView } from '../../protocol/views/basics';
import { baseName } from './paths';

/** The button of a remedy: its label in Title Case, with an ellipsis when more is asked before anything happens. */
export function toRemedyView(remedy: Remedy): RemedyView {
  switch (remedy.kind) {
    case 'openFile':
      return {
        label:
          remedy.line === undefined
            ? t('Open {0}', baseName(remedy.file))
            : t('Open {0} at Line {1}', baseName(remedy.file), String(remedy.line)),
        icon: 'go-to-file',
      };
    case 'showLogs':
      return { label: t('Show Logs'), icon: 'output' };
    case 'installPackages':
      return {
        label:
          remedy.packages.length > 3
            ? t('Install {0} Packages…', remedy.packages.length)
            : t('Install {0}…', remedy.packages.join(', ')),
        icon: 'package',
      };
    case 'selectInterpreter':
      return { label: t('Select Interpreter…'), icon: 'python' };
    case 'choosePort':
      return { label: t('Choose Port…'), icon: 'plug' };
    case 'raiseLimit':
      return { label: t('Raise Limit…'), icon: 'settings-gear' };
    case 'openSettings':
      return { label: t('Open Settings'), icon: 'settings-gear' };
    case 'trust':
      return { label: t('Manage Workspace Trust…'), icon: 'workspace-untrusted' };
    case 'openDefinition':
      return { label: t('Open Serving Definition'), icon: 'json' };
    case 'createScript':
      return { label: t('Create Predict Script…'), icon: 'new-file' };
    case 'start':
      return { label: t('Start'), icon: 'debug-start' };
    case 'edit':
      return { label: t('Edit…'), icon: 'edit' };
    case 'stopAndStart':
      return { label: t('Stop and Start'), icon: 'debug-restart' };
    case 'restart':
      return { label: t('Restart'), icon: 'debug-restart' };
    case 'stop':
      return { label: t('Stop'), icon: 'debug-stop' };
    case 'setSecret':
      return { label: t('Set Secret {0}…', remedy.name), icon: 'key' };
    case 'exportModel':
      return { label: t('Export as Model…'), icon: 'package' };
    case 'cleanUp':
      return { label: t('Clean Up…'), icon: 'trash' };
    case 'typeCommand':
      return { label: t('Open Terminal with Command'), icon: 'terminal' };
    case 'openPage':
      return { label: t('Open Instructions'), icon: 'link-external' };
    case 'signIn':
      return { label: t('Sign In…'), icon: 'key' };
    case 'editConnection':
      return { label: t('Edit Connection…'), icon: 'edit' };
    case 'testConnection':
      return { label: t('Test Connection'), icon: 'plug' };
    case 'setUpKafka':
      return { label: t('Set Up Kafka Broker…'), icon: 'broadcast' };
    case 'runDoctor':
      return { label: t('Run Doctor'), icon: 'pulse' };
  }
}
