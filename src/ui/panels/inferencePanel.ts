import * as vscode from 'vscode';
import { FollowedRecords } from '../../app/inferenceLog/followedRecords';
import { lineOf } from '../../app/inferenceLog/recordText';
import { toTest } from '../../app/inferenceLog/recordTest';
import { Disposables } from '../../core/disposables';
import type { Disposable } from '../../core/disposables';
import { messageOf, ServingError } from '../../core/errors';
import type { Remedy } from '../../core/errors';
import type { Event } from '../../core/events';
import type { InferenceRecord, RecordSource } from '../../core/inferenceLog';
import { t } from '../../core/l10n';
import type { Logger } from '../../core/log';
import { refKey } from '../../core/serving';
import type { BackendId, ServingRef } from '../../core/serving';
import type { HostHandlers } from '../../protocol/contract';
import { INFERENCE_PANEL } from '../../protocol/inferencePanel';
import { emptyLog } from './inferenceEmpty';
import { PanelHost } from './panelHost';
import type { OpenPanel, PanelContent } from './panelHost';
import type { CommandRunner, ServingSource } from './ports';
import { recordFile } from './recordFile';
import { ReplayHost } from './replayHost';
import type { ReplayHostPorts } from './replayHost';
import { toRecordBatch } from './recordRows';
import { toRecordView } from './recordView';
import { toRemedyView } from './remedyLabels';
import { RequestSaver } from './requestSaver';
import type { SaverPorts } from './requestSaver';

export interface InferencePanelPorts {
  readonly source: Pick<ServingSource, 'serving' | 'onDidChange'>;
  /** Where the records of a serving are read from; undefined where it keeps none. */
  readonly records: (ref: ServingRef) => RecordSource | undefined;
  /** The records of a serving were deleted. */
  readonly onDidDelete: Event<ServingRef>;
  /** Whether a setting keeps local logs off. */
  readonly isOff: () => boolean;
  readonly replay: ReplayHostPorts;
  readonly saver: SaverPorts;
  readonly commands: CommandRunner;
  /** Shows the log panel, narrowed to a request. */
  readonly showLogs: (ref: ServingRef, narrow: { readonly request: string }) => void;
  readonly log: Logger;
}

/** The panels of inference logs: one for each serving, and one for each topic that is read. */
export class InferencePanels implements Disposable {
  private readonly host: PanelHost<typeof INFERENCE_PANEL>;
  /** What was opened by its source. */
  private readonly given = new Map<string, RecordSource>();

  constructor(extensionUri: vscode.Uri, ports: InferencePanelPorts) {
    this.host = new PanelHost(
      extensionUri,
      {
        type: 'modelServing.inferenceLog',
        bundle: 'inference',
        contract: INFERENCE_PANEL,
        title: ({ name }) => t('Inference Log: {0}', name),
        content: (panel) =>
          new InferenceContent(panel, this.given.get(refKey(panel.ref)) ?? ports.records(panel.ref), ports),
      },
      ports.log,
    );
  }

  show(ref: ServingRef): void {
    this.host.show(ref);
  }

  /** What is not of a serving: a topic. After a reload of the window it has to be opened again. */
  showSource(source: RecordSource): void {
    const ref: ServingRef = { backend: TOPIC, name: source.label };
    this.given.set(refKey(ref), source);
    this.host.show(ref);
  }

  dispose(): void {
    this.host.dispose();
  }
}

/** In place of a backend. */
const TOPIC = 'topic' as BackendId;

class InferenceContent implements PanelContent<typeof INFERENCE_PANEL> {
  private readonly disposables = new Disposables();
  private readonly followed: FollowedRecords | undefined;
  private readonly replays: ReplayHost;
  private readonly saver: RequestSaver;
  private remedies: readonly Remedy[] = [];
  private told: string | undefined;

  readonly handlers: HostHandlers<typeof INFERENCE_PANEL> = {
    requests: {
      record: ({ record }) => Promise.resolve(toRecordView(this.record(record))),
      makeTest: ({ record }) => this.saver.save(t('Make Test'), toTest(this.record(record))),
      save: async ({ records }) => {
        await recordFile(this.panel.ref.name, this.held(records));
        return undefined;
      },
      replay: async ({ records }) => {
        await this.replays.run(records, (number) => this.followed?.at(number));
        return undefined;
      },
    },
    notifications: {
      filter: ({ round, filter }) => {
        this.followed?.narrow(round, filter);
      },
      copyBody: ({ record, side }) => {
        const body = this.record(record)[side];
        this.run(vscode.env.clipboard.writeText(body?.text ?? body?.base64 ?? ''));
      },
      copyRecords: ({ records }) => {
        this.run(vscode.env.clipboard.writeText(this.held(records).map(lineOf).join('')));
      },
      showLogs: ({ request }) => {
        this.ports.showLogs(this.panel.ref, { request });
      },
      remedy: ({ index }) => {
        const remedy = this.remedies[index];
        if (remedy !== undefined) {
          this.run(this.ports.commands.runRemedy(remedy, this.panel.ref));
        }
      },
      cancelReplay: () => {
        this.replays.cancel();
      },
      closeReplay: () => {
        this.replays.close();
      },
      again: () => {
        this.followed?.again();
      },
    },
  };

  constructor(
    private readonly panel: OpenPanel<typeof INFERENCE_PANEL>,
    private readonly source: RecordSource | undefined,
    private readonly ports: InferencePanelPorts,
  ) {
    const { end } = panel;
    this.saver = new RequestSaver(
      panel.ref,
      () => ports.source.serving(panel.ref),
      ports.saver,
      () => undefined,
    );
    this.replays = new ReplayHost(panel.ref, ports.replay, {
      view: (view) => {
        end.send('replay', view);
      },
      outcomes: (round, outcomes) => {
        end.send('outcomes', { round, outcomes });
      },
    });
    this.followed =
      source &&
      new FollowedRecords(source, {
        records: (first, base, records) => {
          end.send('records', toRecordBatch(first, base, records));
        },
        shown: (round, first, records, done) => {
          end.send('shown', { round, first, records, done });
        },
        state: (read, oldest, bytes, troubles) => {
          end.send('state', { read, oldest, bytes, troubles });
        },
        problem: (message) => {
          end.send('problem', { message });
        },
      });
    this.disposables.add(
      ports.onDidDelete((ref) => {
        if (refKey(ref) === refKey(panel.ref)) {
          this.followed?.again();
        }
      }),
    );
    this.disposables.add(
      ports.source.onDidChange(() => {
        if (panel.isVisible()) {
          this.sendSubject();
        }
      }),
    );
  }

  fill(): void {
    this.told = undefined;
    this.sendSubject();
    if (this.followed === undefined) {
      this.panel.end.send('state', { read: true, oldest: 0, bytes: 0, troubles: [] });
    }
    this.followed?.start();
    this.replays.tellAll();
  }

  hidden(): void {
    this.followed?.stop();
  }

  dispose(): void {
    this.hidden();
    this.replays.cancel();
    this.disposables.dispose();
  }

  private sendSubject(): void {
    const { panel, ports, source } = this;
    const { ref } = panel;
    const serving = ports.source.serving(ref);
    const { text, remedies } = emptyLog(serving, source !== undefined, ports.isOff());
    this.remedies = remedies;
    const subject = {
      ref: { backend: ref.backend, name: ref.name },
      name: ref.name,
      label: source?.label ?? ref.name,
      live: serving === undefined ? source !== undefined : serving.state !== 'stopped' && serving.state !== 'failed',
      empty: { text, remedies: remedies.map(toRemedyView) },
    };
    const key = JSON.stringify(subject);
    if (key !== this.told) {
      this.told = key;
      panel.end.send('subject', subject);
    }
  }

  private record(number: number): InferenceRecord {
    const record = this.followed?.at(number);
    if (record === undefined) {
      throw new ServingError('notFound', t('The record is not held any more: newer ones have taken its place'));
    }
    return record;
  }

  private held(numbers: readonly number[]): readonly InferenceRecord[] {
    return numbers.map((number) => this.followed?.at(number)).filter((record) => record !== undefined);
  }

  private run(work: PromiseLike<unknown>): void {
    work.then(undefined, (error: unknown) => {
      this.ports.log.warn(`Inference log of ${this.panel.ref.name}: ${messageOf(error)}`);
    });
  }
}
