import { SPEED_UPS } from '../../../environments/makeEnvironment';

/** Where the build's own files lie while packages are installed: in no layer. */
export const BUILD_FOLDER = '/tmp/model-serving/build';
/** Where those of them lie that hold passwords: build secrets, which are on no disk. */
const PRIVATE_FOLDER = '/tmp/model-serving/private';
const TOOLS = '/tmp/model-serving/tools';
const CACHE = '/var/cache/model-serving';
/** Lines of the script that are meant for us begin with it. */
export const MARK = 'model-serving:';
/** What the script ends with when the base image cannot be used. */
export const EXIT = { python: 91, old: 92, tools: 93 } as const;

/** What a script reads: settings for a shell, requirements, constraints, what makes our server faster. */
export const TEXTS = ['settings.sh', 'requirements.txt', 'constraints.txt', 'speed-ups.txt'] as const;
export type TextName = (typeof TEXTS)[number];

/** Mounts of the step that installs: files of the build, secrets, a place in memory, a cache that builds share. */
export function mounts(secrets: readonly TextName[]): string {
  return [
    `--mount=type=bind,source=build,target=${BUILD_FOLDER}`,
    ...secrets.map((name) => `--mount=type=secret,id=${name},target=${PRIVATE_FOLDER}/${name}`),
    `--mount=type=tmpfs,target=${TOOLS}`,
    `--mount=type=cache,id=model-serving-packages,target=${CACHE}`,
  ].join(' ');
}

/** A text as one word of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

export interface Script {
  readonly uvArguments: readonly string[];
  readonly hasRequirements: boolean;
  readonly hasConstraints: boolean;
  /** Texts that come as secrets. */
  readonly secrets: readonly TextName[];
  /** Changes when something else would be installed: the engine's cache does not look at secrets. */
  readonly mark: string;
}

/** Makes /opt/venv with the packages of requirements.txt, by uv where it can be had, else by pip. */
export function makeScript({ uvArguments, hasRequirements, hasConstraints, secrets, mark }: Script): string {
  const at = (name: TextName): string => `${secrets.includes(name) ? PRIVATE_FOLDER : BUILD_FOLDER}/${name}`;
  const args = uvArguments.map(quoted).join(' ');
  const constraints = hasConstraints ? ` -c ${at('constraints.txt')}` : '';
  const pip = `${TOOLS}/venv/bin/python`;
  return `${[
    `# ${mark}`,
    'set -eu',
    `python=$(command -v python3 || command -v python) || exit ${EXIT.python}`,
    `"$python" -I -c 'import sys; print("${MARK} python %d.%d.%d" % sys.version_info[:3], flush=True); sys.exit(sys.version_info < (3, 9))' || exit ${EXIT.old}`,
    `. ${at('settings.sh')}`,
    secrets.length === 0
      ? `export UV_CACHE_DIR=${CACHE}/uv PIP_CACHE_DIR=${CACHE}/pip`
      : // What an index answers may name files with the password in it.
        'export UV_NO_CACHE=1 PIP_NO_CACHE_DIR=1',
    'export UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 NO_COLOR=1',
    'export PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_PROGRESS_BAR=off',
    `"$python" -I -m venv --without-pip /opt/venv || exit ${EXIT.tools}`,
    'pip=',
    'uv=$(command -v uv || true)',
    `kept=${CACHE}/uv-$(uname -m)`,
    'if [ -z "$uv" ] && "$kept" --version > /dev/null 2>&1; then uv=$kept; fi',
    'if [ -z "$uv" ]; then',
    `  if "$python" -I -m venv ${TOOLS}/venv > /dev/null 2>&1; then pip=${pip}`,
    '  elif "$python" -I -m pip --version > /dev/null 2>&1; then pip=$python',
    `  else exit ${EXIT.tools}; fi`,
    `  if "$pip" -I -m pip install --quiet --no-deps --only-binary :all: --retries 1 --timeout 20 --target ${TOOLS}/uv uv > ${TOOLS}/uv.log 2>&1 && ${TOOLS}/uv/bin/uv --version > /dev/null 2>&1; then`,
    `    uv=${TOOLS}/uv/bin/uv`,
    '    cp "$uv" "$kept.$$" && mv "$kept.$$" "$kept" || true',
    '  fi',
    'fi',
    'install() {',
    `  if [ -n "$uv" ]; then "$uv" pip install --python /opt/venv/bin/python --compile-bytecode ${args} "$@"`,
    '  else "$pip" -I -u -m pip --python /opt/venv/bin/python install "$@"; fi',
    '}',
    `if [ -n "$uv" ]; then echo "${MARK} $("$uv" --version)"; else echo "${MARK} pip, as uv could not be had"; fi`,
    ...(hasRequirements ? [`install -r ${at('requirements.txt')}${constraints}`] : []),
    `install --only-binary :all: -r ${at('speed-ups.txt')} || echo "${MARK} ${SPEED_UPS.join(' and ')} could not be installed: the server does without"`,
  ].join('\n')}\n`;
}
