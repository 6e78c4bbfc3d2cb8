import { isCancelled, isNodeError, messageOf, type Remedy, ServingError } from '../../../core/errors';
import { t } from '../../../core/l10n';
import { type Finding, ok, problem, warning } from '../../../environments/finding';
import type { Surroundings } from '../engine/address';
import { HOST_SETTING, placeOf } from '../engine/errors';
import { contextNames, localEngines } from '../engine/otherEngines';
import type { Engine, EngineAddress } from '../engine/port';
import type { EngineCheck } from './check';
import { startCommand, word } from './commands';
import { whyNotAllowed } from './permission';

const INSTALL: Remedy = { kind: 'openPage', url: 'https://docs.docker.com/get-started/get-docker/' };
const SETTING: Remedy = { kind: 'openSettings', setting: HOST_SETTING };
/** One that answers does so at once. */
const ANSWER_MS = 3000;

/** What is to be said when the engine that is meant does not answer: why, and whether another one would. */
export async function unreachable(
  error: unknown,
  engine: Engine | undefined,
  check: EngineCheck,
  signal: AbortSignal,
): Promise<Finding> {
  const { around } = check;
  const name = 'Docker';
  const isNeeded = check.servings().length > 0;
  const say = isNeeded ? problem : warning;
  const own = error instanceof ServingError ? error.remedies.find(({ kind }) => kind !== 'runDoctor') : undefined;
  if (own?.kind === 'openFile') {
    // While the CLI's own file cannot be read, the CLI cannot choose another engine.
    return say(name, reasonOf(error), own);
  }
  const other = await answering(check, engine?.address, signal);
  if (other) {
    const { text, remedy } = howToUse(other, engine?.address, around());
    return say(name, t('{0}. Another engine answers at {1}: {2}', reasonOf(error), placeOf(other), text), remedy);
  }
  if (error instanceof ServingError && error.code === 'notFound') {
    const text = t('{0}. Servings can run as processes without it', messageOf(error));
    return isNeeded ? problem(name, messageOf(error), INSTALL) : { ...ok(name, text), remedy: INSTALL };
  }
  const code = causeOf(error);
  if (engine && (code === 'EACCES' || code === 'EPERM')) {
    const socket = engine.address.url.replace(/^(?:unix|npipe):\/\//, '');
    const { text, remedy } = await whyNotAllowed(socket, check.person(), around().platform);
    return say(name, t('You may not use the Docker engine at {0}: {1}', placeOf(engine.address), text), remedy);
  }
  const start = engine && startCommand(engine.address, around().platform);
  if (start !== undefined && (code === 'ENOENT' || code === 'ECONNREFUSED')) {
    return say(name, reasonOf(error), { kind: 'typeCommand', command: start });
  }
  const contexts = engine === undefined ? await contextNames(around()) : [];
  const reason = reasonOf(error);
  const text =
    contexts.length === 0 ? reason : t('{0}. There are the contexts default, {1}', reason, contexts.join(', '));
  return say(name, text, own ?? SETTING);
}

function reasonOf(error: unknown): string {
  const message = messageOf(error);
  const asking = `${t('Asking the Docker engine')}: `;
  return message.startsWith(asking) ? `Docker: ${message.slice(asking.length)}` : message;
}

/** The code of the system call that failed. */
function causeOf(error: unknown): string | undefined {
  const cause = error instanceof ServingError ? error.cause : error;
  return isNodeError(cause) ? cause.code : undefined;
}

/** An engine on this computer that answers though it is not the one that is meant. */
async function answering(
  { around, connect }: EngineCheck,
  meant: EngineAddress | undefined,
  signal: AbortSignal,
): Promise<EngineAddress | undefined> {
  const places = (await localEngines(around())).filter(({ address }) => address.url !== meant?.url);
  const answers = await Promise.all(
    places.map(async (place) => {
      let engine: Engine | undefined;
      try {
        engine = await connect(place);
        await engine.info(AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]));
        return [place.address];
      } catch (error) {
        if (isCancelled(error) && signal.aborted) {
          throw error;
        }
        return [];
      } finally {
        engine?.dispose();
      }
    }),
  );
  return answers.flat()[0];
}

/** How the engine that answers becomes the one that is meant, which depends on who names the other one. */
function howToUse(
  other: EngineAddress,
  meant: EngineAddress | undefined,
  { setting, env }: Surroundings,
): { readonly text: string; readonly remedy: Remedy } {
  if (setting.trim() !== '') {
    return { text: t('clear the setting {0}, or set it to {1}', HOST_SETTING, other.url), remedy: SETTING };
  }
  const variable = ['DOCKER_HOST', 'DOCKER_CONTEXT'].find((name) => (env[name] ?? '') !== '');
  if (variable !== undefined) {
    return { text: t('unset {0}, or set {1} to {2}', variable, HOST_SETTING, other.url), remedy: SETTING };
  }
  if (meant?.source === 'default' && other.context === undefined) {
    return { text: t('set {0} to {1}', HOST_SETTING, other.url), remedy: SETTING };
  }
  const command = `docker context use ${word(other.context ?? 'default')}`;
  return { text: command, remedy: { kind: 'typeCommand', command } };
}
