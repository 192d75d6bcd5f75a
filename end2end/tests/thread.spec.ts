// A thread and its messages: what cannot be loaded, what is shown by name, what is taken back, and what is shown of files.
import type { Page } from '@playwright/test';
import { API_KEY, chatWith as conversation, expect, test, type Server, until } from '../fixtures/index.ts';

type Device = { id: string; number: string };

/** A group of the device with these numbers. */
async function group(server: Server, device: Device, subject: string, members: string[]) {
  const { chatId } = await server.api('POST', `/devices/${device.id}/groups`, { subject, members });
  const { jid } = await server.api('GET', `/chats/${chatId}`);
  const says = (number: string, body: object) => until(() => server.api('POST', `/sandbox/phones/${number}/messages`, { to: jid, ...body }));
  return { id: chatId as string, jid: jid as string, says };
}

async function open(page: Page, server: Server, id: string) {
  await page.goto(`${server.url}/chats/${id}`);
  await page.waitForSelector('html[data-alive]');
}

const row = (page: Page, name: RegExp) => page.getByRole('article', { name });
const menu = (page: Page, name: RegExp) => row(page, name).getByRole('button', { name: 'Message actions' }).click();
const base64 = (text: string) => Buffer.from(text, 'latin1').toString('base64');

/** A small picture of this type, in base64, as the browser writes it. */
const picture = (page: Page, type: string) => page.evaluate((type) => {
  const canvas = document.createElement('canvas');
  canvas.width = 64;
  canvas.height = 48;
  canvas.getContext('2d', { alpha: false })!.fillRect(0, 0, 32, 32);
  return canvas.toDataURL(type).split(',')[1];
}, type);

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR42mM4YWMDRwzEcQAREhQBhrsuHAAAAABJRU5ErkJggg==';

/** Lets the page hear from the server so many times: whatever asks without end asks meanwhile. */
const rounds = (page: Page, count: number) => page.evaluate(async (count) => {
  for (let n = 0; n < count; n += 1) await fetch('/health');
}, count);

test('a chat that does not exist is missing, and is not asked for without end', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Somebody');
  const unknown = `${chat.id.slice(0, -6)}000000`;
  let asked = 0;
  page.on('request', (request) => { if (request.url().includes(unknown) && request.url().includes('/api/')) asked += 1; });
  await open(page, server, unknown);
  await expect(page.getByRole('heading', { name: 'This chat is not here' })).toBeVisible();
  await rounds(page, 20);
  await expect(page.getByRole('heading', { name: 'This chat is not here' })).toBeVisible();
  expect(asked).toBeLessThanOrEqual(2);
});

test('messages that cannot be loaded are asked for again by a press', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Faulty');
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  let asked = 0;
  const messages = new RegExp(`/api/v1/chats/${chat.id}/messages`);
  await page.route(messages, (route) => { asked += 1; return route.abort('connectionfailed'); });
  await page.locator(`a.chat-row[href="/chats/${chat.id}"]`).click();
  const failed = page.getByRole('alert').filter({ hasText: 'The messages could not be loaded' });
  await expect(failed).toBeVisible();
  await rounds(page, 20);
  // When it was pointed at, when it was pressed, and when it was opened.
  expect(asked).toBeLessThanOrEqual(3);
  await page.unroute(messages);
  await failed.getByRole('button', { name: 'Try again' }).click();
  await expect(row(page, /Shall we meet/)).toBeVisible();
  await expect(failed).toHaveCount(0);
});

test('a quote is of somebody with a name, and leads to what it quotes', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Quintus');
  for (let n = 0; n < 70; n += 1) await chat.says({ text: `line ${n}` });
  await chat.says({ text: 'As I said', quoted: chat.first.id });
  await until(async () => {
    const { items } = await server.api('GET', `/chats/${chat.id}/messages?limit=1`);
    if (items[0].text !== 'As I said') throw new Error('not all there yet');
  });
  await open(page, server, chat.id);
  await expect(page.getByText('72 new messages')).toBeInViewport();
  await page.getByRole('button', { name: 'Go to the newest message' }).click();
  const quote = row(page, /As I said/).locator('.quote');
  await expect(quote.locator('.quote__who')).toHaveText('Quintus');
  await quote.click();
  const quoted = row(page, /Shall we meet/);
  await expect(quoted).toBeInViewport();
  await expect(quoted).toBeFocused();
  await menu(page, /Shall we meet/);
  await page.getByRole('button', { name: 'Reply' }).click();
  await expect(page.getByText('Reply to Quintus')).toBeVisible();
});

test('the button that leads to the end calls no keyboard up', async ({ signedIn: page, server, device, isMobile }) => {
  test.skip(!isMobile, 'with a keyboard of one\'s own, the field is next');
  const chat = await conversation(server, device, 'Newest');
  for (let n = 0; n < 60; n += 1) await chat.says({ text: `line ${n}` });
  await until(async () => {
    const { items } = await server.api('GET', `/chats/${chat.id}/messages?limit=1`);
    if (items[0].text !== 'line 59') throw new Error('not all there yet');
  });
  await open(page, server, chat.id);
  await page.getByRole('button', { name: 'Go to the newest message' }).click();
  await expect(row(page, /line 59$/)).toBeInViewport();
  await expect(page.locator('#composer')).not.toBeFocused();
});

test('who reacted is listed, and the own reaction can be any and be taken back', async ({ signedIn: page, server, device, a11y }) => {
  const chat = await conversation(server, device, 'Reacting');
  await open(page, server, chat.id);
  await chat.says({ reaction: { messageId: chat.first.id, emoji: '🎉' } });
  const pill = row(page, /Shall we meet/).getByRole('button', { name: /^Reactions/ });
  await expect(pill).toHaveText('🎉');
  await pill.click();
  const list = page.getByRole('dialog', { name: 'Reactions' });
  await expect(list.getByRole('listitem')).toHaveText(['Reacting🎉']);
  await a11y(page);
  await page.keyboard.press('Escape');
  await expect(list).toHaveCount(0);

  await menu(page, /Shall we meet/);
  await page.getByRole('button', { name: 'More reactions' }).click();
  const all = page.getByRole('dialog', { name: 'More reactions' });
  await all.getByLabel('Search emoji').fill('hot beverage');
  await all.getByRole('button', { name: 'hot beverage' }).click();
  await expect(all).toHaveCount(0);
  await expect(pill).toHaveText('🎉☕');
  // It is none of the six, and still at hand.
  await menu(page, /Shall we meet/);
  await expect(page.locator('#message-menu').getByRole('button', { name: '☕' })).toHaveAttribute('aria-pressed', 'true');
  await page.keyboard.press('Escape');
  await pill.click();
  await list.getByRole('listitem').filter({ hasText: 'You' }).getByRole('button', { name: 'Remove' }).click();
  await expect(list).toHaveCount(0);
  await expect(pill).toHaveText('🎉');
});

test('what still waits can be copied, or not be sent after all', async ({ signedIn: page, server, device, context }) => {
  const chat = await conversation(server, device, 'Waiting');
  await open(page, server, chat.id);
  await expect(row(page, /Shall we meet/)).toBeVisible();
  // What the menu is made of is here before the line is gone.
  await menu(page, /Shall we meet/);
  await expect(page.locator('#message-menu').getByRole('button', { name: 'Reply' })).toBeVisible();
  await page.keyboard.press('Escape');
  await context.setOffline(true);
  const write = async (text: string) => {
    await page.getByLabel(/^Message to/).fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
  };
  await write('In anger');
  await write('In peace');
  await menu(page, /waiting to be sent: In anger/);
  await expect(page.locator('#message-menu').getByRole('button', { name: 'Copy text' })).toBeVisible();
  await page.getByRole('button', { name: 'Do not send' }).click();
  await expect(row(page, /In anger/)).toHaveCount(0);
  await context.setOffline(false);
  await page.reload();
  await expect(row(page, /delivered: In peace/)).toBeVisible({ timeout: 20_000 });
  expect((await chat.holds()).map((message) => message.text)).not.toContain('In anger');
});

test('what was refused is tried again, or given up', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Refused');
  await open(page, server, chat.id);
  await expect(row(page, /Shall we meet/)).toBeVisible();
  const status = (wanted: string) => until(async () => {
    const now = await server.api('GET', `/devices/${device.id}`);
    if (now.status !== wanted) throw new Error(`the device is ${now.status}`);
  });
  await server.api('POST', `/sandbox/phones/${device.number}/unlink`, { deviceId: device.id });
  await status('logged_out');
  const write = async (text: string) => {
    await page.getByLabel(/^Message to/).fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
  };
  await write('Never mind');
  await row(page, /not sent: Never mind/).getByRole('button', { name: 'Discard' }).click();
  await expect(row(page, /Never mind/)).toHaveCount(0);
  await write('Once more');
  const again = row(page, /not sent: Once more/).getByRole('button', { name: 'Try again' });
  await expect(again).toBeVisible();
  await server.api('POST', `/devices/${device.id}/connect`);
  const { qr } = await until(() => server.api('GET', `/devices/${device.id}/qr`));
  await server.api('POST', `/sandbox/phones/${device.number}/scan`, { qr });
  await status('connected');
  await again.click();
  await expect(row(page, /delivered: Once more/)).toBeVisible();
});

test('the line of what is new goes on counting', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Counting');
  await open(page, server, chat.id);
  await expect(row(page, /Shall we meet/)).toBeVisible();
  await until(async () => {
    if ((await server.api('GET', `/chats/${chat.id}`)).unread > 0) throw new Error('not read yet');
  });
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { get: () => 'hidden' });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await chat.says({ text: 'One more' });
  const line = page.locator('.thread-line--unread');
  await expect(line).toHaveText('1 new message');
  await chat.says({ text: 'And another' });
  await expect(line).toHaveText('2 new messages');
  await expect(line).toHaveAccessibleName('2 new messages');
});

test('pictures in a row say in a group who sent them, and keep their text', async ({ signedIn: page, server, device }) => {
  const sender = await conversation(server, device, 'Paula Pictures');
  const all = await group(server, device, 'Album', [sender.number]);
  await all.says(sender.number, { media: { content: PNG, contentType: 'image/png' }, text: 'From the market' });
  await all.says(sender.number, { media: { content: PNG, contentType: 'image/png' } });
  await open(page, server, all.id);
  const rows = page.locator('.message-row--album');
  await expect(rows).toHaveCount(2);
  await expect(rows.first().locator('.bubble__sender')).toHaveText('Paula Pictures');
  await expect(rows.first().locator('.bubble__sender')).toBeVisible();
  await expect(rows.first()).toContainText('From the market');
  await expect(rows.last().locator('.bubble__sender')).toBeHidden();
  const [first, second] = await rows.locator('.picture').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));
  expect(Math.abs(first.top - second.top)).toBeLessThan(2);
});

test('who is named is called by name, and several are told apart by who got and read it', async ({ signedIn: page, server, device }) => {
  const ana = await conversation(server, device, 'Ana Alba');
  const bruno = await conversation(server, device, 'Bruno Brava');
  const all = await group(server, device, 'Namesakes', [ana.number, bruno.number]);
  await all.says(ana.number, { text: `Ask @${bruno.number}`, mentions: [bruno.number] });
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  await expect(page.locator('a.chat-row').filter({ hasText: 'Namesakes' })).toContainText('Ask @Bruno Brava');
  await open(page, server, all.id);
  await expect(row(page, /Ask @Bruno Brava/)).toContainText('Ask @Bruno Brava');
  await page.getByLabel(/^Message to Namesakes/).fill('I will');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(row(page, /delivered: I will/)).toBeVisible();
  await server.api('POST', `/sandbox/phones/${ana.number}/read`, { chat: all.jid });
  await menu(page, /I will/);
  await page.getByRole('button', { name: 'Info', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: 'Info' });
  const person = (name: string) => dialog.locator('.message-info__person').filter({ hasText: name });
  await expect(person('Ana Alba')).toBeVisible();
  await expect(person('Ana Alba')).not.toContainText('Not yet');
  await expect(person('Bruno Brava')).toContainText('Not yet');
  await server.api('POST', `/sandbox/phones/${bruno.number}/read`, { chat: all.jid });
  await expect(person('Bruno Brava')).not.toContainText('Not yet');
});

test('stickers, documents, previews of links, GIFs and cards', async ({ signedIn: page, server, device, a11y }) => {
  const chat = await conversation(server, device, 'Files');
  const carla = await server.api('POST', '/sandbox/phones', { name: 'Carla Ruiz' });
  await open(page, server, chat.id);
  const loaded = (image: any) => expect.poll(() => image.evaluate((one: HTMLImageElement) => one.naturalWidth)).toBeGreaterThan(0);

  await chat.says({ media: { content: await picture(page, 'image/webp'), contentType: 'image/webp', kind: 'sticker' } });
  await loaded(row(page, /Sticker/).locator('.sticker img'));

  const preview = await picture(page, 'image/jpeg');
  await chat.says({ media: { content: base64('%PDF-1.7\n1 0 obj\n<<>>\nendobj\n%%EOF\n'), contentType: 'application/pdf', fileName: 'bill.pdf', preview } });
  const bill = row(page, /Document\. bill\.pdf/);
  await expect(bill.getByRole('link', { name: /bill\.pdf/ })).toHaveAttribute('download', 'bill.pdf');
  await expect(bill.getByText(/^PDF/)).toBeVisible();
  await loaded(bill.locator('.file-card__page'));

  await chat.says({ text: 'See https://example.com/offer', linkPreview: { url: 'https://example.com/offer', title: 'The offer', description: 'All of it' } });
  await expect(row(page, /See https/).getByRole('link', { name: /The offer/ })).toHaveAttribute('href', 'https://example.com/offer');

  await chat.says({ media: { content: base64(`\0\0\0\x18ftypmp42\0\0\0\0mp42isom\0\0\x03\xe8mdat${'\x03'.repeat(992)}`), contentType: 'video/mp4', gif: true, preview } });
  const film = row(page, /Video/).locator('.picture');
  await loaded(film.locator('img'));
  const { items } = await server.api('GET', `/chats/${chat.id}/messages?limit=1`);
  const content = await fetch(`${server.url}/api/v1/media/${items[0].media.id}/content`, { headers: { 'x-api-key': API_KEY } });
  expect(content.status).toBe(200);
  // It is here: it plays by itself, again and again, unheard.
  await expect(film.locator('video')).toHaveAttribute('loop', '');
  await expect(film.locator('video')).toHaveAttribute('muted', '');

  await chat.says({ contact: { name: 'Carla Ruiz', phoneNumbers: [carla.number] } });
  await a11y(page);
  await row(page, /Contact\. Carla Ruiz/).getByRole('button', { name: 'Message: Carla Ruiz' }).click();
  await expect(page).not.toHaveURL(new RegExp(`${chat.id}$`));
  await expect(page.locator('.thread__name')).toHaveText(new RegExp(`Carla Ruiz|${carla.number}`));
});

test('quotes and lists in a text, and times beside a text of another direction', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Lines');
  await open(page, server, chat.id);
  await chat.says({ text: '> you said\n- eggs\n- *milk*\n2. later' });
  const text = row(page, /eggs/);
  await expect(text.locator('.line--quote')).toHaveText('you said');
  await expect(text.locator('.line--item')).toHaveText(['• eggs', '• milk', '2. later']);
  await expect(text.locator('.line--item strong')).toHaveText('milk');
  await chat.says({ text: 'مرحبا بكم' });
  const margins = (name: RegExp) => row(page, name).locator('.bubble__meta').evaluate((meta) => {
    const { marginLeft, marginRight } = getComputedStyle(meta);
    return [marginLeft, marginRight];
  });
  await expect(row(page, /مرحبا/)).toBeVisible();
  expect(await margins(/مرحبا/)).toEqual(['0px', '12px']);
  expect(await margins(/Shall we meet/)).toEqual(['12px', '0px']);
});

test('a finger on a sound\'s position answers nothing', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Slider');
  await open(page, server, chat.id);
  await chat.says({ media: { content: base64('OggS\0'), contentType: 'audio/ogg; codecs=opus', voice: true, seconds: 2, waveform: [0, 50, 100] } });
  const finger = async (target: any, steps: [string, number][]) => {
    for (const [kind, clientX] of steps) await target.dispatchEvent(kind, { pointerType: 'touch', bubbles: true, clientX, clientY: 300 });
  };
  const draw: [string, number][] = [['pointerdown', 60], ['pointermove', 90], ['pointermove', 130], ['pointerup', 130]];
  await finger(row(page, /Voice message/).getByRole('slider', { name: 'Position' }), draw);
  await expect(page.getByText(/^Reply to /)).toHaveCount(0);
  await finger(row(page, /Shall we meet/), draw);
  await expect(page.getByText('Reply to Slider')).toBeVisible();
});
