import { describe, expect, it, vi } from 'vitest';
import { refsOf } from '../../src/ui/commands/target';

vi.mock('vscode', () => import('./vscodeFake'));

const ref = (name: string) => ({ backend: 'process:1', name });
const node = (name: string) => ({ ref: ref(name) });

describe('what a command is called with', () => {
  it.each<[string, readonly unknown[], readonly string[]]>([
    ['nothing: the palette', [], []],
    ['a ref: a panel or a link', [ref('a')], ['a']],
    ['a node: a row', [node('a'), undefined], ['a']],
    ['a node among the selected ones', [node('a'), [node('a'), node('b')]], ['a', 'b']],
    ['a node that is not selected, with others that are', [node('c'), [node('a'), node('b')]], ['c']],
    ['a node and selected ones that are gone', [node('a'), [null, undefined]], ['a']],
    ['a ref and a field', [ref('a'), 'script'], ['a']],
    ['something else', [{ fsPath: '/w' }, 1], []],
  ])('%s', (_, args, names) => {
    expect(refsOf(args).map(({ name }) => name)).toEqual(names);
  });
});
