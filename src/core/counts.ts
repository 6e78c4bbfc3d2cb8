import { t } from './l10n';

// Numbers with what they count. One and several are sentences of their own: languages differ in how they make them.

export function cores(count: number): string {
  return count === 1 ? t('1 core') : t('{0} cores', count);
}

export function gpus(count: number): string {
  return count === 1 ? t('1 GPU') : t('{0} GPUs', count);
}

export function replicas(count: number): string {
  return count === 1 ? t('1 replica') : t('{0} replicas', count);
}

export function servings(count: number): string {
  return count === 1 ? t('1 serving') : t('{0} servings', count);
}

export function models(count: number): string {
  return count === 1 ? t('1 model') : t('{0} models', count.toLocaleString());
}

export function versions(count: number): string {
  return count === 1 ? t('1 version') : t('{0} versions', count);
}
