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

function curlForPosix({ url, body, token, scheme = 'Bearer', host }: RequestToCopy): string {
  const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  const authorization = token === undefined ? '' : ` \\\n  -H "Authorization: ${scheme} $${token}"`;
  const name = host === undefined ? '' : ` \\\n  -H ${quote(`Host: ${host}`)}`;
  return `curl -sS -X POST ${quote(url)} \\\n  -H 'Content-Type: application/json'${authorization}${name} \\\n  --data-binary ${quote(body.trim())}\n`;
}

/**
 * The body goes over standard input: PowerShell before 7.3 strips the double quotes of an argument to a native
 * program, so that no quoting of JSON is right in every version.
 */
function curlForPowerShell({ url, body, token, scheme = 'Bearer', host }: RequestToCopy): string {
  // PowerShell takes the curly quotes for straight ones, so each kind has to be doubled.
  const quote = (text: string): string => `'${text.replace(/['‘’‚‛]/g, '$&$&')}'`;
  const authorization = token === undefined ? '' : ` -H "Authorization: ${scheme} $env:${token}"`;
  const name = host === undefined ? '' : ` -H ${quote(`Host: ${host}`)}`;
  return `$OutputEncoding = [System.Text.UTF8Encoding]::new($false)\n${quote(body.trim())} | curl.exe -sS -X POST ${quote(url)} -H ${quote('Content-Type: application/json')}${authorization}${name} --data-binary '@-'\n`;
}

function python({ url, body, token, scheme = 'Bearer', host }: RequestToCopy): string {
  const authorization = token === undefined ? '' : `, "Authorization": "${scheme} " + os.environ["${token}"]`;
  const name = host === undefined ? '' : `, "Host": ${literal(host)}`;
  return [
    'import json',
    ...(token === undefined ? [] : ['import os']),
    'import urllib.request',
    '',
    `body = ${literal(body.trim())}`,
    'request = urllib.request.Request(',
    `    ${literal(url)},`,
    '    data=body.encode(),',
    `    headers={"Content-Type": "application/json"${authorization}${name}},`,
    ')',
    'with urllib.request.urlopen(request) as response:',
    '    print(json.load(response))',
    '',
  ].join('\n');
}

function javaScript({ url, body, token, scheme = 'Bearer', host }: RequestToCopy): string {
  const authorization = token === undefined ? '' : `, Authorization: \`${scheme} \${process.env.${token}}\``;
  const name = host === undefined ? '' : `, Host: ${literal(host)}`;
  return [
    `const response = await fetch(${literal(url)}, {`,
    "  method: 'POST',",
    `  headers: { 'Content-Type': 'application/json'${authorization}${name} },`,
    `  body: ${literal(body.trim())},`,
    '});',
    'console.log(response.status, await response.json());',
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
