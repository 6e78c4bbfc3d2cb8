import { execFile, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { copyAs } from '../../../src/ui/panels/copyAs';

const URL = 'http://127.0.0.1:49213/v1/models/iris:predict';
const BODIES = [
  '{"inputs": [[5.1, 3.5, 1.4, 0.2]]}',
  '{\n  "inputs": ["it\'s", "$HOME `id` $(id) %PATH% !!", "back\\\\slash \\" quote", "ü 漢 😀 \u2028"]\n}',
  `{"inputs": ["''' \\"\\"\\" \${1} #{2}"]}`,
];

describe('a request as a program', () => {
  it.each(BODIES)('as curl for a POSIX shell hands over the body as it is: %s', (body) => {
    const text = copyAs('curl', { url: URL, body }, 'posix');
    const script = `curl() { printf '%s\\0' "$@"; }\n${text}`;
    const given = execFileSync('sh', ['-c', script], { encoding: 'utf8' }).split('\0');
    expect(given).toContain(URL);
    expect(given[given.indexOf('--data-binary') + 1]).toBe(body);
    expect(given[given.indexOf('-H') + 1]).toBe('Content-Type: application/json');
  });

  it.each(BODIES)('as Python sends the body as it is: %s', (body) => {
    const text = copyAs('python', { url: URL, body }, 'posix');
    const stub = [
      'import sys, json, io, urllib.request',
      'def urlopen(request):',
      '    json.dump([request.full_url, request.get_method(), request.headers["Content-type"], request.data.decode()], sys.stdout)',
      '    return io.StringIO("{}")',
      'urllib.request.urlopen = urlopen',
      'print = lambda *a: None',
    ].join('\n');
    const out = execFileSync('python3', ['-c', `${stub}\n${text}`], {
      encoding: 'utf8',
      env: { ...process.env, PYTHONIOENCODING: 'utf-8' },
    });
    expect(JSON.parse(out)).toEqual([URL, 'POST', 'application/json', body]);
  });

  it.each(BODIES)('as JavaScript sends the body as it is: %s', async (body) => {
    const text = copyAs('javascript', { url: URL, body }, 'posix');
    const calls: unknown[] = [];
    // eslint-disable-next-line @typescript-eslint/no-implied-eval -- the text that users paste is run
    const program = new Function('fetch', 'console', `return (async () => {${text}})()`) as (
      fetch: unknown,
      log: unknown,
    ) => Promise<void>;
    await program(
      (url: string, init: object) => {
        calls.push([url, init]);
        return Promise.resolve({ status: 200, json: () => Promise.resolve({}) });
      },
      { log: () => undefined },
    );
    expect(calls).toEqual([[URL, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body }]]);
  });

  it('names the variable that holds the token, in every language', () => {
    const request = { url: URL, body: '{}', token: 'SERVING_TOKEN' };
    expect(copyAs('curl', request, 'posix')).toContain('-H "Authorization: Bearer $SERVING_TOKEN"');
    expect(copyAs('curl', request, 'powershell')).toContain('-H "Authorization: Bearer $env:SERVING_TOKEN"');
    expect(copyAs('python', request, 'posix')).toContain('"Authorization": "Bearer " + os.environ["SERVING_TOKEN"]');
    expect(copyAs('javascript', request, 'posix')).toContain('Authorization: `Bearer ${process.env.SERVING_TOKEN}`');
  });

  it('for PowerShell goes over standard input, with quotes of every kind doubled', () => {
    const text = copyAs('curl', { url: URL, body: '{"inputs": ["it\'s ‘so’"]}' }, 'powershell');
    expect(text).toContain(`'{"inputs": ["it''s ‘‘so’’"]}' | curl.exe`);
    expect(text).toContain("--data-binary '@-'");
  });

  it.each([
    ['python', (text: string) => ['python3', '-c', text]],
    ['javascript', (text: string) => [process.execPath, '--input-type=module', '-e', text]],
  ] as const)('that asks for a stream prints its items, as %s', async (language, toCommand) => {
    const accept = 'application/x-ndjson';
    const server = createServer((request, response) => {
      response.end(request.headers.accept === accept ? '{"item": 1}\n{"item": "ü"}\n' : 'not asked for');
    });
    await once(server.listen(0, '127.0.0.1'), 'listening');
    try {
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/models/iris:predict`;
      const [program = '', ...args] = toCommand(copyAs(language, { url, body: '{}', accept }, 'posix'));
      const env = { ...process.env, PYTHONIOENCODING: 'utf-8' };
      const { stdout } = await promisify(execFile)(program, args, { encoding: 'utf8', env });
      expect(stdout.trim().split('\n')).toEqual(['{"item": 1}', '{"item": "ü"}']);
    } finally {
      server.close();
    }
  });

  it.each(['posix', 'powershell'] as const)('that asks for a stream is not buffered by curl: %s', (shell) => {
    const text = copyAs('curl', { url: URL, body: '{}', accept: 'text/event-stream' }, shell);
    expect(text).toMatch(/ -sS -N .*-H 'Accept: text\/event-stream'/s);
    expect(copyAs('curl', { url: URL, body: '{}' }, shell)).not.toMatch(/ -N |Accept/);
  });
});
