/** What tells whether something read of the engine is still so: `EngineWatch`. */
export interface Generations {
  /** Undefined: nothing is heard, so nothing can be said. */
  readonly generation: number | undefined;
}

/**
 * What was read of the engine, kept until the engine tells of a change; read each time while the engine is not heard.
 * Who reads while it is being read gets the same answer, unless something has changed since that reading began.
 */
export class Fresh<T> {
  private known: { readonly generation: number; readonly value: T } | undefined;
  private reading: { readonly generation: number | undefined; readonly value: Promise<T> } | undefined;
  private epoch = 0;

  constructor(
    private readonly watch: Generations,
    private readonly load: () => Promise<T>,
  ) {}

  async get(): Promise<T> {
    const { generation } = this.watch;
    if (generation !== undefined && this.known?.generation === generation) {
      return this.known.value;
    }
    if (this.reading !== undefined && this.reading.generation === generation) {
      return this.reading.value;
    }
    const { epoch } = this;
    const value = this.load();
    const reading = { generation, value };
    this.reading = reading;
    try {
      const loaded = await value;
      if (generation !== undefined && epoch === this.epoch) {
        this.known = { generation, value: loaded };
      }
      return loaded;
    } finally {
      if (this.reading === reading) {
        this.reading = undefined;
      }
    }
  }

  /** After a change of our own, which the engine may tell of only later. */
  forget(): void {
    this.epoch++;
    this.known = undefined;
    this.reading = undefined;
  }
}
