import type { Verb } from '../core/serving';
import { arrayOf, either, isBoolean, isCount, isNothing, isNumber, isString, recordOf, shape, word } from './checks';
import type { Check } from './checks';
import type { Contract } from './contract';

/** What a panel is about; kept in the page's state so that it can be restored. */
export interface ViewRef {
  readonly backend: string;
  readonly name: string;
}

/** A sentence in pieces: the page writes times by the reader's clock and keeps durations up to date. Times are milliseconds since 1970. */
export type TextPart =
  | string
  | { readonly kind: 'time'; readonly at: number }
  /** How long from then to the present: "2 h 14 min". */
  | { readonly kind: 'since'; readonly at: number }
  /** The same in one unit, "2 min"; the word "ago" is in the text. */
  | { readonly kind: 'ago'; readonly at: number }
  | { readonly kind: 'count'; readonly value: number };

/** Where a link of the page leads. */
export type LinkTarget =
  'script' | 'definition' | 'requirements' | 'artifact' | 'model' | 'app' | 'docs' | 'metrics' | 'status' | 'ready';
export const LINK_TARGETS: readonly LinkTarget[] = [
  'script',
  'definition',
  'requirements',
  'artifact',
  'model',
  'app',
  'docs',
  'metrics',
  'status',
  'ready',
];

/** What a button of the page does; the words are core's actions plus what only the panel offers. */
export type PanelAction =
  | 'start'
  | 'stop'
  | 'restart'
  | 'edit'
  | 'raiseMemory'
  | 'makeWay'
  | 'logs'
  | 'remove'
  | 'openEndpoint'
  | 'openDefinition'
  | 'openScript';
export const PANEL_ACTIONS: readonly PanelAction[] = [
  'start',
  'stop',
  'restart',
  'edit',
  'raiseMemory',
  'makeWay',
  'logs',
  'remove',
  'openEndpoint',
  'openDefinition',
  'openScript',
];

export interface ActionView {
  readonly action: PanelAction;
  readonly label: string;
  readonly icon: string;
  /** `bar`: always in the header; `wide`: in More where the page is narrow; `more`: in More. */
  readonly place: 'bar' | 'wide' | 'more';
}

/** The class of a state's icon: the colour is only there. */
export type Tone = 'running' | 'busy' | 'failed' | 'unknown' | 'degraded' | 'stopped' | 'idle';

export interface StateView {
  readonly word: string;
  readonly icon: string;
  readonly turning: boolean;
  readonly tone: Tone;
}

export interface HealthView {
  readonly parts: readonly TextPart[];
  /** The one thing to act on, as a link at the end. */
  readonly act?: { readonly text: string; readonly to: 'differences' | 'test' | 'replicas' | PanelAction };
}

export interface StageView {
  readonly name: string;
  readonly label: string;
  readonly note?: string;
  readonly state: 'done' | 'running' | 'failed' | 'later';
  readonly startedAt?: number;
  readonly seconds?: number;
}

export interface FrameView {
  readonly file: string;
  /** The file without its folders. */
  readonly label: string;
  readonly line: number;
  readonly function: string;
  readonly source: string;
  readonly user: boolean;
}

export interface TraceView {
  readonly type: string;
  readonly text: string;
  readonly frames: readonly FrameView[];
}

export interface RemedyView {
  readonly label: string;
  readonly icon?: string;
}

export interface FailureView {
  readonly message: string;
  readonly at?: number;
  /** The first is the primary button; sent back by its place in this list. */
  readonly remedies: readonly RemedyView[];
  readonly trace?: TraceView;
}

export interface StartupView {
  readonly startedAt: number;
  readonly endedAt?: number;
  readonly stages: readonly StageView[];
  /** Beside the running stage: "Installing scikit-learn", "42 %". */
  readonly message?: string;
  readonly failure?: FailureView;
}

export interface EndpointView {
  /** With `:predict` in its place: `http://127.0.0.1:49213/v1/models/iris:predict`. */
  readonly url: string;
  readonly port: number;
  /** `POST`, or `APP` for a script with an app of its own. */
  readonly method: string;
  readonly answering: boolean;
  /** "this computer only, no token". */
  readonly note: string;
  /** Pages of the server that a browser can show; none where a token is asked for. */
  readonly pages: readonly PageLink[];
}

export interface PageLink {
  readonly target: 'app' | 'docs' | 'metrics' | 'status' | 'ready';
  readonly label: string;
}

export interface TestView {
  readonly verbs: readonly Verb[];
  /** A first request body, as text. */
  readonly sample: string;
}

export interface ReplicaView {
  readonly number: number;
  readonly state: StateView;
  readonly pid?: number;
  readonly startedAt?: number;
  readonly restarts: number;
  readonly requests: number;
  readonly memoryBytes?: number;
}

export interface ReplicasView {
  readonly note: string;
  readonly memoryLimitBytes?: number;
  readonly warning?: string;
  readonly rows: readonly ReplicaView[];
}

export interface ConfigurationRow {
  readonly label: string;
  readonly text: string;
  /** The text, or its last word `linkText`, leads there. */
  readonly link?: LinkTarget;
  readonly linkText?: string;
  readonly code: boolean;
  /** What differs from what runs. */
  readonly difference?: string;
}

export interface ConfigurationView {
  /** Path of the definition below the workspace folder, or its name. */
  readonly file?: string;
  readonly rows: readonly ConfigurationRow[];
  /** Whether a restart takes up what differs. */
  readonly canRestart: boolean;
}

/** Everything the detail page shows. Parts that do not apply now are absent. */
export interface ServingView {
  readonly ref: ViewRef;
  readonly name: string;
  readonly state: StateView;
  readonly actions: readonly ActionView[];
  readonly backend: string;
  readonly model: string;
  readonly artifact?: string;
  readonly health: HealthView;
  readonly failed: boolean;
  readonly startup?: StartupView;
  readonly endpoint?: EndpointView;
  readonly test?: TestView;
  readonly replicas?: ReplicasView;
  readonly configuration: ConfigurationView;
}

export interface PredictParams {
  readonly verb: Verb;
  readonly body: string;
}

export interface PredictReply {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
  readonly bytes: number;
  readonly latencyMs: number;
  readonly requestId?: string;
}

export type CopyLanguage = 'curl' | 'python' | 'javascript';

export const isViewRef = shape<ViewRef>({ backend: isString, name: isString }, {});
const isVerb = word<Verb>('predict', 'classify', 'regress');
const isAction = word(...PANEL_ACTIONS);
const isLink = word(...LINK_TARGETS);
const isTimePart = shape<{ kind: 'time' | 'since' | 'ago'; at: number }>(
  { kind: word('time', 'since', 'ago'), at: isNumber },
  {},
);
const isCountPart = shape<{ kind: 'count'; value: number }>({ kind: word('count'), value: isNumber }, {});
const isTextPart: Check<TextPart> = (value): value is TextPart =>
  isString(value) || isTimePart(value) || isCountPart(value);
const isState = shape<StateView>(
  {
    word: isString,
    icon: isString,
    turning: isBoolean,
    tone: word('running', 'busy', 'failed', 'unknown', 'degraded', 'stopped', 'idle'),
  },
  {},
);
const isHealth = shape<HealthView>(
  { parts: arrayOf(isTextPart) },
  {
    act: shape<NonNullable<HealthView['act']>>(
      { text: isString, to: either(word('differences', 'test', 'replicas'), isAction) },
      {},
    ),
  },
);
export const isFrame = shape<FrameView>(
  { file: isString, label: isString, line: isNumber, function: isString, source: isString, user: isBoolean },
  {},
);
export const isTrace = shape<TraceView>({ type: isString, text: isString, frames: arrayOf(isFrame) }, {});
const isFailure = shape<FailureView>(
  { message: isString, remedies: arrayOf(shape<RemedyView>({ label: isString }, { icon: isString })) },
  { at: isNumber, trace: isTrace },
);
const isStartup = shape<StartupView>(
  {
    startedAt: isNumber,
    stages: arrayOf(
      shape<StageView>(
        { name: isString, label: isString, state: word('done', 'running', 'failed', 'later') },
        { note: isString, startedAt: isNumber, seconds: isNumber },
      ),
    ),
  },
  { endedAt: isNumber, message: isString, failure: isFailure },
);
const isReplicas = shape<ReplicasView>(
  {
    note: isString,
    rows: arrayOf(
      shape<ReplicaView>(
        { number: isCount, state: isState, restarts: isCount, requests: isCount },
        { pid: isCount, startedAt: isNumber, memoryBytes: isNumber },
      ),
    ),
  },
  { warning: isString, memoryLimitBytes: isNumber },
);
const isConfiguration = shape<ConfigurationView>(
  {
    rows: arrayOf(
      shape<ConfigurationRow>(
        { label: isString, text: isString, code: isBoolean },
        { link: isLink, linkText: isString, difference: isString },
      ),
    ),
    canRestart: isBoolean,
  },
  { file: isString },
);
const isServingView = shape<ServingView>(
  {
    ref: isViewRef,
    name: isString,
    state: isState,
    actions: arrayOf(
      shape<ActionView>({ action: isAction, label: isString, icon: isString, place: word('bar', 'wide', 'more') }, {}),
    ),
    backend: isString,
    model: isString,
    health: isHealth,
    failed: isBoolean,
    configuration: isConfiguration,
  },
  {
    artifact: isString,
    startup: isStartup,
    endpoint: shape<EndpointView>(
      {
        url: isString,
        port: isNumber,
        method: isString,
        answering: isBoolean,
        note: isString,
        pages: arrayOf(
          shape<PageLink>({ target: word('app', 'docs', 'metrics', 'status', 'ready'), label: isString }, {}),
        ),
      },
      {},
    ),
    test: shape<TestView>({ verbs: arrayOf(isVerb), sample: isString }, {}),
    replicas: isReplicas,
  },
);
const isPredictParams = shape<PredictParams>({ verb: isVerb, body: isString }, {});

export const SERVING_PANEL = {
  events: {
    view: isServingView,
    /** The serving is not there any more: removed, or its definition cannot be read. */
    gone: shape<{ readonly ref: ViewRef; readonly message: string }>({ ref: isViewRef, message: isString }, {}),
    /** Goes to the request editor. */
    focusTest: isNothing,
  },
  requests: {
    predict: {
      params: isPredictParams,
      result: shape<PredictReply>(
        {
          status: isCount,
          statusText: isString,
          headers: recordOf(isString),
          body: isString,
          bytes: isCount,
          latencyMs: isNumber,
        },
        { requestId: isString },
      ),
    },
    /** Puts the request into the clipboard, as a program in that language. */
    copyAs: {
      params: shape<PredictParams & { readonly language: CopyLanguage }>(
        { verb: isVerb, body: isString, language: word('curl', 'python', 'javascript') },
        {},
      ),
      result: isBoolean,
    },
  },
  notifications: {
    act: shape<{ readonly action: PanelAction }>({ action: isAction }, {}),
    open: shape<{ readonly target: LinkTarget }>({ target: isLink }, {}),
    remedy: shape<{ readonly index: number }>({ index: isCount }, {}),
    openFrame: shape<{ readonly file: string; readonly line: number }>({ file: isString, line: isNumber }, {}),
    copy: shape<{ readonly text: string }>({ text: isString }, {}),
    /** The log panel; with a request, its lines only. */
    logs: shape<{ readonly request?: string; readonly replica?: number }>({}, { request: isString, replica: isCount }),
  },
} as const satisfies Contract;
