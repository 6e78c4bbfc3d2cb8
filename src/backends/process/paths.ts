import { join } from 'node:path';

/** Where the process backend keeps what belongs to one serving of one workspace folder. */
export class ServingPaths {
  readonly directory: string;
  readonly ledger: string;
  readonly lock: string;
  /** Is there while somebody wants a start to be given up, whichever window began it. */
  readonly cancel: string;
  readonly runs: string;

  constructor(
    storage: string,
    readonly name: string,
  ) {
    this.directory = join(storage, 'servings', name);
    this.ledger = join(this.directory, 'ledger.json');
    this.lock = join(this.directory, 'lock');
    this.cancel = join(this.directory, 'cancel');
    this.runs = join(this.directory, 'runs');
  }

  run(instance: string): RunPaths {
    return new RunPaths(join(this.runs, instance));
  }
}

/** The folder of one run: what the server was started with, what it says of itself, its log. */
export class RunPaths {
  readonly launch: string;
  readonly state: string;
  readonly stop: string;
  readonly boot: string;
  readonly log: string;

  constructor(readonly directory: string) {
    this.launch = join(directory, 'launch.json');
    this.state = join(directory, 'server.json');
    this.stop = join(directory, 'stop');
    this.boot = join(directory, 'boot.log');
    this.log = join(directory, 'server.log');
  }
}
