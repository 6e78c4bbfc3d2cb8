import { messageOf } from '../core/errors';

/** Something about the surroundings that whoever looks into a problem needs to know. */
export interface Fact {
  readonly name: string;
  readonly find: (signal: AbortSignal) => string | Promise<string>;
}

/** Each is asked for this long: an engine that hangs may be what the issue is about. */
const LIMIT_MS = 5000;

/** The body of an issue: what is asked, and the facts. In English, and without what is only the person's business. */
export async function issueText(facts: readonly Fact[], home: string, signal: AbortSignal): Promise<string> {
  const lines = await Promise.all(
    facts.map(async ({ name, find }) => `- ${name}: ${withoutPrivate(await found(find, signal), home)}`),
  );
  return [
    '### What happens',
    '',
    '### What should happen',
    '',
    '### How to get there',
    '',
    '### Versions',
    '',
    ...lines,
    '',
  ].join('\n');
}

async function found(find: Fact['find'], signal: AbortSignal): Promise<string> {
  const limited = AbortSignal.any([signal, AbortSignal.timeout(LIMIT_MS)]);
  try {
    return await Promise.race([find(limited), aborted(limited)]);
  } catch (error) {
    signal.throwIfAborted();
    return limited.aborted ? `no answer within ${LIMIT_MS / 1000} s` : `not known (${messageOf(error)})`;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => {
      reject(new Error('aborted'));
    });
  });
}

/** The home folder becomes `~`, user and password of an address are left out, and all is one line. */
function withoutPrivate(text: string, home: string): string {
  const folders = home === '' ? [] : [home, home.replaceAll('\\', '/')];
  return folders
    .reduce((before, folder) => before.replaceAll(folder, '~'), text)
    .replace(/\/\/[^/\s@]+@/g, '//')
    .replace(/\s+/g, ' ')
    .trim();
}
