// Gives the functions that the client's script lends to its wasm short names in both files. wasm-bindgen's have
// a hash each, which no compressor makes smaller: they are a third of the script. And it takes the wasm that the
// page has compiled already.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const WASM = join(folder, 'switchboard.wasm');
const SCRIPT = join(folder, 'switchboard.js');
// As wasm-bindgen calls the script, and as it is called from here on.
const LENDER = './switchboard_bg.js';
const SHORT = 'm';
const IMPORTS = 2;

const bytes = readFileSync(WASM);
let script = readFileSync(SCRIPT, 'utf8');
let at = 8;

function number() {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++];
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return value;
  }
}
const text = () => { const length = number(); return bytes.toString('utf8', at, (at += length)); };
function encoded(value) {
  const out = [];
  do { out.push((value & 127) | (value > 127 ? 128 : 0)); value >>>= 7; } while (value > 0);
  return Buffer.from(out);
}
const sized = (content) => Buffer.concat([encoded(content.length), Buffer.from(content)]);

/** The script, with the one place that this stands in changed. */
function change(from, to) {
  const [before, behind, ...more] = script.split(new RegExp(`(?<![\\w$])${from.replace(/[.$()]/g, '\\$&')}(?![\\w$])`));
  if (behind === undefined || more.length > 0) throw new Error(`${from} does not stand once in ${SCRIPT}`);
  script = before + to + behind;
}

function renamed(end) {
  const count = number();
  const out = [encoded(count)];
  for (let index = 0; index < count; index++) {
    const module = text();
    const name = text();
    const start = at;
    if (bytes[at++] !== 0) throw new Error(`${name} is no function`);
    number();
    const short = `i${index.toString(36)}`;
    if (module === LENDER) change(name, short);
    out.push(sized(module === LENDER ? SHORT : module), sized(module === LENDER ? short : name), bytes.subarray(start, at));
  }
  if (at !== end) throw new Error('the imports end elsewhere');
  return Buffer.concat(out);
}

const sections = [bytes.subarray(0, 8)];
while (at < bytes.length) {
  const start = at;
  const id = bytes[at++];
  const length = number();
  const end = at + length;
  sections.push(id === IMPORTS ? Buffer.concat([Buffer.from([id]), sized(renamed(end))]) : bytes.subarray(start, end));
  at = end;
}
change(`"${LENDER}"`, `"${SHORT}"`);
// The page has it compiled early: see `src/ui/compile.js`.
const [fetched, name] = /\b(\w)=fetch\(\1\)/.exec(script) ?? [];
if (!fetched) throw new Error(`nothing fetches the program in ${SCRIPT}`);
change(fetched, `${name}=(globalThis.switchboardWasm??Promise.reject()).catch(()=>fetch(${name}))`);
writeFileSync(WASM, Buffer.concat(sections));
writeFileSync(SCRIPT, script);
