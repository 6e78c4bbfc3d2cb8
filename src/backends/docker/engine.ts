import type { Agent, IncomingMessage } from 'node:http';
import type Docker from 'dockerode';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import type { EnginePlace } from './engine/address';
import { attach } from './engine/attach';
import { buildImage } from './engine/build';
import { bytesOf, EngineCalls, lastText, type Query, type Send } from './engine/calls';
import { connectionOf } from './engine/connection';
import { containerOptions } from './engine/containerOptions';
import { containerLogs, events } from './engine/following';
import { listImages, listNetworks, listVolumes } from './engine/lists';
import { createMemoryVolume } from './engine/memoryVolume';
import { engineInfo } from './engine/info';
import { connectNetwork, disconnectNetwork } from './engine/networks';
import type * as port from './engine/port';
import { pullImage } from './engine/pull';
import type { Logins } from './engine/registryLogin';
import * as results from './engine/results';
import { Samples } from './engine/samples';
import { takesSessions } from './engine/session';
import { firstFile } from './engine/tar';
import { openTerminal, runInside } from './engine/terminal';

/** Making, starting and removing wait for the disk and for others. */
const LONG_MS = 120_000;
const NEVER = new AbortController().signal;
const LARGEST_FILE = 64 * 1024 * 1024;
const LARGEST_OUTPUT = 1_000_000;

/** An engine at a place; nothing is sent before the first call. dockerode is loaded with the first engine. */
export async function connectEngine(place: EnginePlace, logins: Logins): Promise<port.Engine> {
  const { default: Dockerode } = await import('dockerode');
  return new DockerEngine(place.address, clientOf(Dockerode, place), logins);
}

class DockerEngine implements port.Engine {
  readonly calls: EngineCalls;
  private readonly samples: Samples;
  private limits: port.EngineLimits | undefined;
  readonly hasBuildKit = (signal: AbortSignal): Promise<boolean> => takesSessions(this.calls, this.logins, signal);

  constructor(
    readonly address: port.EngineAddress,
    private readonly client: Client,
    readonly logins: Logins,
  ) {
    const { modem } = client.docker;
    this.calls = new EngineCalls(address, modem.dial.bind(modem) as unknown as Send);
    this.samples = new Samples(this.calls);
  }

  openTerminal: port.Engine['openTerminal'] = (...of) => openTerminal(this.calls, ...of);
  runInside: port.Engine['runInside'] = (...of) => runInside(this.calls, ...of);
  containerLogs: port.Engine['containerLogs'] = (...of) => containerLogs(this.calls, ...of);
  containerStats: port.Engine['containerStats'] = (...of) => this.samples.stats(...of);
  events: port.Engine['events'] = (...of) => events(this.calls, ...of);
  connectNetwork: port.Engine['connectNetwork'] = (...of) => connectNetwork(this.calls, ...of);
  disconnectNetwork: port.Engine['disconnectNetwork'] = (...of) => disconnectNetwork(this.calls, ...of);
  createMemoryVolume: port.Engine['createMemoryVolume'] = (...of) => createMemoryVolume(this.calls, ...of);
  listNetworks: port.Engine['listNetworks'] = (...of) => listNetworks(this.calls, ...of);
  listVolumes: port.Engine['listVolumes'] = (...of) => listVolumes(this.calls, ...of);
  listImages: port.Engine['listImages'] = (...of) => listImages(this.calls, ...of);
  pullImage: port.Engine['pullImage'] = (...of) => pullImage(this, ...of);

  private get docker(): Docker {
    return this.client.docker;
  }

  async info(signal: AbortSignal): Promise<port.EngineInfo> {
    const asking = this.calls.call(t('Asking the Docker engine'), signal, (abortSignal) =>
      engineInfo(this.calls, abortSignal),
    );
    const info = await asking;
    this.limits = info.limits;
    return info;
  }

  async listContainers(labels: port.LabelFilter, signal?: AbortSignal): Promise<readonly port.ContainerSummary[]> {
    return this.calls.call(t('Listing the containers'), signal, async (abortSignal) => {
      const filters = results.labelFilters(labels);
      const found = await this.docker.listContainers({ all: true, filters, abortSignal });
      return results.withLabels(found.map(results.toSummary), labels);
    });
  }

  async inspectContainer(id: string, signal?: AbortSignal): Promise<port.ContainerDetail | undefined> {
    const found = await this.calls.find(t('Looking at a container'), signal, (abortSignal) =>
      this.docker.getContainer(id).inspect({ abortSignal }),
    );
    return found && results.toDetail(found);
  }

  async createContainer(spec: port.ContainerSpec, signal?: AbortSignal): Promise<string> {
    return this.create(spec, signal, {});
  }

  async startContainer(id: string): Promise<void> {
    await this.calls.call(
      t('Starting a container'),
      undefined,
      (abortSignal) => this.docker.getContainer(id).start({ abortSignal }),
      { ms: LONG_MS, fine: [304] },
    );
  }

  async stopContainer(id: string, seconds: number): Promise<void> {
    const whole = Math.ceil(seconds);
    await this.calls.call(
      t('Stopping a container'),
      undefined,
      (abortSignal) => this.docker.getContainer(id).stop({ t: whole, abortSignal }),
      { ms: whole * 1000 + LONG_MS, fine: [304, 404] },
    );
  }

  async killContainer(id: string, signalName: string): Promise<void> {
    await this.calls.call(t('Signalling a container'), undefined, (abortSignal) =>
      this.docker.getContainer(id).kill({ signal: signalName, abortSignal }),
    );
  }

  async removeContainer(id: string): Promise<void> {
    this.samples.forget(id);
    await this.calls.call(
      t('Removing a container'),
      undefined,
      (abortSignal) => this.docker.getContainer(id).remove({ force: true, v: true, abortSignal }),
      // 409: its removal is in progress.
      { ms: LONG_MS, fine: [404, 409] },
    );
  }

  async readContainerFile(id: string, path: string): Promise<Buffer | undefined> {
    return this.calls.find(t('Reading a file of a container'), undefined, async (abortSignal) => {
      const stream = await this.docker.getContainer(id).getArchive({ path, abortSignal });
      return firstFile(await bytesOf(stream, LARGEST_FILE));
    });
  }

  async stampContainerFile(id: string, path: string): Promise<port.FileStamp | undefined> {
    return this.calls.find(t('Looking at a file of a container'), undefined, async (abortSignal) => {
      const answer = (await this.docker.getContainer(id).infoArchive({ path, abortSignal })) as IncomingMessage;
      answer.resume();
      return results.toFileStamp(answer.headers['x-docker-container-path-stat']);
    });
  }

  async runOnce(
    spec: port.ContainerSpec,
    input: Uint8Array | undefined,
    signal: AbortSignal,
  ): Promise<{ readonly exitCode: number; readonly output: string }> {
    const what = t('Running a container');
    const stdin = input && { OpenStdin: true, StdinOnce: true, AttachStdin: true };
    const id = await this.create(spec, signal, stdin ?? {});
    try {
      const container = this.docker.getContainer(id);
      if (input) {
        // Nobody listens before the start: what is written waits in the connection.
        const connection = await this.calls.call(what, signal, (abortSignal) => attach(this.calls, id, abortSignal));
        connection.on('error', () => undefined).resume();
        connection.end(Buffer.from(input));
      }
      await this.startContainer(id);
      const waited: unknown = await this.calls.call(what, signal, (abortSignal) => container.wait({ abortSignal }), {
        ms: Infinity,
      });
      return {
        exitCode: (waited as { readonly StatusCode: number }).StatusCode,
        output: await lastText(this.containerLogs(id, { follow: false }, signal), LARGEST_OUTPUT),
      };
    } finally {
      await this.removeContainer(id);
    }
  }

  async createNetwork(name: string, labels: port.Labels): Promise<string> {
    return this.calls.call(t('Making a network'), undefined, async (abortSignal) => {
      const options = { Name: name, Labels: { ...labels }, CheckDuplicate: true, Driver: 'bridge', abortSignal };
      return (await this.docker.createNetwork(options)).id;
    });
  }

  async removeNetwork(id: string): Promise<void> {
    await this.calls.call(
      t('Removing a network'),
      undefined,
      (abortSignal) => this.docker.getNetwork(id).remove({ abortSignal }),
      { fine: [404] },
    );
  }

  async removeVolume(name: string): Promise<void> {
    await this.calls.call(
      t('Removing a volume'),
      undefined,
      (abortSignal) => this.docker.getVolume(name).remove({ abortSignal }),
      { fine: [404] },
    );
  }

  async inspectImage(reference: string): Promise<port.ImageDetail | undefined> {
    const found = await this.calls.find(t('Looking at an image'), undefined, (abortSignal) =>
      this.calls.get<results.InspectedImage>(`/images/${reference}/json`, {}, abortSignal),
    );
    return found && results.toImage(found);
  }

  async removeImage(id: string): Promise<void> {
    await this.calls.call(
      t('Removing an image'),
      undefined,
      (abortSignal) => this.docker.getImage(id).remove({ force: true, abortSignal }),
      { ms: LONG_MS, fine: [404] },
    );
  }

  async buildImage(
    spec: port.BuildSpec,
    onProgress: (progress: port.BuildProgress) => void,
    signal: AbortSignal,
  ): Promise<string> {
    const id = (await buildImage(this, spec, onProgress, signal)) ?? (await this.inspectImage(spec.tag))?.id;
    if (id === undefined) {
      throw new ServingError('unavailable', t('Building {0}: the engine ended without an image', spec.tag));
    }
    return id;
  }

  dispose(): void {
    this.client.agent.destroy();
  }

  /** An engine goes on with a request that its client has given up, so a cancelled one is waited for and taken back. */
  private async create(spec: port.ContainerSpec, signal: AbortSignal | undefined, more: Query): Promise<string> {
    const what = t('Making a container');
    if (signal?.aborted) {
      throw ServingError.cancelled(what);
    }
    // What an engine cannot enforce, it refuses or leaves out; users are told of it (whyNoLimits).
    const limits = this.limits ?? (await this.info(signal ?? NEVER)).limits;
    const options = { ...containerOptions(spec, limits), ...more };
    const id = await this.calls.call(
      what,
      undefined,
      async (abortSignal) => (await this.docker.createContainer({ ...options, abortSignal })).id,
      { ms: LONG_MS },
    );
    if (signal?.aborted) {
      await this.removeContainer(id);
      throw ServingError.cancelled(what);
    }
    return id;
  }
}

interface Client {
  readonly docker: Docker;
  readonly agent: Agent;
}

function clientOf(Dockerode: typeof Docker, place: EnginePlace): Client {
  const connection = connectionOf(place);
  // dockerode reads DOCKER_HOST when it is made, whatever it is given; where the engine is has been decided by then.
  const { DOCKER_HOST } = process.env;
  delete process.env.DOCKER_HOST;
  try {
    return { docker: new Dockerode(connection as Docker.DockerOptions), agent: connection.agent };
  } finally {
    if (DOCKER_HOST !== undefined) {
      process.env.DOCKER_HOST = DOCKER_HOST;
    }
  }
}
