import type { ExportTarget, LogEntry } from '../../src/protocol/logPanel';
import { lineJson, lineText } from './text';

/** Characters of one piece. */
const PIECE = 1_000_000;

export interface ExportHost {
  start(to: ExportTarget): Promise<{ readonly id: number; readonly format: 'text' | 'ndjson' } | undefined>;
  /** Resolves when it is written: the next piece waits for it. */
  part(id: number, text: string): Promise<void>;
  end(id: number): Promise<void>;
}

/** Gives lines out in pieces, so that a million of them pass. @param told how many were given */
export async function exportLines(
  to: ExportTarget,
  entries: Iterable<LogEntry>,
  host: ExportHost,
  told: (lines: number) => void,
): Promise<void> {
  const begun = await host.start(to);
  if (begun === undefined) {
    return;
  }
  const { id, format } = begun;
  const toText = format === 'ndjson' ? lineJson : lineText;
  let lines = 0;
  let parts: string[] = [];
  let size = 0;
  for (const entry of entries) {
    const text = `${toText(entry)}\n`;
    parts.push(text);
    size += text.length;
    lines += 1;
    if (size >= PIECE) {
      await host.part(id, parts.join(''));
      parts = [];
      size = 0;
      told(lines);
    }
  }
  if (parts.length > 0) {
    await host.part(id, parts.join(''));
  }
  await host.end(id);
  told(lines);
}
