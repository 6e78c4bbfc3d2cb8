import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, expect, it } from 'vitest';
import { messageOf, ServingError } from '../../../src/core/errors';
import { inEnglish, pieces, t, useLanguage, type Texts } from '../../../src/core/l10n';
import { editorLanguage } from '../../../src/editorLanguage';

const useTexts = (texts: Texts | undefined): void => {
  useLanguage(editorLanguage('de', texts));
};

afterEach(() => {
  useTexts(undefined);
});

it('is English without a language, and for a sentence that a language lacks', () => {
  expect(t('Could not read {0}: {1}', 'a', 'b')).toBe('Could not read a: b');
  useTexts({ other: 'anderes' });
  expect(t('Could not read {0}: {1}', 'a', 'b')).toBe('Could not read a: b');
  expect(t('toString')).toBe('toString');
});

it('fills in the values where the language wants them', () => {
  useTexts({ '{0} of {1} replicas': 'von {1} Replikaten {0}' });
  expect(t('{0} of {1} replicas', 2, 3)).toBe('von 3 Replikaten 2');
});

it('leaves braces that are no place, and fills nothing twice', () => {
  expect(t('"{0}" must be an object of texts: {"NAME": "value"}', 'a.b')).toBe(
    '"a.b" must be an object of texts: {"NAME": "value"}',
  );
  expect(t('{0} and {1}', '{1}', 'b')).toBe('{1} and b');
  expect(t('a {0}')).toBe('a {0}');
  expect(t('{0}', '$& $1')).toBe('$& $1');
});

it('is English for a program, also in what its call begins', async () => {
  useTexts({ 'the disk is full': 'der Datenträger ist voll', '{0} was cancelled': '{0} wurde abgebrochen' });
  const said = inEnglish(async () => {
    await sleep(1);
    return [t('the disk is full'), messageOf(ServingError.cancelled('It'))];
  });
  expect(t('the disk is full')).toBe('der Datenträger ist voll');
  expect(await said).toEqual(['the disk is full', 'It was cancelled']);
  expect(messageOf(ServingError.cancelled('It'))).toBe('It wurde abgebrochen');
});

it('gives the pieces of a sentence in the order that the language wants', () => {
  expect(pieces('{0} of {1} ready', 1, 2)).toEqual([1, ' of ', 2, ' ready']);
  useTexts({ '{0} of {1} ready': 'von {1} sind {0} bereit' });
  expect(pieces('{0} of {1} ready', 1, 2)).toEqual(['von ', 2, ' sind ', 1, ' bereit']);
  expect(pieces('none')).toEqual(['none']);
});
