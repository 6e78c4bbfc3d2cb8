/** The part of VS Code's LogOutputChannel that the code below the UI uses. */
export interface Logger {
  debug(message: string): void;
  info(message: string): void;
  warn(message: string): void;
  error(message: string | Error): void;
}

/** The same logger with a label in front of each line. */
export function labelled(log: Logger, label: string): Logger {
  const prefix = `[${label}] `;
  return {
    debug: (m) => {
      log.debug(prefix + m);
    },
    info: (m) => {
      log.info(prefix + m);
    },
    warn: (m) => {
      log.warn(prefix + m);
    },
    error: (m) => {
      log.error(prefix + (m instanceof Error ? (m.stack ?? m.message) : m));
    },
  };
}
