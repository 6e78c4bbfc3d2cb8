import { describe, expect, it } from 'vitest';
import { toServing } from '../../../src/backends/hopsworks/mapping';
import { allowedActions } from '../../../src/core/actions';
import type { BackendId } from '../../../src/core/serving';
import { copyAs } from '../../../src/ui/panels/copyAs';
import { toCopy } from '../../../src/ui/panels/toCopy';
import { toServingView } from '../../../src/ui/panels/servingView';

const place = { backend: 'hopsworks:c1' as BackendId, address: 'https://hw.org', project: 'demo', projectId: 119 };
const viewOf = (status: string, condition?: object, limits: object = { cores: -1, memory: -1, gpus: -1 }) => {
  const serving = toServing(
    {
      id: 7,
      name: 'iris',
      status,
      condition,
      modelName: 'iris',
      modelVersion: 1,
      predictor: 'predict.py',
      requestedInstances: 2,
      availableInstances: status === 'Running' ? 2 : 0,
      predictorResources: { limits },
      created: '2026-11-29T09:00:00.000Z',
      deployed: '2026-11-29T10:00:00.000Z',
    },
    place,
  );
  return toServingView({
    serving,
    progress: undefined,
    actions: allowedActions(serving.state, new Set(['logs', 'predict', 'pages'] as const)),
    backendLabel: 'demo (hw.org)',
  });
};

describe('the view of a serving on Hopsworks', () => {
  it.each(['Creating', 'Created', 'Starting', 'Failed', 'Running', 'Idle', 'Updating', 'Stopping', 'Stopped', 'Else'])(
    'can be shown while it is %s',
    (status) => {
      const view = viewOf(status);
      const text = JSON.stringify(view);
      expect(text).not.toMatch(/[ ":]-\d/);
      // Files and pages of this computer are not there.
      expect(view.configuration.rows.flatMap(({ link }) => link ?? [])).toEqual(['hopsworks', 'hopsworksLogs']);
      expect(view.actions.map(({ action }) => action)).not.toContain('openScript');
      expect(view.endpoint?.pages.every(({ target }) => target.startsWith('hopsworks')) ?? true).toBe(true);
      expect(view.replicas?.memoryLimitBytes).toBeUndefined();
    },
  );

  it('tells what Hopsworks tells', () => {
    const view = viewOf('Running', undefined, { cores: 1, memory: 512, gpus: 2 });
    expect(view.configuration.rows.map(({ label, text }) => `${label}: ${text}`)).toEqual([
      'Predict script: predict.py',
      'Model: iris v1',
      'Runs in: PYTHON, the default tool',
      'Replicas: 2 of 2 wanted ones are there',
      'Per replica: 1 core, 512 MB, 2 GPUs',
      'Guaranteed: 0.2 cores, 32 MB',
      'Batching: off',
      'Created: 2026-11-29',
      'Deployed: 2026-11-29',
      'Id: 7',
      'In Hopsworks: ',
      'All its logs: ',
    ]);
    expect(view.endpoint?.note).toBe('hw.org, with the API key');
    const failed = viewOf('Failed').startup?.stages.map(({ state }) => state);
    expect(failed).toEqual(['done', 'done', 'done', 'failed', 'later']);
  });

  it('offers the ways and verbs that there are', () => {
    const view = (direct?: string, more: object = {}) => {
      const serving = toServing(
        { id: 7, name: 'iris', status: 'Running', servingTool: 'KSERVE', modelVersion: 2, deployed: 1, ...more },
        { ...place, direct: () => (direct === undefined ? undefined : { url: direct, hostHeader: 'iris.demo.org' }) },
      );
      return toServingView({ serving, progress: undefined, actions: ['predict'], backendLabel: '' });
    };
    expect(view().test).toMatchObject({ verbs: ['predict'] });
    expect(view().test?.routes).toBeUndefined();
    expect(view('http://10.0.0.1:80/v1/models/iris').test?.routes).toEqual([
      { route: 'project', label: 'Through Hopsworks' },
      { route: 'direct', label: 'Ingress, not encrypted' },
    ]);
    expect(view('https://10.0.0.1/x').test?.routes?.[1]?.label).toBe('Ingress');
    const tensorflow = view(undefined, { servingTool: 'DEFAULT', modelServer: 'TENSORFLOW_SERVING' }).test;
    expect(tensorflow?.verbs).toHaveLength(3);
    expect(tensorflow?.routes?.[1]).toEqual({ route: 'version', label: 'Version 2' });
  });

  it('copies requests with the API key by its variable, and the name of the host', () => {
    const serving = toServing(
      { id: 7, name: 'iris', status: 'Running', modelVersion: 2, deployed: 1 },
      { ...place, direct: () => ({ url: 'https://10.0.0.1/v1/models/iris', hostHeader: 'iris.demo.org' }) },
    );
    const asked = { verb: 'predict', body: '{}' } as const;
    const curl = copyAs('curl', toCopy(serving, { ...asked, route: 'direct' }), 'posix');
    expect(curl).toContain("'https://10.0.0.1/v1/models/iris:predict'");
    expect(curl).toContain('-H "Authorization: ApiKey $HOPSWORKS_API_KEY"');
    expect(curl).toContain("-H 'Host: iris.demo.org'");
    const python = copyAs('python', toCopy(serving, { ...asked, route: 'version' }), 'posix');
    expect(python).toContain('/inference/models/iris/versions/2:predict');
    expect(python).toContain('"ApiKey " + os.environ["HOPSWORKS_API_KEY"]');
    expect(copyAs('javascript', toCopy(serving, asked), 'posix')).toContain(
      '`ApiKey ${process.env.HOPSWORKS_API_KEY}`',
    );
  });
});
