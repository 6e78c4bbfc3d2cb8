import { SPEED_UPS } from '../../../environments/makeEnvironment';

/** Where the build's own files lie while packages are installed: in no layer. */
export const BUILD_FOLDER = '/tmp/model-serving/build';
const TOOLS = '/tmp/model-serving/tools';
const CACHE = '/var/cache/model-serving';
/** Lines of the script that are meant for us begin with it. */
export const MARK = 'model-serving:';
/** What the script ends with when the base image cannot be used. */
export const EXIT = { python: 91, old: 92, tools: 93 } as const;

/** Mounts of the step that installs: files of the build, a place in memory, a cache that builds share. */
export const MOUNTS = [
  `--mount=type=bind,source=build,target=${BUILD_FOLDER}`,
  `--mount=type=tmpfs,target=${TOOLS}`,
  `--mount=type=cache,id=model-serving-packages,target=${CACHE}`,
].join(' ');

/** A text as one word of a shell. */
export function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/**
 * Makes /opt/venv with the packages of requirements.txt, by uv where it can be had, else by pip. Settings come from
 * settings.sh; `isPrivate`: that file is one half of two, the other half is in the variable FTP_PROXY. BuildKit passes
 * proxies to a step without writing them anywhere, and keeps the files of a build on its disk for a while.
 */
export function makeScript(uvArguments: readonly string[], hasRequirements: boolean, isPrivate: boolean): string {
  const join = `import base64, os, sys; half = base64.b64decode(os.environ["FTP_PROXY"].split("//", 1)[1]); sys.stdout.buffer.write(bytes(a ^ b for a, b in zip(half, open(sys.argv[1], "rb").read())))`;
  const settings = isPrivate
    ? [
        `"$python" -I -c ${quoted(join)} ${BUILD_FOLDER}/settings.sh > ${TOOLS}/settings.sh`,
        'unset FTP_PROXY ftp_proxy',
        `. ${TOOLS}/settings.sh`,
        // What an index answers may name files with the password in it.
        'export UV_NO_CACHE=1 PIP_NO_CACHE_DIR=1',
      ]
    : [`. ${BUILD_FOLDER}/settings.sh`, `export UV_CACHE_DIR=${CACHE}/uv PIP_CACHE_DIR=${CACHE}/pip`];
  const arguments_ = uvArguments.map(quoted).join(' ');
  return `${[
    'set -eu',
    `python=$(command -v python3 || command -v python) || exit ${EXIT.python}`,
    `"$python" -I -c 'import sys; print("${MARK} python %d.%d.%d" % sys.version_info[:3], flush=True); sys.exit(sys.version_info < (3, 9))' || exit ${EXIT.old}`,
    ...settings,
    'export UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_NO_PROGRESS=1 NO_COLOR=1 PIP_ROOT_USER_ACTION=ignore PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1 PIP_PROGRESS_BAR=off',
    `"$python" -I -m venv --without-pip /opt/venv || exit ${EXIT.tools}`,
    'pip=',
    'uv=$(command -v uv || true)',
    `kept=${CACHE}/uv-$(uname -m)`,
    'if [ -z "$uv" ] && "$kept" --version > /dev/null 2>&1; then uv=$kept; fi',
    'if [ -z "$uv" ]; then',
    `  if "$python" -I -m venv ${TOOLS}/venv > /dev/null 2>&1; then pip=${TOOLS}/venv/bin/python; elif "$python" -I -m pip --version > /dev/null 2>&1; then pip=$python; else exit ${EXIT.tools}; fi`,
    `  if "$pip" -I -m pip install --quiet --no-deps --only-binary :all: --retries 1 --timeout 20 --target ${TOOLS}/uv uv > ${TOOLS}/uv.log 2>&1 && ${TOOLS}/uv/bin/uv --version > /dev/null 2>&1; then`,
    `    uv=${TOOLS}/uv/bin/uv`,
    '    cp "$uv" "$kept.$$" && mv "$kept.$$" "$kept" || true',
    '  fi',
    'fi',
    'install() {',
    `  if [ -n "$uv" ]; then "$uv" pip install --python /opt/venv/bin/python --compile-bytecode ${arguments_} "$@"; else "$pip" -I -u -m pip --python /opt/venv/bin/python install "$@"; fi`,
    '}',
    `if [ -n "$uv" ]; then echo "${MARK} $("$uv" --version)"; else echo "${MARK} pip, as uv could not be had"; fi`,
    ...(hasRequirements ? [`install -r ${BUILD_FOLDER}/requirements.txt -c ${BUILD_FOLDER}/constraints.txt`] : []),
    `install --only-binary :all: -r ${BUILD_FOLDER}/speed-ups.txt || echo "${MARK} ${SPEED_UPS.join(' and ')} could not be installed: the server does without"`,
  ].join('\n')}\n`;
}
