// The few calls of the engine's API that the set-up makes, without a Docker CLI.
import { createReadStream } from 'node:fs';
import { request } from 'node:http';
import { pipeline } from 'node:stream/promises';

/** @typedef {ReturnType<typeof engineApi>} EngineApi */

/**
 * @param {string} host `unix:///path` or `tcp://host:port`
 */
export function engineApi(host) {
  const { protocol, hostname, port, pathname } = new URL(host);
  if (protocol !== 'unix:' && protocol !== 'tcp:') throw new Error(`${host}: only unix:// and tcp:// are known here`);
  const where = protocol === 'unix:' ? { socketPath: decodeURIComponent(pathname) } : { host: hostname, port };

  /**
   * Resolves with the text of a 2xx answer (of 404 too where `absent` is allowed), to its end.
   * @param {string} method
   * @param {string} path
   * @param {{ file?: string, headers?: Record<string, string>, seconds?: number, absent?: boolean }} [options] `file` is the body
   * @returns {Promise<string>}
   */
  const call = (method, path, { file, headers = {}, seconds = 60, absent = false } = {}) =>
    new Promise((done, fail) => {
      const sent = request({ ...where, method, path, headers, timeout: seconds * 1000 }, (reply) => {
        let text = '';
        reply.setEncoding('utf8').on('data', (data) => (text += data));
        reply.once('error', fail);
        reply.once('end', () => {
          const status = reply.statusCode ?? 0;
          if (status < 300 || (absent && status === 404)) return done(text);
          fail(new Error(`${method} ${path}: ${status} ${text.trim()}`));
        });
      });
      sent.once('timeout', () => sent.destroy(new Error(`${method} ${path}: no answer in ${seconds} s`)));
      sent.once('error', fail);
      if (file) pipeline(createReadStream(file), sent).catch(fail);
      else sent.end();
    });

  /**
   * A call that answers with a line of JSON for each step; one of them may be the error.
   * @param {string} path
   * @param {Parameters<typeof call>[2]} options
   */
  const follow = async (path, options) => {
    const text = await call('POST', path, { seconds: 600, ...options });
    for (const line of text.split('\n').filter(Boolean)) {
      const { error } = JSON.parse(line);
      if (error) throw new Error(`${path.split('?')[0]}: ${error}`);
    }
  };

  return {
    /** @returns {Promise<{ ServerVersion: string, Driver: string }>} */
    info: async () => JSON.parse(await call('GET', '/info', { seconds: 10 })),
    ping: () => call('GET', '/_ping', { seconds: 5 }),
    /** What a GET answers with; undefined when that is not there. @param {string} path @returns {Promise<any>} */
    get: async (path) => {
      const text = await call('GET', path, { absent: true });
      const value = JSON.parse(text);
      return Object.keys(value).join() === 'message' ? undefined : value;
    },
    /** It may be gone already. @param {string} path */
    remove: (path) => call('DELETE', path, { absent: true }),
    /** @param {string} reference */
    pull: (reference) => follow(`/images/create?fromImage=${encodeURIComponent(reference)}`, {}),
    /**
     * An image of a tar file of a root folder.
     * @param {string} file
     * @param {{ repository: string, tag: string, changes: readonly string[] }} image `changes` are lines of a Dockerfile
     */
    importImage: (file, { repository, tag, changes }) => {
      const asked = new URLSearchParams({ fromSrc: '-', repo: repository, tag });
      for (const change of changes) asked.append('changes', change);
      return follow(`/images/create?${asked}`, { file, headers: { 'content-type': 'application/x-tar' } });
    },
    /**
     * An image of a tar file of a folder with a Dockerfile.
     * @param {string} file
     * @param {string} name
     */
    buildImage: (file, name) => {
      const headers = { 'content-type': 'application/x-tar' };
      return follow(`/build?t=${encodeURIComponent(name)}&forcerm=1`, { file, headers });
    },
    /** @param {string} repository @param {string} tag */
    push: (repository, tag) => {
      const headers = { 'x-registry-auth': Buffer.from('{}').toString('base64') };
      return follow(`/images/${repository}/push?tag=${tag}`, { headers });
    },
    /** @param {string} name */
    removeImage: (name) => call('DELETE', `/images/${name}?force=1`, { absent: true }),
    /** Every container, by force, with its anonymous volumes; then the networks and volumes that nothing uses. */
    removeEverything: async () => {
      const containers = JSON.parse(await call('GET', '/containers/json?all=1'));
      await Promise.allSettled(
        containers.map((/** @type {{ Id: string }} */ { Id }) =>
          call('DELETE', `/containers/${Id}?force=1&v=1`, { absent: true }),
        ),
      );
      await call('POST', '/networks/prune');
      await call('POST', '/volumes/prune');
    },
  };
}
