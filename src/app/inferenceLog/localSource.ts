import type { InferenceLogPart, RecordPart, RecordSource } from '../../core/inferenceLog';
import { parseLines, troublesOf } from './lines';

/** Reads a part of a serving's local log: the oldest one, or what came after `since`. */
export type PartReader = (since: string | undefined, signal: AbortSignal) => Promise<InferenceLogPart>;

/** The records of a serving's local log. */
export class LocalSource implements RecordSource {
  constructor(
    readonly label: string,
    private readonly part: PartReader,
  ) {}

  async read(since: string | undefined, signal: AbortSignal): Promise<RecordPart> {
    const { bytes, next } = await this.part(since, signal);
    const { records, broken } = parseLines(bytes);
    return { records, troubles: troublesOf(broken), next };
  }
}
