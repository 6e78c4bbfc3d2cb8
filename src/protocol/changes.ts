/** What is different in a view, part by part, so that a page is not sent again what it has. */
export interface Changes<T extends object> {
  readonly set: Partial<T>;
  /** Parts that are not there any more. */
  readonly unset: readonly string[];
}

/** Undefined when nothing is different. Both are plain data. */
export function changesOf<T extends object>(before: T, after: T): Changes<T> | undefined {
  const changed = Object.entries(after).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(before[name as keyof T]),
  );
  const unset = Object.keys(before).filter((name) => !(name in after));
  return changed.length === 0 && unset.length === 0
    ? undefined
    : { set: Object.fromEntries(changed) as Partial<T>, unset };
}

export function withChanges<T extends object>(before: T, { set, unset }: Changes<T>): T {
  const kept = Object.entries(before).filter(([name]) => !unset.includes(name));
  return { ...Object.fromEntries(kept), ...set } as T;
}
