import { beforeEach, describe, expect, it, vi } from 'vitest';
import { externalUrl } from '../../../src/platform/externalUri';

const editor = vi.hoisted(() => ({
  env: {
    remoteName: undefined as string | undefined,
    uiKind: 1,
    asExternalUri: (uri: { text: string }): Promise<unknown> => Promise.resolve(uri),
  },
}));

/** As the editor's own: by itself it encodes what stands after the host. */
function uri(text: string): { text: string; toString(skipEncoding?: boolean): string } {
  return { text, toString: (skip) => (skip === true ? text : text.replace(/:predict/, '%3Apredict')) };
}

vi.mock('vscode', () => ({
  UIKind: { Desktop: 1, Web: 2 },
  Uri: { parse: (text: string) => uri(text) },
  env: editor.env,
}));

const URL_HERE = 'http://127.0.0.1:49213/v1/models/iris:predict';

describe('an address for the person at the editor', () => {
  beforeEach(() => {
    editor.env.remoteName = undefined;
    editor.env.uiKind = 1;
    editor.env.asExternalUri = (given) =>
      Promise.resolve(uri(given.text.replace('127.0.0.1:49213', 'localhost:61001')));
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
  });
});
