/** A question of a wizard, or of a single command. */
export interface Position {
  /** From 1; undefined for a question that stands alone. */
  readonly step?: number;
  readonly of?: number;
  readonly canGoBack?: boolean;
}

export interface Choice<T> {
  readonly label: string;
  readonly value: T;
  readonly description?: string;
  readonly detail?: string;
  /** Name of a codicon. */
  readonly icon?: string;
  /** A line stands before it, with this text. */
  readonly separator?: string;
}

export interface PickQuestion<T> extends Position {
  readonly title: string;
  readonly placeholder: string;
  readonly choices: readonly Choice<T>[];
  /** The choice that Enter takes. */
  readonly active?: T;
}

/** Several may be chosen. */
export interface PickManyQuestion<T> {
  readonly title: string;
  readonly placeholder: string;
  readonly choices: readonly (Choice<T> & { readonly isChosen: boolean })[];
}

export interface InputQuestion extends Position {
  readonly title: string;
  readonly prompt: string;
  readonly value: string;
  readonly placeholder?: string;
  readonly secret?: boolean;
  /** What is wrong with a value; undefined when it is right. */
  check(value: string): string | undefined;
}

export interface FileQuestion {
  readonly title: string;
  readonly button: string;
  /** Where it begins, or a file there; empty: where the editor begins by itself. */
  readonly folder: string;
  readonly files: boolean;
  readonly folders: boolean;
}

export const BACK = Symbol('back');

/** Asks a person. Rejects with a ServingError `cancelled` when they leave. */
export interface Prompts {
  pick<T>(question: PickQuestion<T>): Promise<T | typeof BACK>;
  /** In the order of the choices; none when nobody chose one. */
  pickMany<T>(question: PickManyQuestion<T>): Promise<readonly T[]>;
  input(question: InputQuestion): Promise<string | typeof BACK>;
  /** A path, absolute. */
  file(question: FileQuestion): Promise<string>;
  /** One of the buttons. */
  choose(message: string, detail: string, buttons: readonly string[]): Promise<string>;
  /** Asks before something is lost; resolves when they say yes. */
  confirm(message: string, detail: string, button: string): Promise<void>;
}
