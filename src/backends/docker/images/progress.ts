import type { Operation } from '../../../core/backend';
import type { Logger } from '../../../core/log';
import type { StageName } from '../../../core/serving';
import { progressOf } from '../../../environments/installer';
import { withoutSecrets } from '../../../environments/pipSettings';
import type { BuildProgress } from '../engine/port';

const KEPT_CHARACTERS = 200_000;

/** Tells how a build goes on, to the operation and to the log, and keeps what it said. */
export class BuildWatch {
  private kept = '';

  constructor(
    private readonly operation: Operation,
    private readonly log: Logger,
    private readonly stage: StageName,
  ) {}

  /** All that its steps printed, without passwords. */
  get output(): string {
    return this.kept;
  }

  report(message: string): void {
    this.operation.report({ stage: this.stage, message });
  }

  readonly take = ({ step, line }: BuildProgress): void => {
    if (step !== undefined) {
      this.log.info(`> ${withoutSecrets(step)}`);
    }
    if (line !== undefined) {
      const text = withoutSecrets(line.trimEnd());
      this.kept = `${this.kept}${text}\n`.slice(-KEPT_CHARACTERS);
      this.log.info(text);
      const message = progressOf(text);
      if (message !== undefined) {
        this.report(message);
      }
    }
  };
}
