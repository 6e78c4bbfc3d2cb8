import { type ErrorCode, isCancelled, isNodeError, messageOf, ServingError } from '../core/errors';

const REASONS: Readonly<Record<string, readonly [ErrorCode, (file: string) => string]>> = {
  ENOENT: ['notFound', (file) => `${file} is missing`],
  EACCES: ['disk', (file) => `there is no permission for ${file}`],
  EPERM: ['disk', (file) => `there is no permission for ${file}, or another program has it open`],
  EBUSY: ['disk', (file) => `${file} is in use by another program`],
  EROFS: ['disk', (file) => `${file} lies on a disk that cannot be written`],
  ENOSPC: ['disk', () => 'the disk is full'],
  EDQUOT: ['disk', () => 'the disk quota is used up'],
  ENAMETOOLONG: ['disk', (file) => `the path is too long: ${file}`],
  EMFILE: ['disk', () => 'too many files are open'],
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
  const file = isNodeError(error) ? (error.path ?? 'a file') : 'a file';
  return new ServingError(known[0], `${context}: ${known[1](file)}`, { cause: error });
}
