// Prints each step of the demo with its time and what came back.

/** @typedef {{ step: <T>(title: string, work: () => Promise<T>, describe?: (result: T) => string | undefined) => Promise<T>, note: (text: string) => void }} Report */

/** @returns {Report} */
export function makeReport() {
  /** @param {string} text */
  const note = (text) => {
    for (const line of text.trimEnd().split('\n')) console.log(`    ${line}`);
  };
  return {
    note,
    async step(title, work, describe) {
      const started = Date.now();
      const time = () => `${((Date.now() - started) / 1000).toFixed(1)} s`;
      try {
        const result = await work();
        console.log(`✓ ${title}  ${time()}`);
        const what = describe?.(result);
        if (what) note(what);
        return result;
      } catch (error) {
        console.log(`✗ ${title}  ${time()}`);
        throw error;
      }
    },
  };
}
