// The list of all devices' chats: what a row says, whose it is, and what a filter leaves.
import type { Page } from '@playwright/test';
import { API_KEY, expect, linkedDevice, test, until } from '../fixtures/index.ts';
import { conversation } from '../fixtures/structure.ts';

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR42mM4YWMDRwzEcQAREhQBhrsuHAAAAABJRU5ErkJggg==', 'base64');
const row = (page: Page, name: string) => page.locator('a.chat-row').filter({ hasText: name });
const chip = (page: Page, name: string | RegExp) => page.getByRole('group', { name: 'Which chats to show' }).getByRole('button', { name });

async function open(page: Page, address: string) {
  await page.goto(address);
  await page.waitForSelector('html[data-alive]');
}

test('with several devices, each row says whose it is, and a device can be chosen', async ({ signedIn: page, server, device, isMobile, a11y }) => {
  // The same phone, linked twice: its customers are in the list twice, too.
  const second = await linkedDevice(server, 'Warehouse');
  const other = await server.api('POST', '/sandbox/phones', { name: 'Twin Tom' });
  await server.api('POST', `/sandbox/phones/${other.number}/messages`, { to: device.number, text: 'Twice?' });
  for (const id of [device.id, second.id]) {
    await until(async () => {
      const { items } = await server.api('GET', `/devices/${id}/chats`);
      if (!items.some((chat: any) => chat.phoneNumber === other.number)) throw new Error('no chat yet');
    });
  }
  await open(page, `${server.url}/chats`);
  await expect(row(page, 'Twin Tom')).toHaveCount(2);
  await expect(row(page, 'Twin Tom').filter({ hasText: 'via Warehouse' })).toHaveCount(1);
  await expect(row(page, 'Twin Tom').filter({ hasText: /via Device/ })).toHaveCount(1);
  await a11y(page);
  await chip(page, 'Warehouse').click();
  await expect(row(page, 'Twin Tom')).toHaveCount(1);
  await expect(row(page, 'Twin Tom')).not.toContainText('via');
  await page.reload();
  await page.waitForSelector('html[data-alive]');
  await expect(chip(page, 'Warehouse')).toHaveAttribute('aria-pressed', 'true');
  await expect(row(page, 'Twin Tom')).toHaveCount(1);
  await chip(page, 'Warehouse').click();
  await expect(row(page, 'Twin Tom')).toHaveCount(2);
  if (!isMobile) {
    // The devices at a glance lead to each.
    await page.getByRole('link', { name: 'Warehouse: Connected' }).click();
    await expect(page.getByRole('heading', { name: 'Warehouse', level: 1 })).toBeVisible();
  }
  await page.goto('about:blank');
  await server.api('DELETE', `/devices/${second.id}`);
});

test('filters leave what is unread, and groups', async ({ signedIn: page, server, device }) => {
  const read = await conversation(server, device, 'Filtered Fritz');
  const unread = await conversation(server, device, 'Filtered Frida');
  await unread.says('One more');
  await server.api('POST', `/chats/${read.id}/read`, {});
  const group = await server.api('POST', `/devices/${device.id}/groups`, { subject: 'Filtered friends', members: [read.number] });
  await server.api('POST', `/chats/${group.chatId}/messages`, { text: 'A zebra among friends' });
  await unread.says('A zebra alone');
  await open(page, `${server.url}/chats`);
  await expect(row(page, 'Filtered')).toHaveCount(3);
  await chip(page, /^Unread/).click();
  await expect(row(page, 'Filtered')).toHaveCount(1);
  await expect(row(page, 'Filtered Frida')).toBeVisible();
  await chip(page, 'Groups').click();
  await expect(row(page, 'Filtered')).toHaveCount(1);
  await expect(row(page, 'Filtered friends')).toBeVisible();

  // What a search finds is narrowed in the same way.
  await page.getByRole('searchbox', { name: 'Search', exact: true }).fill('zebra');
  const hits = page.locator('a.chat-row[href*="message="]');
  await expect(hits).toHaveCount(1);
  await expect(hits).toContainText('among friends');
  await chip(page, 'All').click();
  await expect(hits).toHaveCount(2);
  await chip(page, /^Unread/).click();
  await expect(hits).toHaveCount(1);
  await expect(hits).toContainText('alone');
  await chip(page, 'All').click();
});

test('a narrowed list is filled as far as it is seen, also after a reload', async ({ signedIn: page, server, device }) => {
  test.slow();
  for (let n = 0; n < 75; n += 1) {
    const other = await server.api('POST', '/sandbox/phones', { name: `Crowd ${n}` });
    await server.api('POST', `/sandbox/phones/${other.number}/messages`, { to: device.number, text: `hello ${n}` });
  }
  const waiting = await until(async () => {
    // Other tests have left chats, too.
    const all: any[] = [];
    for (let after = '', page; page === undefined || page.next; after = `&after=${encodeURIComponent(page.next)}`) {
      page = await server.api('GET', `/chats?unread=true&archived=false&limit=200${after}`);
      all.push(...page.items);
    }
    if (all.filter((chat) => chat.name.startsWith('Crowd ')).length < 75) throw new Error('not all there yet');
    return all.length;
  }, 60_000);
  // A screen on which all of them fit: nobody ever scrolls.
  await page.setViewportSize({ width: page.viewportSize()!.width, height: 70 * waiting + 600 });
  await open(page, `${server.url}/chats`);
  await expect(row(page, 'Crowd 0')).not.toHaveCount(0);
  await chip(page, /^Unread/).click();
  await page.reload();
  await page.waitForSelector('html[data-alive]');
  await expect(chip(page, /^Unread/)).toHaveAttribute('aria-pressed', 'true');
  await expect(page.locator('a.chat-row')).toHaveCount(waiting);
  await expect(page.locator('.chat-rows__more')).toHaveCount(0);
});

test('a row shows what was said last, how far it came, and that it was deleted', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Preview Paul');
  await open(page, `${server.url}/chats`);
  const one = row(page, 'Preview Paul');
  await expect(one.locator('.tick--delivered')).toBeVisible();
  await server.api('POST', `/sandbox/phones/${chat.number}/read`, { chat: device.number });
  await expect(one.locator('.tick--read')).toBeVisible();
  await expect(one).toContainText('read');

  const upload = await fetch(`${server.url}/api/v1/media`, {
    method: 'POST', headers: { 'x-api-key': API_KEY, 'content-type': 'image/png' }, body: PNG,
  });
  const media = await upload.json();
  const sent = await server.api('POST', `/chats/${chat.id}/messages`, { media: { id: media.id } });
  await expect(one.locator('.chat-row__preview')).toContainText('Photo');
  await expect(one.locator('.chat-row__preview use')).toHaveAttribute('href', /#icon-image$/);
  await expect(one.locator('.tick--delivered')).toBeVisible();
  await server.api('DELETE', `/messages/${sent.id}`);
  await expect(one.locator('.chat-row__preview')).toContainText('This message was deleted');
  await expect(one.locator('.chat-row__preview')).not.toContainText('Photo');
  await expect(one.locator('.chat-row__preview use')).toHaveCount(0);
});
