// The service worker: keeps the client's own files, so that it starts without network, and shows notifications.
// The server puts BUILD before this text: `{ version, files }` of the build that it serves. It never keeps an answer
// of the API, nor a page of anybody: what was last known is in the client's own store.
/* global BUILD */

const CACHE = `switchboard-${BUILD.version}`;
const OFFLINE = '/offline';
// The address is of one content.
const UNCHANGING = /^\/pkg\/\w{12}\//;
// How long the server may take until the last state is shown instead, in milliseconds: a network may hang without end.
const PATIENCE = 3000;
// Pages that came out of the cache, by the ids of their clients: their files do, too.
const cached = new Set();

self.addEventListener('install', (event) => {
  const fill = async () => {
    const cache = await caches.open(CACHE);
    await cache.addAll([OFFLINE, ...BUILD.files]);
    await self.skipWaiting();
  };
  event.waitUntil(fill());
});

self.addEventListener('activate', (event) => {
  const settle = async () => {
    for (const name of await caches.keys()) {
      if (name.startsWith('switchboard-') && name !== CACHE) await caches.delete(name);
    }
    await self.clients.claim();
  };
  event.waitUntil(settle());
});

/** The page that the client fills with what it kept, if it is here. */
async function offline(client) {
  const page = await caches.match(OFFLINE, { ignoreVary: true });
  if (page && client) {
    if (cached.size > 100) cached.clear();
    cached.add(client);
  }
  return page;
}

/** Whether there may be something to fill it with. */
async function anything() {
  try {
    // Not every browser tells which there are.
    const all = await indexedDB.databases?.();
    return !all || all.some(({ name }) => name === 'switchboard');
  } catch {
    return true;
  }
}

/** The page of anybody who is there; without network, the one that the client fills with what it kept. */
async function page(request, client) {
  const asked = fetch(request);
  // Nobody may wait for it any more when it fails.
  asked.catch(() => {});
  try {
    let response = await Promise.race([asked, new Promise((ok) => setTimeout(ok, PATIENCE))]);
    if (!response && (await anything())) response = await offline(client);
    response ??= await asked;
    // A proxy without its server behind it.
    if (![502, 503, 504].includes(response.status)) return response;
    return (await offline(client)) ?? response;
  } catch (error) {
    const kept = await offline(client);
    if (kept) return kept;
    throw error;
  }
}

/** A file of the client: page and file are of one build, so the server is asked first wherever it could differ. */
async function file(request, client) {
  // Texts are asked for with what they are in the address; there is one version of them here.
  const kept = () => caches.match(request, { ignoreVary: true, ignoreSearch: true });
  if (cached.has(client) || UNCHANGING.test(new URL(request.url).pathname)) {
    const found = await kept();
    if (found) return found;
  }
  try {
    return await fetch(request);
  } catch (error) {
    const found = await kept();
    if (found) return found;
    throw error;
  }
}

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== location.origin) return;
  if (request.mode === 'navigate') {
    // The documentation and files that are opened or saved are no pages of the client.
    if (!/^\/(?:api|docs|docs-json|metrics|login|sign-in)(?:\/|$)/.test(pathname)) event.respondWith(page(request, event.resultingClientId));
  } else if (BUILD.files.includes(pathname)) {
    event.respondWith(file(request, event.clientId));
  }
});

// A page of the client is open: neither the documentation nor a file that somebody looks at is one.
const PAGE = /^\/(?:(?:chats|devices|settings|sandbox)(?:\/.*)?)?$/;
const pages = async () => {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  return windows.filter((one) => PAGE.test(new URL(one.url).pathname));
};

// What a push brings: the server encrypted it for this browser. A page that is open tells of the news by itself, with
// the same tag, so that there is one notification of it.
self.addEventListener('push', (event) => {
  const show = async () => {
    const open = await pages();
    if (open.some((one) => one.focused)) return;
    let news = {};
    try { news = event.data?.json() ?? {}; } catch { /* of another version: that there is something is said all the same */ }
    const { id, chatId, deviceId, unread } = news;
    // A page counts by itself.
    if (!open.length && Number.isInteger(unread)) {
      const done = unread ? self.navigator.setAppBadge?.(unread) : self.navigator.clearAppBadge?.();
      await done?.catch(() => {});
    }
    const tag = deviceId ?? chatId ?? 'switchboard';
    // Where the page was quicker, this one takes the place of the page's without a sound: a push has to show something.
    const told = (await self.registration.getNotifications({ tag })).some((one) => id && one.data?.id === id);
    await self.registration.showNotification(news.name ?? 'Switchboard', {
      body: news.text ?? '',
      tag,
      renotify: !told,
      silent: told,
      icon: '/icons/192.png',
      badge: '/icons/badge.png',
      data: { id, chatId, deviceId },
    });
  };
  event.waitUntil(show());
});

self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  const { chatId, deviceId } = event.notification.data ?? {};
  const lead = async () => {
    const open = await pages();
    const there = open.find((one) => one.focused) ?? open.find((one) => one.visibilityState === 'visible') ?? open[0];
    if (!there) {
      const path = deviceId ? `/devices/${encodeURIComponent(deviceId)}` : chatId ? `/chats/${encodeURIComponent(chatId)}` : '/chats';
      return self.clients.openWindow(path);
    }
    await there.focus();
    if (chatId || deviceId) there.postMessage({ open: chatId, device: deviceId });
  };
  event.waitUntil(lead());
});
