// Sounds, notifications, the badge: what tells somebody who does not look, and what leaves them in peace.
import { conversation, ears, noted, settled } from '../fixtures/ears.ts';
import { expect, test } from '../fixtures/index.ts';

test.beforeEach(async ({ context }) => {
  await context.grantPermissions(['notifications']);
  await context.addInitScript(ears);
});

test('a message sounds, unless its chat is muted or the sound is off', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Bell');
  await page.goto(`${server.url}/chats`);
  await settled(page);
  await chat.says('one');
  await expect.poll(async () => (await noted(page)).sounds).toEqual(['message']);
  await server.api('PATCH', `/chats/${chat.id}`, { mutedUntil: Date.now() + 3_600_000 });
  const row = page.locator('a.chat-row').filter({ hasText: 'Bell' });
  await page.waitForTimeout(1_200);
  await chat.says('two');
  await expect(row).toContainText('two');
  await page.waitForTimeout(600);
  expect((await noted(page)).sounds).toEqual(['message']);
  await server.api('PATCH', `/chats/${chat.id}`, { mutedUntil: null });
  await page.goto(`${server.url}/settings/alerts`);
  await settled(page);
  await page.getByRole('switch', { name: 'New message' }).uncheck();
  await page.goto(`${server.url}/chats`);
  await settled(page);
  await chat.says('three');
  await expect(row).toContainText('three');
  await page.waitForTimeout(600);
  expect((await noted(page)).sounds).toEqual([]);
});

test('many changes of the badge are asked for once', async ({ signedIn: page, server }) => {
  await page.goto(`${server.url}/chats`);
  await settled(page);
  await expect.poll(async () => (await noted(page)).badges.length).toBeGreaterThan(0);
  const before = (await noted(page)).badges;
  await page.evaluate(() => {
    for (let count = 1; count <= 20; count += 1) dispatchEvent(new CustomEvent('switchboard:unread', { detail: count }));
  });
  await expect.poll(async () => (await noted(page)).badges.at(-1)).toBe(20);
  await page.waitForTimeout(600);
  expect((await noted(page)).badges).toEqual([...before, 20]);
});

test('what is read asks the browser for no permission', async ({ signedIn: page, server }) => {
  await page.addInitScript(() => {
    (window as any).looked = 0;
    const granted = Object.getOwnPropertyDescriptor(Notification, 'permission')!.get!;
    Object.defineProperty(Notification, 'permission', { get() {
      (window as any).looked += 1;
      return granted.call(Notification);
    } });
  });
  await page.goto(`${server.url}/chats`);
  await settled(page);
  const [before, after] = await page.evaluate(() => {
    const { looked } = window as any;
    for (let n = 1; n <= 20; n += 1) dispatchEvent(new CustomEvent('switchboard:read', { detail: `cht_${n}` }));
    return [looked, (window as any).looked];
  });
  expect(before).toBeGreaterThan(0);
  expect(after).toBe(before);
});

test('a hidden page notifies, and a press leads into the reply field', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Postman');
  await page.goto(`${server.url}/chats`);
  await settled(page);
  await chat.says('you see this');
  await expect.poll(async () => (await noted(page)).sounds.length).toBe(1);
  expect((await noted(page)).notices).toEqual([]);
  await page.evaluate(() => { (window as any).away = true; });
  await chat.says('a *parcel* for you');
  await expect.poll(async () => (await noted(page)).notices).toMatchObject([
    { title: 'Postman', body: 'a parcel for you', tag: chat.id, data: { chatId: chat.id } },
  ]);
  // As the service worker says it when the notification is pressed.
  await page.evaluate((open: string) => {
    (window as any).away = false;
    navigator.serviceWorker.dispatchEvent(new MessageEvent('message', { data: { open } }));
  }, chat.id);
  await expect(page).toHaveURL(new RegExp(`/chats/${chat.id}$`));
  await expect(page.locator('#composer')).toBeFocused();
});

test('a device that is quiet in this browser neither sounds nor notifies', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Hush');
  const { name } = await server.api('GET', `/devices/${device.id}`);
  await page.goto(`${server.url}/settings/alerts`);
  await settled(page);
  await page.getByRole('switch', { name }).uncheck();
  await page.goto(`${server.url}/chats`);
  await settled(page);
  await page.evaluate(() => { (window as any).away = true; });
  await chat.says('psst');
  await expect(page.locator('a.chat-row').filter({ hasText: 'Hush' })).toContainText('psst');
  await page.waitForTimeout(600);
  expect(await noted(page)).toMatchObject({ sounds: [], notices: [] });
});

test('in quiet hours nothing sounds or notifies, and the title goes on counting', async ({ signedIn: page, server, device, a11y }) => {
  const chat = await conversation(server, device, 'Owl');
  const row = page.locator('a.chat-row').filter({ hasText: 'Owl' });
  const line = page.getByText(/^Quiet until /);
  const on = page.getByRole('switch', { name: 'Quiet hours' });
  const from = page.getByLabel('From', { exact: true });
  const until = page.getByLabel('Until', { exact: true });
  const away = async () => {
    await page.goto(`${server.url}/chats`);
    await settled(page);
    await page.evaluate(() => { (window as any).away = true; });
  };
  // By the browser's clock: so many minutes from now, and a day that is neither today nor yesterday.
  const time = (minutes: number) => page.evaluate((all) => new Date(Date.now() + all * 60_000).toTimeString().slice(0, 5), minutes);
  const day = page.getByRole('checkbox', {
    name: await page.evaluate(() => new Date(Date.now() + 3 * 86_400_000).toLocaleDateString('en', { weekday: 'long' })),
  });

  await page.goto(`${server.url}/settings/alerts`);
  await settled(page);
  await on.check();
  await expect(from).toHaveValue('22:00');
  await expect(until).toHaveValue('07:00');
  const [begun, over, later] = [await time(-60), await time(60), await time(120)];
  await from.fill(begun);
  await until.fill(over);
  await expect(line).toBeVisible();
  await expect(page.getByRole('group', { name: 'Days' }).getByRole('checkbox', { checked: true })).toHaveCount(7);
  await day.uncheck();
  await a11y(page);
  await page.reload();
  await settled(page);
  await expect(on).toBeChecked();
  await expect(from).toHaveValue(begun);
  await expect(until).toHaveValue(over);
  await expect(day).not.toBeChecked();
  await expect(line).toBeVisible();

  await away();
  await chat.says('hoot');
  await expect(row).toContainText('hoot');
  await expect.poll(async () => {
    const count = Number(/^\((\d+)\)/.exec(await page.title())?.[1] ?? '0');
    return count > 0 && (await noted(page)).badges.at(-1) === count;
  }).toBe(true);
  await page.waitForTimeout(600);
  expect(await noted(page)).toMatchObject({ sounds: [], notices: [] });

  await page.goto(`${server.url}/settings/alerts`);
  await settled(page);
  await until.fill(later);
  await from.fill(over);
  await expect(line).toHaveCount(0);
  await away();
  await chat.says('good morning');
  await expect.poll(async () => (await noted(page)).notices).toMatchObject([{ title: 'Owl', body: 'good morning' }]);
  expect((await noted(page)).sounds).toEqual(['message']);
});

test('of two tabs one sounds, and both agree on what is read', async ({ signedIn: page, context, server, device }) => {
  const chat = await conversation(server, device, 'Echo');
  const other = await context.newPage();
  for (const tab of [page, other]) {
    await tab.goto(`${server.url}/chats`);
    await settled(tab);
  }
  await chat.says('only once');
  for (const tab of [page, other]) await expect(tab.locator('a.chat-row').filter({ hasText: 'Echo' })).toContainText('only once');
  const sounds = async () => [...(await noted(page)).sounds, ...(await noted(other)).sounds];
  await expect.poll(sounds).toEqual(['message']);
  await page.waitForTimeout(1_500);
  expect(await sounds()).toEqual(['message']);
  await page.bringToFront();
  await page.locator('a.chat-row').filter({ hasText: 'Echo' }).click();
  await expect(other.locator('a.chat-row').filter({ hasText: 'Echo' })).not.toContainText('unread');
  await other.close();
});

test('the title and the badge count the chats that wait', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Count');
  await page.goto(`${server.url}/chats`);
  await settled(page);
  await chat.says('counted');
  await expect(page).toHaveTitle(/^\(\d+\) /);
  await expect.poll(async () => {
    const count = Number(/^\((\d+)\)/.exec(await page.title())?.[1] ?? '0');
    return (await noted(page)).badges.at(-1) === count;
  }).toBe(true);
});

test('notifications are offered once, and asked for by a press alone', async ({ signedIn: page, server }) => {
  await page.addInitScript(() => {
    let permission = 'default';
    (window as any).asked = 0;
    Object.defineProperty(Notification, 'permission', { get: () => permission });
    Notification.requestPermission = async () => {
      (window as any).asked += 1;
      permission = 'granted';
      return 'granted';
    };
  });
  await page.goto(`${server.url}/chats`);
  await settled(page);
  const offer = page.getByText('Be told of new messages');
  await expect(offer).toBeVisible();
  expect(await page.evaluate(() => (window as any).asked)).toBe(0);
  await page.getByRole('button', { name: 'Turn on' }).click();
  await expect(offer).toBeHidden();
  expect(await page.evaluate(() => (window as any).asked)).toBe(1);
  await page.reload();
  await settled(page);
  await page.getByRole('button', { name: 'Not now' }).click();
  await expect(offer).toBeHidden();
  await page.reload();
  await settled(page);
  await expect(offer).toBeHidden();
});
