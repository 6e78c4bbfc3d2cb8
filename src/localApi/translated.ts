import { messageOf, ServingError } from '../core/errors';
import { Problem, problem, type ProblemCode } from './problem';

/** What a backend refuses, as a problem of Hopsworks. */
export async function translated<T>(code: ProblemCode, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Problem) {
      throw error;
    }
    throw error instanceof ServingError && error.code === 'exists' ? problem(240011) : problem(code, messageOf(error));
  }
}
