import type { Memory } from '../../core/ports';
import { refKey, type BackendId, type Serving, type ServingRef } from '../../core/serving';

export interface TestServingPorts {
  /** All that are known, of every backend. */
  servings(): readonly Serving[];
  /** The file that the requests of a serving are saved in. */
  placeOf(serving: Serving): Promise<string | undefined>;
  readonly memory: Memory;
}

const ALL = 'tests.serving';

/** Which serving answers the requests of a file: who was chosen for it, else who serves its script, else who was chosen for all. */
export class TestServings {
  constructor(private readonly ports: TestServingPorts) {}

  /** Undefined: nobody has chosen, and not exactly one serving serves its script. */
  async of(file: string): Promise<Serving | undefined> {
    const chosen = this.chosen(keyOf(file));
    if (chosen) {
      return chosen;
    }
    const own = await this.serving(file);
    return own.length === 1 ? own[0] : own.length > 1 ? undefined : this.chosen(ALL);
  }

  /** Those that serve the script that a file belongs to. */
  async serving(file: string): Promise<readonly Serving[]> {
    const servings = this.ports.servings();
    const places = await Promise.all(servings.map((each) => this.ports.placeOf(each)));
    return servings.filter((_, at) => places[at] === file);
  }

  /** For the requests of a file, or of all whose script nobody here serves; without a serving, it finds itself again. */
  choose(serving: ServingRef | undefined, file?: string): void {
    this.ports.memory.set(file === undefined ? ALL : keyOf(file), serving);
  }

  private chosen(key: string): Serving | undefined {
    const kept = this.ports.memory.get(key);
    return isRef(kept) ? this.ports.servings().find(({ ref }) => refKey(ref) === refKey(kept)) : undefined;
  }
}

function keyOf(file: string): string {
  return `${ALL} ${file}`;
}

function isRef(value: unknown): value is { readonly backend: BackendId; readonly name: string } {
  return (
    typeof value === 'object' &&
    value !== null &&
    'backend' in value &&
    typeof value.backend === 'string' &&
    'name' in value &&
    typeof value.name === 'string'
  );
}
