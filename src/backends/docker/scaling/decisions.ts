import type { ScalingChange, ScalingState } from '../../../core/gateway';
import { isHeld } from '../../local/held';
import { readJson, writeJson } from '../../local/files';
import { ruleText, THRESHOLDS } from './rule';

const KEPT = 20;

/** The last decisions about one serving, in a file, so that every window shows them. Only the scaling window writes. */
export class Decisions {
  constructor(private readonly file: string) {}

  /** `lock`: of the window that decides. */
  async state(lock: string): Promise<ScalingState> {
    const [decisions, isActive] = await Promise.all([this.read(), isHeld(lock)]);
    return { rule: ruleText(THRESHOLDS), thresholds: THRESHOLDS, isActive, decisions };
  }

  async add(decision: ScalingChange): Promise<void> {
    await writeJson(this.file, [...(await this.read()), decision].slice(-KEPT));
  }

  private async read(): Promise<readonly ScalingChange[]> {
    const value = await readJson(this.file);
    return Array.isArray(value) ? value.map(toChange).filter((each) => each !== undefined) : [];
  }
}

function toChange(value: unknown): ScalingChange | undefined {
  const { at, from, to, reason } = (value ?? {}) as Readonly<Record<string, unknown>>;
  const time = typeof at === 'string' ? new Date(at) : undefined;
  return time !== undefined &&
    !Number.isNaN(time.getTime()) &&
    typeof from === 'number' &&
    typeof to === 'number' &&
    typeof reason === 'string'
    ? { at: time, from, to, reason }
    : undefined;
}
