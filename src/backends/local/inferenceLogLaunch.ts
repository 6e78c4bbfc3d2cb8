import type { InferenceLogDefinition } from '../../core/inferenceLog';
import type { InferenceLogSettings } from './ports';

/** As the manifest has them: for programs without an editor's settings. */
export const INFERENCE_LOG_SETTINGS: InferenceLogSettings = { local: true, maxMegabytes: 50, maxDays: 7 };

/** Of one log: the one that is written, and the older ones. */
export const INFERENCE_LOG_FILES = 5;
const MEGABYTE = 1_000_000;
/** The server keeps those that a definition names in place of its own, so its own are named as well. */
const SERVER_HEADERS = ['content-type', 'content-encoding', 'accept', 'inference-header-content-length'];

/** Where a server sends its records, beside what its definition says. */
export interface RecordingPlace {
  /** For its file, where it writes one. */
  readonly folder: string;
  /** `inferenceLog.kafka` of launch.json; absent: nothing is sent. */
  readonly kafka?: Readonly<Record<string, unknown>>;
}

/** `inferenceLog` of launch.json; nothing where no record is kept. */
export function toInferenceLogLaunch(
  { mode, local, redact, headers }: InferenceLogDefinition,
  settings = INFERENCE_LOG_SETTINGS,
  { folder, kafka }: RecordingPlace,
): { readonly inferenceLog?: Readonly<Record<string, unknown>> } {
  const keepsFile = local && settings.local;
  if (mode === 'NONE' || (!keepsFile && kafka === undefined)) {
    return {};
  }
  const { maxBytes, maxHours } = limitsOf(settings);
  return {
    inferenceLog: {
      mode,
      redact,
      headers: [...new Set([...SERVER_HEADERS, ...headers.map((each) => each.toLowerCase())])],
      ...(keepsFile ? { file: { folder, maxBytes, files: INFERENCE_LOG_FILES, maxAgeHours: maxHours } } : {}),
      ...(kafka === undefined ? {} : { kafka }),
    },
  };
}

/** What is kept of one log at the most. Settings may be anything. */
export function limitsOf({ maxMegabytes, maxDays }: InferenceLogSettings = INFERENCE_LOG_SETTINGS): {
  readonly maxBytes: number;
  readonly maxHours: number;
} {
  const whole = (value: number, usual: number): number => (Number.isFinite(value) && value > 0 ? value : usual);
  return {
    maxBytes: Math.round(
      Math.min(1e6, Math.max(1, whole(maxMegabytes, INFERENCE_LOG_SETTINGS.maxMegabytes))) * MEGABYTE,
    ),
    maxHours: Math.min(36500, Math.max(0.01, whole(maxDays, INFERENCE_LOG_SETTINGS.maxDays))) * 24,
  };
}
