import { gatewayCost } from './gatewayCost';
import { manyListed } from './manyListed';
import { scriptChange } from './scriptChange';
import { warmStart } from './warmStart';

/** What every part gets. */
export interface DockerBench {
  /** Reports a figure: what was measured and, beside it, a baseline, whose medians count. */
  readonly figure: (measured: {
    readonly name: string;
    readonly unit: string;
    readonly values: readonly number[];
    readonly baseline?: readonly number[];
    readonly below: number;
  }) => void;
  readonly median: (values: readonly number[]) => number;
  readonly log: (text: string) => void;
  readonly quick: boolean;
}

/** By name, in the order in which they run. */
export const parts: Readonly<Record<string, (bench: DockerBench) => Promise<void>>> = {
  warmStart,
  gatewayCost,
  scriptChange,
  manyListed,
};
