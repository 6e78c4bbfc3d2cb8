import path from 'node:path';
import * as vscode from 'vscode';
import type { Prompts } from '../../app/prompts';
import { toVerbApis, verbApisOf } from '../../app/requests/apiDocument';
import type { VerbApi } from '../../app/requests/apiDocument';
import { toExpected } from '../../app/requests/expected';
import type { RequestsFiles } from '../../app/requests/requestsFiles';
import type { RequestsPlaces } from '../../app/requests/requestsPlaces';
import type { InferenceRequest, InferenceResponse } from '../../core/backend';
import type { Disposable } from '../../core/disposables';
import { isCancelled, messageOf, ServingError, type Remedy } from '../../core/errors';
import { t } from '../../core/l10n';
import type { Logger } from '../../core/log';
import type { Memory } from '../../core/ports';
import { refKey, type Serving, type ServingRef } from '../../core/serving';
import { arrayOf } from '../../protocol/checks';
import type { SERVING_PANEL } from '../../protocol/servingPanel';
import { isSent } from '../../protocol/views/console';
import type { PredictFailure, PredictParams, PredictReply, SaveParams, Sent } from '../../protocol/views/console';
import { laidOut, toConsoleView, toReply } from './consoleView';
import type { OpenPanel } from './panelHost';
import type { CommandRunner, Predictor } from './ports';
import { toRemedyView } from './remedyLabels';
import { ReplyParts } from './replyParts';
import { RequestSaver } from './requestSaver';

export interface ConsolePorts {
  readonly predictor: Predictor;
  readonly commands: CommandRunner;
  /** The OpenAPI document that a serving's server publishes; undefined where it has none. */
  api(ref: ServingRef, signal: AbortSignal): Promise<unknown>;
  readonly prompts: Prompts;
  readonly files: RequestsFiles;
  readonly places: RequestsPlaces;
  /** Calls back when a file was made, changed or deleted. */
  watchFile(file: string, onChange: () => void): Disposable;
  write(file: string, text: string): Promise<void>;
  readonly memory: Memory;
  readonly log: Logger;
}

/** The host's side of the test console of one panel: what it sends, what it saves, and what it knows of the requests. */
export class ConsoleHost implements Disposable {
  private readonly saver: RequestSaver;
  private last: { readonly params: PredictParams; readonly reply: InferenceResponse } | undefined;
  private remedies: readonly Remedy[] = [];
  private watched: { readonly file: string; readonly watcher: Disposable } | undefined;
  private known: { readonly key: string; readonly apis: readonly VerbApi[]; readonly canStream: boolean } | undefined;
  /** Ends what is being asked for the page that is there now. */
  private asking: AbortController | undefined;
  private told: string | undefined;
  /** What it was made from. */
  private seen: string | undefined;
  private round = 0;

  readonly requests = {
    predict: (params: PredictParams, signal: AbortSignal): Promise<PredictReply | PredictFailure> =>
      this.predict(params, signal),
    saveRequest: ({ verb, body, name }: SaveParams): Promise<string> =>
      this.saver.save(t('Save Request'), { name, verb, body: laidOut(body) }),
    makeTest: ({ name }: { readonly name: string }): Promise<string> => {
      if (this.last === undefined) {
        throw new ServingError('invalid', t('Could not make a test: no request was answered yet'));
      }
      const { params, reply } = this.last;
      const { verb, body } = params;
      return this.saver.save(t('Make Test'), { name, verb, body: laidOut(body), expect: toExpected(reply) });
    },
  };

  readonly notifications = {
    copyReply: (): void => {
      this.run(vscode.env.clipboard.writeText(this.last?.reply.body ?? ''));
    },
    saveReply: (): void => {
      this.run(this.saveReply());
    },
    replyRemedy: ({ index }: { readonly index: number }): void => {
      const remedy = this.remedies[index];
      if (remedy !== undefined) {
        this.run(this.ports.commands.runRemedy(remedy, this.panel.ref));
      }
    },
    openRequests: (): void => {
      const file = this.watched?.file;
      if (file !== undefined) {
        this.run(this.ports.commands.runRemedy({ kind: 'openFile', file }, this.panel.ref));
      }
    },
    sendRows: (): void => {
      this.run(this.ports.commands.run('modelServing.serving.sendRows', this.panel.ref));
    },
    keepHistory: ({ sent }: { readonly sent: readonly Sent[] }): void => {
      this.ports.memory.set(this.historyKey, sent);
    },
  };

  constructor(
    private readonly panel: OpenPanel<typeof SERVING_PANEL>,
    private readonly serving: () => Serving | undefined,
    private readonly ports: ConsolePorts,
  ) {
    this.saver = new RequestSaver(panel.ref, serving, ports, () => {
      this.refresh();
    });
  }

  /** A page listens that knows nothing yet. */
  fill(): void {
    const kept = this.ports.memory.get(this.historyKey);
    if (isHistory(kept) && kept.length > 0) {
      this.panel.end.send('history', { sent: kept });
    }
    this.told = undefined;
    this.seen = undefined;
    this.changed();
  }

  /** Something of the serving may be different: called often, it looks only when that matters here. */
  changed(): void {
    const serving = this.serving();
    const key = serving && JSON.stringify([keyOf(serving), serving.definition.script]);
    if (key !== this.seen) {
      this.seen = key;
      this.refresh();
    }
  }

  private refresh(): void {
    this.asking ??= new AbortController();
    const { signal } = this.asking;
    this.tell(signal, ++this.round).catch((error: unknown) => {
      if (!signal.aborted) {
        this.ports.log.warn(`${this.panel.ref.name}: ${messageOf(error)}`);
      }
    });
  }

  hidden(): void {
    this.asking?.abort();
    this.asking = undefined;
    this.watched?.watcher.dispose();
    this.watched = undefined;
  }

  dispose(): void {
    this.hidden();
  }

  private get historyKey(): string {
    return `requests.history ${refKey(this.panel.ref)}`;
  }

  private async tell(signal: AbortSignal, round: number): Promise<void> {
    const serving = this.serving();
    if (serving === undefined) {
      return;
    }
    const [file, apis] = await Promise.all([this.ports.places.of(serving), this.apisOf(serving, signal)]);
    const saved = file === undefined ? undefined : await this.ports.files.read(file);
    // A later look is under way, or has told already.
    if (signal.aborted || round !== this.round) {
      return;
    }
    this.watch(file);
    const view = toConsoleView(
      { verbs: apis, canStream: apis.length > 0 && this.known?.canStream === true },
      file,
      saved,
    );
    const text = JSON.stringify(view);
    if (text !== this.told) {
      this.told = text;
      this.panel.end.send('console', view);
    }
  }

  /** Asked once for each model that was loaded. */
  private async apisOf(serving: Serving, signal: AbortSignal): Promise<readonly VerbApi[]> {
    const { ref, run } = serving;
    const key = keyOf(serving);
    if (key === undefined) {
      return [];
    }
    if (this.known?.key !== key) {
      const document = await this.ports.api(ref, signal).catch((error: unknown) => {
        this.ports.log.debug(`${ref.name}: its OpenAPI document could not be read: ${messageOf(error)}`);
        return undefined;
      });
      const apis = toVerbApis(document);
      this.known = { key, apis: apis.length > 0 ? apis : verbApisOf(run?.loaded), canStream: apis.length > 0 };
    }
    return this.known.apis;
  }

  private watch(file: string | undefined): void {
    if (this.watched?.file === file) {
      return;
    }
    this.watched?.watcher.dispose();
    this.watched =
      file === undefined
        ? undefined
        : {
            file,
            watcher: this.ports.watchFile(file, () => {
              this.refresh();
            }),
          };
  }

  private async predict(params: PredictParams, signal: AbortSignal): Promise<PredictReply | PredictFailure> {
    const { ref } = this.panel;
    const parts =
      params.stream &&
      new ReplyParts((text) => {
        this.panel.end.send('replyPart', { text });
      });
    try {
      const request = { ...this.toRequest(params), ...(parts ? { onText: parts.take } : {}) };
      const reply = await this.ports.predictor.predict(ref, request, signal);
      this.last = { params, reply };
      return toReply(reply);
    } catch (error) {
      if (isCancelled(error) || signal.aborted) {
        throw error;
      }
      const own = error instanceof ServingError ? error.remedies : [];
      this.remedies = own.length > 0 ? own : [{ kind: 'showLogs', serving: ref.name }];
      return { message: messageOf(error), remedies: this.remedies.map(toRemedyView) };
    } finally {
      parts?.dispose();
    }
  }

  private toRequest({ verb, body, route, stream }: PredictParams): InferenceRequest {
    const version = this.serving()?.definition.model.version;
    return {
      verb,
      body,
      ...(stream ? { stream } : {}),
      ...(route === 'direct' ? { route } : {}),
      ...(route === 'version' && version !== undefined ? { version } : {}),
    };
  }

  private async saveReply(): Promise<void> {
    const { last } = this;
    if (last === undefined) {
      return;
    }
    const isJson = last.reply.headers['content-type']?.includes('json') ?? true;
    const name = `${this.panel.ref.name}-reply.${isJson ? 'json' : 'txt'}`;
    const file = this.watched?.file;
    const chosen = await vscode.window.showSaveDialog({
      title: t('Save Reply'),
      ...(file === undefined ? {} : { defaultUri: vscode.Uri.file(path.join(path.dirname(file), name)) }),
    });
    if (chosen !== undefined) {
      await this.ports.write(chosen.fsPath, last.reply.body);
    }
  }

  /** Failures of commands are shown by the commands; what is left is for the log. */
  private run(work: PromiseLike<unknown>): void {
    work.then(undefined, (error: unknown) => {
      this.ports.log.warn(`${this.panel.ref.name}: ${messageOf(error)}`);
    });
  }
}

const isHistory = arrayOf(isSent);

/** What of a serving the requests that it takes hang on; undefined while it takes none. */
function keyOf({ state, run }: Serving): string | undefined {
  const answers = run?.endpoint !== undefined && (state === 'running' || state === 'idle' || state === 'updating');
  return answers && run.loaded?.hasApp !== true
    ? JSON.stringify([run.startedAt, run.endpoint.port, run.loaded, run.reload?.reloads])
    : undefined;
}
