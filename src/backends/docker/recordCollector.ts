import { isCancelled, messageOf } from '../../core/errors';
import type { Logger } from '../../core/log';
import { Ledger } from '../local/ledger';
import type { ServingPaths } from '../local/paths';
import type { DockerContext } from './dockerContext';
import { collectRecords, dropRecords, recordsOf } from './records';

/** So many times what a look took, there is none after it: a busy engine, or one far away, has other things to do. */
const PAUSE = 4;

/** Reads the records of servings while somebody wants to see them. */
export class RecordCollector {
  private readonly notBefore = new Map<string, number>();

  constructor(
    private readonly context: (name: string, signal: AbortSignal) => Promise<DockerContext>,
    private readonly log: Logger,
  ) {}

  /** Rejects when the engine cannot be asked for those of one that runs; without a run all that there is is here. */
  async collect(paths: ServingPaths, signal: AbortSignal): Promise<void> {
    const { name } = paths;
    const began = performance.now();
    if (began < (this.notBefore.get(name) ?? 0)) {
      return;
    }
    try {
      const context = await this.context(name, signal);
      const containers = await context.engine.listContainers(context.objects.filter('replica'), signal);
      await collectRecords(recordsOf(context), containers, signal);
    } catch (error) {
      const run = await new Ledger(paths).read();
      if (isCancelled(error) || (run !== undefined && run.endedAt === undefined)) {
        throw error;
      }
      this.log.debug(`nothing new was read of the records of ${name}: ${messageOf(error)}`);
    } finally {
      const end = performance.now();
      this.notBefore.set(name, end + PAUSE * (end - began));
    }
  }

  async drop(name: string, signal: AbortSignal): Promise<void> {
    const context = await this.context(name, signal);
    const containers = await context.engine.listContainers(context.objects.filter('replica'), signal);
    await dropRecords(recordsOf(context), containers, signal);
  }
}
