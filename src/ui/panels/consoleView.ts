import path from 'node:path';
import type { VerbApi } from '../../app/requests/apiDocument';
import type { RequestsFile } from '../../app/requests/requestsFiles';
import type { InferenceResponse } from '../../core/backend';
import { prettyJson } from '../../core/jsonText';
import type { ConsoleView, PredictReply } from '../../protocol/views/console';

/** Longer replies go to the page cut, in characters: a page that draws 50 MB stands still. */
export const LONGEST_SHOWN = 100_000;

/** What the test console is told: what each verb expects, and what was saved. */
export function toConsoleView(
  { verbs, canStream }: { readonly verbs: readonly VerbApi[]; readonly canStream: boolean },
  file: string | undefined,
  saved: RequestsFile | undefined,
): ConsoleView {
  return {
    canStream,
    verbs: verbs.map(({ verb, inputs, sample }) => ({
      verb,
      ...(inputs ? { inputs } : {}),
      ...(sample ? { sample: laidOut(JSON.stringify(sample)) } : {}),
    })),
    ...(file === undefined || saved === undefined
      ? {}
      : {
          file: {
            name: path.basename(file),
            exists: saved.exists,
            ...(saved.problem === undefined ? {} : { problem: saved.problem }),
            requests: saved.requests.map(({ name, verb, body, expect }) => ({
              name,
              verb,
              body,
              isTest: expect !== undefined,
            })),
          },
        }),
  };
}

/** A reply as the page gets it. */
export function toReply({ status, statusText, headers, body, latencyMs, requestId }: InferenceResponse): PredictReply {
  const isCut = body.length > LONGEST_SHOWN;
  return {
    status,
    statusText,
    headers,
    body: isCut ? body.slice(0, LONGEST_SHOWN) : body,
    ...(isCut ? { cutFrom: body.length } : {}),
    bytes: Buffer.byteLength(body),
    latencyMs,
    ...(requestId === undefined ? {} : { requestId }),
  };
}

/** JSON as it stands in the editor. */
export function laidOut(json: string): string {
  return `${prettyJson(json) ?? json.trim()}\n`;
}
