// Makes of what `cargo leptos --split` left what is served.
//
// - What several chunks have in common comes out as a file for each set of chunks that share something: of four
//   chunks, eleven. They become two files: what the thread shares with others, since that is wanted soon, and the rest.
//   Opening a page takes two requests or three.
// - Each file gets a hash of the first file into its name. A chunk finds functions and texts of the first file
//   at their places in memory: beside that of another build it would do anything. By its name, a page that
//   was open before the server was updated does not find it, and says so.
// - What loads them is written anew: half as long, and with nothing to tell the console that the page tells.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const MAIN = 'switchboard.wasm';
const SHARED = 'chunk_shared';
const SHARED_WITH_THREAD = 'chunk_thread';
const THREAD = 'thread';
const MANIFEST = '__wasm_split_manifest.json';
// The name that the first file and the server know it by.
const LOADER = '__wasm_split.______________________.js';

const at = (file) => join(folder, file);
// A file as text is ten times as long.
const run = (tool, ...args) =>
  execFileSync(tool, args, { encoding: 'utf8', maxBuffer: 2 ** 30, stdio: ['ignore', 'pipe', 'inherit'] });

/** One file out of several that import the same memory, table and stack pointer, and fill different places. */
function merge(names, into) {
  const features = run('wasm-opt', at(`${names[0]}.wasm`), '--print-features', '-o', '/dev/null').split('\n').filter(Boolean);
  const modules = names.flatMap((name) => [at(`${name}.wasm`), name]);
  const merged = at(`${into}.merged`);
  run('wasm-merge', ...modules, '-o', merged, '-g', ...features, '--enable-multimemory');
  const text = run('wasm-dis', merged, '-o', '-', ...features, '--enable-multimemory');
  // It keeps every import of every file: the first of each is enough.
  const first = new Map();
  const other = new Map();
  const once = text.replace(/^ *\(import "__wasm_split" "([^"]+)" \((?:memory|table|global) (\$[^\s)]+).*\n/gm, (line, field, name) => {
    if (first.has(field)) other.set(name, first.get(field));
    else first.set(field, name);
    return other.has(name) ? '' : line;
  });
  writeFileSync(merged, once.replace(/\$[^\s()"]+/g, (name) => other.get(name) ?? name));
  for (const name of names) rmSync(at(`${name}.wasm`));
  run('wasm-as', merged, '-o', at(`${into}.wasm`), '-g', ...features);
  run('wasm-opt', at(`${into}.wasm`), '-o', at(`${into}.wasm`), '-g', ...features, '--emit-target-features');
  rmSync(merged);
}

const manifest = JSON.parse(readFileSync(at(MANIFEST), 'utf8'));
const shared = [...new Set(Object.values(manifest).flat())].filter((name) => name.startsWith('chunk_')).sort();
const becomes = new Map(shared.map((name) => [name, manifest[THREAD].includes(name) ? SHARED_WITH_THREAD : SHARED]));
for (const into of new Set(becomes.values())) {
  const names = shared.filter((name) => becomes.get(name) === into);
  if (names.length > 1) merge(names, into);
  else renameSync(at(`${names[0]}.wasm`), at(`${into}.wasm`));
}

const hash = createHash('sha256').update(readFileSync(at(MAIN))).digest('hex').slice(0, 12);
const current = new Set([MAIN]);
function served(name) {
  const file = `${name}.${hash}.wasm`;
  if (!current.has(file)) renameSync(at(`${name}.wasm`), at(file));
  current.add(file);
  return `${name}.${hash}`;
}
const chunks = Object.entries(manifest).map(([chunk, files]) => {
  const parts = [...new Set(files.map((file) => becomes.get(file) ?? file))];
  return [chunk, parts.map(served)];
});

writeFileSync(at(MANIFEST), JSON.stringify(Object.fromEntries(chunks)));
writeFileSync(at(LOADER), `import { initSync } from './switchboard.js';
const files = new Map();
function file(name) {
  if (!files.has(name)) {
    const came = fetch(new URL('./' + name + '.wasm', import.meta.url))
      .then((answer) => WebAssembly.instantiateStreaming(answer, { __wasm_split: initSync() }));
    came.catch(() => files.delete(name));
    files.set(name, came);
  }
  return files.get(name);
}
const chunk = (...names) => async (then, data) => {
  const all = await Promise.allSettled(names.map(file));
  initSync().__indirect_function_table.get(then)(data, all.every((one) => one.status === 'fulfilled'));
};
${chunks.map(([name, parts]) => `export const __wasm_split_load_${name} = chunk(${parts.map((part) => `'${part}'`).join(', ')});\n`).join('')}`);

// What an earlier build left.
for (const file of readdirSync(folder)) {
  const wasm = /^(.*\.wasm)(\.br|\.gz|\.named)?$/.exec(file)?.[1];
  if (wasm && !current.has(wasm)) rmSync(at(file));
}
