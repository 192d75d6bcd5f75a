// What was begun to be written: on every device of its user, beside changes of messages, with those who are named.
import type { Page } from '@playwright/test';
import { chatWith, expect, test, until } from '../fixtures/index.ts';

const conversation = (server: any, device: { id: string; number: string }, name: string) => chatWith(server, device, name, 'Is the order ready?');

const WASM = /\/pkg\/\w+\/[^/]*\.wasm$/;
const row = (page: Page, name: string) => page.locator('a.chat-row').filter({ hasText: name });
const fieldOf = (page: Page, name: string) => page.getByLabel(`Message to ${name}`, { exact: true });
const about = (page: Page) => page.locator('.composer__about');

async function open(page: Page, server: any, id: string) {
  await page.goto(`${server.url}/chats/${id}`);
  await page.waitForSelector('html[data-alive]');
}

/** Goes from one chat to another without loading the page again. */
async function change(page: Page, isMobile: boolean, name: string) {
  if (isMobile) await page.getByRole('link', { name: 'Back', exact: true }).first().click();
  await row(page, name).click();
  await expect(fieldOf(page, name)).toBeVisible();
}

async function send(page: Page, name: string, text: string) {
  await fieldOf(page, name).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByRole('article', { name: new RegExp(`delivered: ${text}`) })).toBeVisible();
}

async function edit(page: Page, text: string) {
  await page.getByRole('article', { name: new RegExp(text) }).getByRole('button', { name: 'Message actions' }).click();
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await expect(about(page)).toBeVisible();
}

test('a draft is on every device of its user, and gone from all once it was sent', async ({ signedIn: page, server, session, device, browser }) => {
  const chat = await conversation(server, device, 'Two devices');
  const context = await browser.newContext();
  await context.addCookies(session.cookies);
  const second = await context.newPage();
  await open(page, server, chat.id);
  await second.goto(`${server.url}/chats`);
  await second.waitForSelector('html[data-alive]');

  const here = fieldOf(page, 'Two devices');
  const there = fieldOf(second, 'Two devices');
  await here.fill('half a sentence');
  await expect(row(second, 'Two devices')).toContainText('half a sentence');
  await row(second, 'Two devices').click();
  await expect(there).toHaveValue('half a sentence');
  await there.fill('half a sentence, and the rest');
  await expect(here).toHaveValue('half a sentence, and the rest');

  await second.getByRole('button', { name: 'Send' }).click();
  await expect(second.getByRole('article', { name: /delivered: half a sentence, and the rest/ })).toBeVisible();
  await expect(here).toHaveValue('');
  // The next page of either has none: neither kept here nor on the server.
  for (const one of [page, second]) {
    await one.reload();
    await one.waitForSelector('html[data-alive]');
    await expect(fieldOf(one, 'Two devices')).toHaveValue('');
  }
  await context.close();
});

test('a draft survives the change of a message, whether that is given up or sent', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Changes');
  await open(page, server, chat.id);
  const field = fieldOf(page, 'Changes');
  await send(page, 'Changes', 'Yes, at noon');
  await field.fill('and then');

  await edit(page, 'Yes, at noon');
  await expect(field).toHaveValue('Yes, at noon');
  await field.fill('Yes, at night');
  await page.locator('.composer').getByRole('button', { name: 'Cancel' }).click();
  await expect(about(page)).toHaveCount(0);
  await expect(field).toHaveValue('and then');

  await edit(page, 'Yes, at noon');
  await field.fill('Yes, at one');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByRole('article', { name: /Yes, at one/ })).toContainText('Edited');
  await expect(field).toHaveValue('and then');
  await page.reload();
  await page.waitForSelector('html[data-alive]');
  await expect(field).toHaveValue('and then');
});

test('a chat that is left during a change comes back with its draft, and sends that', async ({ signedIn: page, server, device, isMobile }) => {
  const chat = await conversation(server, device, 'Left early');
  await conversation(server, device, 'Somewhere else');
  await open(page, server, chat.id);
  const field = fieldOf(page, 'Left early');
  await send(page, 'Left early', 'Yes, at noon');
  await field.fill('and then');
  await edit(page, 'Yes, at noon');
  await field.fill('Yes, at night');

  await change(page, isMobile, 'Somewhere else');
  await expect(fieldOf(page, 'Somewhere else')).toHaveValue('');
  await expect(about(page)).toHaveCount(0);
  await change(page, isMobile, 'Left early');
  await expect(field).toHaveValue('and then');
  await expect(about(page)).toHaveCount(0);
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByRole('article', { name: /delivered: and then/ })).toBeVisible();
  await expect(page.getByRole('article', { name: /Yes, at noon/ })).not.toContainText('Edited');
  await expect(field).toHaveValue('');
});

test('who is named in a draft is named after another chat, a new page and a change', async ({ signedIn: page, server, device, isMobile }) => {
  const { number } = await conversation(server, device, 'Mara Mentioned');
  await conversation(server, device, 'Beside it');
  const group = await server.api('POST', `/devices/${device.id}/groups`, { subject: 'Kept names', members: [number] });
  await open(page, server, group.chatId);
  const field = fieldOf(page, 'Kept names');
  await field.pressSequentially('Thanks @mara');
  const offer = page.getByRole('option', { name: /Mara Mentioned/ });
  await expect(async () => {
    await field.press('Backspace');
    await field.pressSequentially('a');
    await expect(offer).toBeVisible({ timeout: 1_000 });
  }).toPass();
  await field.press('Enter');
  await expect(field).toHaveValue('Thanks @Mara Mentioned ');

  await change(page, isMobile, 'Beside it');
  await change(page, isMobile, 'Kept names');
  await expect(field).toHaveValue('Thanks @Mara Mentioned ');
  await page.reload();
  await page.waitForSelector('html[data-alive]');
  await expect(field).toHaveValue('Thanks @Mara Mentioned ');
  await page.getByRole('button', { name: 'Send' }).click();

  const names = (text: string) => until(async () => {
    const { items } = await server.api('GET', `/chats/${group.chatId}/messages`);
    const found = items.find((message: any) => message.text === text);
    if (!found || found.status === 'queued') throw new Error(`"${text}" was not sent yet`);
    expect(found.mentions).toEqual([number]);
  });
  await names(`Thanks @${number}`);
  await edit(page, 'Thanks @Mara Mentioned');
  await expect(field).toHaveValue('Thanks @Mara Mentioned');
  await field.fill('Many thanks @Mara Mentioned');
  await page.getByRole('button', { name: 'Send' }).click();
  await names(`Many thanks @${number}`);
});

test('drafts of somebody else, or of nobody, are not shown, and go when somebody signs out', async ({ signedIn: page, server, device, context }) => {
  const chat = await conversation(server, device, 'Whose');
  await page.waitForSelector('html[data-alive]');
  const nobody = `switchboard.draft.${chat.id}`;
  const other = `switchboard.draft.usr_other.${chat.id}`;
  await page.evaluate(([nobody, other]) => {
    localStorage.setItem(nobody, 'of nobody');
    localStorage.setItem(other, JSON.stringify(['', 'of somebody else']));
  }, [nobody, other]);
  await open(page, server, chat.id);
  await expect(fieldOf(page, 'Whose')).toHaveValue('');
  await expect(row(page, 'Whose')).not.toContainText(/of nobody|of somebody else/);
  const kept = (name: string) => page.evaluate((name) => localStorage.getItem(name), name);
  expect(await kept(nobody)).toBeNull();

  // Who signs out leaves only what the server was not told yet.
  const known = `switchboard.draft.usr_known.${chat.id}`;
  await page.evaluate((known) => localStorage.setItem(known, JSON.stringify(['@Ana', '@Ana', 'Ana', '34600'])), known);
  await context.clearCookies();
  await page.goto(`${server.url}/login?next=%2Fchats`);
  expect(await kept(known)).not.toBeNull();
  await page.goto(`${server.url}/login`);
  expect(await kept(known)).toBeNull();
  expect(await kept(other)).not.toBeNull();
});

test.describe('before the page is alive', () => {
  // The service worker would answer past the routes of the page.
  test.use({ serviceWorkers: 'block' });

  test('what is typed then is not overwritten by a draft', async ({ signedIn: page, server, device }) => {
    const chat = await conversation(server, device, 'Early');
    await open(page, server, chat.id);
    const field = fieldOf(page, 'Early');
    await field.fill('kept');
    let go = () => {};
    const held = new Promise<void>((ok) => { go = ok; });
    await page.route(WASM, async (route) => {
      await held;
      await route.continue();
    });
    await page.goto(`${server.url}/chats/${chat.id}`, { waitUntil: 'commit' });
    await field.fill('typed early');
    await expect(page.locator('html[data-alive]')).toHaveCount(0);
    go();
    await page.waitForSelector('html[data-alive]');
    await expect(field).toHaveValue('typed early');
    await page.unroute(WASM);
    await page.reload();
    await page.waitForSelector('html[data-alive]');
    await expect(field).toHaveValue('typed early');
  });
});
