import * as vscode from 'vscode';
import {
  BACK,
  type Choice,
  type FileQuestion,
  type InputQuestion,
  type PickManyQuestion,
  type PickQuestion,
  type Position,
  type Prompts,
} from '../app/prompts';
import { ServingError } from '../core/errors';

/** Questions by VS Code's quick input, dialogs and modal messages. */
export class QuickPrompts implements Prompts {
  pick<T>(question: PickQuestion<T>): Promise<T | typeof BACK> {
    const quick = vscode.window.createQuickPick<vscode.QuickPickItem & { readonly choice?: Choice<T> }>();
    quick.placeholder = question.placeholder;
    quick.matchOnDescription = true;
    quick.matchOnDetail = true;
    quick.items = question.choices.flatMap((choice) => [...separatorOf(choice), { ...toItem(choice), choice }]);
    const active = quick.items.find((item) => item.choice !== undefined && item.choice.value === question.active);
    if (active) {
      quick.activeItems = [active];
    }
    return this.ask(quick, question, (accept) =>
      quick.onDidAccept(() => {
        const chosen = quick.activeItems[0]?.choice;
        if (chosen) {
          accept(chosen.value);
        }
      }),
    );
  }

  async pickMany<T>(question: PickManyQuestion<T>): Promise<readonly T[]> {
    const quick = vscode.window.createQuickPick<vscode.QuickPickItem & { readonly choice?: Choice<T> }>();
    quick.placeholder = question.placeholder;
    quick.canSelectMany = true;
    quick.matchOnDescription = true;
    quick.matchOnDetail = true;
    quick.items = question.choices.flatMap((choice) => [...separatorOf(choice), { ...toItem(choice), choice }]);
    const chosen = question.choices.filter(({ isChosen }) => isChosen).map(({ value }) => value);
    quick.selectedItems = quick.items.filter(({ choice }) => choice !== undefined && chosen.includes(choice.value));
    const values = await this.ask<ReadonlySet<T>>(quick, question, (accept) =>
      quick.onDidAccept(() => {
        accept(new Set(quick.selectedItems.flatMap(({ choice }) => (choice ? [choice.value] : []))));
      }),
    );
    return values === BACK ? [] : question.choices.map(({ value }) => value).filter((value) => values.has(value));
  }

  input(question: InputQuestion): Promise<string | typeof BACK> {
    const box = vscode.window.createInputBox();
    box.value = question.value;
    box.prompt = question.prompt;
    box.password = question.secret === true;
    box.placeholder = question.placeholder;
    const check = (): boolean => {
      box.validationMessage = question.check(box.value.trim());
      return box.validationMessage === undefined;
    };
    return this.ask(box, question, (accept) =>
      vscode.Disposable.from(
        box.onDidChangeValue(check),
        box.onDidAccept(() => {
          if (check()) {
            accept(box.value.trim());
          }
        }),
      ),
    );
  }

  async file(question: FileQuestion): Promise<string> {
    const chosen = await vscode.window.showOpenDialog({
      title: question.title,
      openLabel: question.button,
      ...(question.folder === '' ? {} : { defaultUri: vscode.Uri.file(question.folder) }),
      canSelectFiles: question.files,
      canSelectFolders: question.folders,
      canSelectMany: false,
    });
    const file = chosen?.[0];
    if (!file) {
      throw ServingError.cancelled(question.title);
    }
    return file.fsPath;
  }

  async choose(message: string, detail: string, buttons: readonly string[]): Promise<string> {
    const answer = await vscode.window.showInformationMessage(message, { modal: true, detail }, ...buttons);
    if (answer === undefined) {
      throw ServingError.cancelled(message);
    }
    return answer;
  }

  async confirm(message: string, detail: string, button: string): Promise<void> {
    const answer = await vscode.window.showWarningMessage(message, { modal: true, detail }, button);
    if (answer !== button) {
      throw ServingError.cancelled(message);
    }
  }

  private ask<T>(
    quick: vscode.QuickInput & { buttons: readonly vscode.QuickInputButton[] } & Asking,
    question: Position & { title: string },
    listen: (accept: (value: T) => void) => vscode.Disposable,
  ): Promise<T | typeof BACK> {
    quick.title = question.title;
    quick.step = question.step;
    quick.totalSteps = question.of;
    quick.ignoreFocusOut = true;
    quick.buttons = question.canGoBack === true ? [vscode.QuickInputButtons.Back] : [];
    return new Promise<T | typeof BACK>((resolve, reject) => {
      const done = (finish: () => void): void => {
        finish();
        subscriptions.dispose();
        quick.dispose();
      };
      const subscriptions = vscode.Disposable.from(
        listen((value) => {
          done(() => {
            resolve(value);
          });
        }),
        quick.onDidTriggerButton((button) => {
          if (button === vscode.QuickInputButtons.Back) {
            done(() => {
              resolve(BACK);
            });
          }
        }),
        quick.onDidHide(() => {
          done(() => {
            reject(ServingError.cancelled(question.title));
          });
        }),
      );
      quick.show();
    });
  }
}

interface Asking {
  readonly onDidTriggerButton: vscode.Event<vscode.QuickInputButton>;
}

function separatorOf(choice: Choice<unknown>): readonly vscode.QuickPickItem[] {
  return choice.separator === undefined ? [] : [{ label: choice.separator, kind: vscode.QuickPickItemKind.Separator }];
}

function toItem(choice: Choice<unknown>): vscode.QuickPickItem {
  return {
    label: choice.icon === undefined ? choice.label : `$(${choice.icon}) ${choice.label}`,
    ...(choice.description === undefined ? {} : { description: choice.description }),
    ...(choice.detail === undefined ? {} : { detail: choice.detail }),
  };
}
