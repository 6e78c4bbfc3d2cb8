/** The subject of what Hopsworks logs of requests; nobody else may register it. */
export const INFERENCE_SCHEMA = 'inferenceschema';

type Field = readonly [name: string, type: 'int' | 'long' | 'string'];

const OF_CALL: readonly Field[] = [
  ['modelId', 'int'],
  ['modelName', 'string'],
  ['modelVersion', 'int'],
  ['requestTimestamp', 'long'],
  ['responseHttpCode', 'int'],
  ['inferenceRequest', 'string'],
  ['inferenceResponse', 'string'],
];

/** Their versions, from 1. */
const INFERENCE_LOGS: readonly (readonly Field[])[] = [
  OF_CALL,
  [...OF_CALL, ['servingType', 'string']],
  [...OF_CALL, ['modelServer', 'string'], ['servingTool', 'string']],
  [
    ['servingId', 'int'],
    ['modelName', 'string'],
    ['modelVersion', 'int'],
    ['requestTimestamp', 'long'],
    ['responseHttpCode', 'int'],
    ['inferenceId', 'string'],
    ['messageType', 'string'],
    ['payload', 'string'],
  ],
];

/** Avro schemas of the subject, in the order of their versions. */
export const INFERENCE_SCHEMAS: readonly string[] = INFERENCE_LOGS.map((fields) =>
  JSON.stringify({ type: 'record', name: 'inferencelog', fields: fields.map(([name, type]) => ({ name, type })) }),
);
