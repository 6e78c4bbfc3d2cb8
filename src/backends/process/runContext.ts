import type { Logger } from '../../core/log';
import type { Ledger } from '../local/ledger';
import type { InferenceLogPaths, ServingPaths } from '../local/paths';
import type { Packer, ProcessSettings, SecretValues } from '../local/ports';
import type { ServingTopics } from '../local/servingTopics';
import type { Processes } from './processes';
import type { Pythons } from './pythons';

/** What the start and the end of one serving's runs need. */
export interface RunContext {
  /** Absolute path of the workspace folder. */
  readonly folder: string;
  readonly serverRoot: string;
  readonly bytecode: string;
  readonly leaseFile: string;
  readonly paths: ServingPaths;
  readonly inferenceLog: InferenceLogPaths;
  readonly ledger: Ledger;
  readonly pythons: Pythons;
  readonly packer: Packer;
  readonly secrets: SecretValues;
  /** Undefined: nothing can be sent to Kafka. */
  readonly topics: ServingTopics | undefined;
  readonly processes: Processes;
  readonly settings: ProcessSettings;
  readonly log: Logger;
}
