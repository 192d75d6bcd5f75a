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
// How long the tab that speaks waits to hear whether another one is looked at, and how far apart sounds are.
const WAIT = 150;
const GAP = 900;
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

const permission = () => (self.Notification ? Notification.permission : 'none');

let tell = () => {};
let audio;
let lastSound = -Infinity;
// Without locks (plain HTTP) every tab speaks.
let speaker = !navigator.locks;
const channel = self.BroadcastChannel ? new BroadcastChannel('switchboard') : undefined;
// What other tabs said of the messages that came just now: 1 for visible, 2 for looked at.
const seen = new Map();

export function sound(name) {
  const chosen = choices();
  if ((chosen.off ?? []).includes(CLASS[name]) || hushed(chosen)) return;
  const now = performance.now();
  // Browsers allow sound once somebody has touched the page, and complain about those who try before.
  if (now - lastSound < GAP || navigator.userActivation?.hasBeenActive === false) return;
  lastSound = now;
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

async function notify({ chatId, name, text }) {
  const chosen = choices();
  if (permission() !== 'granted' || chosen.notices === false || hushed(chosen)) return;
  const options = { body: text, tag: chatId, renotify: true, silent: true, icon: '/icons/192.png', badge: '/icons/badge.png', data: { chatId } };
  const registration = await navigator.serviceWorker?.getRegistration();
  if (registration?.active) return registration.showNotification(name, options);
  const notice = new Notification(name, { ...options, renotify: undefined });
  notice.onclick = () => {
    window.focus();
    notice.close();
    open(chatId);
  };
}

/** Leads to a chat, and into its reply field. */
export function open(chatId) {
  // As if a link was pressed: the client's router takes it from there.
  const link = document.createElement('a');
  link.href = `/chats/${encodeURIComponent(chatId)}`;
  link.hidden = true;
  document.body.append(link);
  link.click();
  link.remove();
  const end = performance.now() + 3000;
  const focus = () => {
    const field = location.pathname === `/chats/${chatId}` && document.querySelector('#composer');
    if (field) field.focus();
    else if (performance.now() < end) setTimeout(focus, 50);
  };
  focus();
}

/** A message came. */
function arrived(message) {
  if (message.muted) return;
  const visible = document.visibilityState === 'visible';
  const looked = visible && document.hasFocus() && location.pathname === `/chats/${message.chatId}`;
  const here = looked ? 2 : visible ? 1 : 0;
  if (here) channel?.postMessage({ id: message.id, here });
  if (!speaker) return;
  setTimeout(() => {
    const most = Math.max(here, seen.get(message.id) ?? 0);
    seen.delete(message.id);
    if (most < 2) sound('message');
    if (most < 1) notify(message).catch(() => {});
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
  const wanted = permission() === 'granted' && notices !== false;
  const { subscribe, unsubscribe } = await import('./push.js');
  await (wanted ? subscribe(registration, devices ?? [], quiet ? hours : undefined) : unsubscribe(registration));
}

function badge(count) {
  const done = count ? navigator.setAppBadge?.(count) : navigator.clearAppBadge?.();
  done?.catch(() => {});
}

export function start(teller) {
  tell = teller;
  navigator.locks?.request('switchboard-speaker', () => {
    speaker = true;
    // Until this tab is closed: then the next one speaks.
    return new Promise(() => {});
  }).catch(() => { speaker = true; });
  channel?.addEventListener('message', ({ data }) => {
    if (!data?.id) return;
    if (seen.size > 200) seen.clear();
    seen.set(data.id, Math.max(data.here, seen.get(data.id) ?? 0));
  });
  const hear = (name, run) => addEventListener(`switchboard:${name}`, ({ detail }) => run(detail));
  hear('arrived', arrived);
  hear('unread', badge);
  hear('sound', sound);
  hear('line', (live) => { if (speaker) sound(live ? 'back' : 'lost'); });
  hear('chosen', () => { push().catch(() => {}); });
  hear('hello', () => tell('permission', permission()));
  hear('ask', async () => {
    if (permission() === 'default') await Notification.requestPermission();
    tell('permission', permission());
    push().catch(() => {});
  });
  tell('permission', permission());
}
