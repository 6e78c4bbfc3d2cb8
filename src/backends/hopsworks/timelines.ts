import { refKey, type Serving, type StageName, type StageRecord } from '../../core/serving';

interface Seen {
  /** Which start: another one begins anew. */
  readonly start: string;
  /** When each stage was seen for the first time as no longer to come, milliseconds since 1970. */
  readonly begun: Map<StageName, number>;
  /** Those that were seen to begin, not found begun. */
  readonly watched: Set<StageName>;
}

/** Hopsworks tells where a start is, not since when: what is looked at meanwhile gets its times from here. */
export class Timelines {
  private readonly seen = new Map<string, Seen>();

  constructor(private readonly now: () => number = Date.now) {}

  /** The serving with the times of the stages that were seen to begin. */
  with(serving: Serving): Serving {
    const { run, ref, remote } = serving;
    const key = refKey(ref);
    if (!run) {
      this.seen.delete(key);
      return serving;
    }
    const start = `${remote?.deployed?.toISOString() ?? ''} ${remote?.revision ?? ''}`;
    const known = this.seen.get(key);
    const isNew = known?.start !== start;
    const seen = isNew ? { start, begun: new Map<StageName, number>(), watched: new Set<StageName>() } : known;
    this.seen.set(key, seen);
    const now = this.now();
    for (const { name, state } of run.stages) {
      if (state !== 'later' && !seen.begun.has(name)) {
        seen.begun.set(name, now);
        // One that was over when it was seen first may have begun at any time since the look before.
        if (!isNew && state === 'running') {
          seen.watched.add(name);
        }
      }
    }
    return {
      ...serving,
      run: { ...run, stages: run.stages.map((stage, index) => timed(stage, run.stages[index + 1], seen)) },
    };
  }
}

function timed(stage: StageRecord, next: StageRecord | undefined, { begun, watched }: Seen): StageRecord {
  const at = watched.has(stage.name) ? begun.get(stage.name) : undefined;
  if (at === undefined) {
    return stage;
  }
  const end = next && begun.get(next.name);
  const seconds = stage.state === 'done' && end !== undefined ? { seconds: (end - at) / 1000 } : {};
  return { ...stage, startedAt: new Date(at), ...seconds };
}
