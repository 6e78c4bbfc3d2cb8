// Addresses for the engine's networks that are not in use here, and taking away what dockerd leaves in the host's network.
import { existsSync, readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { run } from '../command.mjs';
import { onPath } from '../paths.mjs';

/** Each: the address of the default bridge, and the pool that other networks come from. */
const choices = [
  { bridge: '172.30.0.1/24', pool: '172.31.0.0/16' },
  { bridge: '10.213.0.1/24', pool: '10.214.0.0/16' },
  { bridge: '192.168.213.1/24', pool: '10.87.0.0/16' },
];

/** Its first two numbers. @param {string} address */
const prefixOf = (address) => address.split('.').slice(0, 2).join('.');

/** The first two numbers of the addresses that this computer has, or has routes and name servers for. */
function prefixesInUse() {
  const own = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  const names = existsSync('/etc/resolv.conf') ? readFileSync('/etc/resolv.conf', 'utf8').match(/\d+(\.\d+){3}/g) : [];
  const routes = routeLines().map((fields) => fromHex(fields[1] ?? ''));
  return new Set([...own, ...(names ?? []), ...routes].map(prefixOf));
}

function routeLines() {
  return readFileSync('/proc/net/route', 'utf8')
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => line.split(/\s+/));
}

/** @param {string} hex of the kernel, lowest byte first */
const fromHex = (hex) => [...Buffer.from(hex, 'hex')].reverse().join('.');

/** What dockerd is told about its networks. */
export function networkArguments() {
  const used = prefixesInUse();
  const isFree = (/** @type {string} */ network) => !used.has(prefixOf(network));
  const { bridge, pool } = choices.find((each) => isFree(each.bridge) && isFree(each.pool)) ?? choices[0];
  // A bridge with a larger MTU than the way out loses packets without a word.
  const way = routeLines().find((fields) => fields[1] === '00000000')?.[0];
  const mtu = way ? Number(readFileSync(`/sys/class/net/${way}/mtu`, 'utf8')) : 1500;
  return ['--bip', bridge, '--default-address-pool', `base=${pool},size=24`, '--mtu', String(Math.min(mtu, 1500))];
}

/** @typedef {{ links: string[], rules: Record<string, string[]>, forwards: string }} Network */

/**
 * How the host's network is now. dockerd adds chains and bridges and does not take them away when it ends.
 * @returns {Promise<Network>}
 */
export async function readNetwork() {
  /** @type {Record<string, string[]>} */
  const all = {};
  for (const { key, program, table } of tables()) all[key] = await rules(program, table);
  return { links: bridges(), rules: all, forwards: readFileSync(forwardFile, 'utf8').trim() };
}

/**
 * Takes away what was added since; what was there before stays.
 * @param {Network} before
 */
export async function restoreNetwork(before) {
  for (const { key, program, table } of tables()) {
    const old = before.rules[key] ?? [];
    if (old.some((line) => line.startsWith('-N DOCKER'))) continue;
    const now = await rules(program, table);
    const added = now.filter((line) => !old.includes(line) && isOfEngine(line));
    const undo = [
      ...added.filter((line) => line.startsWith('-A')).map((line) => line.replace('-A', '-D')),
      ...added.filter((line) => line.startsWith('-N')).map((line) => line.replace('-N', '-X')),
      ...old.filter((line) => line.startsWith('-P') && !now.includes(line)),
    ];
    for (const line of undo) await quietly(program, ['-w', '-t', table, ...line.split(' ')]);
  }
  for (const link of bridges().filter((name) => !before.links.includes(name))) {
    await quietly('ip', ['link', 'delete', link]);
  }
  if (before.forwards === '0') await quietly('sysctl', ['-q', '-w', 'net.ipv4.ip_forward=0']);
}

const forwardFile = '/proc/sys/net/ipv4/ip_forward';

/** The engine's bridges: of the default network and of others. */
function bridges() {
  return readFileSync('/proc/net/dev', 'utf8').match(/\b(docker0|br-[0-9a-f]{12})(?=:)/g) ?? [];
}

/** @param {string} rule */
function isOfEngine(rule) {
  const networks = choices.flatMap(({ bridge, pool }) => [bridge, pool].map(prefixOf));
  return /docker|br-[0-9a-f]{12}/i.test(rule) || networks.some((prefix) => rule.includes(` ${prefix}.`));
}

function tables() {
  return ['iptables', 'ip6tables']
    .filter((program) => onPath(program))
    .flatMap((program) => ['filter', 'nat'].map((table) => ({ key: `${program} ${table}`, program, table })));
}

/** @param {string} program @param {string} table @returns {Promise<string[]>} */
async function rules(program, table) {
  return (await quietly(program, ['-w', '-t', table, '-S'])).trim().split('\n').filter(Boolean);
}

/** @param {string} program @param {readonly string[]} args what it printed; nothing when it failed */
async function quietly(program, args) {
  return run(program, args, { seconds: 20 }).catch(() => '');
}
