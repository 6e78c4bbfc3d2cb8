import type { CopyLanguage } from '../../protocol/servingPanel';

/** The shell that a curl line is for. */
export type Shell = 'posix' | 'powershell';

export interface RequestToCopy {
  /** With the verb. */
  readonly url: string;
  /** JSON text. */
  readonly body: string;
  /** Name of the environment variable that holds the bearer token: the token itself is in no program. */
  readonly token?: string | undefined;
  /** What stands before it; undefined: Bearer. */
  readonly scheme?: string;
  /** The name that the request is for, where its address has another one. */
  readonly host?: string | undefined;
  /** Media type of a reply that comes item by item, and is printed so. */
  readonly accept?: string;
}

/** The request as a program that sends it. */
export function copyAs(language: CopyLanguage, request: RequestToCopy, shell: Shell): string {
  switch (language) {
    case 'curl':
      return shell === 'posix' ? curlForPosix(request) : curlForPowerShell(request);
    case 'python':
      return python(request);
    case 'javascript':
      return javaScript(request);
  }
}

/** Those whose values stand in the program. */
function headersOf({ host, accept }: RequestToCopy): readonly (readonly [string, string])[] {
  return [
    ['Content-Type', 'application/json'],
    ...(accept === undefined ? [] : [['Accept', accept] as const]),
    ...(host === undefined ? [] : [['Host', host] as const]),
  ];
}

function curlForPosix(request: RequestToCopy): string {
  const { url, body, token, scheme = 'Bearer', accept } = request;
  const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const lines = [
    `curl -sS${accept === undefined ? '' : ' -N'} -X POST ${quote(url)}`,
    ...headersOf(request).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...(token === undefined ? [] : [`-H "Authorization: ${scheme} $${token}"`]),
    `--data-binary ${quote(body.trim())}`,
  ];
  return `${lines.join(' \\\n  ')}\n`;
}

/**
 * The body goes over standard input: PowerShell before 7.3 strips the double quotes of an argument to a native
 * program, so that no quoting of JSON is right in every version.
 */
function curlForPowerShell(request: RequestToCopy): string {
  const { url, body, token, scheme = 'Bearer', accept } = request;
  // PowerShell takes the curly quotes for straight ones, so each kind has to be doubled.
  const quote = (text: string): string => `'${text.replace(/['‘’‚‛]/g, '$&$&')}'`;
  const parts = [
    `${quote(body.trim())} | curl.exe -sS${accept === undefined ? '' : ' -N'} -X POST ${quote(url)}`,
    ...headersOf(request).map(([name, value]) => `-H ${quote(`${name}: ${value}`)}`),
    ...(token === undefined ? [] : [`-H "Authorization: ${scheme} $env:${token}"`]),
    "--data-binary '@-'",
  ];
  return `$OutputEncoding = [System.Text.UTF8Encoding]::new($false)\n${parts.join(' ')}\n`;
}

function python(request: RequestToCopy): string {
  const { url, body, token, scheme = 'Bearer', accept } = request;
  const headers = [
    ...headersOf(request).map(([name, value]) => `${literal(name)}: ${literal(value)}`),
    ...(token === undefined ? [] : [`"Authorization": "${scheme} " + os.environ["${token}"]`]),
  ];
  return [
    ...(accept === undefined ? ['import json'] : []),
    ...(token === undefined ? [] : ['import os']),
    'import urllib.request',
    '',
    `body = ${literal(body.trim())}`,
    'request = urllib.request.Request(',
    `    ${literal(url)},`,
    '    data=body.encode(),',
    `    headers={${headers.join(', ')}},`,
    ')',
    'with urllib.request.urlopen(request) as response:',
    ...(accept === undefined
      ? ['    print(json.load(response))']
      : ['    for line in response:', '        print(line.decode(), end="", flush=True)']),
    '',
  ].join('\n');
}

function javaScript(request: RequestToCopy): string {
  const { url, body, token, scheme = 'Bearer', accept } = request;
  const headers = [
    ...headersOf(request).map(([name, value]) => `${literal(name)}: ${literal(value)}`),
    ...(token === undefined ? [] : [`Authorization: \`${scheme} \${process.env.${token}}\``]),
  ];
  return [
    `const response = await fetch(${literal(url)}, {`,
    "  method: 'POST',",
    `  headers: { ${headers.join(', ')} },`,
    `  body: ${literal(body.trim())},`,
    '});',
    ...(accept === undefined
      ? ['console.log(response.status, await response.json());']
      : [
          'for await (const text of response.body.pipeThrough(new TextDecoderStream())) {',
          '  console.log(text);',
          '}',
        ]),
    '',
  ].join('\n');
}

/** A string literal of Python and of JavaScript alike: JSON's, with the line ends and controls that JSON lets through escaped. */
function literal(text: string): string {
  return JSON.stringify(text).replace(
    /[\u007f-\u009f\u2028\u2029]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
