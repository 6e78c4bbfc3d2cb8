import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Operation } from '../../../core/backend';
import { ServingError, toServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import type { BuildEntry, Engine, ImageDetail } from '../engine/port';
import { pullFailure } from '../images/failures';
import { gatewayVariables } from './container';

/** What gateways are made of when no setting says so. */
export const GATEWAY_BASE = 'haproxy:lts-alpine';
const SETTING = 'modelServing.docker.gatewayImage';
const failedText = () => t('The image of the gateway could not be made');
const FOLDER = '/etc/model-serving';
const BASE_ID = 'model-serving.base';
const OURS = { 'model-serving': '1', 'model-serving.role': 'gateway-image' } as const;
const FILES = ['haproxy.cfg', 'gateway.lua'] as const;
/** An engine lays its own over it; Podman has none for a container without a network, and HAProxy wants to read one. */
const RESOLVER = { path: 'resolv.conf', content: 'nameserver 127.0.0.11\n', mode: 0o644 } as const;
const SAMPLE = {
  upstream: 'replica',
  mostReplicas: 1,
  requestSeconds: 60,
  bodyBytes: 1_000_000,
  admin: 'path',
} as const;
const USER = '10001:10001';
/** Nothing runs in the build: the base needs no shell. SIGUSR1 lets running requests end. */
const DOCKERFILE = (base: string) => `FROM ${base}
COPY ${FILES.join(' ')} ${FOLDER}/
COPY ${RESOLVER.path} /etc/resolv.conf
USER ${USER}
STOPSIGNAL SIGUSR1
ENTRYPOINT ["haproxy", "-W", "-db", "-f", "${FOLDER}/haproxy.cfg"]
CMD []
`;

export interface GatewayImageParts {
  readonly engine: Engine;
  /** Folder of `haproxy.cfg` and `gateway.lua`. */
  readonly files: string;
  /** An image of HAProxy 2.6 or later with Lua. */
  readonly base: string;
}

/**
 * The tag of the image, made when it is not there or its base is another one by now. Rejects with `invalid` when the base
 * does not take our configuration, and as the engine does.
 */
export async function gatewayImage(parts: GatewayImageParts, operation: Operation): Promise<string> {
  try {
    return await ensure(parts, operation);
  } catch (error) {
    throw toServingError(error, 'unavailable', failedText());
  }
}

async function ensure({ engine, files, base }: GatewayImageParts, operation: Operation): Promise<string> {
  const { signal } = operation;
  const own = FILES.map(async (path) => ({ path, content: await readFile(join(files, path), 'utf8'), mode: 0o644 }));
  const context: readonly BuildEntry[] = [...(await Promise.all(own)), RESOLVER];
  const dockerfile = DOCKERFILE(base);
  const key = createHash('sha256')
    .update(JSON.stringify([dockerfile, context]))
    .digest('hex')
    .slice(0, 16);
  const tag = `model-serving/gateway:${key}`;
  const [made, there] = await Promise.all([engine.inspectImage(tag), engine.inspectImage(base)]);
  // Without the base, what was made of it is as good: a start needs no registry then.
  if (made && (there === undefined || made.labels[BASE_ID] === there.id)) {
    return tag;
  }
  const from = there ?? (await pull(engine, base, operation));
  operation.report({ stage: 'server', message: t('Making the image of the gateway') });
  const labels = { ...OURS, [BASE_ID]: from.id };
  const id = await engine.buildImage({ tag, labels, dockerfile, context }, () => undefined, signal);
  await tryOut(engine, id, base, signal);
  return tag;
}

async function pull(engine: Engine, base: string, operation: Operation): Promise<ImageDetail> {
  const report = (message: string) => {
    operation.report({ stage: 'server', message });
  };
  report(t('Pulling {0}', base));
  try {
    await engine.pullImage(
      base,
      ({ share }) => {
        report(
          share === undefined ? t('Pulling {0}', base) : t('Pulling {0}: {1} %', base, String(Math.floor(share * 100))),
        );
      },
      operation.signal,
    );
  } catch (error) {
    throw pullFailure(error, base, operation.signal, [{ kind: 'openSettings', setting: SETTING }]);
  }
  const pulled = await engine.inspectImage(base);
  if (pulled === undefined) {
    throw new ServingError('notFound', t('{0} was pulled, but the engine does not have it', base));
  }
  return pulled;
}

/** HAProxy reads the configuration, and does nothing else. */
async function tryOut(engine: Engine, image: string, base: string, signal: AbortSignal): Promise<void> {
  const once = {
    image,
    entrypoint: ['haproxy', '-c', '-f', `${FOLDER}/haproxy.cfg`],
    labels: { 'model-serving': '1', 'model-serving.role': 'once' },
    variables: gatewayVariables(SAMPLE),
  };
  let said: { readonly exitCode: number; readonly output: string };
  try {
    said = await engine.runOnce(once, undefined, signal);
  } catch (error) {
    await engine.removeImage(image).catch(() => undefined);
    throw error;
  }
  if (said.exitCode !== 0) {
    await engine.removeImage(image).catch(() => undefined);
    // Of Podman's init program.
    const lacks = /failed to exec pid1: No such file/i.test(said.output) ? t('it has no haproxy') : undefined;
    const reason =
      lacks ?? said.output.split('\n').find((line) => /ALERT|not found/i.test(line)) ?? said.output.slice(-300);
    throw new ServingError('invalid', t('{0} cannot be the gateway: {1}', base, reason.trim()), {
      remedies: [{ kind: 'openSettings', setting: SETTING }],
    });
  }
}
