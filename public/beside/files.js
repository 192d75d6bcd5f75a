// Files on their way: kept with what is said of them until the message that sends them waits in the client's outbox, so
// that they are sent whatever becomes of the page. Of several tabs one has each file to itself: the one that it was
// chosen in, and once that is gone, the next that asks. Nothing is uploaded here.

const NAME = 'switchboard-files';
// What waits beyond this is sent from the page's memory, and the client says so.
const MOST_FILES = 100;
const MOST_BYTES = 1024 ** 3;

let tell = () => {};
let database;
// How to let go of the files that are this tab's, by id.
const held = new Map();
// Those that another tab has, or had until just now.
const asked = new Set();
// Those that were taken over and the client has not fetched yet.
let taken = [];
// Who is signed in.
let user;
let turn = Promise.resolve();

function open() {
  if (database) return database;
  const opening = new Promise((ok, fail) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => request.result.createObjectStore('files', { keyPath: 'id' });
    request.onsuccess = () => {
      const opened = request.result;
      opened.onclose = opened.onversionchange = () => {
        opened.close();
        database = undefined;
      };
      ok(opened);
    };
    request.onerror = request.onblocked = () => fail(request.error ?? new Error('blocked'));
  });
  database = opening;
  opening.catch(() => { database = undefined; });
  return opening;
}

/** Runs one request in a transaction of its own, and answers when it is on disk. */
async function transact(mode, ask) {
  const transaction = (await open()).transaction('files', mode);
  const done = new Promise((ok, fail) => {
    transaction.oncomplete = () => ok();
    transaction.onerror = transaction.onabort = () => fail(transaction.error);
  });
  let request;
  try {
    request = ask(transaction.objectStore('files'));
  } catch (error) {
    done.catch(() => {});
    transaction.abort();
    throw error;
  }
  await done;
  return request.result;
}

/**
 * Makes a file this tab's, as soon as no other has it. Browsers without locks (over plain HTTP) may upload one twice; by
 * its command it is one message all the same.
 */
function hold(id) {
  if (!navigator.locks) {
    held.set(id, () => {});
    return Promise.resolve();
  }
  return new Promise((ok, fail) => {
    const keep = () => new Promise((letGo) => {
      held.set(id, letGo);
      ok();
    });
    navigator.locks.request(`${NAME}-${id}`, keep).catch(fail);
  });
}

function letGo(id) {
  held.get(id)?.();
  held.delete(id);
}

/** Whether there was room for it. */
async function keep({ user: owner, id, text, file }) {
  const before = held.has(id);
  // Before it is there for others to see.
  if (!before) await hold(id);
  try {
    const others = (await transact('readonly', (files) => files.getAll())).filter((one) => one.id !== id);
    const bytes = others.reduce((sum, one) => sum + one.file.size, file.size);
    if (others.length >= MOST_FILES || bytes > MOST_BYTES) throw new Error('too much');
    await transact('readwrite', (files) => files.put({ id, user: owner, text, file }));
    return true;
  } catch {
    if (!before) letGo(id);
    return false;
  }
}

/** Says something else of a file that is kept. */
async function note({ id, text }) {
  const one = await transact('readonly', (files) => files.get(id));
  if (one) await transact('readwrite', (files) => files.put({ ...one, text }));
}

async function forget({ id }) {
  if (!held.has(id)) return;
  taken = taken.filter((one) => one.id !== id);
  try {
    await transact('readwrite', (files) => files.delete(id));
  } finally {
    letGo(id);
  }
}

/** Hands over what was taken over for this user. */
async function take({ user: owner }) {
  const all = taken.filter((one) => one.user === owner);
  taken = taken.filter((one) => one.user !== owner);
  return all;
}

/** Takes a file over, once whoever has it lets go of it: unless it was sent by then. */
async function takeOver(id) {
  await hold(id);
  const one = await transact('readonly', (files) => files.get(id)).catch(() => null);
  if (!one) return letGo(id);
  taken.push(one);
  tell('uploads', '');
}

async function look() {
  if (user === undefined) return;
  if (taken.length) tell('uploads', '');
  for (const { id, user: owner } of await transact('readonly', (files) => files.getAll())) {
    if (owner !== user || held.has(id) || asked.has(id)) continue;
    asked.add(id);
    takeOver(id).catch(() => {}).finally(() => asked.delete(id));
  }
}

const ACTS = { keep, note, forget, take };

export function start(teller) {
  tell = teller;
  if (!self.indexedDB) return;
  addEventListener('switchboard:files', ({ detail }) => {
    // One after the other, as they were asked for.
    turn = turn.then(() => ACTS[detail.act](detail)).catch(() => false);
    detail.answer = turn;
  });
  const again = () => { turn = turn.then(look).catch(() => {}); };
  addEventListener('switchboard:look', ({ detail }) => {
    user = detail;
    again();
  });
  // What another tab was given and has left since.
  addEventListener('switchboard:line', ({ detail }) => { if (detail) again(); });
  document.addEventListener('visibilitychange', () => { if (document.visibilityState === 'visible') again(); });
}
