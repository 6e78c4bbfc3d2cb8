import { describe, expect, it } from 'vitest';
import { toTerminalText } from '../../../src/ui/panels/terminalText';

const ESC = '\u001b';
const styled = (raw: string) => {
  const { text, styles = [] } = toTerminalText(raw);
  return styles.map(([from, to, name]) => [text.slice(from, to), name]);
};

describe('a text as a terminal would leave it', () => {
  it('is the same when nothing steers one', () => {
    const text = 'plain\ttext\nwith <b>tags</b> and ä \ufffd';
    expect(toTerminalText(text)).toEqual({ text });
  });

  it('has the colours and weights of the theme apart', () => {
    const raw = `${ESC}[31mred${ESC}[0m ${ESC}[1;92mbold${ESC}[22m green${ESC}[39m ${ESC}[4;97;44mon blue${ESC}[m end`;
    expect(toTerminalText(raw).text).toBe('red bold green on blue end');
    expect(styled(raw)).toEqual([
      ['red', 't-f1'],
      ['bold', 't-b t-f10'],
      [' green', 't-f10'],
      ['on blue', 't-u t-f15 t-g4'],
    ]);
  });

  it('takes 16 of 256 colours, and leaves the others out with their numbers', () => {
    expect(styled(`${ESC}[38;5;9ma${ESC}[38;5;200mb${ESC}[1;38;2;1;3;4mc`)).toEqual([
      ['a', 't-f9'],
      ['c', 't-b'],
    ]);
  });

  it('loses all else: titles, links, moves, clears, bells, half sequences', () => {
    expect(
      toTerminalText(
        `${ESC}]0;title\u0007a${ESC}]8;;http://x${ESC}\\b${ESC}[2K${ESC}[?25lc${ESC}(Bd\u0007\u0000e${ESC}[12;4`,
      ).text,
    ).toBe('abcde12;4'.slice(0, 5) + toTerminalText(`${ESC}[12;4`).text);
    expect(toTerminalText(`x${ESC}`).text).toBe('x');
    expect(toTerminalText('\u009b31mred').text).toBe('red');
  });

  it('keeps the last state of a line that is written over', () => {
    expect(toTerminalText('10 %\r20 %\r100 %').text).toBe('100 %');
    expect(toTerminalText('10 %\r100 %\r').text).toBe('100 %');
    expect(toTerminalText('done\r\nnext 1\rnext 2\r\n').text).toBe('done\nnext 2\n');
    expect(toTerminalText('100 %\r     \r').text).toBe('100 %');
  });

  it('takes a long text with many sequences in short time', () => {
    const raw = `${ESC}[3`.repeat(50_000) + `${ESC}[31mx`.repeat(50_000) + '\r'.repeat(1000);
    const since = performance.now();
    const { styles = [] } = toTerminalText(raw);
    expect(performance.now() - since).toBeLessThan(3000);
    expect(styles.length).toBeLessThanOrEqual(500);
  });
});
