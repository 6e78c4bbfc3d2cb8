import { isObject } from '../../core/objects';
import type { InputsSchema, JsonSchema } from '../../core/requestSchema';
import type { StreamForm } from '../../core/backend';
import type { Verb } from '../../core/serving';
import { arrayOf, either, isBoolean, isCount, isNumber, isString, recordOf, shape, word } from '../checks';
import type { Check } from '../checks';
import { isRemedy } from './basics';
import type { RemedyView } from './basics';
import { isRoute, isVerb } from './endpoint';
import type { RequestRoute } from './endpoint';

/** What the test console is told beside the serving's own view. */
export interface ConsoleView {
  readonly verbs: readonly VerbView[];
  /** The server can answer item by item. */
  readonly canStream: boolean;
  /** Absent where no place is known for it yet. */
  readonly file?: RequestsFileView;
}

export interface VerbView {
  readonly verb: Verb;
  readonly inputs?: InputsSchema;
  /** A first request body, as text. */
  readonly sample?: string;
}

/** The file with the requests that were saved. */
export interface RequestsFileView {
  /** `irisflowerclassifier.requests.json`. */
  readonly name: string;
  readonly exists: boolean;
  /** Why it cannot be read: a sentence. */
  readonly problem?: string;
  readonly requests: readonly SavedView[];
}

export interface SavedView {
  readonly name: string;
  readonly verb: Verb;
  /** As text. */
  readonly body: string;
  /** It says what is to be answered. */
  readonly isTest: boolean;
}

/** One request that was sent. */
export interface Sent {
  /** When, milliseconds since 1970. */
  readonly at: number;
  readonly verb: Verb;
  /** Empty when it was too long to be kept. */
  readonly body: string;
  /** What it was about, in words: "3 rows". */
  readonly what: string;
  readonly status: number;
  readonly latencyMs: number;
  readonly bytes: number;
  readonly request?: string;
}

export interface PredictParams {
  readonly verb: Verb;
  readonly body: string;
  readonly route?: RequestRoute;
  readonly stream?: StreamForm;
}

export interface PredictReply {
  readonly status: number;
  readonly statusText: string;
  readonly headers: Readonly<Record<string, string>>;
  /** Its beginning, where it is long: the host keeps the whole. */
  readonly body: string;
  /** Characters of the whole, where `body` is cut. */
  readonly cutFrom?: number;
  readonly bytes: number;
  readonly latencyMs: number;
  readonly requestId?: string;
}

/** Nothing answered: why, and the buttons against it. */
export interface PredictFailure {
  readonly message: string;
  readonly remedies: readonly RemedyView[];
}

/** A request that the host puts into the editor: rows of a file. */
export interface RequestBody {
  readonly body: string;
  /** Where it is from, and what did not fit: a sentence each. */
  readonly notes: readonly string[];
}

const isSchema: Check<JsonSchema> = isObject;
const isInputs = shape<InputsSchema>({ schema: isSchema, source: isString, isLoose: isBoolean }, {});
const isSaved = shape<SavedView>({ name: isString, verb: isVerb, body: isString, isTest: isBoolean }, {});

export const isConsole = shape<ConsoleView>(
  {
    verbs: arrayOf(shape<VerbView>({ verb: isVerb }, { inputs: isInputs, sample: isString })),
    canStream: isBoolean,
  },
  {
    file: shape<RequestsFileView>(
      { name: isString, exists: isBoolean, requests: arrayOf(isSaved) },
      { problem: isString },
    ),
  },
);

export const isSent = shape<Sent>(
  { at: isNumber, verb: isVerb, body: isString, what: isString, status: isCount, latencyMs: isNumber, bytes: isCount },
  { request: isString },
);

export const isRequestBody = shape<RequestBody>({ body: isString, notes: arrayOf(isString) }, {});

export const isStreamForm = word<StreamForm>('events', 'lines');

export const isPredictParams = shape<PredictParams>(
  { verb: isVerb, body: isString },
  { route: isRoute, stream: isStreamForm },
);

export const isReply = either(
  shape<PredictReply>(
    {
      status: isCount,
      statusText: isString,
      headers: recordOf(isString),
      body: isString,
      bytes: isCount,
      latencyMs: isNumber,
    },
    { requestId: isString, cutFrom: isCount },
  ),
  shape<PredictFailure>({ message: isString, remedies: arrayOf(isRemedy) }, {}),
);

export interface SaveParams {
  readonly verb: Verb;
  readonly body: string;
  /** Proposed. */
  readonly name: string;
}

export const isSave = shape<SaveParams>({ verb: isVerb, body: isString, name: isString }, {});
