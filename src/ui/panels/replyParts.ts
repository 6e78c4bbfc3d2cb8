import type { Disposable } from '../../core/disposables';
import { Paced } from '../../core/paced';
import { LONGEST_SHOWN } from './consoleView';

/** Pieces that come in so many milliseconds are told together. */
const TOGETHER_MS = 100;

/** Tells a reply as it comes, up to where the page cuts it. Disposed, it tells nothing more. */
export class ReplyParts implements Disposable {
  private waiting = '';
  private told = 0;
  private readonly telling = new Paced(TOGETHER_MS, () => {
    const text = this.waiting.slice(0, LONGEST_SHOWN - this.told);
    this.waiting = '';
    this.told += text.length;
    if (text !== '') {
      this.tell(text);
    }
  });

  constructor(private readonly tell: (text: string) => void) {}

  readonly take = (text: string): void => {
    this.waiting += text;
    this.telling.ask();
  };

  dispose(): void {
    this.telling.dispose();
  }
}
