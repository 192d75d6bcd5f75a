// The last state, for a start without network. Nothing is computed here: kept are the snapshot that a page started
// from, every event after it, and the newest page of the threads opened last, each as the server wrote it. The client
// makes its state of them by the same rules as when they came. So state and position cannot disagree: a position is
// that of the last event that is kept, and an event is kept with its position or not at all. Where events could not be
// kept, none that follow are, until a snapshot stands for all of them.
import { booted, greeted, named, userOf } from './whose.js';

const NAME = 'switchboard';
// How many events are kept before they are replaced by a snapshot, and how many threads.
const MOST_FRAMES = 2000;
const MOST_THREADS = 6;
const ROUND = 1000;
// How many frames wait at most until they are kept.
const MOST_WAITING = 5000;
// How long after a failure a snapshot is asked for again, in milliseconds: each further time twice as long.
const PAUSE = 2000;
const LONGEST_PAUSE = 300_000;
const CODES = ['device.qr', 'device.pairing_code'];
const STORES = ['state', 'frames', 'threads'];

let database;
// Whose page this is, as the server said: what is kept is theirs, whoever else signs in in this browser meanwhile. Empty
// for a program, which comes by key.
let user = null;
// Frames that came since the last round, each with the user to whom it came.
let buffer = [];
// Events are missing after what is kept: nothing is added to it until there is a snapshot. `doubts` counts how often that
// came about, since a snapshot that was asked for before says nothing of it.
let stale = false;
let doubts = 0;
// The log could not serve this page's position: only from the next hello on events follow without a gap.
let cut = false;
// Frames were lost that may have said so.
let unsure = false;
let frames = 0;
let failures = 0;
let timer;
let flushing = false;
let renewing = false;

function open() {
  if (database) return database;
  const opening = new Promise((ok, fail) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => STORES.forEach((name) => request.result.createObjectStore(name));
    request.onsuccess = () => {
      // The browser closed it (its data were cleared, its disk failed), or somebody signs out in another tab: what was
      // kept is gone. Who is signed in still gets a snapshot, and whoever is not gets none.
      request.result.onclose = request.result.onversionchange = () => {
        request.result.close();
        database = undefined;
        doubt();
      };
      ok(request.result);
    };
    request.onerror = request.onblocked = () => fail(request.error ?? new Error('blocked'));
  });
  database = opening;
  opening.catch(() => { database = undefined; });
  return opening;
}

/** Runs one transaction over everything, and answers when it is on disk: all of it or nothing. */
async function transact(mode, run) {
  const opened = await open();
  let transaction;
  try {
    transaction = opened.transaction(STORES, mode);
  } catch (error) {
    // Closed without a word.
    database = undefined;
    throw error;
  }
  const done = new Promise((ok, fail) => {
    transaction.oncomplete = () => ok();
    transaction.onerror = transaction.onabort = () => fail(transaction.error ?? new Error('aborted'));
  });
  let result;
  try {
    result = run(...STORES.map((name) => transaction.objectStore(name)));
  } catch (error) {
    done.catch(() => {});
    transaction.abort();
    throw error;
  }
  await done;
  return result;
}

const position = (cursor) => {
  const at = cursor.lastIndexOf('-');
  return { epoch: cursor.slice(0, at), seq: Number(cursor.slice(at + 1)) };
};

/** Goes on in the same transaction with whose the store is: another page may have begun it anew for somebody else. */
function withOwner(state, run) {
  const kept = state.get('snapshot');
  kept.onsuccess = () => {
    try {
      run(kept.result?.user);
    } catch {
      // All of it or nothing.
      kept.transaction.abort();
    }
  };
}

/** A snapshot takes the place of an older one and of the events and threads before it, in one transaction. */
async function keepSnapshot(snapshot) {
  const { thread, ...rest } = snapshot;
  const { epoch, seq } = position(snapshot.cursor);
  const owner = userOf(snapshot);
  await transact('readwrite', (state, kept, threads) => {
    const before = state.get('snapshot');
    before.onsuccess = () => {
      const old = before.result;
      if (old && old.user === owner && old.epoch === epoch && old.seq >= seq) return;
      if (!old || old.user !== owner || old.epoch !== epoch) kept.clear();
      else kept.delete(IDBKeyRange.upperBound(seq));
      threads.clear();
      // Codes that link a device are of the moment, and for nobody else's eyes.
      state.put({ user: owner, epoch, seq, snapshot: { ...rest, thread: null, qrs: [], pairingCodes: [] } }, 'snapshot');
      if (thread) threads.put({ at: Date.now(), page: thread }, thread.chatId);
    };
  });
  frames = 0;
}

async function fetchJson(path) {
  const headers = { accept: 'application/json', ...named(user) };
  const response = await fetch(path, { headers });
  if (!response.ok) throw Object.assign(new Error(`${response.status}`), { status: response.status });
  return response.json();
}

// Threads that a snapshot took away and that are not here again yet: the next one must not forget them.
const lost = new Set();

/** Threads that were opened before the present snapshot are fetched anew: what happened to them since is not kept. */
async function refreshThreads(ids) {
  for (const id of ids) lost.add(id);
  for (const id of ids) {
    const page = await fetchJson(`/api/v1/chats/${encodeURIComponent(id)}/messages?limit=50`).catch(() => null);
    if (page) await keepThread(page);
    lost.delete(id);
  }
}

async function keepThread(page) {
  const reader = user;
  await transact('readwrite', (state, _frames, threads) => withOwner(state, (owner) => {
    if (owner !== reader) return;
    threads.put({ at: Date.now(), page }, page.chatId);
    const all = threads.getAll();
    all.onsuccess = () => {
      const old = all.result.sort((one, other) => other.at - one.at).slice(MOST_THREADS);
      for (const one of old) threads.delete(one.page.chatId);
    };
  }));
}

const threadIds = async () => {
  const request = await transact('readonly', (_state, _frames, threads) => threads.getAllKeys());
  return request.result;
};

/** What is kept lacks events from here on. */
function doubt() {
  stale = true;
  doubts += 1;
  // The snapshot that is asked for now has them.
  buffer = [];
  want();
}

/** A snapshot is asked for as soon as it may be; `now` that what failed before may work. */
function want(now = false) {
  if (cut) return;
  if (now) {
    clearTimeout(timer);
    timer = undefined;
  }
  const pause = now || !failures ? 0 : Math.min(PAUSE * 2 ** (failures - 1), LONGEST_PAUSE);
  timer ??= setTimeout(() => { renew().catch(() => {}); }, pause);
}

async function renew() {
  timer = undefined;
  if (renewing || cut) return;
  renewing = true;
  const before = doubts;
  if (stale) buffer = [];
  let failed = false;
  let ended = false;
  let ids = [];
  try {
    // First of all, so that nothing is made anew for somebody who is not signed in any more.
    const snapshot = await fetchJson('/api/v1/snapshot');
    ids = [...new Set([...lost, ...(await threadIds())])];
    // Somebody else is signed in by now.
    if (userOf(snapshot) !== user) ended = true;
    else await keepSnapshot(snapshot);
    if (!ended && doubts === before) stale = false;
  } catch (error) {
    failed = true;
    failures += 1;
    ended = error?.status === 401;
  }
  renewing = false;
  if (!ended && (failed || stale)) want();
  if (!failed && !ended) await refreshThreads(ids);
}

function take(text) {
  const reader = greeted(text);
  // Everything else of the stream is of the moment.
  if (text.startsWith('{"type":"event"')) {
    // As if they had not come: a snapshot has them.
    if (buffer.push({ reader: user, text }) > MOST_WAITING) doubt();
  } else if (text.startsWith('{"type":"resync"')) {
    cut = true;
    doubt();
  } else if (reader !== undefined) {
    // From here on every event follows: a snapshot that is asked for now leaves no gap before them.
    cut = false;
    user = reader;
    if (unsure) {
      unsure = false;
      doubt();
    }
    if (stale) want(true);
  }
}

async function flush() {
  // One after the other: what comes next must not be kept if this is not.
  if (stale || flushing || buffer.length === 0) return;
  const batch = buffer;
  buffer = [];
  flushing = true;
  try {
    await transact('readwrite', (state, kept) => withOwner(state, (owner) => {
      for (const { reader, text } of batch) {
        const frame = JSON.parse(text);
        if (reader !== owner || CODES.includes(frame.event.type)) continue;
        const { epoch, seq } = position(frame.event.cursor);
        kept.put({ epoch, frame }, seq);
      }
    }));
    failures = 0;
    frames += batch.length;
  } catch {
    failures += 1;
    return doubt();
  } finally {
    flushing = false;
  }
  // The phone brought chats that no event names.
  const history = batch.some(({ text }) => text.includes('"type":"history.synced"') && text.includes('"finished":true'));
  if (history || frames > MOST_FRAMES) want();
}

/** What the client starts from without network, as one text; nothing if nothing is kept. */
export async function load() {
  const [state, kept, threads] = await transact('readonly', (...stores) => [stores[0].get('snapshot'), stores[1].getAll(), stores[2].getAll()]);
  if (!state.result) return null;
  const { epoch, seq, snapshot } = state.result;
  const after = kept.result.filter((one) => one.epoch === epoch && position(one.frame.event.cursor).seq > seq);
  return JSON.stringify({
    snapshot,
    threads: threads.result.map((one) => one.page),
    frames: after.map((one) => one.frame),
  });
}

export async function start() {
  if (!self.indexedDB) return;
  const early = window.switchboardEarly ?? [];
  const snapshot = booted();
  // Before anything is kept: whose it is. A page out of the cache knows it from the stream on.
  if (snapshot) user = userOf(snapshot);
  early.forEach((text) => { user = greeted(text) ?? user; });
  early.done?.();
  const hear = ({ detail }) => take(detail);
  const hearThread = ({ detail }) => { keepThread(JSON.parse(detail)).catch(() => {}); };
  addEventListener('switchboard:frame', hear);
  addEventListener('switchboard:thread', hearThread);
  early.splice(0).forEach(take);
  if (early.over) {
    unsure = true;
    doubt();
  }
  try {
    await open();
  } catch {
    // Some private windows keep nothing.
    removeEventListener('switchboard:frame', hear);
    removeEventListener('switchboard:thread', hearThread);
    clearTimeout(timer);
    buffer = [];
    return;
  }
  try {
    const ids = await threadIds();
    // A page out of the cache goes on where the one before it stopped.
    if (snapshot) {
      await keepSnapshot(snapshot);
      const idle = window.requestIdleCallback ?? ((run) => setTimeout(run, 3000));
      idle(() => refreshThreads(ids.filter((id) => id !== snapshot.thread?.chatId)).catch(() => {}));
    }
  } catch {
    // What this page began with is not kept: what follows must not stand after something older.
    failures += 1;
    doubt();
  }
  setInterval(flush, ROUND);
  addEventListener('pagehide', flush);
  document.addEventListener('visibilitychange', flush);
}
