// What is news, how it is worded, where it is told, and when it has had its time.
import { conversation, ears, looks, noted, settled } from '../fixtures/ears.ts';
import { expect, test, until } from '../fixtures/index.ts';

test.beforeEach(async ({ context }) => {
  await context.grantPermissions(['notifications']);
  await context.addInitScript(ears);
});

/** The notifications so far, in the order in which they came. */
const notices = async (page: any) => (await noted(page)).notices.map(({ title, body }: any) => `${title}: ${body}`);
const toast = (page: any, text: string | RegExp) => page.locator('.toast').filter({ hasText: text });

test('a page that is on the screen and not looked at notifies', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Beside');
  await page.goto(`${server.url}/chats`);
  await settled(page);
  await looks(page, false);
  await chat.says('you look elsewhere');
  await expect.poll(() => notices(page)).toEqual(['Beside: you look elsewhere']);
  expect((await noted(page)).sounds).toEqual(['message']);
});

test('a notification goes once its chat was read, here or elsewhere', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Passing');
  await page.goto(`${server.url}/chats`);
  await settled(page);
  await looks(page, false);
  await chat.says('read me');
  await expect.poll(() => notices(page)).toEqual(['Passing: read me']);
  expect((await noted(page)).notices[0].closed).toBeUndefined();
  await server.api('PATCH', `/chats/${chat.id}`, { unread: false });
  await expect.poll(async () => (await noted(page)).notices[0].closed).toBe(true);
  await chat.says('and me');
  await expect.poll(() => notices(page)).toEqual(['Passing: read me', 'Passing: and me']);
  await looks(page, true);
  await page.locator('a.chat-row').filter({ hasText: 'Passing' }).click();
  await expect.poll(async () => (await noted(page)).notices[1].closed).toBe(true);
});

test('photos and groups are named, calls are told as such, and notices and what was put away not at all', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Chorister');
  const quiet = await conversation(server, device, 'Shelved');
  await server.api('PATCH', `/chats/${quiet.id}`, { archived: true });
  await page.goto(`${server.url}/chats`);
  await settled(page);
  await looks(page, false);
  const told: string[] = [];
  const tells = async (line: string) => {
    told.push(line);
    await expect.poll(() => notices(page)).toEqual(told);
  };
  await quiet.says('nobody hears this');
  await until(async () => {
    const { items } = await server.api('GET', `/chats/${quiet.id}/messages`);
    if (!items.some((one: any) => one.text === 'nobody hears this')) throw new Error('not here yet');
  });
  const content = 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==';
  const media = { contentType: 'image/png', content };
  await chat.posts('messages', { to: device.number, media });
  await tells('Chorister: Photo');
  const group = await chat.posts('groups', { subject: 'The choir', members: [device.number] });
  await chat.posts('messages', { to: group.jid, media });
  await tells('The choir: Chorister: Photo');
  await chat.posts('call', { to: device.number });
  await tells('Chorister: Incoming voice call');
  // If it has not ended by itself meanwhile.
  await chat.posts('call', { to: device.number, end: true }).catch(() => {});
  await tells('Chorister: Missed voice call');
});

test('where no list of chats is, a line tells of a message, and stays while somebody is on it', async ({ signedIn: page, server, device }) => {
  test.slow();
  const chat = await conversation(server, device, 'Doorbell');
  await page.goto(`${server.url}/settings/alerts`);
  await settled(page);
  await chat.says('ding dong');
  const line = toast(page, 'Doorbell: ding dong');
  await expect(line.getByRole('link')).toHaveAttribute('href', `/chats/${chat.id}`);
  // For longer than a line stays that nobody is on.
  await line.hover();
  await page.waitForTimeout(8_000);
  await expect(line).toBeVisible();
  await page.mouse.move(5, 5);
  await line.getByRole('button', { name: 'Dismiss' }).focus();
  await page.waitForTimeout(8_000);
  await expect(line).toBeVisible();
  await line.getByRole('button', { name: 'Dismiss' }).blur();
  await expect(line).toHaveCount(0);
});

test('in a thread a line tells of another chat where the list does not, as wide as the screen at most', async ({ signedIn: page, server, device, isMobile }) => {
  const open = await conversation(server, device, 'Open Olga');
  const chat = await conversation(server, device, 'Talkative Tom');
  await page.goto(`${server.url}/chats/${open.id}`);
  await settled(page);
  await chat.says('This is so long that it would be wider than a phone, were it not cut off at its end');
  if (!isMobile) {
    await expect(page.getByRole('link', { name: /Talkative Tom.*This is so long/ })).toBeVisible();
    await expect(page.locator('.toast')).toHaveCount(0);
    return;
  }
  const line = toast(page, 'Talkative Tom: This is so long');
  await expect(line.getByRole('button', { name: 'Dismiss' })).toBeInViewport({ ratio: 1 });
  const { x, width } = (await line.boundingBox())!;
  expect(x).toBeGreaterThan(0);
  expect(x + width).toBeLessThan(page.viewportSize()!.width);
});

test('a device that is logged out is told, and leads to its page', async ({ signedIn: page, server, device }) => {
  const { name } = await server.api('GET', `/devices/${device.id}`);
  await page.goto(`${server.url}/chats`);
  await settled(page);
  await looks(page, false);
  await server.api('POST', `/sandbox/phones/${device.number}/unlink`, { deviceId: device.id });
  await expect.poll(async () => (await noted(page)).notices).toMatchObject([
    { title: `${name}: Logged out`, tag: device.id, data: { deviceId: device.id } },
  ]);
  expect((await noted(page)).sounds).toEqual(['lost']);
  const line = toast(page, `${name}: Logged out`);
  await expect(line.getByRole('link')).toHaveAttribute('href', `/devices/${device.id}`);
  // As the service worker says it when the notification is pressed.
  await looks(page, true);
  await page.evaluate((id: string) => {
    navigator.serviceWorker.dispatchEvent(new MessageEvent('message', { data: { device: id } }));
  }, device.id);
  await expect(page).toHaveURL(new RegExp(`/devices/${device.id}$`));
});

test('scripts beside the client hear of messages, and of those that do not go out', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Listener');
  await page.goto(`${server.url}/chats`);
  await settled(page);
  await chat.says('for the scripts');
  await expect.poll(async () => (await noted(page)).heard.length).toBe(1);
  const [message] = (await noted(page)).heard;
  expect(message).toMatchObject({
    name: 'whatsapp:new_message',
    content: 'for the scripts',
    type: 'text',
    isOutgoing: false,
    fromNumber: chat.number,
    toNumber: device.number,
    conversationId: chat.id,
    chatId: chat.id,
    deviceId: device.id,
    contactName: 'Listener',
    contactNumber: chat.number,
    isGroup: false,
    status: 'delivered',
  });
  expect(Date.parse(message.createdAt)).toBe(Math.floor(message.timestamp / 1000) * 1000);
  expect(message.messageId).toBe(message.id);

  // It waits for a device that does not come back.
  await server.api('POST', `/devices/${device.id}/disconnect`);
  const sent = await server.api('POST', `/chats/${chat.id}/messages`, { text: 'too late' });
  await server.api('POST', `/devices/${device.id}/logout`);
  const errors = async () => (await noted(page)).heard.filter((one: any) => one.name === 'whatsapp:message_send_error');
  await expect.poll(errors).toMatchObject([
    { success: false, code: 'device_gone', to: chat.number, conversationId: chat.id, messageId: sent.id, status: 'failed' },
  ]);
  expect((await errors())[0].error).toContain('no longer linked');
  await expect.poll(async () => (await noted(page)).sounds).toContain('error');
  await expect(toast(page, 'Listener: Not sent.').getByRole('link')).toHaveAttribute('href', `/chats/${chat.id}`);
});

test('a tab that may not sound has another one do it', async ({ signedIn: page, context, server, device }) => {
  const chat = await conversation(server, device, 'Ventriloquist');
  // Nobody has touched this one.
  await page.addInitScript(() => Object.defineProperty(navigator, 'userActivation', { get: () => ({ hasBeenActive: false }) }));
  await page.goto(`${server.url}/chats`);
  await settled(page);
  const holds = (tab: any, name: string) => expect.poll(() => tab.evaluate(async (wanted: string) => {
    const { held } = await navigator.locks.query();
    return held!.some((lock) => lock.name === wanted);
  }, name)).toBe(true);
  await holds(page, 'switchboard-speaker');
  const other = await context.newPage();
  await other.goto(`${server.url}/chats`);
  await settled(other);
  await holds(other, 'switchboard-voice');
  await chat.says('who said that?');
  await expect.poll(async () => (await noted(other)).sounds).toEqual(['message']);
  expect((await noted(page)).sounds).toEqual([]);
  await other.close();
});

test('signing out clears the badge', async ({ page, server }) => {
  await page.goto(`${server.url}/login`);
  await expect.poll(async () => (await noted(page)).badges).toEqual([null]);
});

test('a push is shown unless a page of the client has the focus, and counts where none is open', async ({ signedIn: page, context, server }) => {
  await page.goto(`${server.url}/chats`);
  await settled(page);
  const worker = context.serviceWorkers()[0] ?? await context.waitForEvent('serviceworker');
  const cdp = await context.newCDPSession(page);
  const registered = new Promise<string>((ok) => {
    cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }: any) => {
      const ours = registrations.find((one: any) => !one.isDeleted && one.scopeURL === `${server.url}/`);
      if (ours) ok(ours.registrationId);
    });
  });
  await cdp.send('ServiceWorker.enable');
  const registrationId = await registered;
  /** The worker notes what it would show, and finds these windows. */
  const windows = (open: { path: string; focused: boolean }[]) => worker.evaluate((list: any[]) => {
    const self = globalThis as any;
    self.noted ??= { shown: [], badges: [], looks: 0 };
    const { shown, badges } = self.noted;
    self.registration.showNotification = async (title: string, options: any) => { shown.push({ title, ...options }); };
    self.registration.getNotifications = async ({ tag }: any) => shown.filter((one: any) => one.tag === tag);
    self.navigator.setAppBadge = async (count: number) => { badges.push(count); };
    self.navigator.clearAppBadge = async () => { badges.push(0); };
    self.clients.matchAll = async () => {
      self.noted.looks += 1;
      return list.map(({ path, focused }) => ({ url: self.location.origin + path, focused, visibilityState: 'visible' }));
    };
  }, open);
  const push = (news: object) => cdp.send('ServiceWorker.deliverPushMessage', { origin: server.url, registrationId, data: JSON.stringify(news) });
  const did = () => worker.evaluate(() => (globalThis as any).noted);
  const news = (id: string) => ({ id, chatId: `chat-${id}`, name: 'Ana', text: `text ${id}`, kind: 'text', unread: 3 });

  await windows([{ path: '/docs', focused: true }, { path: '/api/v1/media/1/content', focused: false }]);
  await push(news('a'));
  await expect.poll(async () => (await did()).shown).toMatchObject([
    { title: 'Ana', body: 'text a', tag: 'chat-a', renotify: true, silent: false, data: { id: 'a', chatId: 'chat-a' } },
  ]);
  expect((await did()).badges).toEqual([3]);
  await windows([{ path: '/chats/chat-x', focused: true }]);
  await push(news('b'));
  await expect.poll(async () => (await did()).looks).toBe(2);
  await windows([{ path: '/settings/alerts', focused: false }]);
  await push({ deviceId: 'device-c', name: 'Front desk: Logged out', text: 'Link it again.', unread: 3 });
  await expect.poll(async () => (await did()).shown.map((one: any) => one.tag)).toEqual(['chat-a', 'device-c']);
  // The page that is open told of it already: the push takes its place without a sound.
  await push(news('a'));
  await expect.poll(async () => (await did()).shown.length).toBe(3);
  expect((await did()).shown[2]).toMatchObject({ tag: 'chat-a', renotify: false, silent: true });
  expect((await did()).badges).toEqual([3]);
});
