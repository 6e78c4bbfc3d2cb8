import type { LoadedModel } from '../../core/serving';

/** Wider rows than this are broken over lines, so that they can be read. */
const ROW = 16;

/**
 * A first request body for the model, as text: the definition's sample, else one row of zeros as wide as the model's
 * input, or no row where the width is not known.
 */
export function toSampleRequest(loaded: LoadedModel | undefined, sample?: unknown): string {
  if (sample !== undefined) {
    return `{\n  "inputs": ${JSON.stringify(sample)}\n}\n`;
  }
  const features = loaded?.features ?? loaded?.featureNames?.length;
  if (features === undefined || features <= 0) {
    return '{\n  "inputs": []\n}\n';
  }
  const lines: string[] = [];
  for (let from = 0; from < features; from += ROW) {
    lines.push(Array.from({ length: Math.min(ROW, features - from) }, () => '0').join(', '));
  }
  return `{\n  "inputs": [\n    [${lines.join(',\n     ')}]\n  ]\n}\n`;
}
