import { readFile, stat } from 'node:fs/promises';

/** A lock is touched more often than this, also by a window that is busy. */
const SILENT_MS = 60_000;

/** Whether somebody works under a lock: its process runs, and touched it lately, as its pid may be another's by now. */
export async function isHeld(lock: string): Promise<boolean> {
  try {
    const [text, { mtimeMs }] = await Promise.all([readFile(lock, 'utf8'), stat(lock)]);
    return pidExists(Number(text.split('\n')[1])) && Date.now() - mtimeMs < SILENT_MS;
  } catch {
    return false;
  }
}

/** Whether a process of this pid runs, whoever it is. */
export function pidExists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: it runs, as somebody else.
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}
