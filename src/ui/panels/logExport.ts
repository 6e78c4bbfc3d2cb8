import { homedir } from 'node:os';
import * as vscode from 'vscode';
import { ServingError } from '../../core/errors';
import { t } from '../../core/l10n';
import { FileSink } from '../../platform/fileSink';
import type { ExportTarget } from '../../protocol/logPanel';

/** Characters that an editor, and the clipboard, are given at the most. */
const MOST_TEXT = 40_000_000;

/** Where the pieces of one export go. */
type Sink = Pick<FileSink, 'add' | 'end' | 'drop'>;

/** Takes lines of the page in pieces: into a file that is chosen, an editor, the clipboard. */
export class LogExports {
  private readonly sinks = new Map<number, Sink>();
  private lastId = 0;

  /** @param name of the serving */
  async start(
    to: ExportTarget,
    name: string,
  ): Promise<{ readonly id: number; readonly format: 'text' | 'ndjson' } | undefined> {
    const file = to === 'file' ? await chooseFile(name) : undefined;
    if (to === 'file' && file === undefined) {
      return undefined;
    }
    const id = ++this.lastId;
    this.sinks.set(
      id,
      file === undefined
        ? new TextSink(to === 'document' ? openDocument : toClipboard)
        : await FileSink.make(file.fsPath),
    );
    return { id, format: /json[l]?$/i.test(file?.path ?? '') ? 'ndjson' : 'text' };
  }

  async add(id: number, text: string): Promise<void> {
    await this.sink(id).add(text);
  }

  async end(id: number): Promise<void> {
    const sink = this.sink(id);
    this.sinks.delete(id);
    await sink.end();
  }

  /** The page is gone: nobody sends the rest. */
  async drop(): Promise<void> {
    const sinks = [...this.sinks.values()];
    this.sinks.clear();
    await Promise.all(sinks.map((sink) => sink.drop()));
  }

  private sink(id: number): Sink {
    const sink = this.sinks.get(id);
    if (sink === undefined) {
      throw new ServingError('internal', t('Could not write the lines: they were given up'));
    }
    return sink;
  }
}

async function chooseFile(name: string): Promise<vscode.Uri | undefined> {
  const folder = vscode.workspace.workspaceFolders?.[0]?.uri ?? vscode.Uri.file(homedir());
  return vscode.window.showSaveDialog({
    title: t('Save Log As'),
    defaultUri: vscode.Uri.joinPath(folder, `${name}.log`),
    filters: { Text: ['log', 'txt'], NDJSON: ['ndjson', 'jsonl', 'json'] },
  });
}

async function openDocument(content: string): Promise<void> {
  const document = await vscode.workspace.openTextDocument({ content, language: 'log' });
  await vscode.window.showTextDocument(document);
}

async function toClipboard(text: string): Promise<void> {
  await vscode.env.clipboard.writeText(text);
}

/** Text that is given on as a whole; of too much, only the newest. */
class TextSink implements Sink {
  private parts: string[] = [];
  private size = 0;
  private left = 0;

  constructor(private readonly give: (text: string) => Promise<void>) {}

  add(text: string): Promise<void> {
    this.parts.push(text);
    this.size += text.length;
    while (this.size > MOST_TEXT && this.parts.length > 1) {
      const gone = this.parts.shift()?.length ?? 0;
      this.size -= gone;
      this.left += gone;
    }
    return Promise.resolve();
  }

  async end(): Promise<void> {
    const note =
      this.left === 0
        ? ''
        : t('[{0} characters before this are left out: save the log to have all of it]\n', String(this.left));
    await this.give(note + this.parts.join(''));
    await this.drop();
  }

  drop(): Promise<void> {
    this.parts = [];
    return Promise.resolve();
  }
}
