/**
 * The bench loads this computer only.
 * @param {string} url
 */
export function checkLoopback(url) {
  const { hostname, protocol } = new URL(url);
  if (protocol !== 'http:' || !/^(127\.\d+\.\d+\.\d+|\[::1\])$/.test(hostname)) {
    throw new Error(`Could not load ${url}: only addresses of this computer are loaded (http, 127.0.0.1)`);
  }
}
