import type { CopyLanguage, LinkTarget, PanelAction } from '../../src/protocol/servingPanel';
import type { Verb } from '../../src/core/serving';
import type { ReplyTab, Sent } from './state';

/** What the page's controls do. */
export interface Deeds {
  act(action: PanelAction): void;
  open(target: LinkTarget): void;
  remedy(index: number): void;
  openFrame(file: string, line: number): void;
  copy(text: string): void;
  copyAs(language: CopyLanguage): void;
  logs(narrow: { readonly request?: string; readonly replica?: number }): void;
  goTo(part: 'differences' | 'test' | 'replicas'): void;
  send(): void;
  cancel(): void;
  chooseVerb(verb: Verb): void;
  chooseTab(tab: ReplyTab): void;
  take(sent: Sent): void;
  openStartup(open: boolean): void;
  openFrames(open: boolean): void;
}
