// The composer's tools: files, emoji, voice, polls, places, contacts, mentions, short replies, marks.
import type { Page } from '@playwright/test';
import { chatWith, expect, test, until } from '../fixtures/index.ts';

const PNG = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR42mM4YWMDRwzEcQAREhQBhrsuHAAAAABJRU5ErkJggg==', 'base64');
const png = (name: string) => ({ name, mimeType: 'image/png', buffer: PNG });

async function conversation(page: Page, server: any, device: { id: string; number: string }, name: string) {
  const chat = await chatWith(server, device, name, 'Good morning');
  await page.goto(`${server.url}/chats/${chat.id}`);
  await page.waitForSelector('html[data-alive]');
  const held = (what: string, is: (message: any) => boolean) => until(async () => {
    const found = (await chat.holds()).find(is);
    if (!found) throw new Error(`the phone has not got ${what}`);
    return found;
  });
  const attach = async (what: string) => {
    await page.getByRole('button', { name: 'Attach' }).click();
    await page.getByRole('button', { name: what, exact: true }).click();
  };
  return { held, attach, number: chat.number, id: chat.id, field: page.getByLabel(`Message to ${name}`, { exact: true }) };
}

/** Attaches files by the menu. */
async function choose(page: Page, attach: (what: string) => Promise<void>, what: string, files: any[]) {
  const chooser = page.waitForEvent('filechooser');
  await attach(what);
  await (await chooser).setFiles(files);
}

test('several pictures with captions are uploaded and sent, and looked at one after the other', async ({ signedIn: page, server, device, a11y }) => {
  const { held, attach } = await conversation(page, server, device, 'Pictures');
  await choose(page, attach, 'Photo or video', [png('one.png'), png('two.png')]);
  const tray = page.getByRole('dialog', { name: 'Send 2 files' });
  await expect(tray.getByText(/^Up to 104\.8 MB for each file/)).toBeVisible();
  await a11y(page);
  await tray.getByLabel('Caption for one.png').fill('The first');
  await tray.getByLabel('Caption for two.png').fill('The second');
  await tray.getByRole('button', { name: 'Send' }).click();
  await expect(tray).toHaveCount(0);
  await held('the first', (message) => message.text === 'The first' && message.media);
  await held('the second', (message) => message.text === 'The second' && message.media);

  const row = page.getByRole('article', { name: /The second/ });
  await row.getByRole('link', { name: 'Photo' }).click();
  const viewer = page.getByRole('dialog', { name: 'Pictures and videos' });
  await expect(viewer.getByRole('status')).toHaveText('2 of 2');
  await page.keyboard.press('ArrowLeft');
  await expect(viewer.getByRole('status')).toHaveText('1 of 2');
  await expect(viewer.getByText('The first')).toBeVisible();
  await viewer.getByRole('button', { name: 'Zoom in' }).click();
  await expect(viewer.locator('.viewer__stage')).toHaveAttribute('data-zoom', '1');
  await page.keyboard.press('0');
  await expect(viewer.locator('.viewer__stage')).toHaveAttribute('data-zoom', '0');
  await expect(viewer.getByRole('link', { name: 'Download' })).toHaveAttribute('href', /\/api\/v1\/media\/med_/);
  await page.keyboard.press('Escape');
  await expect(viewer).toHaveCount(0);
});

test('files that are pasted or dropped wait in the tray, and pictures in a row become an album', async ({ signedIn: page, server, device }) => {
  const { held } = await conversation(page, server, device, 'Album');
  const bring = (event: 'drop' | 'paste', names: string[]) => page.evaluate(({ event, names, bytes }) => {
    const data = new DataTransfer();
    for (const name of names) data.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], name, { type: 'image/png' }));
    const target = document.querySelector('.thread')!;
    const init = { bubbles: true, cancelable: true };
    target.dispatchEvent(event === 'drop' ? new DragEvent('drop', { ...init, dataTransfer: data }) : new ClipboardEvent('paste', { ...init, clipboardData: data }));
  }, { event, names, bytes: PNG.toString('base64') });
  await bring('paste', ['a.png']);
  const tray = page.getByRole('dialog');
  await expect(tray.getByText('a.png')).toBeVisible();
  await bring('drop', ['b.png', 'c.png']);
  await expect(page.getByRole('dialog', { name: 'Send 3 files' })).toBeVisible();
  await tray.getByRole('button', { name: 'Remove c.png' }).click();
  await tray.getByRole('button', { name: 'Send' }).click();
  await expect(page.locator('.message-row--album')).toHaveCount(2);
  const [first, second] = await page.locator('.message-row--album .picture').evaluateAll((all) => all.map((one) => one.getBoundingClientRect().toJSON()));
  expect(Math.abs(first.top - second.top)).toBeLessThan(2);
  await held('a picture', (message) => message.media);
});

test('an upload that fails says so and can be tried again; one under way can be cancelled', async ({ signedIn: page, server, device }) => {
  const { held, attach } = await conversation(page, server, device, 'Uploads');
  await page.route('**/api/v1/media', (route) => (route.request().method() === 'POST' ? route.abort('connectionfailed') : route.continue()));
  await choose(page, attach, 'Document', [{ name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n1,2\n') }]);
  await page.getByRole('dialog').getByRole('button', { name: 'Send' }).click();
  await expect(page.getByText('The server cannot be reached.')).toBeVisible();
  await page.unroute('**/api/v1/media');
  await page.locator('.uploads').getByRole('button', { name: 'Try again' }).click();
  await held('the file', (message) => message.media?.fileName === 'list.csv');
  await expect(page.locator('.uploads__one')).toHaveCount(0);

  await page.route('**/api/v1/media', (route) => (route.request().method() === 'POST' ? undefined : route.continue()));
  await choose(page, attach, 'Document', [{ name: 'never.csv', mimeType: 'text/csv', buffer: Buffer.from('x') }]);
  await page.getByRole('dialog').getByRole('button', { name: 'Send' }).click();
  await page.getByRole('button', { name: 'Cancel never.csv' }).click();
  await expect(page.locator('.uploads__one')).toHaveCount(0);
});

test('polls, places and contacts', async ({ signedIn: page, server, device, context, a11y }) => {
  await context.grantPermissions(['geolocation']);
  await context.setGeolocation({ latitude: 40.4168, longitude: -3.7038 });
  const { held, attach } = await conversation(page, server, device, 'Cards');
  await attach('Poll');
  const poll = page.getByRole('dialog', { name: 'Poll' });
  await poll.getByLabel('Question').fill('When?');
  await poll.getByRole('button', { name: 'Send' }).click();
  await expect(poll.getByRole('alert')).toHaveText('A poll needs a question and two different answers.');
  await poll.getByLabel('Answer 1').fill('Today');
  await poll.getByLabel('Answer 2').fill('Tomorrow');
  await expect(poll.getByLabel('Answer 3')).toBeVisible();
  await poll.getByLabel('Several answers allowed').uncheck();
  await a11y(page);
  await poll.getByRole('button', { name: 'Send' }).click();
  await expect(poll).toHaveCount(0);
  await held('the poll', (message) => message.poll?.options?.length === 2);

  await attach('Location');
  const place = page.getByRole('dialog', { name: 'Location' });
  await place.getByRole('button', { name: 'Use my location' }).click();
  await expect(place.getByLabel('Latitude')).toHaveValue('40.416800');
  await place.getByLabel('Name (optional)').fill('Puerta del Sol');
  await place.getByRole('button', { name: 'Send' }).click();
  await held('the place', (message) => message.location?.name === 'Puerta del Sol');

  await attach('Contact');
  const people = page.getByRole('dialog', { name: 'Contact' });
  await people.getByLabel('Search people').fill('Cards');
  await people.getByRole('button', { name: /^Cards/ }).click();
  await people.getByRole('button', { name: 'Send 1 contact' }).click();
  await held('the card', (message) => message.contacts?.length || message.contact);
});

test('emoji are found by a word, and the last ones are kept', async ({ signedIn: page, server, device }) => {
  const { field } = await conversation(page, server, device, 'Emoji');
  await field.fill('Hi ');
  await page.getByRole('button', { name: 'Emoji', exact: true }).click();
  await page.getByLabel('Search emoji').fill('party pop');
  await page.getByRole('button', { name: 'party popper' }).click();
  await expect(field).toHaveValue('Hi 🎉');
  await page.getByLabel('Search emoji').press('ArrowDown');
  await expect(page.getByRole('button', { name: 'party popper' })).toBeFocused();
  await page.keyboard.press('Escape');
  await page.reload();
  await page.waitForSelector('html[data-alive]');
  await page.getByRole('button', { name: 'Emoji', exact: true }).click();
  await expect(page.locator('.emoji__one').first()).toHaveText('🎉');
});

test('a voice message is recorded, sent and played faster', async ({ signedIn: page, server, device, context }) => {
  await context.grantPermissions(['microphone']);
  const { held, field } = await conversation(page, server, device, 'Voice');
  await page.getByRole('button', { name: 'Record a voice message' }).press('Enter');
  const bar = page.getByRole('group', { name: 'Recording' });
  await expect(bar.getByRole('timer')).toHaveText('0:02', { timeout: 20_000 });
  await bar.getByRole('button', { name: 'Send the recording' }).click();
  await expect(bar).toHaveCount(0);
  const message = await held('the voice message', (message) => message.media?.voice);
  expect(message.media.waveform.length).toBeGreaterThan(0);
  const player = page.getByRole('group', { name: 'Voice message' });
  await expect(player.getByRole('slider', { name: 'Position' })).toBeVisible();
  await player.getByRole('button', { name: 'Speed 1×', exact: true }).click();
  await expect(player.getByRole('button', { name: 'Speed 1.5×' })).toBeVisible();
  await player.getByRole('button', { name: 'Play' }).click();
  await expect.poll(() => player.getByRole('slider').inputValue().then(Number)).toBeGreaterThan(0);

  await page.getByRole('button', { name: 'Record a voice message' }).press('Enter');
  await bar.getByRole('button', { name: 'Discard the recording' }).click();
  await expect(bar).toHaveCount(0);
  await expect(field).toBeVisible();
});

test('members of a group are named, and short replies are called up', async ({ signedIn: page, server, device }) => {
  const { number } = await conversation(page, server, device, 'Nora Named');
  const group = await server.api('POST', `/devices/${device.id}/groups`, { subject: 'Naming', members: [number] });
  await page.goto(`${server.url}/chats/${group.chatId}`);
  await page.waitForSelector('html[data-alive]');
  const field = page.getByLabel('Message to Naming', { exact: true });
  await field.pressSequentially('Thanks @nora');
  const offer = page.getByRole('option', { name: /Nora Named/ });
  await expect(async () => {
    await field.press('Backspace');
    await field.pressSequentially('a');
    await expect(offer).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await field.press('Enter');
  await expect(field).toHaveValue('Thanks @Nora Named ');
  await page.getByRole('button', { name: 'Send' }).click();
  await until(async () => {
    const { items } = await server.api('GET', `/sandbox/phones/${number}/messages`);
    if (!items.some((message: any) => message.text === `Thanks @${number}` && message.mentions?.length)) throw new Error('nobody was named');
  });

  await page.getByRole('button', { name: 'Attach' }).click();
  await page.getByRole('button', { name: 'Short replies' }).click();
  const dialog = page.getByRole('dialog', { name: 'Short replies' });
  await dialog.getByLabel('Short name').fill('hours');
  await dialog.getByLabel('Text', { exact: true }).fill('We are here from 9 to 5.');
  await dialog.getByRole('button', { name: 'Add' }).click();
  await expect(dialog.getByText('/hours')).toBeVisible();
  await page.keyboard.press('Escape');
  await field.pressSequentially('/ho');
  await expect(page.getByRole('option', { name: /hours/ })).toBeVisible();
  await field.press('Enter');
  await expect(field).toHaveValue('We are here from 9 to 5.');
});

test('marks are set by keys and shown while typing', async ({ signedIn: page, server, device }) => {
  const { field } = await conversation(page, server, device, 'Marks');
  await field.fill('very good');
  await field.evaluate((area: HTMLTextAreaElement) => area.setSelectionRange(0, 4));
  await field.press('Control+b');
  await expect(field).toHaveValue('*very* good');
  await expect(page.locator('.composer__preview strong')).toHaveText('very');
  await field.press('Control+b');
  await expect(field).toHaveValue('very good');
  await expect(page.locator('.composer__preview')).toHaveCount(0);
});
