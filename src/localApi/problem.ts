/** What the API refuses, in Hopsworks' own form: clients decide by the number. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly errorCode: number,
    readonly errorMsg: string,
    readonly usrMsg?: string,
  ) {
    super(usrMsg ?? errorMsg);
    this.name = 'Problem';
  }

  toJson(): Readonly<Record<string, unknown>> {
    return {
      errorCode: this.errorCode,
      errorMsg: this.errorMsg,
      ...(this.usrMsg === undefined ? {} : { usrMsg: this.usrMsg }),
    };
  }
}

/** Number → status and text. */
const KNOWN = {
  100050: [404, 'Variable not found.'],
  110011: [400, 'DataSet not found.'],
  110012: [400, 'Destination already exists.'],
  110018: [400, 'Path not found'],
  110028: [400, 'Dataset name is invalid.'],
  110038: [400, 'Dataset subdirectory path is not a file.'],
  110039: [400, 'Path is not a directory.'],
  110042: [400, 'Error while uploading: the parameters are wrong.'],
  110043: [500, 'Error while uploading.'],
  110047: [400, 'Directory already exists.'],
  120000: [500, 'A generic error occurred.'],
  120001: [422, 'An argument was not provided or it was malformed.'],
  120004: [404, 'Web application exception occurred'],
  120011: [400, 'Project is not accessible.'],
  150004: [404, "Project wasn't found."],
  190000: [404, 'Topic not found.'],
  190002: [409, 'Kafka topic already exists in database. Pick a different topic name.'],
  190005: [400, 'Maximum topic replication factor exceeded'],
  190006: [404, 'Topic has not schema attached to it.'],
  190015: [400, 'Number of partitions is not valid'],
  190016: [405, 'The provided schema name is reserved'],
  200002: [403, 'Access error while trying to access hdfs resource'],
  200003: [401, 'Authorization header not set.'],
  240000: [404, 'Serving instance not found'],
  240001: [500, 'Serving instance could not be deleted'],
  240002: [500, 'Serving instance could not be updated'],
  240003: [400, 'Serving instance could not be started/stopped'],
  240004: [500, 'Serving instance could not be started/stopped'],
  240006: [400, 'Model path not found'],
  240011: [400, 'An entry with the same name already exists in this project'],
  240013: [400, 'The model server of a deployment cannot be updated.'],
  240014: [400, 'Kubernetes is not installed'],
  240016: [400, 'Script not found'],
  240017: [400, 'Model path does not have a valid file structure'],
  240018: [400, 'Model artifact not valid'],
  240019: [400, 'Model artifact cannot be created or changed'],
  240020: [400, 'Predictors not supported'],
  240021: [400, 'Transformers not supported'],
  240022: [400, 'Kafka topic not found'],
  240023: [400, 'Kafka topic not valid'],
  240024: [400, 'Fine-grained inference logging not supported'],
  240025: [400, 'Request batching not supported'],
  240026: [400, 'Serving instance could not be created'],
  240027: [404, 'Server logs not available'],
  250000: [404, 'Serving instance not found'],
  250001: [400, 'Serving instance not running'],
  250002: [500, 'Error contacting the serving server'],
  250004: [400, 'Request malformed'],
  250005: [400, 'Verb is missing'],
  250007: [500, 'Serving instance internal error'],
  250008: [400, 'Serving instance bad request error'],
  250010: [401, 'Unauthorized request'],
  250011: [403, 'Forbidden request'],
  320012: [401, 'Invalid or incorrect API key.'],
  320013: [401, 'API key not found in the database'],
  360000: [404, 'Model not found'],
  360001: [404, 'Model registry not found'],
  360009: [400, 'Model is used by a deployment'],
  370000: [404, 'Tag not found'],
} as const satisfies Readonly<Record<number, readonly [status: number, text: string]>>;

export type ProblemCode = keyof typeof KNOWN;

export function problem(code: ProblemCode, usrMsg?: string): Problem {
  const [status, text] = KNOWN[code];
  return new Problem(status, code, text, usrMsg);
}

/** What Hopsworks says of a wrong argument. */
export function argument(usrMsg: string): Problem {
  return problem(120001, usrMsg);
}
