import { beforeEach, describe, expect, it, vi } from 'vitest';
import { externalUrl } from '../../../src/platform/externalUri';
import { parseUri, uri, type Uri } from './fakeUri';

const editor = vi.hoisted(() => ({
  env: {
    remoteName: undefined as string | undefined,
    uiKind: 1,
    asExternalUri: (uri: Uri): Promise<Uri> => Promise.resolve(uri),
  },
}));

vi.mock('vscode', () => ({
  UIKind: { Desktop: 1, Web: 2 },
  Uri: { parse: (text: string) => parseUri(text) },
  env: editor.env,
}));

const URL_HERE = 'http://127.0.0.1:49213/v1/models/iris:predict';

describe('an address for the person at the editor', () => {
  beforeEach(() => {
    editor.env.remoteName = undefined;
    editor.env.uiKind = 1;
    editor.env.asExternalUri = (given) => Promise.resolve(given.with({ authority: 'localhost:61001' }));
  });

  it('is the same where the editor runs here: nothing is forwarded', async () => {
    editor.env.asExternalUri = () => Promise.reject(new Error('must not be asked'));
    expect(await externalUrl(URL_HERE)).toBe(URL_HERE);
  });

  it.each([
    ['on another computer', 'ssh-remote', 1],
    ['in a browser', undefined, 2],
  ])('is the forwarded one %s, with its verb as it is', async (_where, remoteName, uiKind) => {
    editor.env.remoteName = remoteName;
    editor.env.uiKind = uiKind;
    expect(await externalUrl(URL_HERE)).toBe('http://localhost:61001/v1/models/iris:predict');
    expect(await externalUrl(`${URL_HERE}?raw=1`)).toBe('http://localhost:61001/v1/models/iris:predict?raw=1');
  });

  it('keeps its path where the editor answers with one of its own, and what the editor asks for', async () => {
    editor.env.uiKind = 2;
    editor.env.asExternalUri = () => Promise.resolve(uri('example.com', '/proxy/49213/', 'tkn=a'));
    expect(await externalUrl(URL_HERE)).toBe('http://example.com/proxy/49213/v1/models/iris:predict?tkn=a');
  });
});
