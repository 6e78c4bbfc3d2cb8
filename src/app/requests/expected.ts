import type { InferenceResponse } from '../../core/backend';
import { ServingError } from '../../core/errors';
import { checkJson } from '../../core/jsonText';
import { t } from '../../core/l10n';
import type { Expectation } from './requestsText';

/** Longer replies make a file that nobody can read, in characters. */
const LONGEST = 1_000_000;
/** For numbers with a fraction, which differ a little between computers and versions of a library. */
export const TOLERANCE = 1e-6;

/** What was answered, as what is expected from now on. Of a reply that is no JSON only the status. */
export function toExpected({ status, body }: Pick<InferenceResponse, 'status' | 'body'>): Expectation {
  if (body.length > LONGEST) {
    throw new ServingError(
      'invalid',
      t('Could not make a test: the reply is longer than 1 MB, send a smaller request'),
    );
  }
  if (body.trim() === '' || checkJson(body) !== undefined) {
    return { status };
  }
  const hasFractions = /[-\d.][\d.]*[.eE][-+\d]/.test(body.replace(/"(?:[^"\\]|\\.)*"/g, '""'));
  return { status, reply: body, ...(hasFractions ? { tolerance: TOLERANCE } : {}) };
}
