import { aptInstall } from './apt.mjs';
import { onPath } from './paths.mjs';
import { Unavailable } from './unavailable.mjs';

/**
 * What node-gyp needs to build the editor's native parts.
 * @param {{ log: (text: string) => void }} options
 * @returns {Promise<{ path: string, make: string }>} the C++ compiler and make
 */
export async function ensureCompiler({ log }) {
  if (!find()) await aptInstall(['g++', 'make', 'python3-minimal'], { what: 'A C++ compiler and make', log });
  const found = find();
  if (!found) throw new Unavailable('A C++ compiler and make: not on the PATH; install the build tools of this system');
  return found;
}

function find() {
  const path = process.env.CXX ? onPath(process.env.CXX) : onPath('g++', 'c++', 'clang++');
  const make = onPath('make', 'gmake');
  return path && make ? { path, make } : undefined;
}
