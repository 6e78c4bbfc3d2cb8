/** What a model was trained with, as Hopsworks' registry names it. */
export type Framework = 'SKLEARN' | 'XGBOOST' | 'LIGHTGBM' | 'TORCH' | 'ONNX' | 'TENSORFLOW' | 'PYTHON';

export interface ModelRef {
  readonly name: string;
  /** From 1. */
  readonly version: number;
}

/** A model in a workspace folder: `Models/<name>/`. */
export interface Model {
  readonly name: string;
  /** The workspace folder that holds it. */
  readonly folder: string;
  /** Absolute path of `Models/<name>`. */
  readonly directory: string;
  /** Newest first. */
  readonly versions: readonly ModelVersion[];
}

/** A model version in a workspace folder: `Models/<name>/<version>/`. */
export interface ModelVersion extends ModelRef {
  readonly folder: string;
  readonly directory: string;
  readonly metadata: ModelMetadata;
}

/** `model.json` of a model version. Unknown fields are kept when it is written. */
export interface ModelMetadata {
  readonly framework?: Framework;
  readonly description?: string;
  readonly metrics?: Readonly<Record<string, number>>;
  /** ISO 8601. */
  readonly created?: string;
  /** What it was exported with: the interpreter's version and the packages that matter for loading it. */
  readonly python?: string;
  readonly packages?: Readonly<Record<string, string>>;
}

/** One file of a model version's folder. */
export interface ModelFile {
  readonly path: string;
  /** Path below the version's folder, with `/`. */
  readonly name: string;
  readonly bytes: number;
  readonly kind: 'script' | 'model' | 'requirements' | 'metadata' | 'other';
}

/** What loading a file would import, as far as it holds pickles. */
export interface PickleListing {
  /** `pickle`, `joblib`, `torch`, … or `unknown`. */
  readonly format: string;
  readonly imports: readonly PickleImport[];
  /** Those that are worth a look, and why. */
  readonly suspicious: readonly (PickleImport & { readonly why: string })[];
  /** Why the file, or a part of it, could not be read; null when all of it was. */
  readonly unreadable: string | null;
}

export interface PickleImport {
  readonly module: string;
  readonly name: string;
}
