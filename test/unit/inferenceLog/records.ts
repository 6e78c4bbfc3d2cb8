import type { InferenceRecord } from '../../../src/core/inferenceLog';

/** A line as the server writes it. */
export const LINE =
  '{"v":1,"time":"2026-11-30T00:12:01.250Z","id":"9d20","serving":"iris","model":"iris","version":2,"replica":1,' +
  '"verb":"predict","protocol":"v1","path":"/v1/models/iris:predict","status":200,"ms":1.234,' +
  '"headers":{"content-type":"application/json"},"request":{"bytes":18,"text":"{\\"inputs\\":[[1,2]]}"},' +
  '"reply":{"type":"application/json","bytes":19,"text":"{\\"predictions\\":[0]}"}}';

export function record(more: Partial<InferenceRecord> = {}): InferenceRecord {
  return {
    time: Date.UTC(2026, 10, 30, 12),
    id: 'id-1',
    serving: 'iris',
    model: 'iris',
    version: 1,
    verb: 'predict',
    path: '/v1/models/iris:predict',
    status: 200,
    latencyMs: 2,
    headers: { 'content-type': 'application/json' },
    request: { bytes: 20, text: '{"inputs":[[5.1,3.5,1.4]]}' },
    reply: { bytes: 30, text: '{"predictions":["setosa"],"score":0.5}', type: 'application/json' },
    ...more,
  };
}

export const withInputs = (inputs: unknown, more: Partial<InferenceRecord> = {}): InferenceRecord =>
  record({ request: { bytes: 1, text: JSON.stringify({ inputs }) }, ...more });
