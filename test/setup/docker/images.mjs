// The base images of the tests, in a registry on this computer: no image of another registry is needed.
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  cpSync,
  symlinkSync,
  writeFileSync,
  chmodSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { run } from '../command.mjs';
import { withLock } from '../lock.mjs';
import { cache, onPath } from '../paths.mjs';

const path = 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** Named as the official images are. The number in the file's name goes up when what is in it changes. */
const images = [
  {
    repository: 'python',
    tag: '3.11-slim',
    file: 'python-1.tar',
    changes: [path, 'ENV LANG=C.UTF-8', 'CMD ["python3"]'],
    make: makePython,
  },
  {
    repository: 'haproxy',
    tag: 'lts',
    file: 'haproxy-1.tar',
    changes: [path, 'USER haproxy', 'CMD ["haproxy","-f","/usr/local/etc/haproxy/haproxy.cfg"]'],
    make: makeHaproxy,
  },
];

/**
 * Root folders of the images as tar files, made once and kept in the cache.
 * @param {(text: string) => void} log
 */
export async function makeImageFiles(log) {
  const folder = join(cache, 'docker/images');
  return Promise.all(
    images.map(({ file, make, ...image }) =>
      withLock(join(cache, 'locks', file), async () => {
        const made = join(folder, file);
        if (existsSync(made)) return { ...image, file: made };
        log(`making the base image ${image.repository}:${image.tag}`);
        mkdirSync(folder, { recursive: true });
        const fresh = `${made}.${process.pid}.tar`;
        try {
          await make(fresh);
          renameSync(fresh, made);
        } finally {
          rmSync(fresh, { force: true });
        }
        return { ...image, file: made };
      }),
    ),
  );
}

/**
 * Puts the images into the registry and away from the engine, so that tests pull them as users do.
 * @param {import('./api.mjs').EngineApi} api
 * @param {string} registry such as 127.0.0.1:5000
 * @param {Awaited<ReturnType<typeof makeImageFiles>>} made
 * @returns {Promise<Record<string, string>>} the names to pull by the images' own names
 */
export async function publishImages(api, registry, made) {
  /** @type {Record<string, string>} */
  const names = {};
  for (const { repository, tag, file, changes } of made) {
    const name = `${registry}/${repository}`;
    await api.importImage(file, { repository: name, tag, changes });
    await api.push(name, tag);
    await api.removeImage(`${name}:${tag}`);
    names[repository] = `${name}:${tag}`;
  }
  return names;
}

/** A small Debian with Python, as python:slim is one. @param {string} to */
async function makePython(to) {
  const packages = ['python3-minimal', 'python3-venv', 'python3-pip-whl', 'ca-certificates', 'libgomp1'];
  const without = ['man', 'doc', 'locale'].map((name) => `--dpkgopt=path-exclude=/usr/share/${name}/*`);
  const python = '--customize-hook=ln -s python3 "$1/usr/bin/python"';
  const args = ['--variant=minbase', '--mode=root', '--quiet', `--include=${packages.join(',')}`, ...without, python];
  await run('mmdebstrap', [...args, 'bookworm', to], { logFile: join(cache, 'logs/mmdebstrap.log'), seconds: 900 });
}

/** This computer's HAProxy with its libraries and nothing else. @param {string} to */
async function makeHaproxy(to) {
  const folder = mkdtempSync(join(tmpdir(), 'haproxy-image-'));
  const put = (/** @type {string} */ name, /** @type {string} */ text) => {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  };
  try {
    const binary = onPath('haproxy') ?? '/usr/sbin/haproxy';
    const libraries = (await run('ldd', [binary])).match(/\/\S+(?=\s\(0x)/g) ?? [];
    for (const file of libraries) cpSync(file, join(folder, file), { dereference: true });
    cpSync(binary, join(folder, 'usr/sbin/haproxy'), { dereference: true });
    mkdirSync(join(folder, 'usr/local/sbin'), { recursive: true });
    // Where the official images have it.
    symlinkSync('/usr/sbin/haproxy', join(folder, 'usr/local/sbin/haproxy'));
    put('etc/passwd', 'root:x:0:0:root:/:/sbin/nologin\nhaproxy:x:99:99:haproxy:/var/lib/haproxy:/sbin/nologin\n');
    put('etc/group', 'root:x:0:\nhaproxy:x:99:\n');
    mkdirSync(join(folder, 'var/lib/haproxy'), { recursive: true });
    mkdirSync(join(folder, 'tmp'));
    chmodSync(folder, 0o755);
    chmodSync(join(folder, 'tmp'), 0o1777);
    await run('tar', ['--numeric-owner', '--owner=0', '--group=0', '-C', folder, '-cf', to, '.']);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
