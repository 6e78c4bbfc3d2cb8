import type { Logger } from '../../../core/log';
import type { StageName } from '../../../core/serving';
import { progressOf } from '../../../environments/installer';
import { withoutSecrets } from '../../../environments/pipSettings';
import type { BuildProgress } from '../engine/port';
import type { BuildOperation } from '../ports';

const KEPT_CHARACTERS = 200_000;

/** Tells how a build goes on, to the operation and to the log, and keeps what it said. */
export class BuildWatch {
  private kept = '';

  constructor(
    private readonly operation: BuildOperation,
    private readonly log: Logger,
    private readonly stage: StageName,
  ) {}

  /** All that its steps printed, without passwords. */
  get output(): string {
    return this.kept;
  }

  report(message: string): void {
    this.operation.report({ stage: this.stage, message });
    this.operation.printed?.(message);
  }

  readonly take = ({ step, line }: BuildProgress): void => {
    if (step !== undefined) {
      this.print(`> ${withoutSecrets(step)}`);
    }
    if (line !== undefined) {
      const text = withoutSecrets(line.trimEnd());
      this.kept = `${this.kept}${text}\n`.slice(-KEPT_CHARACTERS);
      this.print(text);
      const message = progressOf(text);
      if (message !== undefined) {
        this.operation.report({ stage: this.stage, message });
      }
    }
  };

  private print(text: string): void {
    this.log.info(text);
    this.operation.printed?.(text);
  }
}
