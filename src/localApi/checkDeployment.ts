import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Asked } from './asked';
import type { DeploymentRecord } from './records';
import type { Places } from './places';
import { argument, Problem, problem } from './problem';

export interface CheckParts {
  readonly places: Places;
  /** The deployment of that name. */
  readonly named: (name: string) => Promise<DeploymentRecord | undefined>;
  /** What is changed; undefined: it is new. */
  readonly before: Asked | undefined;
}

/** What a check has found: files of the workspace, below its folder, with `/`. */
export interface Checked {
  readonly name: string;
  readonly model: { readonly name: string; readonly version: number };
  /** The Predict script; undefined: one has to be made for the model. */
  readonly script: string | undefined;
  readonly transformer: string | undefined;
}

/** Hopsworks' rules for a deployment, in Hopsworks' order: clients are told the same as there. */
export async function checkDeployment(asked: Asked, parts: CheckParts): Promise<Checked> {
  const name = await checkName(asked, parts);
  const { version, modelName } = await checkModel(asked, parts);
  const directory = `Models/${modelName}/${version}`;
  checkArtifact(asked, modelName, parts.before);
  const script = await checkPredictor(asked, parts, directory);
  checkScriptNeeded(asked);
  const transformer = await checkTransformer(asked, parts, directory);
  checkRest(asked);
  if (asked.modelServer === 'TENSORFLOW_SERVING') {
    throw problem(240014, 'TensorFlow Serving is not there on this computer: deploy with a predictor script');
  }
  return { name, model: { name: modelName, version }, script, transformer };
}

async function checkName({ id, name, servingTool }: Asked, { named }: CheckParts): Promise<string> {
  if (name === undefined) {
    throw argument('Serving name not provided');
  }
  if (name.includes(' ')) {
    throw argument('Serving name cannot contain spaces');
  }
  const other = await named(name);
  if (other !== undefined && other.id !== id) {
    throw problem(240011);
  }
  if (!/^[a-zA-Z0-9]+$/.test(name)) {
    throw argument('Serving name must follow regex: "[a-zA-Z0-9]+"');
  }
  if (servingTool === 'KSERVE' && /[A-Z]/.test(name)) {
    throw argument(
      "Serving name must consist of lower case alphanumeric characters, '-' or '.', and start and end with an alphanumeric character",
    );
  }
  return name;
}

async function checkModel(
  asked: Asked,
  { places, before }: CheckParts,
): Promise<{ readonly version: number; readonly modelName: string }> {
  const { modelPath, modelVersion, modelServer, modelFramework, modelName, servingTool } = asked;
  if (modelPath === undefined) {
    throw argument('Model path not provided');
  }
  if (modelVersion === undefined) {
    throw argument('Model version not provided');
  }
  if (modelServer === undefined) {
    throw argument('Model server not provided or unsupported');
  }
  if (before?.modelServer !== undefined && before.modelServer !== modelServer) {
    throw problem(240013);
  }
  const place = await places.find(`${modelPath}/${modelVersion}`).catch(() => undefined);
  const info = place && (await stat(place.file).catch(() => undefined));
  if (
    place === undefined ||
    info?.isDirectory() !== true ||
    place.pieces[0] !== 'Models' ||
    place.pieces.length !== 3
  ) {
    throw problem(240006, `${modelPath}/${modelVersion}`);
  }
  const files = (await readdir(place.file)).filter((file) => !file.startsWith('.'));
  checkFiles(asked, files);
  if (modelFramework === 'TENSORFLOW' && modelServer !== 'TENSORFLOW_SERVING') {
    throw argument('Tensorflow models require Tensorflow Serving server');
  }
  if (modelFramework === 'TORCH' && modelServer !== 'PYTHON') {
    throw argument('Torch models require Python model server');
  }
  if (modelName === undefined || !modelPath.endsWith(modelName)) {
    throw argument('Model name does not match the model path');
  }
  if (servingTool === undefined) {
    throw argument('Serving tool not provided or invalid');
  }
  return { version: modelVersion, modelName };
}

function checkFiles({ modelServer, servingTool, predictor }: Asked, files: readonly string[]): void {
  if (modelServer === 'TENSORFLOW_SERVING') {
    if (!files.includes('variables') || !files.some((file) => file.includes('.pb'))) {
      throw problem(240017, 'Model path does not respect the Tensorflow standard');
    }
    return;
  }
  const models = files.filter((file) => /\.(joblib|pkl|pickle)$/.test(file));
  const isBare = servingTool === 'KSERVE' && predictor === undefined;
  if (models.length > 1 && isBare) {
    throw problem(240017, 'Model path cannot contain more than one model file (i.e., joblib or pickle files)');
  }
  if (models.length === 0 && predictor === undefined && !files.some((file) => file.endsWith('.py'))) {
    throw problem(240017, 'Model path requires either a python script or model file (i.e., joblib or pickle files)');
  }
  if (models.length === 0 && isBare) {
    throw problem(240017, 'KServe deployments without predictor script require a model file');
  }
}

/** A number is that of what was packed for the deployment itself: there are no others on this computer. */
function checkArtifact(asked: Asked, modelName: string, before: Asked | undefined): void {
  const { artifactVersion, predictor, transformer, modelServer, servingTool, modelVersion } = asked;
  if (artifactVersion === undefined) {
    return;
  }
  if (servingTool === 'DEFAULT' && modelServer === 'TENSORFLOW_SERVING' && artifactVersion > 0) {
    throw problem(240018, 'Default deployments with Tensorflow Serving only support MODEL-ONLY artifacts');
  }
  const hasScript = predictor !== undefined || transformer !== undefined;
  if (artifactVersion === 0 && hasScript) {
    throw problem(240019, 'Predictors and transformers cannot be used in MODEL-ONLY artifacts');
  }
  if (artifactVersion > 0) {
    if (before === undefined && !hasScript) {
      throw problem(240019, 'Other than MODEL-ONLY artifacts require a predictor or transformer');
    }
    if (!hasScript || [predictor, transformer].some((script) => script?.includes('/') === true)) {
      throw problem(
        240019,
        'Existing artifacts cannot be modified. To change predictors or transformers, create a new artifact',
      );
    }
    if (before === undefined) {
      throw argument(
        `Artifact with version ${artifactVersion} does not exist in model ${modelName} with version ${modelVersion ?? 0}`,
      );
    }
    checkUnchanged('Predictor', predictor, before.predictor);
    checkUnchanged('Transformer', transformer, before.transformer);
  }
}

function checkUnchanged(what: string, script: string | undefined, before: string | undefined): void {
  if (script !== undefined && script !== (before && path.posix.basename(before))) {
    throw argument(`${what} script cannot change in an existent artifact`);
  }
}

async function checkPredictor(asked: Asked, parts: CheckParts, directory: string): Promise<string | undefined> {
  const { predictor } = asked;
  if (predictor === undefined) {
    return undefined;
  }
  if (asked.modelServer === 'TENSORFLOW_SERVING') {
    throw problem(240020, 'Predictors are not supported with Tensorflow Serving');
  }
  if (!predictor.endsWith('.py')) {
    throw argument('Predictor script should have a valid extension: .py');
  }
  const script = await findScript(predictor, parts.before?.predictor, directory, parts.places);
  if (script === undefined) {
    throw problem(240016, 'Predictor script does not exist');
  }
  return script;
}

function checkScriptNeeded({ predictor, modelFramework, servingTool, modelServer }: Asked): void {
  if (predictor !== undefined || modelServer === 'TENSORFLOW_SERVING') {
    return;
  }
  if (servingTool === 'DEFAULT') {
    throw problem(240018, 'Default deployments require a predictor');
  }
  if (modelFramework === 'PYTHON' || modelFramework === 'TORCH') {
    throw argument(
      `Predictor scripts are required in ${modelFramework === 'TORCH' ? 'torch' : 'custom python'} deployments`,
    );
  }
}

async function checkTransformer(asked: Asked, parts: CheckParts, directory: string): Promise<string | undefined> {
  const { transformer, servingTool } = asked;
  if (transformer === undefined) {
    return undefined;
  }
  if (!/\.(py|ipynb)$/.test(transformer)) {
    throw argument('Transformer script should have a valid extension: .py, .ipynb');
  }
  const script = await findScript(transformer, parts.before?.transformer, directory, parts.places);
  if (script === undefined) {
    throw problem(240016, 'Transformer script does not exist');
  }
  if (servingTool !== 'KSERVE') {
    throw problem(240021, 'Transformers are only supported on KServe deployments');
  }
  return script;
}

/** A bare name is that of a script which was named with its path before: clients send back what they were told. */
async function findScript(
  script: string,
  before: string | undefined,
  directory: string,
  places: Places,
): Promise<string | undefined> {
  const isBare = !script.includes('/');
  const tries = isBare
    ? [...(before !== undefined && path.posix.basename(before) === script ? [before] : []), `${directory}/${script}`]
    : [script];
  for (const each of tries) {
    try {
      const { file } = await places.find(each);
      if ((await stat(file)).isFile()) {
        return await places.relative(each);
      }
    } catch (error) {
      if (error instanceof Problem && error.errorCode === 200002) {
        throw error;
      }
    }
  }
  return undefined;
}

function checkRest(asked: Asked): void {
  const { topic, logging, servingTool, instances, transformer, transformerInstances, batching, modelServer } = asked;
  if (topic === undefined && logging !== undefined) {
    throw argument('Inference logger mode cannot be provided without a Kafka topic');
  }
  if (topic !== undefined && logging === undefined) {
    throw argument('A valid inference logger mode must be provided with a Kafka topic');
  }
  if (servingTool === 'DEFAULT' && logging !== undefined && logging !== 'ALL') {
    throw problem(240024, 'Fine-grained inference logging only supported in KServe deployments');
  }
  if (instances === undefined) {
    throw argument('Number of instances not provided');
  }
  if (transformer === undefined && transformerInstances !== undefined) {
    throw argument('Number of transformer instances cannot be provided without a transformer');
  }
  if (transformer !== undefined && transformerInstances === undefined) {
    throw argument('Number of transformer instances must be provided with a transformer');
  }
  checkResources(asked);
  if (batching.isOn && modelServer === 'PYTHON' && servingTool !== 'KSERVE') {
    throw problem(240025, 'Request batching is not supported in Python deployments without KServe');
  }
  if (batching.hasNumbers && servingTool !== 'KSERVE') {
    throw problem(240025, 'Fine-grained request batching is only supported in KServe deployments');
  }
}

function checkResources({ requests, limits }: Asked): void {
  const kinds = [
    ['cores', 'cores', 'core', 'cores'],
    ['memory', 'memory', 'memory', 'MB'],
    ['gpus', 'gpus', 'gpu', 'gpus'],
  ] as const;
  for (const [kind, word, single, unit] of kinds) {
    if (limits[kind] >= 0 && requests[kind] > limits[kind]) {
      throw argument(
        `Requested ${word} allocation of ${requests[kind]} exceeds maximum ${single} allocation of ${limits[kind]} ${unit}`,
      );
    }
  }
}
