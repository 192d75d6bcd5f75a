// Names the functions of a wasm file f00000, f00001, … such that those that look alike stand next to each other
// once they are in the order of their names (`wasm-opt --reorder-functions-by-name`). The compressor then says
// most functions as "like the one before, but": the client becomes an eighth smaller on the wire.
//
// Starts from the order of their generic names (what is one function in the source), and goes from each to that
// of the next few that has the most in common with it.
import { readFileSync, writeFileSync } from 'node:fs';

// More of them finds a little more, and takes longer in proportion.
const WINDOW = 1000;

const [source, target] = process.argv.slice(2);
const bytes = readFileSync(source);
let at = 8;

function number() {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return value;
  }
}
const skip = () => { const length = number(); at += length; };
const text = () => { const length = number(); return bytes.toString('utf8', at, (at += length)); };
const limits = () => { const flags = bytes[at++]; number(); if (flags & 1) number(); };

let imported = 0;
let types = [];
const bodies = [];
const names = new Map();
const kept = [bytes.subarray(0, 8)];
const SECTION = { custom: 0, imports: 2, functions: 3, code: 10 };
while (at < bytes.length) {
  const start = at;
  const id = bytes[at++];
  const length = number();
  const end = at + length;
  let named = false;
  if (id === SECTION.custom) {
    named = text() === 'name';
    while (named && at < end) {
      const part = bytes[at++];
      const after = number() + at;
      // 1: of functions. The others are no more of use.
      if (part === 1) for (let count = number(); count > 0; count--) { const index = number(); names.set(index, text()); }
      at = after;
    }
  } else if (id === SECTION.imports) {
    for (let count = number(); count > 0; count--) {
      skip();
      skip();
      const kind = bytes[at++];
      if (kind === 0) { number(); imported++; }
      else if (kind === 1) { at++; limits(); }
      else if (kind === 2) limits();
      else if (kind === 3) at += 2;
      else throw new Error(`an import of kind ${kind}`);
    }
  } else if (id === SECTION.functions) {
    types = Array.from({ length: number() }, number);
  } else if (id === SECTION.code) {
    for (let count = number(); count > 0; count--) { const size = number(); bodies.push(bytes.subarray(at, (at += size))); }
  }
  at = end;
  if (!named) kept.push(bytes.subarray(start, end));
}

// What a function consists of: every four bytes of it.
const parts = bodies.map((body) => {
  const all = new Uint32Array(Math.max(1, body.length - 3));
  if (body.length < 4) all[0] = body.reduce((sum, byte) => sum * 256 + byte, 0);
  else for (let i = 0; i < all.length; i++) all[i] = body.readUInt32LE(i);
  all.sort();
  return all.filter((part, i) => i === 0 || part !== all[i - 1]);
});
function likeness(one, other, least) {
  if (Math.min(one.length, other.length) <= least * Math.max(one.length, other.length)) return 0;
  let common = 0;
  for (let i = 0, j = 0; i < one.length && j < other.length;) {
    if (one[i] === other[j]) { common++; i++; j++; } else if (one[i] < other[j]) i++; else j++;
  }
  return common / (one.length + other.length - common);
}

// A monomorphisation's hash says nothing.
const generic = bodies.map((_, i) => (names.get(imported + i) ?? '').replace(/17h[0-9a-f]{16}E/, ''));
const order = bodies.map((_, i) => i).sort((a, b) =>
  (generic[a] < generic[b] ? -1 : generic[a] > generic[b] ? 1 : 0) || types[a] - types[b] || bodies[b].length - bodies[a].length || a - b);
// What is left, as a list: after each place the next one, from the one before the first.
const START = order.length;
const after = Int32Array.from({ length: START + 1 }, (_, i) => (i + 1 < START ? i + 1 : -1));
after[START] = START > 0 ? 0 : -1;
const place = [];
while (place.length < START) {
  const last = place.at(-1);
  let best = -1;
  let before = START;
  for (let i = START, seen = 0; after[i] >= 0 && seen < WINDOW; i = after[i], seen++) {
    const much = last === undefined ? 1 : likeness(parts[last], parts[order[after[i]]], best);
    if (much > best) { best = much; before = i; }
  }
  place.push(order[after[before]]);
  after[before] = after[after[before]];
}

function encoded(value) {
  const out = [];
  do { out.push((value & 127) | (value > 127 ? 128 : 0)); value >>>= 7; } while (value > 0);
  return Buffer.from(out);
}
const sized = (content) => Buffer.concat([encoded(content.length), content]);
const renamed = new Map([...names].filter(([index]) => index < imported));
place.forEach((i, rank) => renamed.set(imported + i, `f${String(rank).padStart(5, '0')}`));
const entries = [...renamed].sort(([a], [b]) => a - b).flatMap(([index, name]) => [encoded(index), sized(Buffer.from(name))]);
const functions = Buffer.concat([Buffer.from([1]), sized(Buffer.concat([encoded(renamed.size), ...entries]))]);
const section = sized(Buffer.concat([sized(Buffer.from('name')), functions]));
writeFileSync(target, Buffer.concat([...kept, Buffer.from([0]), section]));
