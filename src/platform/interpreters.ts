import * as vscode from 'vscode';
import type { Disposable } from '../core/disposables';
import { Emitter } from '../core/events';
import { t } from '../core/l10n';
import type { Interpreter, Interpreters } from '../core/ports';
import type { Settings } from './settings';

/** The part of the Python extension's API that is used here (its `environments`, as documented in @vscode/python-extension). */
interface PythonApi {
  readonly environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { readonly id: string; readonly path: string };
    resolveEnvironment(path: {
      readonly id: string;
      readonly path: string;
    }): Promise<{ readonly executable: { readonly uri?: vscode.Uri } } | undefined>;
    readonly onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

const PYTHON_EXTENSION = 'ms-python.python';
/** A Python extension that does not come up must not keep a serving from starting. */
const ACTIVATION_MS = 10_000;

/** Asks the setting, then the Python extension, then the PATH. */
export class SelectedInterpreters implements Interpreters, Disposable {
  private readonly changed = new Emitter<void>();
  readonly onDidChange = this.changed.event;
  private subscription: Disposable | undefined;

  constructor(
    private readonly settings: Settings,
    /** The Python that a terminal would give; rejects when there is none. */
    private readonly findOnPath: (signal: AbortSignal) => Promise<string>,
  ) {}

  async selected(folder: string, signal: AbortSignal): Promise<Interpreter> {
    signal.throwIfAborted();
    const set = this.settings.pythonPath(folder);
    if (set !== '') {
      return { executable: set, source: t('setting modelServing.python.path') };
    }
    const chosen = await this.fromExtension(folder);
    if (chosen !== undefined) {
      return { executable: chosen, source: t('selected in the Python extension') };
    }
    return { executable: await this.findOnPath(signal), source: t('on the PATH') };
  }

  /** Lets the Python extension ask for an interpreter; false when it is not there. */
  async askExtension(): Promise<boolean> {
    if (vscode.extensions.getExtension(PYTHON_EXTENSION) === undefined) {
      return false;
    }
    await vscode.commands.executeCommand('python.setInterpreter');
    return true;
  }

  dispose(): void {
    this.subscription?.dispose();
    this.changed.dispose();
  }

  private async fromExtension(folder: string): Promise<string | undefined> {
    const api = await this.api();
    if (api === undefined) {
      return undefined;
    }
    const path = api.environments.getActiveEnvironmentPath(vscode.Uri.file(folder));
    const environment = await withLimit(api.environments.resolveEnvironment(path));
    return environment?.executable.uri?.fsPath;
  }

  private async api(): Promise<PythonApi | undefined> {
    const extension = vscode.extensions.getExtension<PythonApi>(PYTHON_EXTENSION);
    if (extension === undefined) {
      return undefined;
    }
    const api = extension.isActive ? extension.exports : await withLimit(Promise.resolve(extension.activate()));
    if (api !== undefined) {
      this.subscription ??= api.environments.onDidChangeActiveEnvironmentPath(() => {
        this.changed.fire();
      });
    }
    return api;
  }
}

function withLimit<T>(work: Promise<T>): Promise<T | undefined> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      resolve(undefined);
    }, ACTIVATION_MS);
    work.then(
      (value) => {
        clearTimeout(timer);
        resolve(value);
      },
      () => {
        clearTimeout(timer);
        resolve(undefined);
      },
    );
  });
}
