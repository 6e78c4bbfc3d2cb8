// What Linux tells about processes. Times are in milliseconds of CPU, memory in bytes.
import { readFileSync, readdirSync } from 'node:fs';

const MS_PER_TICK = 10;

/**
 * The process and all that came of it, also what detached itself: those are known by a variable that they inherited.
 * @param {number} root
 * @param {string} mark such as BENCH_MARK=17
 * @returns {number[]}
 */
export function processesOf(root, mark) {
  const found = new Set([root]);
  const parents = everyProcess().map((pid) => ({ pid, parent: parentOf(pid) }));
  for (const { pid } of parents) if (readOr(`/proc/${pid}/environ`).split('\0').includes(mark)) found.add(pid);
  for (let size = 0; size !== found.size;) {
    size = found.size;
    for (const { pid, parent } of parents) if (parent !== undefined && found.has(parent)) found.add(pid);
  }
  return [...found].filter((pid) => pid !== process.pid && isAlive(pid));
}

/**
 * The same by generations: parents before their children.
 * @param {readonly number[]} pids
 * @returns {number[][]}
 */
export function generationsOf(pids) {
  const all = new Set(pids);
  const depth = (/** @type {number} */ pid) => {
    let steps = 0;
    for (let at = parentOf(pid); at !== undefined && all.has(at) && steps < 50; at = parentOf(at)) steps++;
    return steps;
  };
  /** @type {number[][]} */
  const generations = [];
  for (const pid of pids) (generations[depth(pid)] ??= []).push(pid);
  return generations.filter((generation) => generation.length);
}

/** @returns {number[]} */
function everyProcess() {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number);
}

/** @param {number} pid */
function parentOf(pid) {
  const fields = statOf(pid);
  return fields && Number(fields[1]);
}

/** @param {number} pid */
export function isAlive(pid) {
  const fields = statOf(pid);
  return fields !== undefined && fields[0] !== 'Z';
}

/**
 * The fields of /proc/PID/stat behind the name: 0 state, 1 parent, 11–14 ticks of it and of its children that ended.
 * @param {number} pid
 */
function statOf(pid) {
  const text = readOr(`/proc/${pid}/stat`);
  return text ? text.slice(text.lastIndexOf(')') + 2).split(' ') : undefined;
}

/** @param {readonly number[]} pids */
export function cpuOf(pids) {
  let ticks = 0;
  for (const pid of pids) for (const field of statOf(pid)?.slice(11, 15) ?? []) ticks += Number(field);
  return ticks * MS_PER_TICK;
}

/** What all processes of the machine used since it started, with what its host took away. */
export function cpuOfAll() {
  const [, ...fields] = readOr('/proc/stat').split('\n', 1)[0]?.split(/\s+/) ?? [];
  const [user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = fields.map(Number);
  return (user + nice + system + irq + softirq + steal) * MS_PER_TICK;
}

/** @param {number} pid the share of its memory that is its own: what n processes map counts an nth */
export function memoryOf(pid) {
  return 1024 * Number(/^Pss:\s+(\d+)/m.exec(readOr(`/proc/${pid}/smaps_rollup`))?.[1] ?? 0);
}

/**
 * Whether a library is loaded in it.
 * @param {number} pid
 * @param {string} part of the library's path
 */
export function hasLoaded(pid, part) {
  return readOr(`/proc/${pid}/maps`).includes(part);
}

/**
 * The addresses but the loopback one on which a port is open.
 * @param {number} port
 */
export function openAddresses(port) {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, '0')}`;
  return ['tcp', 'tcp6'].flatMap((table) =>
    readOr(`/proc/net/${table}`)
      .split('\n')
      .map((line) => line.trim().split(/\s+/))
      .filter(([, local = '', , state]) => state === '0A' && local.endsWith(wanted) && !LOOPBACK.test(local))
      .map(([, local = '']) => local),
  );
}

/** 127.x.x.x, ::1 and ::ffff:127.x.x.x as the kernel writes them. */
const LOOPBACK = /^(0{24}01000000|(0{16}FFFF0000)?[0-9A-F]{6}7F):/;

/**
 * The text of a file, nothing when the process is gone.
 * @param {string} file
 */
function readOr(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
