import type { ServingPaths } from '../../local/paths';
import type { FoundPlace } from '../enginePlaces';
import { originOf } from '../inside';
import { parseLabels, ServingObjects } from '../labels';
import { toLogContainer } from './container';
import { NotesReader } from './notes';
import type { LogParts } from './readLogs';

/** Where the logs of a serving of a folder are read from. */
export function servingLogs(folder: string, paths: ServingPaths, { engine, onDidChange }: FoundPlace): LogParts {
  const objects = new ServingObjects(folder, paths.name);
  return {
    engine,
    list: async (each) =>
      (await engine.listContainers(objects.filter(), each)).flatMap((container) => toLogContainer(container) ?? []),
    onDidChange,
    runs: paths.runs,
    notes: new NotesReader(paths.notes),
    filesOf: (labels) => {
      const run = parseLabels(labels)?.run;
      return run === undefined ? { fileOf: (file) => file } : originOf(folder, run.definition, run.artifact);
    },
  };
}
