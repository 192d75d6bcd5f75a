// The last state, for a start without network. Nothing is computed here: kept are the snapshot that a page started
// from, every event after it, and the newest page of the threads opened last, each as the server wrote it. The client
// makes its state of them by the same rules as when they came. So state and position cannot disagree: a position is
// that of the last event that is kept, and an event is kept with its position or not at all.

const NAME = 'switchboard';
// How many events are kept before they are replaced by a snapshot, and how many threads.
const MOST_FRAMES = 2000;
const MOST_THREADS = 6;
const ROUND = 1000;
const CODES = ['device.qr', 'device.pairing_code'];

let database;
// Whose page this is, as the server said: what is kept is theirs, whoever else signs in in this browser meanwhile. Empty
// for a program, which comes by key.
let user = null;
// Frames that came since the last round, each with the user to whom it came.
let buffer = [];
// The log could not serve this page's position: what is kept has a hole until there is a snapshot.
let stale = false;
let frames = 0;

function open() {
  database ??= new Promise((ok, fail) => {
    const request = indexedDB.open(NAME, 1);
    request.onupgradeneeded = () => {
      request.result.createObjectStore('state');
      request.result.createObjectStore('frames');
      request.result.createObjectStore('threads');
    };
    request.onsuccess = () => {
      // Somebody signs out in another tab: what is kept goes, and nothing more is kept here.
      request.result.onversionchange = () => {
        request.result.close();
        database = Promise.reject(new Error('signed out'));
        database.catch(() => {});
      };
      ok(request.result);
    };
    request.onerror = request.onblocked = () => fail(request.error ?? new Error('blocked'));
  });
  return database;
}

/** Runs one transaction over everything, and answers when it is on disk. */
async function transact(mode, run) {
  const transaction = (await open()).transaction(['state', 'frames', 'threads'], mode);
  const done = new Promise((ok, fail) => {
    transaction.oncomplete = () => ok();
    transaction.onerror = transaction.onabort = () => fail(transaction.error);
  });
  const result = run(...['state', 'frames', 'threads'].map((name) => transaction.objectStore(name)));
  await done;
  return result;
}

const position = (cursor) => {
  const at = cursor.lastIndexOf('-');
  return { epoch: cursor.slice(0, at), seq: Number(cursor.slice(at + 1)) };
};

const userOf = ({ me }) => me.userId ?? '';

/** Goes on in the same transaction with whose the store is: another page may have begun it anew for somebody else. */
function withOwner(state, run) {
  const kept = state.get('snapshot');
  kept.onsuccess = () => run(kept.result?.user);
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
  const headers = { accept: 'application/json', ...(user && { 'x-switchboard-user': user }) };
  const response = await fetch(path, { headers });
  if (!response.ok) throw new Error(`${response.status}`);
  return response.json();
}

/** Threads that were opened before the present snapshot are fetched anew: what happened to them since is not kept. */
async function refreshThreads(ids) {
  for (const id of ids) {
    const page = await fetchJson(`/api/v1/chats/${encodeURIComponent(id)}/messages?limit=50`).catch(() => null);
    if (page) await keepThread(page);
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

async function renew() {
  const ids = await threadIds();
  const snapshot = await fetchJson('/api/v1/snapshot');
  if (userOf(snapshot) !== user) return;
  await keepSnapshot(snapshot);
  stale = false;
  await refreshThreads(ids);
}

const isHello = (text) => text.startsWith('{"type":"hello"');

function take(text) {
  // Everything else of the stream is of the moment.
  if (text.startsWith('{"type":"event"')) buffer.push({ reader: user, text });
  else if (text.startsWith('{"type":"resync"')) stale = true;
  else if (isHello(text)) {
    user = JSON.parse(text).userId ?? '';
    // From here on every event follows: a snapshot that is asked for now leaves no gap before them.
    if (stale) renew().catch(() => {});
  }
}

async function flush() {
  if (stale || buffer.length === 0) return;
  const batch = buffer;
  buffer = [];
  await transact('readwrite', (state, kept) => withOwner(state, (owner) => {
    for (const { reader, text } of batch) {
      const frame = JSON.parse(text);
      if (reader !== owner || CODES.includes(frame.event.type)) continue;
      const { epoch, seq } = position(frame.event.cursor);
      kept.put({ epoch, frame }, seq);
    }
  }));
  frames += batch.length;
  // The phone brought chats that no event names.
  const history = batch.some(({ text }) => text.includes('"type":"history.synced"') && text.includes('"finished":true'));
  if (history || frames > MOST_FRAMES) await renew();
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

/** What the server put into the page that was loaded; nothing in one that came out of the cache. */
function booted() {
  try {
    const boots = Object.values(window.__RESOLVED_RESOURCES ?? {}).map((text) => JSON.parse(text));
    return boots.map((boot) => boot?.snapshot).find(Boolean);
  } catch {
    return undefined;
  }
}

export async function start() {
  if (!self.indexedDB) return;
  const early = window.switchboardEarly ?? [];
  const snapshot = booted();
  // Before anything is kept: whose it is. A page out of the cache knows it from the stream on.
  if (snapshot) user = userOf(snapshot);
  early.filter(isHello).forEach((text) => { user = JSON.parse(text).userId ?? ''; });
  early.done?.();
  addEventListener('switchboard:frame', ({ detail }) => take(detail));
  addEventListener('switchboard:thread', ({ detail }) => keepThread(JSON.parse(detail)).catch(() => {}));
  try {
    const ids = await threadIds();
    // A page out of the cache goes on where the one before it stopped.
    if (snapshot) {
      await keepSnapshot(snapshot);
      const idle = window.requestIdleCallback ?? ((run) => setTimeout(run, 3000));
      idle(() => refreshThreads(ids.filter((id) => id !== snapshot.thread?.chatId)).catch(() => {}));
    }
  } catch {
    // Private windows and full disks keep nothing.
    return;
  }
  early.splice(0).forEach(take);
  setInterval(() => flush().catch(() => {}), ROUND);
  addEventListener('pagehide', () => flush().catch(() => {}));
  document.addEventListener('visibilitychange', () => flush().catch(() => {}));
}
