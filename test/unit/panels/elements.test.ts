import { describe, expect, it } from 'vitest';
import { Elements } from '../../../webview/common/list/elements';

const rows = (from: number, to: number) =>
  Array.from({ length: to - from + 1 }, (_, at) => ({ props: { key: String(from + at) } }));
const keys = (elements: Elements, from: number, to: number) =>
  elements.take(rows(from, to)).map(({ props }) => props.key);

describe('the elements of a long list', () => {
  it('stay with their rows while some of these stay in sight', () => {
    const elements = new Elements();
    expect(keys(elements, 10, 13)).toEqual(['0', '1', '2', '3']);
    expect(keys(elements, 12, 15)).toEqual(['2', '3', '4', '5']);
    expect(keys(elements, 11, 14)).toEqual(['6', '2', '3', '4']);
  });

  it('are taken by the new rows where none stays, in their order', () => {
    const elements = new Elements();
    keys(elements, 10, 13);
    keys(elements, 12, 15);
    expect(keys(elements, 500, 505)).toEqual(['2', '3', '4', '5', '6', '7']);
    expect(keys(elements, 0, 1)).toEqual(['2', '3']);
  });

  it('are none for rows that are not there', () => {
    const elements = new Elements();
    expect(elements.take([undefined, ...rows(3, 3), undefined]).map(({ props }) => props.key)).toEqual(['0']);
    expect(elements.take([])).toEqual([]);
  });
});
