// Web Push: with notifications allowed and wanted, this browser is told of messages while no page is open.
import { ask } from './whose.js';

const decode = (text) => Uint8Array.from(atob(text.replace(/-/g, '+').replace(/_/g, '/')), (letter) => letter.charCodeAt(0));
const same = (one, other) => one && one.byteLength === other.byteLength && new Uint8Array(one).every((byte, at) => byte === other[at]);

/**
 * Subscribes, or says what changed; `quiet` are the devices that are not to be heard of, `hours` those of the day. The
 * server knows this browser's clock by its distance from UTC: as every page that starts says it again, travels and summer
 * time are followed from the next visit on.
 */
export async function subscribe(registration, quiet, hours) {
  if (!registration?.pushManager) return;
  const { publicKey } = await (await ask('/api/v1/push/key')).json();
  const applicationServerKey = decode(publicKey);
  let subscription = await registration.pushManager.getSubscription();
  // Of another server at this address, or of one whose database was lost.
  if (subscription && !same(subscription.options.applicationServerKey, applicationServerKey)) {
    await subscription.unsubscribe();
    subscription = null;
  }
  subscription ??= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey });
  await ask('/api/v1/push/subscription', {
    method: 'PUT',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      ...subscription.toJSON(),
      expirationTime: undefined,
      quietDeviceIds: quiet,
      quietHours: hours ?? undefined,
      offsetMinutes: -new Date().getTimezoneOffset(),
      language: document.documentElement.lang || undefined,
    }),
  });
}

export async function unsubscribe(registration) {
  const subscription = await registration?.pushManager?.getSubscription();
  if (!subscription) return;
  await subscription.unsubscribe();
  await ask(`/api/v1/push/subscription?endpoint=${encodeURIComponent(subscription.endpoint)}`, { method: 'DELETE' });
}
