import { describe, expect, it } from 'vitest';
import { toServing } from '../../../src/backends/hopsworks/mapping';
import { allowedActions } from '../../../src/core/actions';
import type { BackendId } from '../../../src/core/serving';
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
    actions: allowedActions(serving.state, new Set(['logs', 'predict'] as const)),
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
      expect(text).not.toContain('"link"');
      expect(view.actions.map(({ action }) => action)).not.toContain('openScript');
      expect(view.endpoint?.pages ?? []).toEqual([]);
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
      'Batching: off',
      'Created: 2026-11-29',
    ]);
    expect(view.endpoint?.note).toBe('hw.org, with the API key');
    const failed = viewOf('Failed').startup?.stages.map(({ state }) => state);
    expect(failed).toEqual(['done', 'done', 'done', 'failed', 'later']);
  });
});
