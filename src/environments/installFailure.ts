import { type Remedy, ServingError } from '../core/errors';
import { t } from '../core/l10n';
import { withoutSecrets } from './pipSettings';

export interface FailedInstall {
  /** What failed, for the beginning of the message. */
  readonly what: string;
  /** All that pip or uv said. */
  readonly output: string;
  /** The index that was asked, in words. */
  readonly index: string;
  /** `3.11.7` */
  readonly python: string;
  /** Where a package is asked for. */
  whereIs(name: string): Remedy | undefined;
}

interface Reason {
  readonly text: string;
  readonly code?: 'disk';
  readonly package?: string;
}

/** Why packages could not be installed, in one sentence; code `package`, or `disk` when it is full. */
export function installFailure(failed: FailedInstall): ServingError {
  const output = withoutSecrets(failed.output);
  const reason = READERS.reduce<Reason | undefined>((found, read) => found ?? read(output, failed), undefined) ?? {
    text: lastComplaint(output),
  };
  const where = failed.whereIs(reason.package ?? '');
  const remedies: readonly Remedy[] = reason.code === 'disk' || !where ? [{ kind: 'runDoctor' }] : [where];
  return new ServingError(reason.code ?? 'package', `${failed.what}: ${reason.text}`, { cause: output, remedies });
}

type Reader = (output: string, failed: FailedInstall) => Reason | undefined;

const READERS: readonly Reader[] = [
  diskFull,
  wrongHash,
  certificate,
  network,
  compiler,
  conflict,
  refused,
  notFound,
  wrongLine,
];

function diskFull(output: string): Reason | undefined {
  return /No space left on device|ENOSPC|os error 28\b|os error 112\b|not enough space on the disk|Disk quota exceeded/i.test(
    output,
  )
    ? { text: t('the disk is full'), code: 'disk' }
    : undefined;
}

function wrongHash(output: string): Reason | undefined {
  if (/In --require-hashes mode|hash-checking mode is enabled|Hashes are required/i.test(output)) {
    return { text: t('the requirements give hashes for some packages only, and either all or none need one') };
  }
  const uv = /Hash mismatch for `([^`]+)`/.exec(output)?.[1];
  const pip = /DO NOT MATCH THE HASHES[\s\S]*?\n\s+(\S+)(?: from |:)/.exec(output)?.[1];
  const found = uv ?? pip;
  return found === undefined
    ? undefined
    : {
        text: t(
          '{0} is not the file that the hashes in the requirements stand for: update the hashes, or find out who changed it',
          found,
        ),
        package: nameOf(found),
      };
}

function certificate(output: string, { index }: FailedInstall): Reason | undefined {
  return /CERTIFICATE_VERIFY_FAILED|invalid peer certificate|UnknownIssuer|certificate verify failed|SSLError/i.test(
    output,
  )
    ? {
        text: t(
          'the certificate of {0} is not trusted: set pip\'s "cert" (or PIP_CERT) to your authority\'s file',
          index,
        ),
      }
    : undefined;
}

function network(output: string, { index }: FailedInstall): Reason | undefined {
  // pip warns at each attempt; only the last one means that it gave up.
  const gaveUp = /Retry\(total=0|Max retries exceeded|Could not fetch URL|Request failed after|Failed to fetch/.test(
    output,
  );
  const lost =
    /Connect\)|dns error|NewConnectionError|ConnectTimeoutError|ReadTimeoutError|timed out|Connection refused|Connection reset|Connection aborted|ProxyError|Tunnel connection failed|Network is unreachable|Name or service not known|getaddrinfo failed|error sending request/i;
  if (!gaveUp || !lost.test(output)) {
    return undefined;
  }
  return {
    text: /ProxyError|Tunnel connection failed|Cannot connect to proxy/i.test(output)
      ? t("{0} could not be reached through the proxy: check the network, or pip's index-url and proxy", index)
      : t("{0} could not be reached: check the network, or pip's index-url and proxy", index),
  };
}

function compiler(output: string, { python }: FailedInstall): Reason | undefined {
  const name =
    /Failed building wheel for ([\w.-]+)/.exec(output)?.[1] ??
    /Failed to build `?([A-Za-z0-9][\w.-]*)/.exec(output)?.[1] ??
    /Failed to (?:download and )?build(?: installable wheels for)?:? `?([A-Za-z0-9][\w.-]*)/.exec(output)?.[1];
  const failed = /subprocess-exited-with-error|The build backend returned an error|Failed building wheel/.test(output);
  if (name === undefined && !failed) {
    return undefined;
  }
  const needs =
    /Microsoft Visual C\+\+ [\d.]+ or greater is required|(?:gcc|g\+\+|clang|cc|cl\.exe|gfortran|cmake|rustc|cargo)\b.*(?:No such file|not found|failed|returned non-zero)|No such file or directory: '[^']*(?:gcc|g\+\+|clang|cc)'|command '[^']*' failed|Command '\[.*returned non-zero|Rust toolchain|unable to find.*compiler|Unknown compiler/i;
  const short = python.split('.').slice(0, 2).join('.');
  const what = name ?? t('a package');
  return {
    text: needs.test(output)
      ? t(
          '{0} has no ready-made package for Python {1} on this computer, and compiling it failed: install a compiler, or take a version that has one',
          what,
          short,
        )
      : t(
          '{0} has no ready-made package for Python {1} on this computer, and building it failed: {2}',
          what,
          short,
          lastError(output) ?? t('its build program ended with an error'),
        ),
    ...(name !== undefined && { package: name }),
  };
}

function conflict(output: string): Reason | undefined {
  const block = /The conflict is caused by:\n([\s\S]*?)\n\s*\n/.exec(output)?.[1];
  if (block !== undefined) {
    const parties = block.split('\n').map((line) => line.trim().replace(/^The user requested/, 'you ask for'));
    return {
      text: t('some packages do not fit together: {0}', parties.join('; ')),
      ...named(/you ask for ([\w.-]+)/.exec(parties.join('\n'))?.[1]),
    };
  }
  const solution = /No solution found[\s\S]*?(?:cause|╰─▶):? ?([\s\S]*?)(?:\n\s*\n|$)/
    .exec(output)?.[1]
    ?.replace(/\s+/g, ' ');
  if (!solution?.includes(' depends on ')) {
    return undefined;
  }
  const text = solution
    .replace(/^Because /, '')
    .replace(/, we can conclude that .*?\.(?= And because | *$)/g, '')
    .replaceAll(' And because ', '; ')
    .trim();
  return {
    text: t('some packages do not fit together: {0}', text),
    ...named(/you require ([\w.-]+)/.exec(solution)?.[1]),
  };
}

function refused(output: string, { index }: FailedInstall): Reason | undefined {
  return /\b(?:401|403)\b[^\n]*(?:Unauthorized|Forbidden|Error)|valid authentication credentials/i.test(output)
    ? { text: t('{0} wants a user name and password, or refuses those that it was given', index) }
    : undefined;
}

function notFound(output: string, { index, python }: FailedInstall): Reason | undefined {
  const short = python.split('.').slice(0, 2).join('.');
  const pip = /No matching distribution found for ([^\n]+)/
    .exec(output)?.[1]
    ?.replace(/ \(from .*$/, '')
    .trim();
  const uvMissing = /([A-Za-z0-9][\w.-]*) was not found in (?:the package registry|the provided|the cache)/.exec(
    output,
  )?.[1];
  const uvVersion =
    /there (?:is|are) no versions? of ([^\s,]+)/.exec(output)?.[1] ??
    /you require ([^\s,]+), we can conclude/.exec(output)?.[1];
  const asked = pip ?? uvMissing ?? uvVersion;
  if (asked === undefined) {
    return undefined;
  }
  const name = nameOf(asked);
  const bare = asked === name;
  const wheels =
    /has no wheels with a matching|no wheels .* matching|Requires-Python|require a different python version/i.test(
      output,
    );
  const noneAtAll =
    uvMissing !== undefined || (pip !== undefined && output.includes('from versions: none)') && !wheels);
  const text = noneAtAll
    ? t('there is no package {0} in {1}: check the spelling', name, index)
    : bare
      ? t('there is no version of {0} for Python {1} in {2}', name, short, index)
      : t('there is no {0} for Python {1} in {2}', asked, short, index);
  return { text, package: name };
}

function wrongLine(output: string): Reason | undefined {
  const uv = /Couldn't parse requirement[^\n]*\n\s*cause: ([^\n]+)\n\s*(\S[^\n]*)/.exec(output);
  const pip = /Invalid requirement: ['"]?([^\n]+?)['"]?(?: \(from[^\n]*|: [^\n]*)?\n/.exec(output)?.[1];
  const line = uv?.[2]?.trim() ?? pip;
  return line === undefined
    ? undefined
    : {
        text:
          uv?.[1] === undefined
            ? t('"{0}" is not a requirement', line)
            : t('"{0}" is not a requirement: {1}', line, uv[1]),
        package: nameOf(line),
      };
}

function named(name: string | undefined): { package?: string } {
  return name === undefined ? {} : { package: nameOf(name) };
}

/** The name at the beginning of `six==1.17.0`. */
function nameOf(requirement: string): string {
  return /^[A-Za-z0-9](?:[\w.-]*[A-Za-z0-9])?/.exec(requirement.trim())?.[0] ?? requirement;
}

function lastError(output: string): string | undefined {
  return output
    .split('\n')
    .map((line) => line.trim())
    .filter(
      (line) => /^(?:\w+Error|error|ERROR):/.test(line) && !/subprocess-exited|Failed (?:to build|building)/.test(line),
    )
    .at(-1)
    ?.replace(/^(?:error|ERROR):\s*/, '');
}

function lastComplaint(output: string): string {
  const lines = output
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  const complaint = lines.filter((line) => /^(?:ERROR|error):/.test(line)).at(-1) ?? lines.at(-1);
  return complaint?.replace(/^(?:ERROR|error):\s*/, '') ?? t('the installer ended with an error and without a word');
}
