import type { CopyLanguage } from '../../protocol/servingPanel';

/** The shell that a curl line is for. */
export type Shell = 'posix' | 'powershell';

/** The request as a program that sends it. `url` with the verb, `body` as JSON text. */
export function copyAs(language: CopyLanguage, url: string, body: string, shell: Shell): string {
  switch (language) {
    case 'curl':
      return shell === 'posix' ? curlForPosix(url, body) : curlForPowerShell(url, body);
    case 'python':
      return python(url, body);
    case 'javascript':
      return javaScript(url, body);
  }
}

function curlForPosix(url: string, body: string): string {
  const quote = (text: string): string => `'${text.replaceAll("'", "'\\''")}'`;
  return `curl -sS -X POST ${quote(url)} \\\n  -H 'Content-Type: application/json' \\\n  --data-binary ${quote(body.trim())}\n`;
}

/**
 * The body goes over standard input: PowerShell before 7.3 strips the double quotes of an argument to a native
 * program, so that no quoting of JSON is right in every version.
 */
function curlForPowerShell(url: string, body: string): string {
  // PowerShell takes the curly quotes for straight ones, so each kind has to be doubled.
  const quote = (text: string): string => `'${text.replace(/['‘’‚‛]/g, '$&$&')}'`;
  return `$OutputEncoding = [System.Text.UTF8Encoding]::new($false)\n${quote(body.trim())} | curl.exe -sS -X POST ${quote(url)} -H ${quote('Content-Type: application/json')} --data-binary '@-'\n`;
}

function python(url: string, body: string): string {
  return [
    'import json',
    'import urllib.request',
    '',
    `body = ${literal(body.trim())}`,
    'request = urllib.request.Request(',
    `    ${literal(url)},`,
    '    data=body.encode(),',
    '    headers={"Content-Type": "application/json"},',
    ')',
    'with urllib.request.urlopen(request) as response:',
    '    print(json.load(response))',
    '',
  ].join('\n');
}

function javaScript(url: string, body: string): string {
  return [
    `const response = await fetch(${literal(url)}, {`,
    "  method: 'POST',",
    "  headers: { 'Content-Type': 'application/json' },",
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
