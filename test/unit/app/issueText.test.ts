import { describe, expect, it } from 'vitest';
import { issueText, type Fact } from '../../../src/app/issueText';

const WITHOUT_END = new AbortController().signal;
const lines = async (facts: readonly Fact[], home = '/home/ada'): Promise<readonly string[]> =>
  (await issueText(facts, home, WITHOUT_END)).split('\n').filter((line) => line.startsWith('- '));

describe('the text of an issue', () => {
  it('asks what happens and tells each fact', async () => {
    const text = await issueText([{ name: 'VS Code', find: () => '1.100.0' }], '', WITHOUT_END);
    expect(text).toMatch(/^### What happens\n[^]*### Versions\n\n- VS Code: 1\.100\.0\n$/);
  });

  it('shortens the home folder, and leaves out user and password of addresses', async () => {
    const find = (): Promise<string> =>
      Promise.resolve('/home/ada/venv/bin/python by https://ada:secret@pypi.example.com/simple\nand more');
    expect(await lines([{ name: 'Python', find }])).toEqual([
      '- Python: ~/venv/bin/python by https://pypi.example.com/simple and more',
    ]);
    const windows = (): string => String.raw`C:\Users\ada\python.exe and C:/Users/ada/x`;
    expect(await lines([{ name: 'Python', find: windows }], String.raw`C:\Users\ada`)).toEqual([
      String.raw`- Python: ~\python.exe and ~/x`,
    ]);
  });

  it('says why a fact is not known, without the home folder', async () => {
    const find = (): never => {
      throw new Error('there is no /home/ada/python');
    };
    expect(await lines([{ name: 'Python', find }])).toEqual(['- Python: not known (there is no ~/python)']);
  });

  it('does not wait for what hangs', async () => {
    const find = (): Promise<string> => new Promise(() => undefined);
    expect(await lines([{ name: 'Docker engine', find }])).toEqual(['- Docker engine: no answer within 5 s']);
  });

  it('ends when it is cancelled', async () => {
    const abort = new AbortController();
    const find = (): Promise<string> => new Promise(() => undefined);
    const text = issueText([{ name: 'Docker engine', find }], '', abort.signal);
    abort.abort();
    await expect(text).rejects.toThrow();
  });
});
