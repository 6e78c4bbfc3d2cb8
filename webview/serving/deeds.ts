import type { CopyLanguage } from '../../src/protocol/servingPanel';
import type { LinkTarget } from '../../src/protocol/views/basics';
import type { PanelAction } from '../../src/protocol/views/header';

/** What the page's controls do. */
export interface Deeds {
  readonly act: (action: PanelAction) => void;
  readonly open: (target: LinkTarget) => void;
  readonly remedy: (index: number) => void;
  readonly replicaRemedy: (replica: number, index: number) => void;
  readonly openFrame: (file: string, line: number) => void;
  readonly copy: (text: string) => void;
  readonly copyAs: (language: CopyLanguage) => void;
  readonly logs: (narrow: { readonly request?: string; readonly replica?: number }) => void;
  readonly goTo: (part: 'differences' | 'test' | 'replicas') => void;
  /** Whether the charts stand still. */
  readonly pause: (isPaused: boolean) => void;
  readonly shell: (replica: number) => void;
  readonly openStartup: (open: boolean) => void;
  readonly openFrames: (open: boolean) => void;
  readonly openDecisions: (open: boolean) => void;
}
