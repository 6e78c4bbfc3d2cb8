import * as vscode from 'vscode';
import { Disposables, type Disposable } from '../../core/disposables';
import { isCancelled } from '../../core/errors';
import type { Event } from '../../core/events';
import { t } from '../../core/l10n';
import type { Serving } from '../../core/serving';
import { itemsOf, type RequestTests } from './requestTests';
import { runRequests, type RunPorts } from './runRequests';

export interface TestRunsPorts extends Omit<RunPorts, 'requestOf'> {
  /** The serving that answers the requests of a file; asks when that is not clear and it may. */
  servingFor(file: string, mayAsk: boolean): Promise<Serving | undefined>;
  /** Reads what there is now. */
  refresh(): Promise<void>;
  /** Something of a serving may be different. */
  readonly onDidChangeServings: Event<void>;
}

/** Between the last change and the run of a continuous run. */
const CALM_MS = 500;

/** The run profile: what is chosen in the Test Explorer, file by file. */
export class TestRuns implements Disposable {
  private readonly owned = new Disposables();

  constructor(
    private readonly tests: RequestTests,
    private readonly ports: TestRunsPorts,
  ) {
    const profile = tests.controller.createRunProfile(
      t('Run'),
      vscode.TestRunProfileKind.Run,
      (request, token) => (request.continuous === true ? this.follow(request, token) : this.run(request, token)),
      true,
    );
    profile.supportsContinuousRun = true;
    this.owned.add(profile);
  }

  dispose(): void {
    this.owned.dispose();
  }

  private async run(
    request: vscode.TestRunRequest,
    token: vscode.CancellationToken,
    only?: ReadonlySet<vscode.TestItem>,
  ): Promise<void> {
    const chosen = await this.chosen(request);
    const files = [...chosen].filter(([file]) => only === undefined || only.has(file));
    if (files.length === 0 || token.isCancellationRequested) {
      return;
    }
    await this.ports.refresh();
    const mayAsk = request.continuous !== true && this.ports.trust.isTrusted;
    const servings = await this.servingsFor(
      files.map(([file]) => file),
      mayAsk,
    );
    if (servings === undefined) {
      return;
    }
    const run = this.tests.controller.createTestRun(request);
    const abort = new AbortController();
    const subscriptions = [token, run.token].map((each) =>
      each.onCancellationRequested(() => {
        abort.abort();
      }),
    );
    try {
      files
        .flatMap(([, items]) => items)
        .forEach((item) => {
          run.enqueued(item);
        });
      const ports = { ...this.ports, requestOf: (item: vscode.TestItem) => this.tests.requestOf(item) };
      for (const [file, items] of files) {
        await runRequests(run, items, servings.get(file), ports, abort.signal);
      }
    } finally {
      subscriptions.forEach((each) => {
        each.dispose();
      });
      run.end();
    }
  }

  /** Who answers each file; undefined: it was asked for, and nobody wants to choose. */
  private async servingsFor(
    files: readonly vscode.TestItem[],
    mayAsk: boolean,
  ): Promise<ReadonlyMap<vscode.TestItem, Serving | undefined> | undefined> {
    const servings = new Map<vscode.TestItem, Serving | undefined>();
    try {
      // One question after another: what is chosen for one may be for the next, too.
      for (const file of files) {
        servings.set(file, await this.ports.servingFor(file.uri?.fsPath ?? '', mayAsk));
      }
      return servings;
    } catch (error) {
      if (isCancelled(error)) {
        return undefined;
      }
      throw error;
    }
  }

  /** Runs again what changed, and all of it when a serving did, until it is cancelled. */
  private async follow(request: vscode.TestRunRequest, token: vscode.CancellationToken): Promise<void> {
    const owned = new Disposables();
    const changed = new Set<vscode.TestItem>();
    let timer: NodeJS.Timeout | undefined;
    let last = this.run(request, token);
    const soon = (): void => {
      clearTimeout(timer);
      timer = setTimeout(() => {
        const only = new Set(changed);
        changed.clear();
        last = last.then(() => this.run(request, token, only));
      }, CALM_MS);
    };
    owned.add(
      this.tests.onDidChange((file) => {
        if (file.error === undefined) {
          changed.add(file);
          soon();
        }
      }),
    );
    await last;
    let seen = await this.runsOf(request);
    owned.add(
      this.ports.onDidChangeServings(() => {
        void this.runsOf(request).then((now) => {
          const files = [...now].filter(([file, run]) => seen.get(file) !== run).map(([file]) => file);
          seen = now;
          files.forEach((file) => changed.add(file));
          if (files.length > 0) {
            soon();
          }
        });
      }),
    );
    token.onCancellationRequested(() => {
      clearTimeout(timer);
      owned.dispose();
    });
  }

  /** What answers the requests of each file, as a text that changes with it: who, which run, how often reloaded. */
  private async runsOf(request: vscode.TestRunRequest): Promise<ReadonlyMap<vscode.TestItem, string>> {
    const files = [...(await this.chosen(request)).keys()];
    const runs = files.map(async (file) => {
      const serving = await this.ports.servingFor(file.uri?.fsPath ?? '', false);
      const { run } = serving ?? {};
      const answers = serving !== undefined && this.ports.actions(serving).includes('predict');
      const what = answers ? [serving.ref, run?.startedAt, run?.artifact, run?.reload?.reloads] : [];
      return [file, JSON.stringify(what)] as const;
    });
    return new Map(await Promise.all(runs));
  }

  /** The requests that were chosen, by their files, in their order; a file is read when nobody has yet. */
  private async chosen(
    request: vscode.TestRunRequest,
  ): Promise<ReadonlyMap<vscode.TestItem, readonly vscode.TestItem[]>> {
    if (request.include === undefined) {
      await this.tests.find();
    }
    const included = request.include ?? this.tests.files();
    await Promise.all(included.map((item) => this.tests.load(item)));
    const excluded = new Set(request.exclude);
    const chosen = new Map<vscode.TestItem, vscode.TestItem[]>();
    for (const item of included) {
      const file = item.parent ?? item;
      // A file that cannot be read has an error of its own.
      const items = item.parent ? [item] : file.error === undefined ? itemsOf(item.children) : [file];
      const wanted = items.filter((each) => !excluded.has(each) && !excluded.has(file));
      chosen.set(file, [...new Set([...(chosen.get(file) ?? []), ...wanted])]);
    }
    for (const [file, items] of chosen) {
      items.sort((a, b) => (a.sortText ?? '').localeCompare(b.sortText ?? ''));
      if (items.length === 0) {
        chosen.delete(file);
      }
    }
    return chosen;
  }
}
