// Stickers: made of pictures, kept beside the emoji, sent once.
import { createHash } from 'node:crypto';
import type { Page } from '@playwright/test';
import { API_KEY, Server, chatWith, expect, linkedDevice, stored, test, until, served } from '../fixtures/index.ts';

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR42mM4YWMDRwzEcQAREhQBhrsuHAAAAABJRU5ErkJggg==', 'base64');
const CAT = { name: 'cat.png', mimeType: 'image/png', buffer: PNG };

async function conversation(server: Server, device: { id: string; number: string }, name: string) {
  const chat = await chatWith(server, device, name, 'Good morning');
  /** The stickers that the other side has got. */
  const stickers = async () => (await chat.holds()).filter((message) => message.kind === 'sticker' && !message.fromMe);
  const got = (count: number, patience?: number) => until(async () => {
    const all = await stickers();
    if (all.length < count) throw new Error(`the phone has got ${all.length} stickers`);
    return all;
  }, patience);
  return { ...chat, stickers, got };
}

async function open(page: Page, server: Server, id: string) {
  await page.goto(`${server.url}/chats/${id}`);
  await page.waitForSelector('html[data-alive]');
}

/** A WebP of this size, in base64, as the browser writes it. */
const webp = (page: Page, width: number, height: number) => page.evaluate(([width, height]) => {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  canvas.getContext('2d', { alpha: false })!.fillRect(0, 0, width / 2, height / 2);
  return canvas.toDataURL('image/webp').split(',')[1];
}, [width, height]);

/** Chooses a picture by the menu. Answers the dialog that shows what becomes of it. */
async function choose(page: Page, file: { name: string; mimeType: string; buffer: Buffer }) {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Attach' }).click();
  await page.getByRole('button', { name: 'Sticker', exact: true }).click();
  await (await chooser).setFiles([file]);
  return page.getByRole('dialog', { name: 'Sticker', exact: true });
}

const row = (page: Page, name: RegExp) => page.getByRole('article', { name });
const menu = (page: Page, name: RegExp) => row(page, name).getByRole('button', { name: 'Message actions' }).click();
const loaded = (image: any) => expect.poll(() => image.evaluate((one: HTMLImageElement) => one.naturalWidth)).toBeGreaterThan(0);

/** Opens the stickers beside the emoji. */
async function openStickers(page: Page) {
  await page.getByRole('button', { name: 'Emoji', exact: true }).click();
  const panel = page.locator('#emoji-panel');
  const tab = panel.getByRole('button', { name: 'Stickers', exact: true });
  await tab.click();
  await expect(tab).toHaveAttribute('aria-pressed', 'true');
  return panel;
}

test('a picture becomes a sticker, is sent as one, and is at hand from then on', async ({ signedIn: page, server, device, a11y }) => {
  const chat = await conversation(server, device, 'Pictures');
  await open(page, server, chat.id);
  const dialog = await choose(page, CAT);
  await loaded(dialog.getByRole('img', { name: 'Sticker' }));
  await a11y(page);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toHaveCount(0);

  await choose(page, CAT);
  await dialog.getByRole('button', { name: 'Send' }).click();
  await expect(dialog).toHaveCount(0);
  const [message] = await chat.got(1);
  expect(message.text).toBe('');
  expect(message.media).toMatchObject({ contentType: 'image/webp', width: 512, height: 512 });
  const response = await fetch(`${server.url}/api/v1/sandbox/phones/${chat.number}/messages/${message.id}/media`, { headers: { 'x-api-key': API_KEY } });
  const bytes = Buffer.from(await response.arrayBuffer());
  expect(bytes.toString('latin1', 8, 12)).toBe('WEBP');
  expect(bytes.length).toBeLessThanOrEqual(100_000);
  await loaded(row(page, /delivered: Sticker/).locator('.sticker img'));
  await expect(page.locator('.uploads__one')).toHaveCount(0);

  const panel = await openStickers(page);
  const first = panel.getByRole('button', { name: 'Sticker 1' });
  await loaded(first.locator('img'));
  await a11y(page);
  await first.click();
  await expect(panel).toBeHidden();
  const [, again] = await chat.got(2);
  expect(again.media.sha256).toBe(message.media.sha256);
  expect(await chat.stickers()).toHaveLength(2);
});

test('a sticker that came is put at hand, answers by keys, and is put away again', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Received');
  await open(page, server, chat.id);
  let panel = await openStickers(page);
  await expect(panel.getByText(/^None yet\./)).toBeVisible();
  await page.keyboard.press('Escape');
  const content = await webp(page, 512, 512);
  const came = await chat.says({ media: { content, contentType: 'image/webp', kind: 'sticker', width: 512, height: 512 } });
  await loaded(row(page, /Sticker/).locator('.sticker img'));
  await menu(page, /Sticker/);
  await page.getByRole('button', { name: 'Add to stickers' }).click();
  await expect(page.locator('.toast').last()).toContainText('Added to your stickers.');

  await page.reload();
  await page.waitForSelector('html[data-alive]');
  await menu(page, /Sticker/);
  await page.getByRole('button', { name: 'Reply' }).click();
  panel = await openStickers(page);
  const search = panel.getByLabel('Search emoji');
  // A word leads to emoji, and away from it the stickers are back.
  await search.fill('party pop');
  await expect(panel.getByRole('button', { name: 'party popper' })).toBeVisible();
  await search.fill('');
  await search.press('ArrowDown');
  const one = panel.getByRole('button', { name: 'Sticker 1' });
  await expect(one).toBeFocused();
  await one.press('ArrowUp');
  await expect(search).toBeFocused();
  await search.press('ArrowDown');
  await one.press('Enter');
  await expect(panel).toBeHidden();
  const [message] = await chat.got(1);
  expect(message.media.sha256).toBe(came.media.sha256);
  expect(message.quoted.whatsappId).toBe(came.id);
  await expect(page.getByText('Reply to Received')).toHaveCount(0);

  await menu(page, /delivered: Sticker/);
  await page.getByRole('button', { name: 'Remove from stickers' }).click();
  await expect(page.locator('.toast').last()).toContainText('Removed from your stickers.');
  panel = await openStickers(page);
  await expect(panel.getByText(/^None yet\./)).toBeVisible();
});

test('a browser that writes no WebP says so, and what cannot be a sticker is none', async ({ signedIn: page, server, device }) => {
  await page.addInitScript(() => {
    const { toBlob } = HTMLCanvasElement.prototype;
    HTMLCanvasElement.prototype.toBlob = function (done, _type, quality) { toBlob.call(this, done, 'image/png', quality); };
  });
  const chat = await conversation(server, device, 'Old browser');
  await open(page, server, chat.id);
  const dialog = await choose(page, CAT);
  await expect(dialog.getByRole('alert')).toHaveText(/^This browser cannot make stickers\./);
  await expect(dialog.getByRole('button', { name: 'Send' })).toBeDisabled();
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  await choose(page, { ...CAT, buffer: Buffer.from('no picture') });
  await expect(dialog.getByRole('alert')).toHaveText('This picture cannot be made a sticker.');
  await dialog.getByRole('button', { name: 'Cancel' }).click();

  // One that is a sticker already needs no writing.
  const buffer = Buffer.from(await webp(page, 512, 512), 'base64');
  await choose(page, { name: 'ready.webp', mimeType: 'image/webp', buffer });
  await dialog.getByRole('button', { name: 'Send' }).click();
  const [message] = await chat.got(1);
  expect(message.media.sha256).toBe(createHash('sha256').update(buffer).digest('hex'));
});

test('a sticker that is chosen without a server outlives the page and arrives once', async ({ page }) => {
  test.setTimeout(150_000);
  const server = new Server();
  await server.start();
  try {
    await page.goto(server.url + server.signIn);
    const chat = await conversation(server, await linkedDevice(server, 'Tunnel'), 'Far side');
    await open(page, server, chat.id);
    await served(page);
    await expect(row(page, /Good morning/)).toBeVisible();
    await expect.poll(async () => (await stored(page, 'switchboard', 'threads')).join()).toContain('Good morning');
    const kept = async () => (await stored(page, 'switchboard-files', 'files')).map((one) => JSON.parse(JSON.parse(one).text).sticker);

    await server.kill();
    await expect(page.getByText('The connection to the server was lost.').filter({ visible: true }).first()).toBeVisible();
    const dialog = await choose(page, CAT);
    await dialog.getByRole('button', { name: 'Send' }).click();
    const upload = page.locator('.uploads__one').filter({ hasText: 'cat.webp' });
    await expect(upload).toContainText('Waiting');
    await expect.poll(kept).toEqual([true]);

    await page.goto(`${server.url}/chats/${chat.id}`);
    await expect(upload).toContainText('Waiting');
    await server.start();
    const [message] = await chat.got(1, 60_000);
    expect(message.media).toMatchObject({ contentType: 'image/webp', width: 512, height: 512 });
    await expect(upload).toHaveCount(0);
    await expect.poll(kept).toEqual([]);
    await page.reload();
    await loaded(row(page, /delivered: Sticker/).locator('.sticker img'));
    expect(await chat.stickers()).toHaveLength(1);
  } finally {
    await server.stop();
  }
});
