import type { ContainerSpec, EngineLimits } from './port';

const MEGABYTE = 1024 * 1024;
const PIDS = 512;
const LOG = { maxBytes: 5 * MEGABYTE, files: 3 };

/**
 * The body of POST /containers/create. Everyone gets the same hardening: the spec can only add limits, of those that the
 * engine can enforce.
 */
export function containerOptions(spec: ContainerSpec, limits: EngineLimits) {
  const ports = spec.ports ?? [];
  return {
    ...(spec.name !== undefined && { name: spec.name }),
    Image: spec.image,
    ...(spec.command && { Cmd: [...spec.command] }),
    ...(spec.entrypoint && { Entrypoint: [...spec.entrypoint] }),
    Labels: { ...spec.labels },
    Env: Object.entries(spec.variables ?? {}).map(([name, value]) => `${name}=${value}`),
    ExposedPorts: Object.fromEntries(ports.map(({ inside }) => [`${inside}/tcp`, {}])),
    ...(spec.user !== undefined && { User: spec.user }),
    ...(spec.stopSeconds !== undefined && { StopTimeout: Math.ceil(spec.stopSeconds) }),
    HostConfig: hostConfig(spec, limits),
    ...(spec.network !== undefined && {
      NetworkingConfig: { EndpointsConfig: { [spec.network]: { Aliases: [...(spec.aliases ?? [])] } } },
    }),
  };
}

function hostConfig(spec: ContainerSpec, limits: EngineLimits) {
  const log = spec.log ?? LOG;
  const memory = spec.memoryMb === undefined || !limits.memory ? undefined : Math.round(spec.memoryMb * MEGABYTE);
  return {
    ReadonlyRootfs: true,
    CapDrop: ['ALL'],
    SecurityOpt: ['no-new-privileges'],
    Privileged: false,
    Init: true,
    ...(limits.processes && { PidsLimit: spec.pidsLimit ?? PIDS }),
    // As much memory and swap together as memory alone: no swap.
    ...(memory !== undefined && { Memory: memory, MemorySwap: memory }),
    ...(spec.cores !== undefined && limits.cores && { NanoCpus: Math.round(spec.cores * 1e9) }),
    ...(spec.gpus !== undefined &&
      spec.gpus > 0 && { DeviceRequests: [{ Driver: '', Count: spec.gpus, Capabilities: [['gpu']] }] }),
    LogConfig: { Type: 'json-file', Config: { 'max-size': String(log.maxBytes), 'max-file': String(log.files) } },
    RestartPolicy: { Name: spec.restart ?? 'no' },
    Tmpfs: { ...spec.tmpfs },
    Mounts: (spec.volumes ?? []).map(({ source, target, readOnly }) => ({
      Type: 'volume' as const,
      // The engine takes a mount without a source for an anonymous volume.
      Source: source ?? '',
      Target: target,
      ReadOnly: readOnly ?? false,
    })),
    PortBindings: Object.fromEntries(
      (spec.ports ?? []).map(({ inside, outside, address }) => [
        `${inside}/tcp`,
        [{ HostIp: address, HostPort: String(outside) }],
      ]),
    ),
    ...(spec.hosts && { ExtraHosts: Object.entries(spec.hosts).map(([name, address]) => `${name}:${address}`) }),
    // Whoever names no network has nothing to say to anyone.
    NetworkMode: spec.network ?? ((spec.ports ?? []).length > 0 ? 'bridge' : 'none'),
  };
}
