// Makes pictures of an editor small: they have about a thousand colours, 256 of which show the same.
import { readFileSync, writeFileSync } from 'node:fs';
import { crc32, deflateSync, inflateSync } from 'node:zlib';

const SIGNATURE = Buffer.from('89504e470d0a1a0a', 'hex');
const MOST = 256;

/**
 * Rewrites a PNG of 8-bit RGB, as browsers make them, with a palette. One that has a palette already stays as it is.
 * @param {string} path
 */
export function usePalette(path) {
  const file = readFileSync(path);
  const header = chunks(file).find(({ type }) => type === 'IHDR')?.data;
  if (!header || header[9] === 3) return;
  if (header[8] !== 8 || header[9] !== 2 || header[12] !== 0) throw new Error(`${path} is no plain picture of RGB`);
  const [width, height] = [header.readUInt32BE(0), header.readUInt32BE(4)];
  const packed = chunks(file).filter(({ type }) => type === 'IDAT');
  const colours = pixels(inflateSync(Buffer.concat(packed.map(({ data }) => data))), width, height);
  const palette = choose(colours);
  /** @type {Map<number, number>} */
  const indices = new Map();
  const rows = Buffer.alloc((width + 1) * height);
  colours.forEach((colour, at) => {
    const index = indices.get(colour) ?? nearest(palette, colour);
    indices.set(colour, index);
    rows[at + Math.floor(at / width) + 1] = index;
  });
  const head = Buffer.from(header);
  head[9] = 3;
  const table = Buffer.from(palette.flatMap((colour) => [colour >> 16, (colour >> 8) & 255, colour & 255]));
  const parts = [chunk('IHDR', head), chunk('PLTE', table), chunk('IDAT', deflateSync(rows, { level: 9 }))];
  writeFileSync(path, Buffer.concat([SIGNATURE, ...parts, chunk('IEND', Buffer.alloc(0))]));
}

/** @param {Buffer} file */
function chunks(file) {
  const found = [];
  for (let at = SIGNATURE.length; at < file.length;) {
    const length = file.readUInt32BE(at);
    found.push({ type: file.toString('latin1', at + 4, at + 8), data: file.subarray(at + 8, at + 8 + length) });
    at += length + 12;
  }
  return found;
}

/** @param {string} type @param {Buffer} data */
function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, check] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

/**
 * Colours of all pixels as numbers, the filters of the rows undone.
 * @param {Buffer} raw @param {number} width @param {number} height
 */
function pixels(raw, width, height) {
  const stride = width * 3;
  let above = Buffer.alloc(stride);
  const colours = new Uint32Array(width * height);
  for (let y = 0; y < height; y++) {
    const filter = raw[y * (stride + 1)];
    const row = Buffer.from(raw.subarray(y * (stride + 1) + 1, (y + 1) * (stride + 1)));
    for (let x = 0; x < stride; x++) {
      const [left, up, corner] = x < 3 ? [0, above[x], 0] : [row[x - 3], above[x], above[x - 3]];
      row[x] += predicted(filter, left, up, corner);
    }
    for (let x = 0; x < width; x++) colours[y * width + x] = row.readUIntBE(x * 3, 3);
    above = row;
  }
  return colours;
}

/** @param {number} filter @param {number} left @param {number} up @param {number} corner */
function predicted(filter, left, up, corner) {
  if (filter === 0) return 0;
  if (filter === 1) return left;
  if (filter === 2) return up;
  if (filter === 3) return (left + up) >> 1;
  const [a, b, c] = [Math.abs(up - corner), Math.abs(left - corner), Math.abs(left + up - 2 * corner)];
  return a <= b && a <= c ? left : b <= c ? up : corner;
}

/**
 * Those that are there most, each far enough from the ones before.
 * @param {Uint32Array} colours
 */
function choose(colours) {
  /** @type {Map<number, number>} */
  const counts = new Map();
  for (const colour of colours) counts.set(colour, (counts.get(colour) ?? 0) + 1);
  const sorted = [...counts].sort((a, b) => b[1] - a[1]).map(([colour]) => colour);
  for (let step = 0; ; step += 6) {
    /** @type {number[]} */
    const palette = [];
    for (const colour of sorted) {
      if (palette.every((other) => distance(other, colour) > step)) palette.push(colour);
      if (palette.length > MOST) break;
    }
    if (palette.length <= MOST) return palette;
  }
}

/** @param {readonly number[]} palette @param {number} colour */
function nearest(palette, colour) {
  let best = 0;
  palette.forEach((other, index) => {
    if (distance(other, colour) < distance(palette[best], colour)) best = index;
  });
  return best;
}

/** @param {number} one @param {number} other */
function distance(one, other) {
  return (
    ((one >> 16) - (other >> 16)) ** 2 +
    (((one >> 8) & 255) - ((other >> 8) & 255)) ** 2 +
    ((one & 255) - (other & 255)) ** 2
  );
}
