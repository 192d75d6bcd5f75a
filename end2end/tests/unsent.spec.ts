// Nothing that was to be sent is lost: files without a server, pages that end, tabs side by side, browsers that are full.
import type { Page } from '@playwright/test';
import { Server, chatWith, expect, linkedDevice, stored, test, until, served } from '../fixtures/index.ts';

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR42mM4YWMDRwzEcQAREhQBhrsuHAAAAABJRU5ErkJggg==', 'base64');

async function conversation(server: Server, device: { id: string; number: string }, name: string) {
  const chat = await chatWith(server, device, name, 'Good morning');
  /** The files that the other side has got. */
  const files = async () => (await chat.holds()).filter((message) => message.media);
  const got = (patience?: number) => until(async () => {
    const all = await files();
    if (!all.length) throw new Error('the phone has got no file');
    return all;
  }, patience);
  return { ...chat, files, got };
}

/** Attaches a file by the menu and sends it. */
async function send(page: Page, what: string, file: { name: string; mimeType: string; buffer: Buffer }, caption?: string) {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Attach' }).click();
  await page.getByRole('button', { name: what, exact: true }).click();
  await (await chooser).setFiles([file]);
  const tray = page.getByRole('dialog', { name: 'Send 1 file' });
  if (caption) await tray.getByLabel(`Caption for ${file.name}`).fill(caption);
  await tray.getByRole('button', { name: 'Send' }).click();
}

const lost = (page: Page) => page.getByText('The connection to the server was lost.').filter({ visible: true }).first();

test('a photo that is chosen without a server outlives the page and arrives once', async ({ page }) => {
  test.setTimeout(150_000);
  const server = new Server();
  await server.start();
  try {
    await page.goto(server.url + server.signIn);
    const chat = await conversation(server, await linkedDevice(server, 'Tunnel'), 'Far side');
    await page.goto(`${server.url}/chats/${chat.id}`);
    await expect(page.getByRole('article', { name: /Good morning/ })).toBeVisible();
    await served(page);
    await expect.poll(async () => (await stored(page, 'switchboard', 'threads')).join()).toContain('Good morning');

    await server.kill();
    await expect(lost(page)).toBeVisible();
    await send(page, 'Photo or video', { name: 'one.png', mimeType: 'image/png', buffer: PNG }, 'From the tunnel');
    const upload = page.locator('.uploads__one').filter({ hasText: 'one.png' });
    await expect(upload).toContainText('Waiting');
    await expect.poll(async () => (await stored(page, 'switchboard-files', 'files')).length).toBe(1);

    await page.goto(`${server.url}/chats/${chat.id}`);
    await expect(upload).toContainText('Waiting');
    await server.start();
    const [message] = await chat.got(60_000);
    expect(message.text).toBe('From the tunnel');
    await expect(upload).toHaveCount(0);
    await expect.poll(async () => (await stored(page, 'switchboard-files', 'files')).length).toBe(0);
    await page.reload();
    await expect(page.getByRole('article', { name: /From the tunnel/ })).toBeVisible({ timeout: 20_000 });
    expect(await chat.files()).toHaveLength(1);
  } finally {
    await server.stop();
  }
});

test('of two tabs one uploads, and the other goes on when it is closed', async ({ signedIn: page, server, device, context }) => {
  const chat = await conversation(server, device, 'Two tabs');
  const first = await context.newPage();
  await first.route('**/api/v1/media', (route) => (route.request().method() === 'POST' ? undefined : route.continue()));
  await first.goto(`${server.url}/chats/${chat.id}`);
  await first.waitForSelector('html[data-alive]');
  await send(first, 'Document', { name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2\n') });
  await expect(first.locator('.uploads__one')).toHaveCount(1);
  await expect.poll(async () => (await stored(first, 'switchboard-files', 'files')).length).toBe(1);

  await page.goto(`${server.url}/chats/${chat.id}`);
  await page.waitForSelector('html[data-alive]');
  // The second knows of the file, and waits until it may have it.
  await page.waitForFunction(async () => {
    const { pending } = await navigator.locks.query();
    return pending!.some((lock) => lock.name!.startsWith('switchboard-files-'));
  });
  await expect(page.locator('.uploads__one')).toHaveCount(0);
  await first.close();
  const [message] = await chat.got();
  expect(message.media.fileName).toBe('list.csv');
  await expect.poll(async () => (await stored(page, 'switchboard-files', 'files')).length).toBe(0);
  expect(await chat.files()).toHaveLength(1);
});

test('an upload that fails behind one’s back says so, leads there, and is tried again', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Left behind');
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  await page.evaluate(() => {
    const sounds: string[] = ((window as any).sounds = []);
    addEventListener('switchboard:sounded', (event) => sounds.push((event as CustomEvent).detail));
  });
  let fail = () => {};
  const gate = new Promise<void>((ok) => { fail = ok; });
  await page.route('**/api/v1/media', async (route) => {
    if (route.request().method() !== 'POST') return route.continue();
    await gate;
    return route.abort('connectionfailed');
  });
  await page.locator('a.chat-row').filter({ hasText: 'Left behind' }).click();
  await expect(page.getByLabel('Message to Left behind', { exact: true })).toBeVisible();
  await send(page, 'Document', { name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2\n') });
  await expect(page.getByRole('progressbar', { name: /Uploading list\.csv/ })).toBeVisible();
  await page.goBack();
  await expect(page).toHaveURL(/\/chats$/);
  fail();
  const told = page.getByRole('alert').getByRole('link', { name: 'list.csv could not be uploaded. It is tried again by itself.' });
  await expect(told).toHaveAttribute('href', `/chats/${chat.id}`);
  await expect.poll(() => page.evaluate(() => (window as any).sounds)).toContain('error');
  await told.click();
  await expect(page).toHaveURL(new RegExp(`/chats/${chat.id}$`));
  await page.unroute('**/api/v1/media');
  const [message] = await chat.got(40_000);
  expect(message.media.fileName).toBe('list.csv');
  await expect(page.locator('.uploads__one')).toHaveCount(0);
});

test('a browser without room says so, and asks before what waits is left', async ({ page }) => {
  test.setTimeout(120_000);
  const server = new Server();
  await server.start();
  try {
    await page.goto(server.url + server.signIn);
    const chat = await conversation(server, await linkedDevice(server, 'Full'), 'Patient');
    await page.goto(`${server.url}/chats/${chat.id}`);
    await page.waitForSelector('html[data-alive]');
    await page.evaluate(() => {
      const { setItem } = Storage.prototype;
      Storage.prototype.setItem = function (name: string, text: string) {
        if (name.startsWith('switchboard.outbox.')) throw new DOMException('full', 'QuotaExceededError');
        setItem.call(this, name, text);
      };
    });
    await server.kill();
    await expect(lost(page)).toBeVisible();
    await page.getByLabel(/^Message to/).fill('nowhere but here');
    await page.getByRole('button', { name: 'Send' }).click();
    await expect(page.getByRole('alert').filter({ hasText: 'This browser has no room for what is to be sent.' })).toBeVisible();
    const asked = page.waitForEvent('dialog');
    await page.close({ runBeforeUnload: true });
    const dialog = await asked;
    expect(dialog.type()).toBe('beforeunload');
    await dialog.dismiss();

    await server.start();
    await expect(page.getByRole('article', { name: /delivered: nowhere but here/ })).toBeVisible({ timeout: 60_000 });
    const dialogs: string[] = [];
    page.on('dialog', (dialog) => {
      dialogs.push(dialog.type());
      dialog.accept().catch(() => {});
    });
    await page.reload();
    await expect(page.getByRole('article', { name: /nowhere but here/ })).toBeVisible();
    expect(dialogs).toEqual([]);
  } finally {
    await server.stop();
  }
});
