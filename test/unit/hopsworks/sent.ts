/** What the official client of 3.7 sends for a new deployment, as far as one is like another. */
export const SENT = {
  id: null,
  name: 'iris',
  description: null,
  modelName: 'iris',
  modelPath: '/Projects/demo/Models/iris',
  modelVersion: 1,
  modelFramework: 'PYTHON',
  artifactVersion: -1,
  modelServer: 'PYTHON',
  servingTool: 'KSERVE',
  predictor: '/Projects/demo/Models/iris/1/predict.py',
  requestedInstances: 1,
  batchingConfiguration: { batchingEnabled: false },
} as const;
