import type { Framework } from '../core/model';
import { normalise, packageOf, rootOf } from './modules';

/** One line of a requirements file, continuations joined. */
export type RequirementLine =
  | {
      readonly kind: 'package';
      /** From 1. */
      readonly line: number;
      /** Without its comment. */
      readonly text: string;
      /** As it is written. */
      readonly name: string;
      readonly extras: readonly string[];
      /** `==1.5.2,<2`; a direct reference begins with `@`; '' when anything will do. */
      readonly specifier: string;
      /** `python_version < "3.12"`, or ''. */
      readonly marker: string;
      readonly hashes: readonly string[];
    }
  | {
      readonly kind: 'option';
      readonly line: number;
      readonly text: string;
      /** In its long form: `--requirement`. */
      readonly option: string;
      readonly value: string;
    }
  /** A path or an address instead of a name. */
  | { readonly kind: 'place'; readonly line: number; readonly text: string; readonly place: string }
  | { readonly kind: 'invalid'; readonly line: number; readonly text: string };

const LONG: Readonly<Record<string, string>> = {
  '-r': '--requirement',
  '-c': '--constraint',
  '-i': '--index-url',
  '-f': '--find-links',
  '-e': '--editable',
};

const NAMED =
  /^(?<name>[A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*(?:\[(?<extras>[^\]]*)\])?\s*(?<specifier>@\s*\S+|\(?\s*(?:(?:~=|===?|!=|<=?|>=?)\s*[A-Za-z0-9][^\s,;()]*\s*,?\s*)*\)?)\s*(?:;\s*(?<marker>.+))?$/;

/** The lines that say something, in their order. */
export function parseRequirements(text: string): readonly RequirementLine[] {
  return joined(text).flatMap(({ line, text: whole }) => {
    const bare = whole.replace(/(^|\s)#.*$/, '').trim();
    return bare === '' ? [] : [parseLine(bare, line)];
  });
}

function joined(text: string): { line: number; text: string }[] {
  const result: { line: number; text: string }[] = [];
  let open: { line: number; text: string } | undefined;
  text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .forEach((raw, index) => {
      open = open ? { line: open.line, text: open.text + raw } : { line: index + 1, text: raw };
      if (/\\$/.test(raw) && !/^\s*#/.test(raw)) {
        open = { line: open.line, text: open.text.slice(0, -1) };
      } else {
        result.push(open);
        open = undefined;
      }
    });
  return open ? [...result, open] : result;
}

function parseLine(text: string, line: number): RequirementLine {
  const option = /^(--?[A-Za-z][\w-]*)(?:\s*=\s*|\s+)?(.*)$/.exec(text);
  if (option) {
    // pip takes `-rfile`, too.
    const glued = /^-([rcief])(?![\s=]|$)(.+)$/.exec(text);
    const name = glued && !text.startsWith('--') ? `-${glued[1] ?? ''}` : (option[1] ?? '');
    const value = glued && !text.startsWith('--') ? (glued[2] ?? '') : (option[2] ?? '');
    return {
      kind: 'option',
      line,
      text,
      option: LONG[name] ?? name,
      value: value.trim().replace(/^(["'])(.*)\1$/, '$2'),
    };
  }
  const hashes = [...text.matchAll(/\s--hash[=\s]\s*(\S+)/g)].map((match) => match[1] ?? '');
  const plain = text.replace(/\s--(?:hash|config-settings?|global-option)[=\s]\s*\S+/g, '').trim();
  const named = NAMED.exec(plain)?.groups;
  if (named && !isFileName(plain)) {
    return {
      kind: 'package',
      line,
      text,
      name: named.name ?? '',
      extras: (named.extras ?? '')
        .split(',')
        .map((extra) => extra.trim())
        .filter((extra) => extra !== ''),
      specifier: (named.specifier ?? '').replace(/[\s()]/g, '').replace(/,$/, ''),
      marker: (named.marker ?? '').trim(),
      hashes,
    };
  }
  return isPlace(plain)
    ? { kind: 'place', line, text, place: plain.replace(/\s*;.*$/, '') }
    : { kind: 'invalid', line, text };
}

function isFileName(text: string): boolean {
  return /\.(?:whl|zip|tar\.(?:gz|bz2|xz)|tgz)$/i.test(text) && !text.includes('@');
}

function isPlace(text: string): boolean {
  return (
    /^[a-z][a-z0-9+.-]*:\/\//i.test(text) ||
    /^(?:\.{0,2}[\\/]|[A-Za-z]:[\\/]|\.{1,2}$)/.test(text) ||
    /[\\/]/.test(text) ||
    isFileName(text)
  );
}

/** Names of the packages in a requirements file, in PyPI's spelling. */
export function packageNames(text: string): readonly string[] {
  return [
    ...new Set(parseRequirements(text).flatMap((each) => (each.kind === 'package' ? [normalise(each.name)] : []))),
  ];
}

/** What a model of a framework needs beside the script's imports: the first always, the others as they are there. */
const FRAMEWORK_MODULES: Readonly<Record<Framework, readonly string[]>> = {
  SKLEARN: ['sklearn', 'numpy', 'scipy', 'joblib'],
  XGBOOST: ['xgboost', 'numpy'],
  LIGHTGBM: ['lightgbm', 'numpy'],
  TORCH: ['torch', 'numpy'],
  ONNX: ['onnxruntime', 'numpy'],
  TENSORFLOW: ['tensorflow', 'numpy'],
  PYTHON: [],
};

/** The modules whose installed versions decide what requirementsFrom writes. */
export function modulesToPin(imports: readonly string[], framework: Framework | undefined): readonly string[] {
  const roots = imports
    .filter((module) => packageOf(module) !== undefined)
    .flatMap((module) => [module, rootOf(module)]);
  const used = imports.some((module) => module.startsWith('sklearn.externals')) ? ['joblib'] : [];
  return [...new Set([...roots, ...used, ...(framework ? FRAMEWORK_MODULES[framework] : [])])].filter(
    (module) => packageOf(module) !== undefined && !module.startsWith('sklearn.externals'),
  );
}

/**
 * Lines of a requirements file for a script, in the order of their names, each pinned to what is installed.
 * `installed`: versions by module, as an interpreter tells them, or by package.
 */
export function requirementsFrom(
  imports: readonly string[],
  framework: Framework | undefined,
  installed: ReadonlyMap<string, string | undefined>,
): readonly string[] {
  const [needed, ...companions] = framework ? FRAMEWORK_MODULES[framework] : [];
  const versions = versionsByPackage(installed);
  const asked = [...imports, ...(needed === undefined ? [] : [needed])].flatMap((module) =>
    module.startsWith('sklearn.externals') ? [module, 'sklearn'] : [module],
  );
  const packages = new Map<string, string>();
  const add = (module: string): void => {
    const name = packageOf(module);
    if (name !== undefined && !packages.has(normalise(name))) {
      packages.set(normalise(name), name);
    }
  };
  asked.forEach(add);
  companions.filter((module) => versions.has(normalise(packageOf(module) ?? ''))).forEach(add);
  return [...packages]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, name]) => {
      const version = versions.get(key);
      return version === undefined ? name : `${name}==${version}`;
    });
}

function versionsByPackage(installed: ReadonlyMap<string, string | undefined>): Map<string, string> {
  const versions = new Map<string, string>();
  for (const [module, version] of installed) {
    // `2.1.0+cpu` lies in an index of its own; 2.1.0 is found in both.
    const plain = version?.replace(/\+.*$/, '');
    if (plain !== undefined && plain !== '') {
      versions.set(normalise(packageOf(module) ?? module), plain);
      versions.set(normalise(module), plain);
    }
  }
  return versions;
}
