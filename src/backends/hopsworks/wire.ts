import { isObject } from '../../core/objects';

/** Names and shapes of Hopsworks' REST API, as it names them. */

export const API_PATH = '/hopsworks-api/api';

export type ServingStatus =
  'Creating' | 'Created' | 'Starting' | 'Failed' | 'Running' | 'Idle' | 'Updating' | 'Stopping' | 'Stopped';

export interface ResourcesView {
  readonly cores: number;
  /** MB. */
  readonly memory: number;
  readonly gpus: number;
}

export interface RequestsAndLimits {
  readonly requests: ResourcesView;
  /** -1: no limit. */
  readonly limits: ResourcesView;
}

export interface ConditionView {
  readonly type: 'STOPPED' | 'SCHEDULED' | 'INITIALIZED' | 'STARTED' | 'READY';
  /** True: done; false: failed; absent: in progress. */
  readonly status?: boolean;
  readonly reason: string;
}

/** A serving ("deployment"): what is PUT, and with more fields what is answered. Fields that are not here are kept as they came. */
export type ServingView = Readonly<Record<string, unknown>> & { readonly id: number; readonly name: string };

export interface LogsView {
  readonly instanceName: string;
  readonly content: string;
  /** Of a piece of what is kept: when it was written. */
  readonly timestamp?: string;
}

export interface EndpointView {
  readonly type: string;
  readonly hosts: readonly string[];
  readonly ports: readonly { readonly name: string; readonly number?: number }[];
}

/** Of every error; `usrMsg` is meant to be shown as it is. */
export interface ErrorView {
  readonly errorCode: number;
  readonly errorMsg: string;
  readonly usrMsg?: string;
}

/** Numbers of errors that something follows from. */
export const ERROR = {
  noDataset: 110011,
  fileExists: 110012,
  noPath: 110018,
  folderExists: 110047,
  malformed: 120001,
  noProject: 150004,
  roleTooLow: 150068,
  noRole: 160000,
  blocked: 160007,
  noAccess: 200002,
  notSignedIn: 200003,
  noServing: 240000,
  deletionError: 240001,
  updateError: 240002,
  lifecycleError: 240003,
  lifecycleBusy: 240004,
  duplicate: 240011,
  noKubernetes: 240014,
  logsNotAvailable: 240027,
  inferenceNoServing: 250000,
  inferenceNotRunning: 250001,
  noModel: 360000,
  roleNotAllowed: 320003,
  noScope: 320004,
  wrongKey: 320012,
  unknownKey: 320013,
} as const;

export type Scope =
  'PROJECT' | 'SERVING' | 'MODELREGISTRY' | 'DATASET_VIEW' | 'DATASET_CREATE' | 'DATASET_DELETE' | 'KAFKA';

/** Fields of an answer that are not asked for when a serving is changed. */
export const ANSWER_ONLY = [
  'status',
  'condition',
  'conditions',
  'availableInstances',
  'availableTransformerInstances',
  'deployed',
  'deployedBy',
  'revision',
  'hopsworksInferencePath',
  'modelServerInferencePath',
  'internalPort',
  'nodePort',
  'externalIP',
  'externalPort',
  'internalIPs',
  'internalPath',
] as const;

type Fields = Readonly<Record<string, unknown>>;

export function textAt(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function numberAt(fields: Fields, name: string): number | undefined {
  const value = fields[name];
  return typeof value === 'number' && Number.isFinite(value) ? value : undefined;
}

/** A date as any version writes it: a text, or milliseconds since 1970. */
export function dateAt(fields: Fields, name: string): Date | undefined {
  const value = fields[name];
  const date = typeof value === 'string' || typeof value === 'number' ? new Date(value) : undefined;
  return date && !Number.isNaN(date.getTime()) ? date : undefined;
}

export function fieldsAt(fields: Fields, name: string): Fields {
  const value = fields[name];
  return isObject(value) ? value : {};
}

/** A list as it comes bare, or in an envelope with `items`. */
export function itemsOf(value: unknown): readonly Fields[] {
  const items: unknown = isObject(value) ? value.items : value;
  return Array.isArray(items) ? items.filter(isObject) : [];
}

export function isServingView(value: unknown): value is ServingView {
  return isObject(value) && typeof value.id === 'number' && typeof value.name === 'string' && value.name !== '';
}

export function toErrorView(body: string): ErrorView | undefined {
  const value = parsed(body);
  const errorCode = isObject(value) ? numberAt(value, 'errorCode') : undefined;
  if (!isObject(value) || errorCode === undefined) {
    return undefined;
  }
  const usrMsg = textAt(value, 'usrMsg');
  return { errorCode, errorMsg: textAt(value, 'errorMsg') ?? '', ...(usrMsg === undefined ? {} : { usrMsg }) };
}

/** The value of a JSON text; undefined when it is none. */
export function parsed(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return undefined;
  }
}
