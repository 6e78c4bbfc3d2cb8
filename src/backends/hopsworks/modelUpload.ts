import { t } from '../../core/l10n';
import type { ModelRef } from '../../core/model';
import type { Registry, RegistryExport } from '../../core/registry';
import type { ModelUpload } from './bring';
import type { HopsworksClient } from './client';

/** What of a model version's folder goes into a registry. */
export type DescribeModel = (directory: string, model: ModelRef) => Promise<Pick<RegistryExport, 'files' | 'metadata'>>;

const TAKE_BACK_MS = 60_000;

/** Exports a version that a registry lacks; taken back, it is gone from there with its files. */
export function makeModelUpload(registry: Registry, client: HopsworksClient, describe: DescribeModel): ModelUpload {
  return async (directory, model, operation) => {
    const { name, version } = model;
    const request = { name, version, overwrite: false, ...(await describe(directory, model)) };
    const tell = (message: string): void => {
      operation.report({ stage: 'artifact', message: t('exporting {0} v{1}, {2}', name, version, message) });
    };
    await registry.exportVersion(request, { signal: operation.signal, tell });
    return async () => {
      const limited = AbortSignal.timeout(TAKE_BACK_MS);
      const project = await client.project(limited);
      const path = `/project/${project}/modelregistries/${project}/models/${name}_${version}`;
      const what = t('Could not take back {0} v{1}', name, version);
      await client.json({ what, scope: 'MODELREGISTRY', method: 'DELETE', path }, limited);
    };
  };
}
