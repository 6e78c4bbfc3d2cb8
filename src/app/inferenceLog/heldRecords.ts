import type { InferenceRecord, RecordedBody } from '../../core/inferenceLog';

export interface HeldLimits {
  readonly records: number;
  readonly bytes: number;
}

const LIMITS: HeldLimits = { records: 200_000, bytes: 256 * 1024 * 1024 };
/** What a record takes beside its bodies, about. */
const OVERHEAD = 700;

/** The newest records of a source, numbered as they came; of too many, the oldest are forgotten. */
export class HeldRecords {
  private records: InferenceRecord[] = [];
  private forgotten = 0;
  private size = 0;

  constructor(private readonly limits = LIMITS) {}

  /** Number of the oldest that is held. */
  get first(): number {
    return this.forgotten;
  }

  /** Number that the next one gets. */
  get end(): number {
    return this.forgotten + this.records.length;
  }

  get bytes(): number {
    return this.size;
  }

  at(number: number): InferenceRecord | undefined {
    return this.records[number - this.forgotten];
  }

  add(records: readonly InferenceRecord[]): void {
    for (const record of records) {
      this.records.push(record);
      this.size += sizeOf(record);
    }
    let gone = 0;
    while (
      this.records.length - gone > this.limits.records ||
      (this.size > this.limits.bytes && this.records.length - gone > 1)
    ) {
      const oldest = this.records[gone];
      this.size -= oldest === undefined ? 0 : sizeOf(oldest);
      gone += 1;
    }
    if (gone > 0) {
      this.records.splice(0, gone);
      this.forgotten += gone;
    }
  }
}

function sizeOf({ request, reply }: InferenceRecord): number {
  return OVERHEAD + charactersOf(request) + charactersOf(reply);
}

function charactersOf(body: RecordedBody | undefined): number {
  return (body?.text?.length ?? 0) + (body?.base64?.length ?? 0);
}
