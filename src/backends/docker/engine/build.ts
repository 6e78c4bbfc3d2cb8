import { ServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import type { EngineCalls } from './calls';
import { buildFailure } from './errors';
import type * as port from './port';
import { type ProgressMessage, BuildReader, failureIn } from './progress';
import type { Logins } from './registryLogin';
import { SentContext } from './sentContexts';
import { openSession } from './session';
import { buildContext } from './tar';

const DOCKERFILE = 'Dockerfile.model-serving';

export interface BuildParts {
  readonly calls: EngineCalls;
  readonly address: port.EngineAddress;
  readonly logins: Logins;
}

/** Builds an image: its id, where the engine tells it. */
export async function buildImage(
  { calls, address, logins }: BuildParts,
  spec: port.BuildSpec,
  onProgress: (progress: port.BuildProgress) => void,
  signal: AbortSignal,
): Promise<string | undefined> {
  const what = t('Building {0}', spec.tag);
  const reader = new BuildReader();
  const session = await openSession(calls, logins, spec.secrets ?? {}, what, signal);
  if (!session && spec.secrets) {
    throw new ServingError('unavailable', t('{0}: this engine takes no secrets for a build', what));
  }
  const files = [{ path: DOCKERFILE, content: spec.dockerfile }, ...spec.context];
  const sent = new SentContext(calls);
  const context = buildContext(files, address.remoteHost !== undefined, sent);
  let failure: string | undefined;
  try {
    const stream = await calls.stream(what, signal, {
      path: '/build?',
      method: 'POST',
      options: {
        version: '2',
        t: spec.tag,
        dockerfile: DOCKERFILE,
        labels: spec.labels,
        buildargs: spec.buildArgs ?? {},
        ...(spec.networkMode !== undefined && { networkmode: spec.networkMode }),
        ...(session && { session: session.id }),
      },
      file: context,
    });
    for await (const message of calls.messages<ProgressMessage>(what, stream, signal)) {
      failure ??= failureIn(message);
      reader.add(message).forEach(onProgress);
    }
    sent.isMade = failure === undefined;
  } finally {
    context.destroy();
    session?.connection.destroy();
    await sent.ended(signal);
  }
  if (failure !== undefined) {
    throw buildFailure(what, failure, reader.lastLines);
  }
  return reader.imageId;
}
