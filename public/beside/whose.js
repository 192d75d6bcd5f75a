// Whose page this is: what is asked of the server here names them, as the client does, so that nothing is asked for or told
// as somebody else who has signed in in this browser since.

const isHello = (text) => text.startsWith('{"type":"hello"');

/** Whose stream a greeting says that it is, and nothing for any other frame. Empty for a program, which comes by key. */
export const greeted = (text) => (isHello(text) ? JSON.parse(text).userId ?? '' : undefined);

/** Whose state a snapshot is. */
export const userOf = ({ me }) => me.userId ?? '';

/** What a request says of whose page it comes from. */
export const named = (user) => (user ? { 'x-switchboard-user': user } : {});

/** What the server put into the page that was loaded; nothing in one that came out of the cache. */
export function booted() {
  try {
    const boots = Object.values(window.__RESOLVED_RESOURCES ?? {}).map((text) => JSON.parse(text));
    return boots.map((boot) => boot?.snapshot).find(Boolean);
  } catch {
    return undefined;
  }
}

// A page out of the cache knows it from the stream's first greeting on, which may have come before this script.
const known = new Promise((ok) => {
  const snapshot = booted();
  if (snapshot) return ok(userOf(snapshot));
  const hear = ({ detail }) => {
    const user = greeted(detail);
    if (user === undefined) return;
    removeEventListener('switchboard:frame', hear);
    ok(user);
  };
  addEventListener('switchboard:frame', hear);
  (window.switchboardEarly ?? []).forEach((detail) => hear({ detail }));
});

/** A request in the name of whose page this is, once that is known. */
export async function ask(path, options = {}) {
  const headers = { ...options.headers, ...named(await known) };
  const response = await fetch(path, { ...options, headers });
  if (!response.ok) throw new Error(`${path}: ${response.status}`);
  return response;
}
