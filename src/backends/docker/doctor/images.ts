import type { Remedy } from '../../../core/errors';
import { t } from '../../../core/l10n';
import { type Finding, problem, warning } from '../../../environments/finding';
import type { Engine, EngineInfo } from '../engine/port';
import { LABEL } from '../images/names';
import { BASE_SETTING, plainArchitecture } from '../images/pullBase';
import type { EngineCheck } from './check';
import { dockerCommand, word } from './commands';

const name = () => t('Docker images');
const GATEWAY_SETTING = 'modelServing.docker.gatewayImage';
const MOST = 50;

/** Images that servings are made of, of another architecture than the engine's. */
export async function checkImages(
  engine: Engine,
  { architecture }: EngineInfo,
  { images }: EngineCheck,
): Promise<readonly Finding[]> {
  const needs = plainArchitecture(architecture);
  const isOther = async (reference: string): Promise<string | undefined> => {
    const has = plainArchitecture((await engine.inspectImage(reference))?.architecture ?? '');
    return has === '' || needs === '' || has === needs ? undefined : has;
  };
  const ours = (await engine.listImages({ [LABEL.ours]: '1' })).slice(0, MOST);
  const { base, gateway } = images();
  const set = new Map<string, Remedy>([
    ...(base === undefined ? [] : [[base, { kind: 'openSettings', setting: BASE_SETTING }] as const]),
    ...(gateway === undefined ? [] : [[gateway, { kind: 'openSettings', setting: GATEWAY_SETTING }] as const]),
  ]);
  const bases = new Set([...set.keys(), ...ours.flatMap(({ labels }) => labels[LABEL.base] ?? [])]);
  const findings: Finding[] = [];
  for (const reference of bases) {
    const has = await isOther(reference);
    if (has !== undefined) {
      const command = dockerCommand(engine.address, `pull --platform linux/${needs} ${word(reference)}`);
      findings.push(
        problem(
          name(),
          t(
            'The image {0} cannot be used: it is made for {1}, and the engine runs {2}. Pull it for {2}, or choose another',
            reference,
            has,
            needs,
          ),
          set.get(reference) ?? { kind: 'typeCommand', command },
        ),
      );
    }
  }
  for (const { id, tags } of ours) {
    const has = await isOther(id);
    if (has !== undefined) {
      const what = tags[0] ?? id;
      const command = dockerCommand(engine.address, `rmi ${word(what)}`);
      findings.push(
        warning(
          name(),
          t(
            'The image {0} is made for {1}, and the engine runs {2}: what runs from it is emulated and slow, or does not start. Remove it: it is built again',
            what,
            has,
            needs,
          ),
          { kind: 'typeCommand', command },
        ),
      );
    }
  }
  return findings;
}
