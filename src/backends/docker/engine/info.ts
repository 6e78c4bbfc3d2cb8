import { t } from '../../../core/l10n';
import type { EngineCalls } from './calls';
import type { EngineInfo, EngineLimits } from './port';
import { type InfoMessage, toInfo } from './results';

interface VersionMessage {
  readonly ApiVersion: string;
  readonly Components?: readonly { readonly Name?: string }[] | null;
}

/** Of Podman's own API: what it may limit itself; its copy of Docker's answer tells what the computer could. */
interface PodmanMessage {
  readonly host?: { readonly cgroupControllers?: readonly string[] | null };
}

export async function engineInfo(calls: EngineCalls, abortSignal: AbortSignal): Promise<EngineInfo> {
  const [info, version] = await Promise.all([
    calls.get<InfoMessage>('/info', {}, abortSignal),
    calls.get<VersionMessage>('/version', {}, abortSignal),
  ]);
  const isPodman = (version.Components ?? []).some(({ Name = '' }) => Name.startsWith('Podman'));
  const known = toInfo(info, version.ApiVersion, isPodman ? 'Podman' : 'Docker');
  if (!isPodman) {
    return known;
  }
  const own = await calls.get<PodmanMessage>('/v4.0.0/libpod/info', {}, abortSignal).catch((error: unknown) => {
    abortSignal.throwIfAborted();
    if (error instanceof Error) {
      return undefined;
    }
    throw error;
  });
  return own?.host === undefined ? known : { ...known, limits: podmanLimits(own.host.cgroupControllers ?? []) };
}

export function podmanLimits(controllers: readonly string[]): EngineLimits {
  return {
    memory: controllers.includes('memory'),
    cores: controllers.includes('cpu'),
    processes: controllers.includes('pids'),
  };
}

function listOf(things: readonly string[]): string {
  const last = things.at(-1) ?? '';
  return things.length < 2 ? last : t('{0} and {1}', things.slice(0, -1).join(', '), last);
}

/** What an engine does not limit whatever a container's limits are, and why; undefined where it limits all. */
export function whyNoLimits({
  limits,
  rootless,
  cgroupVersion,
}: EngineInfo): { what: string; why: string } | undefined {
  const { memory, cores, processes } = limits;
  const missing = [
    ...(memory ? [] : [t('memory')]),
    ...(cores ? [] : [t('cores')]),
    ...(processes ? [] : [t('processes')]),
  ];
  if (missing.length === 0) {
    return undefined;
  }
  const why =
    rootless && cgroupVersion === '1'
      ? t('a rootless engine limits them only on a computer with cgroup v2')
      : rootless
        ? t('the controllers of cgroup v2 for them are not delegated to its user')
        : t("its computer's cgroups do not allow it");
  return { what: listOf(missing), why };
}
