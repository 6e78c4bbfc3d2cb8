import { t } from '../../../core/l10n';
import type { EngineCalls } from './calls';
import type * as port from './port';
import * as results from './results';

const KEPT_SAMPLES = 500;

/** What containers use: each measurement is compared with the one before it. */
export class Samples {
  private readonly last = new Map<string, results.Sample>();

  constructor(private readonly calls: EngineCalls) {}

  async stats(id: string, signal?: AbortSignal): Promise<port.ContainerStats | undefined> {
    const now = await this.calls.find(t('Measuring a container'), signal, (abortSignal) =>
      this.calls.get<results.Sample>(`/containers/${id}/stats?`, { stream: false, 'one-shot': true }, abortSignal),
    );
    const before = this.last.get(id);
    this.last.delete(id);
    const stats = now && results.toStats(before, now);
    if (stats) {
      this.last.set(id, now);
      for (const oldest of [...this.last.keys()].slice(0, -KEPT_SAMPLES)) {
        this.last.delete(oldest);
      }
    }
    return stats;
  }

  forget(id: string): void {
    this.last.delete(id);
  }
}
