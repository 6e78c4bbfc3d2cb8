import { stat } from 'node:fs/promises';
import path from 'node:path';
import { normalise, packageOf, rootOf } from './modules';
import type { Pythons } from './python';

export interface MissingPackage {
  readonly module: string;
  /** Its name on PyPI. */
  readonly package: string;
  /** Of the import, from 1. */
  readonly line: number;
}

/** Packages that a script imports and its interpreter does not have. Modules beside the script are the user's own. */
export async function missingPackages(
  pythons: Pythons,
  executable: string,
  script: string,
  signal: AbortSignal,
): Promise<readonly MissingPackage[]> {
  const { imports } = await pythons.inspect(executable, script, signal);
  const wanted = new Map<string, MissingPackage>();
  for (const { module, line } of imports) {
    const name = packageOf(module);
    // Our server brings sklearn.externals, which needs what it stands in for.
    const asked = module.startsWith('sklearn.externals') ? 'sklearn' : module;
    const brings = asked === module ? name : packageOf(asked);
    if (brings !== undefined && !wanted.has(normalise(brings)) && !(await isBeside(script, rootOf(asked)))) {
      wanted.set(normalise(brings), { module: asked, package: brings, line });
    }
  }
  const all = [...wanted.values()];
  const found = await pythons.installed(
    executable,
    all.map(({ module }) => rootOf(module)),
    signal,
  );
  return all.filter(({ module }) => found.get(rootOf(module)) === undefined);
}

async function isBeside(script: string, module: string): Promise<boolean> {
  const base = path.join(path.dirname(script), module);
  const states = await Promise.all([base, `${base}.py`].map((file) => stat(file).catch(() => undefined)));
  return states.some((state) => state !== undefined);
}
