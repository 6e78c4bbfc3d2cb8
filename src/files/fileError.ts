import { type ErrorCode, isCancelled, isNodeError, messageOf, ServingError } from '../core/errors';
import { t } from '../core/l10n';

const REASONS: Readonly<Record<string, readonly [ErrorCode, (file: string) => string]>> = {
  ENOENT: ['notFound', (file) => t('{0} is missing', file)],
  EACCES: ['disk', (file) => t('there is no permission for {0}', file)],
  EPERM: ['disk', (file) => t('there is no permission for {0}, or another program has it open', file)],
  EBUSY: ['disk', (file) => t('{0} is in use by another program', file)],
  EROFS: ['disk', (file) => t('{0} lies on a disk that cannot be written', file)],
  ENOSPC: ['disk', () => t('the disk is full')],
  EDQUOT: ['disk', () => t('the disk quota is used up')],
  ENAMETOOLONG: ['disk', (file) => t('the path is too long: {0}', file)],
  EMFILE: ['disk', () => t('too many files are open')],
};

/** An error of reading or writing files, in words for users: `context: reason`. Ours stay as they are. */
export function fileError(error: unknown, context: string, signal?: AbortSignal): ServingError {
  if (signal?.aborted === true || isCancelled(error)) {
    return ServingError.cancelled(context);
  }
  if (error instanceof ServingError) {
    return error;
  }
  const known = isNodeError(error) ? REASONS[error.code ?? ''] : undefined;
  if (known === undefined) {
    return new ServingError('disk', `${context}: ${messageOf(error)}`, { cause: error });
  }
  const file = isNodeError(error) ? (error.path ?? t('a file')) : t('a file');
  return new ServingError(known[0], `${context}: ${known[1](file)}`, { cause: error });
}
