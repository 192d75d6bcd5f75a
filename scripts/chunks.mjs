// Gives the chunks of a fresh build the names that they are loaded by: each with a hash of the main file that
// they belong to. A chunk finds functions and texts of the main file at their places in memory: next to the
// main file of another build it would do anything. By its name, a page that was open before the server was
// updated does not find it, and says so.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [folder] = process.argv.slice(2);
const LOADER = join(folder, '__wasm_split.______________________.js');
const MANIFEST = join(folder, '__wasm_split_manifest.json');
const MAIN = 'switchboard.wasm';

const hash = createHash('sha256').update(readFileSync(join(folder, MAIN))).digest('hex').slice(0, 12);
const manifest = JSON.parse(readFileSync(MANIFEST, 'utf8'));
let loader = readFileSync(LOADER, 'utf8');

const names = new Map([...new Set(Object.values(manifest).flat())].map((name) => [name, `${name}.${hash}`]));
for (const [old, name] of names) {
  renameSync(join(folder, `${old}.wasm`), join(folder, `${name}.wasm`));
  const address = `"./${old}.wasm"`;
  if (!loader.includes(address)) throw new Error(`${LOADER} does not load ${old}.wasm`);
  loader = loader.replaceAll(address, `"./${name}.wasm"`);
}
// What fails is shown by the page, and told by the browser itself.
loader = loader.replace('console.error(e);', 'console.info(e);');
writeFileSync(LOADER, loader);
const renamed = Object.entries(manifest).map(([split, files]) => [split, files.map((file) => names.get(file))]);
writeFileSync(MANIFEST, JSON.stringify(Object.fromEntries(renamed)));

// What an earlier build left.
const current = new Set([MAIN, ...[...names.values()].map((name) => `${name}.wasm`)]);
for (const file of readdirSync(folder)) {
  const wasm = /^(.*\.wasm)(\.br|\.gz|\.named)?$/.exec(file)?.[1];
  if (wasm && !current.has(wasm)) rmSync(join(folder, file));
}
