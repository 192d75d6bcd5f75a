// How a screen reader and the keys go through a page: its headings and landmarks, the feed of a thread, what is told.
import { NOWHERE, expect, until } from '../fixtures/index.ts';
import { conversation, go, test } from '../fixtures/structure.ts';

const SCREENS = ['/chats', '/devices', '/settings', '/settings/profile', '/settings/people', '/sandbox', '/devices/dev_none', NOWHERE];

test('headings skip no level, and landmarks have names of their own', async ({ signedIn: page, server, device }) => {
  test.slow();
  const chat = await conversation(server, device, 'Headings Hugo');
  for (const path of [...SCREENS, `/chats/${chat.id}`, `/chats/${chat.id}?info`, `/devices/${device.id}`]) {
    await go(page, server, path);
    // Panes and pages that are loaded later.
    if (path.endsWith('?info')) await expect(page.getByRole('complementary', { name: 'Details' })).toBeVisible();
    const found = await page.evaluate(() => {
      const seen = (element: Element) => element.checkVisibility() && !element.closest('dialog:not([open]), [popover]:not(:popover-open)');
      const name = (element: Element) => element.getAttribute('aria-label')
        ?? document.getElementById(element.getAttribute('aria-labelledby') ?? '')?.textContent ?? '';
      return {
        levels: [...document.querySelectorAll('h1, h2, h3, h4, h5, h6')].filter(seen).map((one) => Number(one.tagName[1])),
        landmarks: [...document.querySelectorAll('nav, aside, [role=search], section[aria-label], section[aria-labelledby]')].filter(seen)
          .map((one) => `${one.tagName} ${name(one)}`),
        main: [...document.querySelectorAll('main, [role=main]')].filter(seen).length,
      };
    });
    expect(found.levels.filter((level) => level === 1).length, `${path}: main headings`).toBe(1);
    found.levels.forEach((level, at) => {
      if (at) expect(level, `${path}: levels ${found.levels}`).toBeLessThanOrEqual(found.levels[at - 1] + 1);
    });
    expect(new Set(found.landmarks).size, `${path}: ${found.landmarks}`).toBe(found.landmarks.length);
    expect(found.landmarks.filter((landmark) => landmark.startsWith('NAV') && landmark === 'NAV '), `${path}: names`).toEqual([]);
    expect(found.main, `${path}: main landmarks`).toBeLessThanOrEqual(1);
    expect(found.levels[0], `${path}: begins with the main heading`).toBe(1);
  }
});

test('a thread is a feed that keys go through', async ({ signedIn: page, server, device, isMobile }) => {
  const chat = await conversation(server, device, 'Feed Frida');
  await go(page, server, `/chats/${chat.id}`);
  const feed = page.getByRole('feed', { name: 'Messages with Feed Frida' });
  await expect(feed).toHaveAttribute('aria-busy', 'false');
  await expect(feed).toHaveAttribute('tabindex', '0');
  const rows = feed.getByRole('article');
  // The day, what is new, and two messages.
  await expect(rows).toHaveCount(4);
  // Nothing in it speaks by itself: what comes is told by one polite region elsewhere.
  expect(await feed.locator('[role=log], [aria-live]').count()).toBe(0);
  await expect(page.locator('[role=log], [aria-live=polite]')).toHaveCount(1);
  await expect(page.getByRole('status')).not.toHaveCount(0);
  if (isMobile) return;
  await feed.focus();
  await page.keyboard.press('ArrowUp');
  await expect(rows.last()).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await expect(page.getByRole('article', { name: /Is the order ready/ })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(rows.last()).toBeFocused();
  await page.keyboard.press('Home');
  await expect(page.getByRole('article', { name: /Is the order ready/ })).toBeFocused();
  // The lines between the messages are reached, too, and what is in them.
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('ArrowUp');
  await expect(feed.getByRole('article', { name: 'Today' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(feed.getByRole('button', { name: 'Today' })).toBeFocused();
  await page.keyboard.press('End');
  await expect(rows.last()).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(page.getByLabel('Message to Feed Frida')).toBeFocused();
});

test('what comes in is told once, with who says it', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Herald Hans');
  await go(page, server, `/chats/${chat.id}`);
  await expect(page.getByRole('article', { name: /Is the order ready/ })).toBeVisible();
  const log = page.getByRole('log');
  await expect(log).toHaveAttribute('aria-live', 'polite');
  await chat.says('The van is here');
  await expect(log).toHaveText(/Herald Hans.*The van is here/);
});

test('the list of chats is one stop of the Tab key', async ({ signedIn: page, server, device, isMobile }) => {
  test.skip(isMobile, 'a phone has no such keys');
  await conversation(server, device, 'Stop Stella');
  await go(page, server, '/chats');
  const links = page.locator('.chat-rows__list a.chat-row');
  await expect(links.first()).toBeVisible();
  const stops = await links.evaluateAll((all) => all.filter((one) => (one as HTMLElement).tabIndex >= 0).length);
  expect(stops).toBe(1);
  await links.first().focus();
  await page.keyboard.press('ArrowDown');
  await expect(links.nth(1)).toBeFocused();
});

test('a chat stands in the main landmark', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Main Mia');
  await go(page, server, `/chats/${chat.id}`);
  await expect(page.getByRole('main').getByRole('feed')).toBeVisible({ timeout: 2_000 });
});

test('a message of a direct chat names its sender', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Named Nils');
  await go(page, server, `/chats/${chat.id}`);
  await expect(page.getByRole('article', { name: /^Named Nils, \d+:\d+: Is the order ready/ })).toBeVisible({ timeout: 2_000 });
});

test('the messages of a feed say where they stand', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Place Paul');
  await go(page, server, `/chats/${chat.id}`);
  await expect(page.getByRole('article', { name: /Yes, at noon/ })).toHaveAttribute('aria-posinset', /\d+/);
});

test('a feed is one stop of the Tab key, and Enter goes into a message', async ({ signedIn: page, server, device, isMobile }) => {
  const chat = await conversation(server, device, 'Tab Tina');
  await go(page, server, `/chats/${chat.id}`);
  await expect(page.getByRole('article', { name: /Yes, at noon/ })).toBeVisible();
  const controls = page.getByRole('feed').locator('article :is(a[href], button, input)');
  await expect.poll(() => controls.evaluateAll((all) => all.filter((one) => (one as HTMLElement).tabIndex >= 0).length)).toBe(0);
  if (isMobile) return;
  const row = page.getByRole('article', { name: /Yes, at noon/ });
  await page.getByRole('feed').focus();
  await page.keyboard.press('ArrowUp');
  await expect(row).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(row.getByRole('button', { name: 'Message actions' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('dialog', { name: 'Message actions' })).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(row.getByRole('button', { name: 'Message actions' })).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(row).toBeFocused();
  // From there the Tab key leaves the feed.
  await page.keyboard.press('Tab');
  expect(await page.evaluate(() => !!document.activeElement?.closest('[role=feed]'))).toBe(false);
});

test('the menu of a message has a name', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Menu Mara');
  await go(page, server, `/chats/${chat.id}`);
  await expect(page.getByRole('article', { name: /Yes, at noon/ })).toBeVisible();
  await expect(page.locator('#message-menu')).toHaveAttribute('aria-label', /./);
});

test('what is in a feed is an article', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Unread Uma');
  await chat.says('And the wine?');
  await until(async () => {
    if (!(await server.api('GET', `/chats/${chat.id}`)).unread) throw new Error('not unread yet');
  });
  await go(page, server, `/chats/${chat.id}`);
  await expect(page.getByText(/^\d+ new messages?$/)).toBeVisible();
  await expect(page.getByRole('feed').getByRole('article', { name: /new message/ })).toHaveCount(1);
});
