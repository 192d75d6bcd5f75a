// What runs beside the client: alerts, the stores for starts without network and for files on their way, the service
// worker. It hears of the client by events of the window and answers by the same; without it, the client works as well.
import * as alerts from './alerts.js';
import * as files from './files.js';
import * as keep from './keep.js';
import { greeted } from './whose.js';

export const tell = (name, detail) => dispatchEvent(new CustomEvent(`switchboard:${name}`, { detail }));

// Before the alerts, which say that all of this is here.
files.start(tell);
alerts.start(tell);
let live = (window.switchboardEarly ?? []).some((text) => greeted(text) !== undefined);
addEventListener('switchboard:frame', ({ detail }) => { live ||= greeted(detail) !== undefined; });
keep.start();
if (new URLSearchParams(location.search).has('debug')) import('./debug.js').then((debug) => debug.start(live));

async function worker() {
  const workers = navigator.serviceWorker;
  // Absent over plain HTTP from another computer.
  if (!workers) return;
  // What takes over a page comes of a newer build, unless it is the first that there is.
  let first = !workers.controller && (await workers.getRegistration())?.active?.state !== 'activated';
  workers.addEventListener('controllerchange', () => {
    if (!first) tell('update', '');
    first = false;
  });
  workers.addEventListener('message', ({ data }) => { if (data?.open || data?.device) alerts.open(data); });
  const registration = await workers.register('/sw.js');
  await workers.ready;
  if (self.Notification?.permission === 'granted') alerts.push().catch(() => {});
  // A server that comes back may be a newer one.
  addEventListener('switchboard:line', ({ detail }) => { if (detail) registration?.update().catch(() => {}); });
}

const idle = window.requestIdleCallback ?? ((run) => setTimeout(run, 500));
idle(() => worker().catch(() => {}));
