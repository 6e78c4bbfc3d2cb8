import type { VerbView } from '../../../src/protocol/views/console';
import { HostError, messageOf } from '../../common/host';
import { t } from '../../common/l10n';
import type { Editor } from './editor';
import type { Note } from './exchange';
import { requestNote } from './requestCheck';

/** What is typed is looked at when nothing more came for so long, in milliseconds. */
const PAUSE = 400;

export interface NotesPorts {
  readonly editor: Editor;
  /** What the request is checked against; undefined where nothing is known of it. */
  verb(): VerbView | undefined;
  /** Whether anybody sees what is told. */
  isShown(): boolean;
  draw(): void;
}

/** What is told below the editor: what does not fit the request, what was done, or why it could not be. */
export class Notes {
  private note: Note | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly ports: NotesPorts) {}

  get current(): Note | undefined {
    return this.note;
  }

  tell(note: Note | undefined): void {
    clearTimeout(this.timer);
    this.note = note;
    this.ports.draw();
  }

  /** Why something could not be done. */
  fail(error: unknown): void {
    if (!(error instanceof HostError && error.cancelled)) {
      this.tell({ tone: 'error', text: messageOf(error) });
    }
  }

  /** Nothing of it is true any more. It is drawn by whoever changed that. */
  forget(): void {
    this.note = undefined;
  }

  checkSoon(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => {
      const note = requestNote(this.ports.editor.text, this.ports.verb());
      // What was told stays until something is wrong or typed.
      if (this.ports.isShown() && (note !== undefined || this.note?.tone !== 'info')) {
        this.tell(note);
      }
    }, PAUSE);
  }

  /** Whether the text is JSON; says where it is not. */
  isJson(): boolean {
    const { editor } = this.ports;
    const wrong = editor.check();
    if (wrong === undefined) {
      return true;
    }
    const { line, column, offset, message } = wrong;
    const text = t('Line {0}, column {1}: {2}', String(line), String(column), message);
    this.tell({ tone: 'error', text, place: { offset, length: 1 } });
    editor.goTo(offset);
    return false;
  }
}
