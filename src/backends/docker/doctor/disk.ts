import { isCancelled } from '../../../core/errors';
import { t } from '../../../core/l10n';
import { type Finding, ok, problem, warning } from '../../../environments/finding';
import type { Engine, EngineInfo } from '../engine/port';
import { LABEL } from '../images/names';
import { type EngineCheck, isNative } from './check';
import { dockerCommand } from './commands';

const name = () => t('Docker disk');
const GB = 1000 ** 3;
/** An environment with scikit-learn takes about half of one. */
const LITTLE = 5 * GB;
const NONE = 1 * GB;
/** Images of which a container is asked. */
const MOST_TRIED = 5;

/** How much the engine may still write. In a virtual machine or elsewhere only a container can tell. */
export async function checkDisk(
  engine: Engine,
  info: EngineInfo,
  check: EngineCheck,
  signal: AbortSignal,
): Promise<readonly Finding[]> {
  const own = isNative(engine, info, check)
    ? await check.computer.freeDisk(info.dataRoot).catch(() => undefined)
    : undefined;
  const free = own ?? (await freeInside(engine, check, signal));
  if (free === undefined) {
    return [];
  }
  const text = t('{0} GB are free for the engine ({1})', (free / GB).toFixed(1), info.dataRoot);
  const remedy = { kind: 'typeCommand', command: dockerCommand(engine.address, 'system prune') } as const;
  if (free < NONE) {
    return [problem(name(), t('{0}: no image can be built', text), remedy)];
  }
  return [free < LITTLE ? warning(name(), t('{0}: images may not fit', text), remedy) : ok(name(), text)];
}

/**
 * What a container of an image that is there sees of the disk; undefined where none can tell. An image may go while it
 * is looked at, and one of HAProxy alone has no such program.
 */
async function freeInside(engine: Engine, { images }: EngineCheck, signal: AbortSignal): Promise<number | undefined> {
  const ours = (await engine.listImages({ [LABEL.ours]: '1' })).flatMap(({ tags }) => tags);
  const { base } = images();
  const labels = { [LABEL.ours]: '1', [LABEL.role]: 'once' };
  const known = base !== undefined && (await engine.inspectImage(base)) ? [base] : [];
  for (const image of [...known, ...ours].slice(0, MOST_TRIED)) {
    const spec = { image, entrypoint: ['df', '-Pk', '/'], labels, user: '10001:10001' };
    const said = await engine.runOnce(spec, undefined, signal).catch((error: unknown) => {
      if (isCancelled(error) && signal.aborted) {
        throw error;
      }
      return undefined;
    });
    const blocks = /^\S+\s+\d+\s+\d+\s+(\d+)\s+\d+%/m.exec(said?.output ?? '')?.[1];
    if (said?.exitCode === 0 && blocks !== undefined) {
      return Number(blocks) * 1024;
    }
  }
  return undefined;
}
