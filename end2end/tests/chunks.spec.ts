// Parts of the client that are loaded when they are first shown.
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { Server, chatWith, expect, expectIcons, linkedDevice, test } from '../fixtures/index.ts';

const PKG = join(process.env.LEPTOS_SITE_ROOT ?? resolve(import.meta.dirname, '../../target/site'), 'pkg');
/** What a first visit may bring, compressed, in bytes. */
const FIRST_LOAD = 350_000;

// The service worker fetches every file for later, past the routes of a page.
test.use({ serviceWorkers: 'block' });

const CHUNK = /\/pkg\/\w+\/(split|chunk)_[^/]*\.wasm$/;
const main = (page: any) => page.getByRole('navigation', { name: 'Main' });

test('the first load is small', () => {
  const files = readdirSync(PKG).filter((name) => name.endsWith('.br') && !/^(split|chunk)_/.test(name));
  const sizes = files.map((name) => statSync(join(PKG, name)).size);
  expect(files.some((name) => name.startsWith('switchboard.wasm'))).toBe(true);
  expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(FIRST_LOAD);
});

/** What an open conversation is made of: it follows as soon as the list is alive. */
const THREAD = /\/pkg\/\w+\/(split|chunk)_thread\./;

test('the first load brings no chunk but the thread\'s; a page that needs one brings it without a new load', async ({ signedIn: page }) => {
  const asked: string[] = [];
  page.on('request', (request) => { if (CHUNK.test(request.url()) && !THREAD.test(request.url())) asked.push(request.url()); });
  const thread = page.waitForRequest(THREAD);
  await page.reload();
  await page.waitForSelector('html[data-alive]');
  await thread;
  expect(asked).toEqual([]);
  await page.evaluate(() => { (window as any).same = true; });
  await main(page).getByRole('link', { name: 'Settings' }).click();
  await expect(page.getByRole('heading', { name: 'Settings', level: 1 })).toBeVisible();
  expect(asked.length).toBeGreaterThan(0);
  expect(await page.evaluate(() => (window as any).same)).toBe(true);
  // Once is enough.
  const before = asked.length;
  await main(page).getByRole('link', { name: 'Chats', exact: true }).click();
  await main(page).getByRole('link', { name: 'Settings' }).click();
  await expect(page.getByRole('heading', { name: 'Settings', level: 1 })).toBeVisible();
  expect(asked.length).toBe(before);
});

test('a browser that was here asks for no part of the program again', async ({ signedIn: page }) => {
  const asked = () => page.evaluate(() => {
    const all = performance.getEntriesByType('resource') as PerformanceResourceTiming[];
    // What a browser has and asks about costs the head of an answer.
    return all.filter(({ name }) => new URL(name).pathname.startsWith('/pkg/')).map(({ name, transferSize }) => ({ name, transferSize }));
  });
  // All that a first visit brings is here.
  await expect.poll(async () => (await asked()).filter(({ name }) => THREAD.test(name)).length).toBe(2);
  await page.goto(page.url());
  await page.waitForSelector('html[data-alive]');
  await expect.poll(asked).toContainEqual({ name: expect.stringMatching(/\/pkg\/\w{12}\/switchboard\.wasm$/), transferSize: 0 });
  const parts = await asked();
  expect(parts.some(({ name }) => name.endsWith('.css')) && parts.some(({ name }) => name.endsWith('.js'))).toBe(true);
  expect(parts.filter(({ transferSize }) => transferSize > 0)).toEqual([]);
});

test('pictures of people wait until the page is alive', async ({ page }) => {
  // One of its own: the people of the sandbox are all that is in its list.
  const server = new Server();
  await server.start();
  try {
    await page.goto(server.url + server.signIn);
    await linkedDevice(server, 'Gallery');
    await page.goto(`${server.url}/chats`);
    await expect(page.locator('.chat-row img.avatar__photo').first()).toBeVisible();
    await page.goto('about:blank');
    const asked: string[] = [];
    page.on('request', (request) => { if (/\/pictures\//.test(request.url())) asked.push(request.url()); });
    let go = () => {};
    const held = new Promise<void>((ok) => { go = ok; });
    await page.route(/\/pkg\/\w+\/switchboard\.wasm$/, async (route) => { await held; await route.continue(); });
    await page.goto(`${server.url}/chats`, { waitUntil: 'load' });
    const photo = page.locator('.chat-row img.avatar__photo').first();
    await expect(photo).toBeAttached();
    await expect(photo).toBeHidden();
    expect(asked).toEqual([]);
    go();
    await page.waitForSelector('html[data-alive]');
    await expect(photo).toBeVisible();
    await expect.poll(() => asked.length).toBeGreaterThan(0);
  } finally {
    await server.stop();
  }
});

for (const address of ['/devices', '/settings', '/sandbox']) {
  test(`${address} as the server rendered it is taken over as it is`, async ({ signedIn: page, server }) => {
    await page.route(CHUNK, async (route) => {
      // What is there before the code is there, has to be there afterwards. The chunk may be asked for before the page
      // has come so far.
      await page.waitForSelector('main h1, main h2', { state: 'attached' });
      await page.evaluate(() => { (document.querySelector('main h1, main h2') as any).before = true; });
      await route.continue();
    });
    await page.goto(server.url + address);
    await page.waitForSelector('html[data-alive]');
    expect(await page.evaluate(() => (document.querySelector('main h1, main h2') as any).before)).toBe(true);
    await main(page).getByRole('link', { name: 'Chats', exact: true }).click();
    await expect(page).toHaveURL(/\/chats$/);
    // The next chunk may be held up still.
    await page.unrouteAll({ behavior: 'ignoreErrors' });
  });
}

test('an open chat as the server rendered it is taken over as it is', async ({ signedIn: page, server, device }) => {
  const { items } = await server.api('GET', `/devices/${device.id}/chats`);
  await page.route(THREAD, async (route) => {
    await page.waitForSelector('.thread__name', { state: 'attached' });
    await page.evaluate(() => { (document.querySelector('.thread__name') as any).before = true; });
    await route.continue();
  });
  await page.goto(`${server.url}/chats/${items[0].id}`);
  await page.waitForSelector('html[data-alive]');
  expect(await page.evaluate(() => (document.querySelector('.thread__name') as any).before)).toBe(true);
});

test('a thread whose code does not come says so in its place, and can be tried again', async ({ signedIn: page, device, server }) => {
  // The newest of all, and thus in sight.
  const chat = await chatWith(server, device, 'Unheard');
  await page.route(THREAD, (route) => route.abort('connectionfailed'));
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  await page.locator(`a.chat-row[href="/chats/${chat.id}"]`).click();
  const failed = page.getByRole('main').getByRole('alert').filter({ hasText: 'This part did not load' });
  await expect(failed).toBeVisible();
  await page.unroute(THREAD);
  await failed.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('feed')).toBeVisible();
});

test('a chunk that does not come is said, and can be tried again', async ({ signedIn: page }) => {
  await page.waitForSelector('html[data-alive]');
  await page.route(CHUNK, (route) => route.abort('connectionfailed'));
  await main(page).getByRole('link', { name: 'Settings' }).click();
  const failed = page.getByRole('alert').filter({ hasText: 'This part did not load' });
  await expect(failed).toBeVisible();
  await failed.getByRole('button', { name: 'Try again' }).click();
  await expect(failed).toBeVisible();
  await page.unroute(CHUNK);
  await failed.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { name: 'Settings', level: 1 })).toBeVisible();
});

test('so it is when the page itself is made of it', async ({ signedIn: page, server }) => {
  await page.route(CHUNK, (route) => route.abort('connectionfailed'));
  await page.goto(`${server.url}/settings`);
  const failed = page.getByRole('alert').filter({ hasText: 'This part did not load' });
  await expect(failed).toBeVisible();
  // The rest of the page is alive.
  await page.waitForSelector('html[data-alive]');
  await expectIcons(page);
  await page.unroute(CHUNK);
  await failed.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('heading', { name: 'Settings', level: 1 })).toBeVisible();
  await main(page).getByRole('link', { name: 'Chats', exact: true }).click();
  await expect(page).toHaveURL(/\/chats$/);
});

test('a dialog brings its content when it is opened, and the focus goes there', async ({ signedIn: page }) => {
  await page.waitForSelector('html[data-alive]');
  await page.getByRole('button', { name: 'New chat' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'New chat' });
  await expect(dialog.getByRole('textbox')).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await page.getByRole('button', { name: 'New chat' }).first().click();
  await expect(dialog.getByRole('textbox')).toBeVisible();
});
