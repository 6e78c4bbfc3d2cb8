// The engine that the runner got ready for the tests (test/setup/docker.mjs), and what they may do with it.
import { request } from 'node:http';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe } from 'vitest';

const { env } = process;

/** Where it listens; empty when there is none. */
export const engineHost = env.MODEL_SERVING_DOCKER_HOST ?? '';
/** The base of environments; it lies in a registry and has to be pulled. */
export const pythonImage = env.MODEL_SERVING_PYTHON_IMAGE ?? '';
/** Why there is no engine; undefined when there is one. */
export const noEngine =
  engineHost === '' ? (env.MODEL_SERVING_NO_DOCKER ?? 'MODEL_SERVING_DOCKER_HOST is not set') : undefined;
/** Whether tests may stop and kill it: it is the run's own. */
export const mayStop = noEngine === undefined && env.MODEL_SERVING_DOCKER_CONTROL !== undefined;

/** Tests on the engine, skipped where there is none, with the reason in their name. */
export function describeWithEngine(name: string, tests: () => void): void {
  describe.skipIf(noEngine !== undefined)(noEngine === undefined ? name : `${name} (${noEngine})`, tests);
}

/** Tests that stop or kill the engine. Their files lie in test/docker/alone, where one runs at a time. */
export function describeStopping(name: string, tests: () => void): void {
  const reason = noEngine ?? (mayStop ? undefined : 'the engine is not ours to stop');
  describe.skipIf(reason !== undefined)(reason === undefined ? name : `${name} (${reason})`, tests);
}

interface Answer {
  readonly ok: boolean;
  readonly error?: string;
  readonly up?: boolean;
  readonly pid?: number;
  /** How often it was started again after it ended by itself. */
  readonly restarts?: number;
}

/** One word to the engine's supervisor. */
function command(word: string): Promise<Answer> {
  return new Promise((done, fail) => {
    const socket = connect(env.MODEL_SERVING_DOCKER_CONTROL ?? '');
    let text = '';
    socket.setEncoding('utf8').once('error', fail);
    socket.on('data', (data: string) => (text += data));
    socket.on('data', () => {
      if (text.endsWith('\n')) {
        socket.end();
        const answer = JSON.parse(text) as Answer;
        if (answer.ok) {
          done(answer);
        } else {
          fail(new Error(answer.error ?? `the supervisor refused to ${word}`));
        }
      }
    });
    socket.once('close', () => {
      fail(new Error('the supervisor of the engine ended'));
    });
    socket.write(`${word}\n`);
  });
}

/** It ends in good order and stays down; containers live on. */
export const pauseEngine = (): Promise<Answer> => command('pause');
/** It dies (SIGKILL) and stays down; containers live on. */
export const killEngine = (): Promise<Answer> => command('kill');
/** It is up again and answers. */
export const resumeEngine = (): Promise<Answer> => command('resume');
export const engineStatus = (): Promise<Answer> => command('status');

/** For beforeAll: the engine answers, also when an earlier test left it down or it died. */
export async function engineIsUp(): Promise<void> {
  if (mayStop) {
    await resumeEngine();
  }
  const until = Date.now() + 30_000;
  for (;;) {
    try {
      await ask('/_ping');
      return;
    } catch (error) {
      if (Date.now() > until) {
        throw error;
      }
      await sleep(200);
    }
  }
}

/** The text of a GET of the engine's API; rejects when it is not 200. */
export function ask(path: string): Promise<string> {
  const { protocol, hostname, port, pathname } = new URL(engineHost);
  const where = protocol === 'unix:' ? { socketPath: decodeURIComponent(pathname) } : { host: hostname, port };
  return new Promise((done, fail) => {
    const sent = request({ ...where, path, timeout: 20_000 }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (data: string) => (text += data));
      reply.once('error', fail);
      reply.once('end', () => {
        if (reply.statusCode === 200) {
          done(text);
        } else {
          fail(new Error(`${path}: ${reply.statusCode ?? 0} ${text}`));
        }
      });
    });
    sent.once('timeout', () => sent.destroy(new Error(`${path}: no answer`)));
    sent.once('error', fail);
    sent.end();
  });
}

type Labels = Readonly<Record<string, string>> | null;
interface Listed {
  readonly Id?: string;
  readonly Name?: string;
  readonly Names?: readonly string[];
  readonly RepoTags?: readonly string[] | null;
  readonly State?: string;
  readonly Labels?: Labels;
}

/** Roles of images that stay: making them takes long and any folder may use them. */
const KEPT = ['environment', 'model', 'gateway-image'];

/**
 * Containers, networks, volumes and images of ours that are there, as `container ms-iris-1a2b3c-4d5e6f-1 (running)`.
 * @param labels that they have besides `model-serving=1`: with `{'model-serving.folder': …}` only those of one folder
 */
export async function leftovers(labels: Readonly<Record<string, string>> = {}): Promise<readonly string[]> {
  const filters = encodeURIComponent(
    JSON.stringify({
      label: ['model-serving=1', ...Object.entries(labels).map(([name, value]) => `${name}=${value}`)],
    }),
  );
  const [containers, networks, volumes, images] = (
    await Promise.all([
      ask(`/containers/json?all=1&filters=${filters}`),
      ask(`/networks?filters=${filters}`),
      ask(`/volumes?filters=${filters}`),
      ask(`/images/json?filters=${filters}`),
    ])
  ).map((text) => JSON.parse(text) as unknown) as [
    readonly Listed[],
    readonly Listed[],
    { readonly Volumes: readonly Listed[] | null },
    readonly Listed[],
  ];
  return [
    ...containers.map(({ Id, Names, State }) => `container ${Names?.[0]?.slice(1) ?? Id ?? ''} (${State ?? ''})`),
    ...networks.map(({ Name }) => `network ${Name ?? ''}`),
    ...(volumes.Volumes ?? []).map(({ Name }) => `volume ${Name ?? ''}`),
    ...images
      .filter((image) => !KEPT.includes(image.Labels?.['model-serving.role'] ?? ''))
      .map(({ Id, RepoTags }) => `image ${RepoTags?.[0] ?? Id ?? ''}`),
  ];
}
