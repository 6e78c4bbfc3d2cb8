import { arrayOf, isBoolean, isCount, isNothing, isNumber, isString, shape, word } from './checks';
import type { Changes } from './changes';
import type { Contract } from './contract';
import { isViewRef, isLink, isState } from './views/basics';
import type { ViewRef, LinkTarget, StateView } from './views/basics';
import { isAction, isActionView, isHealth } from './views/header';
import type { PanelAction, ActionView, HealthView } from './views/header';
import { isConsole, isPredictParams, isReply, isRequestBody, isSave, isSent, isStreamForm } from './views/console';
import type { PredictParams, Sent } from './views/console';
import { isLastGood, isStartup } from './views/startup';
import type { LastGoodView, StartupView } from './views/startup';
import { isEndpoint, isRoute, isVerb, isTest } from './views/endpoint';
import type { EndpointView, TestView } from './views/endpoint';
import { isReplicas } from './views/replicas';
import type { ReplicasView } from './views/replicas';
import { isGateway } from './views/gateway';
import type { GatewayView } from './views/gateway';
import { isScaling } from './views/scaling';
import type { ScalingView } from './views/scaling';
import { isTraffic, isTrafficSection } from './views/traffic';
import type { TrafficSection, TrafficView } from './views/traffic';
import { isInferenceLog } from './views/inferenceLog';
import type { InferenceLogView } from './views/inferenceLog';
import { isConfiguration } from './views/configuration';
import type { ConfigurationView } from './views/configuration';

/** Everything the detail page shows. Parts that do not apply now are absent. */
export interface ServingView {
  readonly ref: ViewRef;
  readonly name: string;
  readonly state: StateView;
  readonly actions: readonly ActionView[];
  readonly backend: string;
  readonly model: string;
  readonly artifact?: string;
  readonly revision?: string;
  readonly health: HealthView;
  readonly failed: boolean;
  readonly startup?: StartupView;
  readonly lastGood?: LastGoodView;
  readonly endpoint?: EndpointView;
  /** Its charts come by themselves, as they change all the time. */
  readonly traffic?: TrafficSection;
  readonly test?: TestView;
  readonly replicas?: ReplicasView;
  readonly gateway?: GatewayView;
  readonly scaling?: ScalingView;
  readonly configuration: ConfigurationView;
  readonly inferenceLog?: InferenceLogView;
}

export type CopyLanguage = 'curl' | 'python' | 'javascript';

const REQUIRED = {
  ref: isViewRef,
  name: isString,
  state: isState,
  actions: arrayOf(isActionView),
  backend: isString,
  model: isString,
  health: isHealth,
  failed: isBoolean,
  configuration: isConfiguration,
};
const OPTIONAL = {
  artifact: isString,
  revision: isString,
  startup: isStartup,
  lastGood: isLastGood,
  endpoint: isEndpoint,
  traffic: isTrafficSection,
  test: isTest,
  replicas: isReplicas,
  gateway: isGateway,
  scaling: isScaling,
  inferenceLog: isInferenceLog,
};
const isServingView = shape<ServingView>(REQUIRED, OPTIONAL);
const isChanges = shape<Changes<ServingView>>(
  { set: shape<Partial<ServingView>>({}, { ...REQUIRED, ...OPTIONAL }), unset: arrayOf(isString) },
  {},
);

export const SERVING_PANEL = {
  events: {
    view: isServingView,
    /** What has become different since the page was told. */
    changes: isChanges,
    /** The charts of its traffic; none while nothing is known. */
    traffic: shape<{ readonly charts?: TrafficView }>({}, { charts: isTraffic }),
    /** The serving is not there any more: removed, or its definition cannot be read. */
    gone: shape<{ readonly ref: ViewRef; readonly message: string }>({ ref: isViewRef, message: isString }, {}),
    /** Goes to the request editor. */
    focusTest: isNothing,
    /** What the test console needs beside the view. */
    console: isConsole,
    /** The requests that were sent before, newest first. */
    history: shape<{ readonly sent: readonly Sent[] }>({ sent: arrayOf(isSent) }, {}),
    /** More of the reply to the request that waits. */
    replyPart: shape<{ readonly text: string }>({ text: isString }, {}),
    /** Puts a request into the editor, and goes there. */
    body: isRequestBody,
  },
  requests: {
    predict: {
      params: isPredictParams,
      result: isReply,
    },
    /** Asks for a name and writes the request into the file; the name it got. */
    saveRequest: { params: isSave, result: isString },
    /** The same for the request that was answered last, with its reply as what is expected. */
    makeTest: { params: shape<{ readonly name: string }>({ name: isString }, {}), result: isString },
    /** Puts the request into the clipboard, as a program in that language. */
    copyAs: {
      params: shape<PredictParams & { readonly language: CopyLanguage }>(
        { verb: isVerb, body: isString, language: word('curl', 'python', 'javascript') },
        { route: isRoute, stream: isStreamForm },
      ),
      result: isBoolean,
    },
  },
  notifications: {
    act: shape<{ readonly action: PanelAction }>({ action: isAction }, {}),
    open: shape<{ readonly target: LinkTarget }>({ target: isLink }, {}),
    remedy: shape<{ readonly index: number }>({ index: isCount }, {}),
    /** Against what is wrong with a replica. */
    replicaRemedy: shape<{ readonly replica: number; readonly index: number }>(
      { replica: isCount, index: isCount },
      {},
    ),
    openFrame: shape<{ readonly file: string; readonly line: number }>({ file: isString, line: isNumber }, {}),
    copy: shape<{ readonly text: string }>({ text: isString }, {}),
    /** The whole of the last reply, into the clipboard or a file. */
    copyReply: isNothing,
    saveReply: isNothing,
    /** Against what kept the last request from being answered. */
    replyRemedy: shape<{ readonly index: number }>({ index: isCount }, {}),
    /** Opens the file with the saved requests. */
    openRequests: isNothing,
    /** Makes a request of the rows of a file. */
    sendRows: isNothing,
    /** The history as it is to be kept. */
    keepHistory: shape<{ readonly sent: readonly Sent[] }>({ sent: arrayOf(isSent) }, {}),
    /** A shell in one replica. */
    shell: shape<{ readonly replica: number }>({ replica: isCount }, {}),
    /** The log panel; with a request, its lines only. */
    logs: shape<{ readonly request?: string; readonly replica?: number }>({}, { request: isString, replica: isCount }),
  },
} as const satisfies Contract;
