/** What Hopsworks tells of a serving beyond what was asked for. */
export interface RemoteDetails {
  readonly id: number;
  readonly created?: Date;
  readonly creator?: string;
  readonly deployedBy?: string;
  /** New with each start and each update of a running one. */
  readonly revision?: string;
  readonly wanted: { readonly replicas: number; readonly transformers?: number };
  readonly available: { readonly replicas: number; readonly transformers?: number };
  /** Path below the API's address; `:predict` follows. */
  readonly inferencePath?: string;
  readonly serverPath?: string;
  readonly internalPort?: number;
  readonly deployed?: Date;
  /** Where it answers without Hopsworks in between; `:predict` follows. */
  readonly direct?: DirectRoute;
  readonly topic?: RemoteTopic;
  /** Pages of Hopsworks. */
  readonly pages: { readonly serving: string; readonly logs?: string };
}

export interface DirectRoute {
  readonly url: string;
  /** The name that requests have to be for; undefined: the path tells. */
  readonly hostHeader?: string;
}

export interface RemoteTopic {
  readonly name: string;
  readonly schema?: { readonly name: string; readonly version?: number; readonly text?: string };
}
