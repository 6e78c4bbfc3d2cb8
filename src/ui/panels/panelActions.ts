import type { ServingAction } from '../../core/actions';
import type { PanelAction } from '../../protocol/views/header';
import type { CommandId } from '../commands/ids';

/** What the buttons of a serving's panel run. */
export const COMMANDS: Readonly<Record<Exclude<PanelAction, 'openEndpoint' | 'raiseMemory' | 'makeWay'>, CommandId>> = {
  start: 'modelServing.serving.start',
  stop: 'modelServing.serving.stop',
  restart: 'modelServing.serving.restart',
  edit: 'modelServing.serving.edit',
  logs: 'modelServing.serving.logs',
  moveTo: 'modelServing.serving.moveTo',
  openShell: 'modelServing.serving.openShell',
  openInHopsworks: 'modelServing.serving.openInHopsworks',
  adopt: 'modelServing.serving.adopt',
  remove: 'modelServing.serving.remove',
  openDefinition: 'modelServing.serving.openDefinition',
  openScript: 'modelServing.serving.openScript',
};

/** Actions that core's table decides on; a page that is behind cannot do what is not allowed any more. */
export const GUARDS: Partial<Record<PanelAction, ServingAction>> = {
  start: 'start',
  stop: 'stop',
  restart: 'restart',
  edit: 'edit',
  remove: 'remove',
  logs: 'logs',
  moveTo: 'move',
  openShell: 'shell',
  openInHopsworks: 'openPage',
  adopt: 'adopt',
};
