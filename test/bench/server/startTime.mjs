// Start to ready beside what no server of this model can save: Python, scikit-learn, and reading the model.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { run } from '../../setup/command.mjs';
import { median, timed } from '../figures.mjs';
import { shotOf } from './cases.mjs';
import { startOurs, variablesOf } from './contestants.mjs';
import { atMost } from './goals.mjs';
import { freePort, startServer } from './running.mjs';

/** @import { Figure } from '../figures.mjs' */
/** @import { Work } from './field.mjs' */

const LIMIT = 1.3;

/** @param {{ add: (figure: Figure) => void, python: string, work: Work, turns: number }} options */
export async function benchStart({ add, python, work, turns }) {
  const script = fileURLToPath(new URL('models/knn.py', import.meta.url));
  const load = 'import sys, sklearn, joblib; joblib.load(sys.argv[1])';
  const shot = shotOf('v1', '/v1/models/iris:predict', 1);
  /** @type {number[]} */
  const bare = [];
  /** @type {number[]} */
  const ours = [];
  for (let turn = -1; turn < turns; turn++) {
    const spent = await timed(() => run(python, ['-c', load, join(work.files, 'knn.joblib')]));
    const port = await freePort();
    const folder = join(work.folder, `start-${port}`);
    mkdirSync(folder);
    const env = variablesOf({ python, port, folder, script, files: work.files, rows: 1 });
    const { command } = startOurs({ python, port, folder, script, sample: undefined, env }, 1);
    const log = join(work.folder, 'start.log');
    const ready = '/v2/health/ready';
    const { server, seconds } = await startServer({ name: 'ours', command, port, cwd: folder, env, shot, log, ready });
    await server.stop();
    // The first one reads everything from the disk.
    if (turn >= 0) {
      bare.push(spent);
      ours.push(seconds * 1000);
    }
  }
  const [value, against] = [median(ours), median(bare)];
  const goal = `at most ${LIMIT} times python -c "import sklearn, joblib; load"`;
  add(atMost({ name: 'start to ready', unit: 'ms', value, against, limit: LIMIT * against, goal }));
}
