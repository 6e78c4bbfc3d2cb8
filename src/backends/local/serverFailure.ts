import { ServingError, type ErrorCode } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Failure } from '../../core/serving';
import type { Origin } from './origin';

/** What the server's word for a failure is to the rest of us; anything else has to do with the script. */
const CODES: Readonly<Record<string, ErrorCode>> = {
  'port-in-use': 'portInUse',
  'port-not-allowed': 'portInUse',
  'missing-package': 'package',
  'pickle-version': 'model',
  'not-a-pickle': 'model',
  'pickle-import-refused': 'model',
  'load-timeout': 'timeout',
  'host-unusable': 'internal',
  'server-error': 'internal',
  'spawn-failed': 'internal',
  config: 'internal',
};

/** What a server says of its failure, as the error of a start. */
export function serverError(name: string, failure: Failure, origin: Origin): ServingError {
  const mapped = origin.failure(failure);
  return new ServingError(CODES[failure.kind] ?? 'script', t('Could not start {0}: {1}', name, mapped.message), {
    remedies: mapped.remedies,
  });
}
