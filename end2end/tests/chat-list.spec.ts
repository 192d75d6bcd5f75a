// The chat list: what can be done with a chat, filters, the archive, labels, and a search that leads to the message.
import { chatWith as conversation, expect, test, until } from '../fixtures/index.ts';

const row = (page: any, name: string) => page.locator('a.chat-row').filter({ hasText: name });

/** Opens the menu of a chat, as a pointer does: by its secondary button. */
async function menu(page: any, name: string) {
  await row(page, name).first().click({ button: 'right' });
  await expect(page.locator('#chat-menu')).toBeVisible();
  return page.locator('#chat-menu');
}

test('a chat is pinned, muted, marked and archived from its menu', async ({ signedIn: page, server, device, a11y }) => {
  const first = await conversation(server, device, 'Top Petra', 'older');
  await conversation(server, device, 'Newer Nora', 'newer');
  const state = async () => server.api('GET', `/chats/${first.id}`);
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  await (await menu(page, 'Top Petra')).getByRole('button', { name: 'Pin', exact: true }).click();
  await expect(page.locator('a.chat-row').first()).toContainText('Top Petra');
  await expect(row(page, 'Top Petra')).toContainText('Pinned');
  await until(async () => { if (!(await state()).pinned) throw new Error('not pinned yet'); });

  await (await menu(page, 'Top Petra')).getByRole('button', { name: 'Always' }).click();
  await expect(row(page, 'Top Petra')).toContainText('Muted');
  await until(async () => { if (!(await state()).mutedUntil) throw new Error('not muted yet'); });

  await (await menu(page, 'Top Petra')).getByRole('button', { name: 'Mark as read' }).click();
  await expect(row(page, 'Top Petra')).not.toContainText('unread');
  await (await menu(page, 'Top Petra')).getByRole('button', { name: 'Mark as unread' }).click();
  await expect(row(page, 'Top Petra')).toContainText('Marked as unread');
  await a11y(page);

  await (await menu(page, 'Top Petra')).getByRole('button', { name: 'Archive' }).click();
  await expect(row(page, 'Top Petra')).toHaveCount(0);
  await until(async () => { if (!(await state()).archived) throw new Error('not archived yet'); });
  await page.getByRole('button', { name: /^Archived/ }).click();
  await expect(page.getByRole('heading', { name: 'Archived' })).toBeVisible();
  await (await menu(page, 'Top Petra')).getByRole('button', { name: 'Move to the chats' }).click();
  await page.getByRole('button', { name: 'Back to the chats' }).click();
  await expect(row(page, 'Top Petra')).toBeVisible();
});

test('the menu opens by the keyboard, and what cannot be taken back is asked for', async ({ signedIn: page, server, device, isMobile }) => {
  test.skip(isMobile, 'a phone has no such keys');
  const chat = await conversation(server, device, 'Gone Greta', 'hello');
  await page.goto(`${server.url}/chats/${chat.id}`);
  await page.waitForSelector('html[data-alive]');
  await row(page, 'Gone Greta').focus();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('button', { name: 'Actions for the chat with Gone Greta' })).toBeFocused();
  await page.keyboard.press('Enter');
  await page.locator('#chat-menu').getByRole('button', { name: 'Delete chat' }).click();
  const question = page.getByRole('dialog', { name: /Delete the chat with Gone Greta/ });
  await expect(question).toBeVisible();
  await question.getByRole('button', { name: 'Cancel' }).click();
  await expect(question).toBeHidden();
  await expect(row(page, 'Gone Greta')).toBeVisible();
  await (await menu(page, 'Gone Greta')).getByRole('button', { name: 'Delete chat' }).click();
  await question.getByRole('button', { name: 'Delete chat' }).click();
  await expect(row(page, 'Gone Greta')).toHaveCount(0);
  await expect(page).toHaveURL(/\/chats$/);
});

test('filters are kept, and labels are one', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Label Lola', 'hello');
  const label = await server.api('POST', `/devices/${device.id}/labels`, { name: 'Wholesale', color: 4 });
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  await (await menu(page, 'Label Lola')).getByRole('button', { name: 'Wholesale' }).click();
  await expect(row(page, 'Label Lola')).toContainText('Labels: Wholesale');
  expect((await server.api('GET', `/chats/${chat.id}`)).labels).toEqual([label.id]);
  await page.getByRole('button', { name: 'Wholesale' }).filter({ visible: true }).first().click();
  await expect(page.locator('a.chat-row')).toHaveCount(1);
  await page.reload();
  await page.waitForSelector('html[data-alive]');
  await expect(page.getByRole('button', { name: 'Wholesale', pressed: true }).first()).toBeVisible();
  await expect(page.locator('a.chat-row')).toHaveCount(1);
  await page.getByRole('button', { name: 'All', exact: true }).click();
});

test('another filter is another list, and begins at its top', async ({ signedIn: page, server, device }) => {
  for (let n = 0; n < 24; n += 1) await conversation(server, device, `Queue ${n}`, 'waiting');
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  const list = page.locator('.chat-rows');
  const top = () => list.evaluate((list) => list.scrollTop);
  await expect(row(page, 'Queue 23')).toBeVisible();
  await list.evaluate((list) => { list.scrollTop = 600; });
  await expect.poll(top).toBeGreaterThan(500);
  await page.getByRole('button', { name: /^Unread/ }).first().click();
  await expect.poll(top).toBe(0);
  await expect(row(page, 'Queue 23')).toBeInViewport();
  await page.getByRole('button', { name: 'All', exact: true }).click();
});

test('a search finds chats, contacts and messages, and leads to the message', async ({ signedIn: page, server, device, isMobile, a11y }) => {
  const chat = await conversation(server, device, 'Finder Fatima', 'The marzipan is at the harbour');
  for (let n = 0; n < 140; n += 1) await chat.says(`filler ${n}`);
  await until(async () => {
    const { items } = await server.api('GET', `/chats/${chat.id}/messages?limit=1`);
    if (items[0].text !== 'filler 139') throw new Error('not all there yet');
  });
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  const field = page.getByRole('searchbox', { name: 'Search' });
  await field.fill('finder');
  await expect(row(page, 'Finder Fatima').first()).toBeVisible();
  await expect(row(page, 'Finder Fatima').first().locator('mark')).toHaveText('Finder');
  await field.fill('MARZIP');
  await expect(page.getByRole('heading', { name: 'Messages', exact: true })).toBeVisible();
  const hit = page.locator('a.chat-row[href*="message="]');
  await expect(hit).toHaveCount(1);
  await expect(hit.locator('mark')).toHaveText('marzip');
  await a11y(page);
  if (!isMobile) {
    await field.press('ArrowDown');
    await expect(hit).toBeFocused();
    await page.keyboard.press('Enter');
  } else {
    await hit.click();
  }
  const found = page.getByRole('article', { name: /marzipan/ });
  await expect(found).toBeInViewport();
  await expect(found).toHaveAttribute('data-found', '');

  // What comes in meanwhile does not stand behind a gap; the end is one press away.
  await chat.says('and this is new');
  await expect(page.getByRole('button', { name: 'Go to the newest message' })).toContainText('1 new');
  await expect(page.getByRole('article', { name: /and this is new/ })).toHaveCount(0);
  await page.getByRole('button', { name: 'Go to the newest message' }).click();
  await expect(page.getByRole('article', { name: /and this is new/ })).toBeInViewport();
});

test('scrolling down from a message in the midst reaches the end', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Scroller Sven', 'the very first');
  for (let n = 0; n < 150; n += 1) await chat.says(`line ${n}`);
  const first = await until(async () => {
    const { items } = await server.api('GET', `/chats/${chat.id}/messages?limit=200`);
    if (items.at(-1).text !== 'line 149') throw new Error('not all there yet');
    return items[0].id;
  });
  await page.goto(`${server.url}/chats/${chat.id}?message=${first}`);
  await expect(page.getByRole('article', { name: /the very first/ })).toBeInViewport();
  const feed = page.getByRole('feed');
  for (let n = 0; n < 60; n += 1) {
    if (await page.getByRole('article', { name: /line 149$/ }).count()) break;
    await feed.evaluate((element) => { element.scrollTop += 700; });
    await page.waitForTimeout(60);
  }
  await expect(page.getByRole('article', { name: /line 149$/ })).toHaveCount(1);
  const numbers = await page.getByRole('article', { name: /line \d+$/ }).evaluateAll(
    (rows) => rows.map((one) => Number(/line (\d+)$/.exec(one.getAttribute('aria-label')!)![1])),
  );
  expect(numbers).toEqual(numbers.map((_, index) => numbers[0] + index));
});

test('the line of a day leads to other days', async ({ signedIn: page, server, device }) => {
  test.slow();
  const chat = await conversation(server, device, 'Dated Dora', 'the first of all');
  for (let n = 0; n < 90; n += 1) await chat.says(`line ${n}`);
  await until(async () => {
    const { items } = await server.api('GET', `/chats/${chat.id}/messages?limit=1`);
    if (items[0].text !== 'line 89') throw new Error('not all there yet');
  });
  await page.goto(`${server.url}/chats/${chat.id}`);
  await page.waitForSelector('html[data-alive]');
  const end = page.getByRole('button', { name: 'Go to the newest message' });
  if (await end.isVisible()) await end.click();
  await expect(page.getByRole('article', { name: /line 89$/ })).toBeInViewport();
  // The day's line is as far up as what is loaded.
  await page.getByRole('feed').evaluate((element) => { element.scrollTop = -100_000; });
  await page.locator('.thread-line__day').first().click();
  await page.getByLabel('Go to a date').last().fill('2020-02-29');
  await page.getByRole('button', { name: 'Go', exact: true }).click();
  await expect(page.getByRole('article', { name: /the first of all/ })).toBeInViewport();
});

test('a long list has few rows on the page, and reaches its end', async ({ signedIn: page, server, device }) => {
  test.slow();
  const { items: before } = await server.api('GET', `/devices/${device.id}/chats?limit=200`);
  for (let n = 0; n < 90; n += 1) {
    const other = await server.api('POST', '/sandbox/phones', { name: `Many ${n}` });
    await server.api('POST', `/sandbox/phones/${other.number}/messages`, { to: device.number, text: `hello ${n}` });
  }
  await until(async () => {
    const { items } = await server.api('GET', `/devices/${device.id}/chats?limit=200`);
    if (items.length < before.length + 90) throw new Error('not all there yet');
  }, 60_000);
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  // All that wait are counted, loaded or not: before the list is scrolled, and after. The device's past may still be coming.
  let waiting = 0;
  await expect(async () => {
    waiting = 0;
    for (let path: string | null = '/chats?limit=200'; path;) {
      const found: any = await server.api('GET', path);
      waiting += found.items.filter((chat: any) => !chat.archived && (chat.unread > 0 || chat.markedUnread)).length;
      path = found.next ? `/chats?limit=200&after=${encodeURIComponent(found.next)}` : null;
    }
    await expect(page).toHaveTitle(`(${waiting}) Switchboard`, { timeout: 1_000 });
  }).toPass();
  expect(waiting).toBeGreaterThanOrEqual(90);
  const list = page.getByRole('navigation', { name: 'Chats' });
  for (let n = 0; n < 80; n += 1) {
    if (await row(page, 'hello 0').count()) break;
    await list.evaluate((element) => { element.scrollTop += 400; });
    await page.waitForTimeout(40);
  }
  await row(page, 'hello 0').scrollIntoViewIfNeeded();
  await expect(row(page, 'hello 0')).toBeInViewport();
  await expect(page).toHaveTitle(`(${waiting}) Switchboard`);
  expect(await page.locator('a.chat-row').count()).toBeLessThanOrEqual(100);
});
