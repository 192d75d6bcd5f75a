// Sounds, notifications and the badge of the installed client. Of several tabs, one speaks for all.

// Each a few tones: Hz, seconds after the start, seconds long.
const TUNES = {
  message: [[659, 0, 0.16], [988, 0.09, 0.28]],
  sent: [[1047, 0, 0.09]],
  error: [[233, 0, 0.16], [185, 0.13, 0.26]],
  lost: [[523, 0, 0.14], [349, 0.12, 0.26]],
  back: [[349, 0, 0.14], [523, 0.12, 0.26]],
};
// Classes as the settings name them.
const CLASS = { message: 'message', sent: 'sent', error: 'error', lost: 'connection', back: 'connection' };
// With these a browser takes a page for touched.
const TOUCHES = ['pointerup', 'click', 'keydown'];
// How long the tab that speaks waits to hear whether another one is looked at, and how far apart sounds are.
const WAIT = 150;
const GAP = 900;
// How long what a browser is asked often waits for more of the same, in milliseconds.
const SOON = 250;
// As the quiet hours name them, from where `getDay` counts.
const DAYS = ['sunday', 'monday', 'tuesday', 'wednesday', 'thursday', 'friday', 'saturday'];

const choices = () => {
  try {
    return JSON.parse(localStorage.getItem('switchboard.alerts') ?? '{}') ?? {};
  } catch {
    return {};
  }
};

/** Whether it is quiet now: the rule of `src/model/quiet.rs`. Times such as 07:00 stand in the order of their letters. */
function hushed({ quiet, hours }) {
  if (!quiet || !hours) return false;
  const { from, until, days } = hours;
  const date = new Date();
  const now = date.toTimeString().slice(0, 5);
  const overMidnight = until < from;
  let begun = date.getDay();
  if (from > now || !(overMidnight || now < until)) {
    if (!overMidnight || now >= until) return false;
    begun += 6;
  }
  return days.includes(DAYS[begun % 7]);
}

let tell = () => {};
// Asking a browser for it holds the page until another process has answered, and with every message that was read it is
// looked at: so it is known here.
let allowed = 'none';

function askPermission() {
  allowed = self.Notification ? Notification.permission : 'none';
  tell('permission', allowed);
}

/** Tells what may be notified, whenever that changes: browsers that do not say so are asked when the page is looked at. */
function watchPermission() {
  askPermission();
  navigator.permissions?.query({ name: 'notifications' }).then((status) => { status.onchange = askPermission; }, () => {});
  addEventListener('focus', () => { if (self.Notification && Notification.permission !== allowed) askPermission(); });
}

let audio;
let lastSound = -Infinity;
let lastError = -Infinity;
// Without locks (plain HTTP) every tab speaks.
let speaker = !navigator.locks;
// Of the tabs that somebody has touched, one sounds for those that may not.
let voice = false;
const channel = self.BroadcastChannel ? new BroadcastChannel('switchboard') : undefined;
// What other tabs said of the news that came just now: 1 for having the focus, 2 for looking at that very place.
const seen = new Map();

// Browsers allow sound once somebody has touched the page, and complain about those who try before.
const mute = () => navigator.userActivation?.hasBeenActive === false;

export function sound(name) {
  const chosen = choices();
  if ((chosen.off ?? []).includes(CLASS[name]) || hushed(chosen)) return;
  if (mute()) return void channel?.postMessage({ sound: name });
  const now = performance.now();
  const urgent = CLASS[name] === 'error';
  // That something failed is heard whatever sounded just before.
  if (now - (urgent ? lastError : lastSound) < GAP) return;
  lastSound = now;
  if (urgent) lastError = now;
  audio ??= new AudioContext();
  audio.resume().catch(() => {});
  for (const [hertz, after, length] of TUNES[name]) {
    const start = audio.currentTime + after;
    const tone = audio.createOscillator();
    const volume = audio.createGain();
    tone.type = 'sine';
    tone.frequency.value = hertz;
    volume.gain.setValueAtTime(0.0001, start);
    volume.gain.exponentialRampToValueAtTime(0.12, start + 0.012);
    volume.gain.exponentialRampToValueAtTime(0.0001, start + length);
    tone.connect(volume).connect(audio.destination);
    tone.start(start);
    tone.stop(start + length + 0.02);
  }
  tell('sounded', name);
}

const pathOf = ({ chatId, deviceId }) => (deviceId ? '/devices/' : '/chats/') + encodeURIComponent(deviceId ?? chatId);

async function notify(item) {
  const { id, chatId, deviceId, name, text } = item;
  const chosen = choices();
  if (allowed !== 'granted' || chosen.notices === false || hushed(chosen)) return;
  const tag = deviceId ?? chatId;
  const options = { body: text, tag, renotify: true, silent: true, icon: '/icons/192.png', badge: '/icons/badge.png', data: { id, chatId, deviceId } };
  const registration = await navigator.serviceWorker?.getRegistration();
  if (registration?.active) {
    // The push of the same news may have been quicker.
    const shown = await registration.getNotifications({ tag });
    if (!shown.some((one) => one.data?.id === id)) await registration.showNotification(name, options);
    return;
  }
  const notice = new Notification(name, { ...options, renotify: undefined });
  notice.onclick = () => {
    window.focus();
    notice.close();
    lead(pathOf(item));
  };
}

/** Runs something soon, once for all who want it until then: a browser takes its time for it, and may be asked often. */
function soon(run) {
  let timer;
  return () => {
    timer ??= setTimeout(() => {
      timer = undefined;
      run();
    }, SOON);
  };
}

// The chats and devices of which was told what has had its time.
const over = new Set();

async function closeOver() {
  const tags = new Set(over);
  over.clear();
  const registration = await navigator.serviceWorker?.getRegistration();
  for (const one of (await registration?.getNotifications()) ?? []) if (tags.has(one.tag)) one.close();
}

const closeSoon = soon(() => { closeOver().catch(() => {}); });

/** What was told of this chat or device has had its time. Where nothing may be told, nothing was. */
function close(tag) {
  if (allowed !== 'granted') return;
  over.add(tag);
  closeSoon();
}

/** Whoever looks at a chat or a device again has no need of what was told of it. */
function look() {
  const [, tag] = /^\/(?:chats|devices)\/([^/]+)$/.exec(location.pathname) ?? [];
  if (tag && attention(location.pathname) === 2) close(tag);
}

/** Leads there, as if a link was pressed: the client's router takes it from here. */
function lead(path) {
  const link = document.createElement('a');
  link.href = path;
  link.hidden = true;
  document.body.append(link);
  link.click();
  link.remove();
}

/** Leads to a chat, and into its reply field; or to a device. */
export function open({ open: chatId, device }) {
  if (device) return lead(pathOf({ deviceId: device }));
  lead(pathOf({ chatId }));
  const end = performance.now() + 3000;
  const focus = () => {
    const field = location.pathname === `/chats/${chatId}` && document.querySelector('#composer');
    if (field) field.focus();
    else if (performance.now() < end) setTimeout(focus, 50);
  };
  focus();
}

/** How much this tab is looked at by somebody who would be led there: 2 if they are there, 1 if they are elsewhere in it. */
function attention(path) {
  if (document.visibilityState !== 'visible' || !document.hasFocus()) return 0;
  return location.pathname === path ? 2 : 1;
}

/** There is news: it sounds where nobody sees it, and is notified where nobody looks at any tab. */
function news(item, tune) {
  if (item.muted) return;
  const here = attention(pathOf(item));
  if (!speaker) {
    // The tab that speaks knows of itself.
    if (here) channel?.postMessage({ id: item.id, here });
    return;
  }
  setTimeout(() => {
    const most = Math.max(here, seen.get(item.id) ?? 0);
    seen.delete(item.id);
    if (most < 2) sound(tune);
    if (most < 1) notify(item).catch(() => {});
  }, WAIT);
}

let pushed = Promise.resolve();

/**
 * Pushes follow the choice: once when a page starts, and whenever something is chosen, one after the other, so that the
 * last choice counts. Without a service they stay off.
 */
export function push() {
  pushed = pushed.catch(() => {}).then(renew);
  return pushed;
}

async function renew() {
  const registration = await navigator.serviceWorker?.getRegistration();
  const { notices, devices, quiet, hours } = choices();
  const wanted = allowed === 'granted' && notices !== false;
  const { subscribe, unsubscribe } = await import('./push.js');
  await (wanted ? subscribe(registration, devices ?? [], quiet ? hours : undefined) : unsubscribe(registration));
}

/** The first tab that may sound does so for those that may not. */
function takeVoice() {
  if (mute()) return;
  for (const kind of TOUCHES) removeEventListener(kind, takeVoice, true);
  navigator.locks?.request('switchboard-voice', () => {
    voice = true;
    return new Promise(() => {});
  }).catch(() => {});
}

let waiting;

const badgeSoon = soon(() => {
  const done = waiting ? navigator.setAppBadge?.(waiting) : navigator.clearAppBadge?.();
  done?.catch(() => {});
});

/** How many chats wait, on the icon of the installed client. */
function badge(count) {
  waiting = count;
  badgeSoon();
}

export function start(teller) {
  tell = teller;
  navigator.locks?.request('switchboard-speaker', () => {
    speaker = true;
    // Until this tab is closed: then the next one speaks.
    return new Promise(() => {});
  }).catch(() => { speaker = true; });
  for (const kind of TOUCHES) addEventListener(kind, takeVoice, true);
  takeVoice();
  channel?.addEventListener('message', ({ data }) => {
    if (data?.sound) {
      if (voice && TUNES[data.sound]) sound(data.sound);
      return;
    }
    if (!data?.id) return;
    if (seen.size > 200) seen.clear();
    seen.set(data.id, Math.max(data.here, seen.get(data.id) ?? 0));
  });
  const hear = (name, run) => addEventListener(`switchboard:${name}`, ({ detail }) => run(detail));
  hear('arrived', (item) => news(item, 'message'));
  hear('down', (item) => news(item, 'lost'));
  hear('failed', () => { if (speaker) sound('error'); });
  hear('read', close);
  hear('unread', badge);
  hear('sound', sound);
  hear('line', (live) => { if (speaker) sound(live ? 'back' : 'lost'); });
  hear('chosen', () => { push().catch(() => {}); });
  hear('hello', () => tell('permission', allowed));
  hear('ask', async () => {
    if (allowed === 'default') await Notification.requestPermission();
    askPermission();
    push().catch(() => {});
  });
  watchPermission();
  addEventListener('focus', look);
  look();
}
