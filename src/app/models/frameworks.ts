import path from 'node:path';
import { t } from '../../core/l10n';
import type { Framework } from '../../core/model';
import { compressionOf, readHead, readUnzippedHead } from './head';
import { isPickle, pickleGlobals } from './pickles';

/** What a model file is, as far as its name and first bytes tell. Nothing of it is executed or unpickled. */
export interface Recognised {
  readonly framework: Framework;
  /** False where only the file's name speaks for it. */
  readonly certain: boolean;
  /** For users: "a pickle of sklearn.neighbors.KNeighborsClassifier". */
  readonly why: string;
  /** How it is loaded, where one framework has several ways. */
  readonly form: ModelForm;
}

/**
 * - `pickle`: joblib or pickle gives back the trained object
 * - `booster`: joblib or pickle gives back a booster of XGBoost or LightGBM
 * - `native`: the library's own format
 * - `script`: TorchScript, which needs no class
 * - `weights`: parameters without the network that they belong to
 * - `folder`: TensorFlow's SavedModel
 */
export type ModelForm = 'pickle' | 'booster' | 'native' | 'script' | 'weights' | 'folder';

/** Enough for the outermost object's class, which stands first; a model of 2 GB is not read. */
const HEAD = 1024 * 1024;
const MODEL_EXTENSIONS: Readonly<Record<string, Framework>> = {
  '.pkl': 'SKLEARN',
  '.pickle': 'SKLEARN',
  '.joblib': 'SKLEARN',
  '.sav': 'SKLEARN',
  '.ubj': 'XGBOOST',
  '.bst': 'XGBOOST',
  '.model': 'XGBOOST',
  '.xgb': 'XGBOOST',
  '.lgb': 'LIGHTGBM',
  '.lgbm': 'LIGHTGBM',
  '.pt': 'TORCH',
  '.pth': 'TORCH',
  '.pt2': 'TORCH',
  '.safetensors': 'TORCH',
  '.ckpt': 'TORCH',
  '.onnx': 'ONNX',
  '.keras': 'TENSORFLOW',
  '.h5': 'TENSORFLOW',
  '.hdf5': 'TENSORFLOW',
  '.cbm': 'PYTHON',
};
/** Extensions of many kinds of files: only the bytes tell whether it is a model. */
const OPEN_EXTENSIONS = ['.json', '.txt', '.bin', ''];
const TORCH_LEGACY = Buffer.from('80028a0a6cfc9c46f9206aa850192e', 'hex');

/** Whether a file's name says that it is a model's. */
export function isModelName(name: string): boolean {
  return Object.hasOwn(MODEL_EXTENSIONS, path.extname(name).toLowerCase());
}

/** Whether a file might be a model's, to be seen from its bytes only. */
export function mayBeModel(name: string): boolean {
  return OPEN_EXTENSIONS.includes(path.extname(name).toLowerCase()) && !name.startsWith('.');
}

/** Reads at most some MB of a file. Rejects when it cannot be read. */
export async function recogniseFile(file: string): Promise<Recognised> {
  const head = await readHead(file, HEAD);
  return (await fromBytes(file, head)) ?? fromName(file);
}

async function fromBytes(file: string, head: Buffer): Promise<Recognised | undefined> {
  return (
    fromZip(head) ?? fromText(head) ?? fromPickle(head) ?? fromTensors(file, head) ?? (await fromCompressed(file, head))
  );
}

function fromName(file: string): Recognised {
  const extension = path.extname(file).toLowerCase();
  const framework = Object.hasOwn(MODEL_EXTENSIONS, extension) ? MODEL_EXTENSIONS[extension] : undefined;
  if (framework === undefined || framework === 'PYTHON') {
    return { framework: 'PYTHON', certain: false, why: t('no known kind of model file'), form: 'native' };
  }
  const form = framework === 'SKLEARN' ? 'pickle' : 'native';
  return { framework, certain: false, why: t('its name ends with {0}', extension), form };
}

function fromPickle(bytes: Buffer, packed?: string): Recognised | undefined {
  if (bytes.subarray(0, TORCH_LEGACY.length).equals(TORCH_LEGACY)) {
    return fromTorch(bytes, t('a file of torch.save in its old form'));
  }
  if (!isPickle(bytes)) {
    return undefined;
  }
  const names = pickleGlobals(bytes);
  const known = names.map((name) => ({ name, framework: frameworkOf(name) })).find((each) => each.framework);
  if (known?.framework !== undefined) {
    const why = pickleOf(packed, publicName(known.name));
    return {
      framework: known.framework,
      certain: true,
      why,
      form: known.name.endsWith('.Booster') ? 'booster' : 'pickle',
    };
  }
  const first = names.find((name) => !/^(?:copy_?reg|builtins|__builtin__|collections|numpy|joblib)\b/.test(name));
  return { framework: 'PYTHON', certain: first !== undefined, why: pickleOf(packed, first), form: 'pickle' };
}

function pickleOf(packed: string | undefined, what: string | undefined): string {
  if (packed === undefined) {
    return what === undefined ? t('a pickle of plain values') : t('a pickle of {0}', what);
  }
  return what === undefined
    ? t('a {0}-packed pickle of plain values', packed)
    : t('a {0}-packed pickle of {1}', packed, what);
}

/** Without the private modules on the way: they are of no use to a reader. */
function publicName(name: string): string {
  return name.replace(/\._\w+(?=\.)/g, '');
}

function frameworkOf(name: string): Framework | undefined {
  const root = name.split('.', 1)[0] ?? '';
  const frameworks: Readonly<Record<string, Framework>> = {
    sklearn: 'SKLEARN',
    imblearn: 'SKLEARN',
    xgboost: 'XGBOOST',
    lightgbm: 'LIGHTGBM',
    torch: 'TORCH',
    keras: 'TENSORFLOW',
    tensorflow: 'TENSORFLOW',
  };
  return Object.hasOwn(frameworks, root) ? frameworks[root] : undefined;
}

function fromZip(head: Buffer): Recognised | undefined {
  if (!head.toString('latin1', 0, 4).startsWith('PK\u0003\u0004')) {
    return undefined;
  }
  const text = head.toString('latin1');
  if (/\/(?:archive_format|models\/model\.json)/.test(text.slice(0, 4096))) {
    return { framework: 'TORCH', certain: true, why: t('a program of torch.export'), form: 'native' };
  }
  if (text.includes('/data.pkl')) {
    return fromTorch(head, t('a zip of torch.save'));
  }
  if (text.includes('metadata.json') && text.includes('config.json')) {
    return { framework: 'TENSORFLOW', certain: true, why: t('a Keras model'), form: 'native' };
  }
  return undefined;
}

/** `torch.save` of a network, of its parameters only, or TorchScript. */
function fromTorch(bytes: Buffer, what: string): Recognised {
  const names = pickleGlobals(bytes).filter((name) => !/^torch\._utils\.|^torch\.\w+Storage$/.test(name));
  const first = names.find((name) => !/^(?:torch\.storage\._load_from_bytes)$/.test(name));
  if (first?.startsWith('__torch__')) {
    return { framework: 'TORCH', certain: true, why: t('TorchScript'), form: 'script' };
  }
  if (first === undefined || first === 'collections.OrderedDict') {
    return {
      framework: 'TORCH',
      certain: true,
      why: t('{0}: parameters without their network', what),
      form: 'weights',
    };
  }
  return { framework: 'TORCH', certain: true, why: t('{0}: a network, {1}', what, first), form: 'pickle' };
}

function fromText(head: Buffer): Recognised | undefined {
  const start = head.toString('latin1', 0, 4096);
  if (/^tree\r?\nversion=/.test(start)) {
    return { framework: 'LIGHTGBM', certain: true, why: t("LightGBM's text format"), form: 'native' };
  }
  const json = /^\s*\{\s*(?:"version"\s*:\s*\[[^\]]*\]\s*,\s*)?"learner"\s*:\s*\{/.test(start);
  const ubjson = /^\{[A-Za-z][\0-\u007f]{0,8}learner\{/.test(start);
  if (json || ubjson || /^(?:binf|bs64)/.test(start)) {
    const why = json
      ? t("XGBoost's JSON format")
      : ubjson
        ? t("XGBoost's UBJSON format")
        : t("XGBoost's old binary format");
    return { framework: 'XGBOOST', certain: true, why, form: 'native' };
  }
  return undefined;
}

function fromTensors(file: string, head: Buffer): Recognised | undefined {
  if (head.toString('latin1', 0, 8) === '\u0089HDF\r\n\u001a\n') {
    return { framework: 'TENSORFLOW', certain: true, why: t("HDF5, Keras' old format"), form: 'native' };
  }
  if (/\.onnx$/i.test(file) && isOnnx(head)) {
    return { framework: 'ONNX', certain: true, why: t('an ONNX graph'), form: 'native' };
  }
  if (/\.safetensors$/i.test(file) && head[8] === 0x7b) {
    return {
      framework: 'TORCH',
      certain: false,
      why: t('safetensors: parameters without their network'),
      form: 'weights',
    };
  }
  return undefined;
}

/** ModelProto begins with its IR version (field 1), then the producer, graph or operator sets. */
function isOnnx(head: Buffer): boolean {
  const [tag = 0, version = 0, next = 0] = head;
  return tag === 0x08 && version >= 1 && version <= 32 && [0x12, 0x1a, 0x22, 0x28, 0x32, 0x3a, 0x42].includes(next);
}

async function fromCompressed(file: string, head: Buffer): Promise<Recognised | undefined> {
  const compression = compressionOf(head);
  if (compression === undefined) {
    return undefined;
  }
  if (compression === 'gzip' || compression === 'zlib') {
    return fromPickle(await readUnzippedHead(file, HEAD), compression);
  }
  const why = t('packed with {0}, as joblib packs scikit-learn models most often; it was not looked into', compression);
  return isModelName(file) ? { framework: 'SKLEARN', certain: false, why, form: 'pickle' } : undefined;
}
