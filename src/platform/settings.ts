import * as vscode from 'vscode';
import { Emitter, type Event } from '../core/events';
import type { Disposable } from '../core/disposables';
import type { KafkaConnection } from '../core/kafka';

const SECTION = 'modelServing';
/** An open window gives its sign every 30 s; a server must not take one that is late for the end. */
const SHORTEST_KEEP_SECONDS = 90;

/** The extension's settings, read anew each time; defaults stand in the manifest. */
export class Settings implements Disposable {
  private readonly changed = new Emitter<void>();
  readonly onDidChange: Event<void> = this.changed.event;
  private readonly subscription: Disposable;

  constructor() {
    this.subscription = vscode.workspace.onDidChangeConfiguration((event) => {
      if (event.affectsConfiguration(SECTION)) {
        this.changed.fire();
      }
    });
  }

  /** Path of the interpreter to use where a definition names none; empty: the Python extension's, else one of the PATH. */
  pythonPath(folder: string): string {
    return this.text('python.path', folder);
  }

  /** Keeps an interpreter for this workspace. */
  async savePythonPath(path: string): Promise<void> {
    await vscode.workspace.getConfiguration(SECTION).update('python.path', path, vscode.ConfigurationTarget.Workspace);
  }

  /** Whether the Explorer marks the scripts that are served. */
  servedScriptsAreMarked(): boolean {
    return this.flag('explorer.markServedScripts');
  }

  /** Path of `uv`; empty: looked for on the PATH. */
  uvPath(): string {
    return this.text('python.uvPath');
  }

  /** Where the Docker engine listens; empty: found as the Docker CLI finds it. */
  dockerHost(): string {
    return this.text('docker.host');
  }

  /** Image that environments in Docker are built on; empty: the official one of the Python that is used. */
  baseImage(): string {
    return this.text('docker.baseImage');
  }

  /** Image of HAProxy; empty: the official one. */
  gatewayImage(): string {
    return this.text('docker.gatewayImage');
  }

  /** Address of the engine's computer that servings in Docker answer at. */
  publishAddress(): string {
    return this.text('docker.publishAddress') || '127.0.0.1';
  }

  /** Where the Kafka broker of this workspace is; as it is written. */
  kafka(): { readonly brokers: string; readonly tls: unknown; readonly sasl: unknown } {
    return { brokers: this.text('kafka.brokers'), tls: this.read('kafka.tls'), sasl: this.read('kafka.sasl') };
  }

  /** Image of Kafka for a broker in Docker; empty: the official one. */
  kafkaImage(): string {
    return this.text('kafka.image');
  }

  /** For this workspace; where no folder is open, for this person. Undefined: as if it was never set. */
  async saveKafka({ brokers, tls, sasl }: Partial<KafkaConnection>): Promise<void> {
    const target =
      (vscode.workspace.workspaceFolders ?? []).length > 0
        ? vscode.ConfigurationTarget.Workspace
        : vscode.ConfigurationTarget.Global;
    const settings = vscode.workspace.getConfiguration(SECTION);
    await settings.update('kafka.tls', tls, target);
    await settings.update('kafka.sasl', sasl, target);
    await settings.update('kafka.brokers', brokers, target);
  }

  /** As they are written; only those of the person count. */
  connections(): unknown {
    return this.read('hopsworks.connections');
  }

  async saveConnections(value: Readonly<Record<string, unknown>>): Promise<void> {
    await vscode.workspace
      .getConfiguration(SECTION)
      .update('hopsworks.connections', value, vscode.ConfigurationTarget.Global);
  }

  /** The editor's own proxy. */
  network(): { readonly proxy?: string; readonly noProxy?: readonly string[] } {
    const http = vscode.workspace.getConfiguration('http');
    const [proxy, noProxy] = [http.get<string>('proxy'), http.get<string[]>('noProxy')];
    return { ...(proxy ? { proxy } : {}), ...(noProxy ? { noProxy } : {}) };
  }

  loadSeconds(): number {
    return this.number('process.loadTimeoutSeconds');
  }

  drainSeconds(): number {
    return this.number('process.stopTimeoutSeconds');
  }

  /** Largest body of a request, in bytes. */
  bodyBytes(): number {
    return this.number('process.maximumRequestMegabytes') * 1024 * 1024;
  }

  /** Undefined: servers run until they are stopped. */
  keepRunningSeconds(): number | undefined {
    const minutes = this.number('process.keepRunningMinutes');
    return minutes < 0 ? undefined : Math.max(minutes * 60, SHORTEST_KEEP_SECONDS);
  }

  /** Of all servings on this computer and in Docker. */
  inferenceLog(): { readonly local: boolean; readonly maxMegabytes: number; readonly maxDays: number } {
    return {
      local: this.flag('inferenceLog.local'),
      maxMegabytes: this.number('inferenceLog.maxMegabytes'),
      maxDays: this.number('inferenceLog.maxDays'),
    };
  }

  /** Port of the local Hopsworks API; 0: the last one, else any. */
  apiPort(): number {
    return this.number('localApi.port');
  }

  /** Which of Hopsworks' releases it is shaped after. */
  apiGeneration(): 3 | 4 | 5 {
    const generation = this.number('localApi.generation');
    return generation === 3 || generation === 4 ? generation : 5;
  }

  /** Where what its clients create runs. */
  apiBackend(folder: string): 'process' | 'docker' {
    return this.text('localApi.backend', folder) === 'docker' ? 'docker' : 'process';
  }

  dispose(): void {
    this.subscription.dispose();
    this.changed.dispose();
  }

  private text(key: string, folder?: string): string {
    const value = this.read(key, folder);
    return typeof value === 'string' ? value.trim() : '';
  }

  private flag(key: string): boolean {
    return this.read(key) === true;
  }

  private number(key: string): number {
    return Number(this.read(key));
  }

  private read(key: string, folder?: string): unknown {
    return vscode.workspace
      .getConfiguration(SECTION, folder === undefined ? undefined : vscode.Uri.file(folder))
      .get(key);
  }
}
