import { describe, expect, it } from 'vitest';
import { checkModelName, checkServingName, freeName, toModelName, toServingName } from '../../../src/core/names';
import { Random } from '../../fakes/random';

describe('names', () => {
  it.each([
    ['iris', undefined],
    ['', 'Enter a name: letters and digits only'],
    ['my-iris', /: myiris$/],
    ['Modèle été', /: Modeleete$/],
    ['日本', /backend$/],
    ['a'.repeat(257), 'Use at most 256 characters'],
    ['IRIS2', 'There is a serving named iris2: choose another name, or edit that one'],
  ])('checkServingName(%j)', (name, wanted) => {
    const found = checkServingName(name, ['iris2']);
    if (wanted === undefined) {
      expect(found).toBeUndefined();
    } else {
      expect(found).toMatch(wanted);
    }
  });

  it('checkModelName allows _, and proposes', () => {
    expect(checkModelName('iris_knn')).toBeUndefined();
    expect(checkModelName('iris-knn 2')).toBe('Use letters, digits and _ only: iris_knn_2');
    expect(checkModelName('../x')).toMatch(/: x$/);
  });

  it('makes names that pass the check, or none', () => {
    const random = new Random(3);
    for (let n = 0; n < 2000; n++) {
      const text = random.text(300);
      const name = toServingName(text);
      expect(name === '' || checkServingName(name) === undefined, text).toBe(true);
      const model = toModelName(text);
      expect(model === '' || checkModelName(model) === undefined, text).toBe(true);
    }
  });

  it('finds a free name by case too', () => {
    expect(freeName('iris', [])).toBe('iris');
    expect(freeName('iris', ['IRIS', 'iris2'])).toBe('iris3');
  });
});
