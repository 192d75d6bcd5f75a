// What is pinned in a chat: the bar above its thread, which leads to each message in turn.
import type { Page } from '@playwright/test';
import { chatWith, expect, test, type Server, until } from '../fixtures/index.ts';

const WEEK = 604_800;

const bar = (page: Page) => page.getByRole('group', { name: 'Pinned messages' });
const shows = (page: Page) => bar(page).getByRole('button', { name: /^Pinned message/ });
const row = (page: Page, name: RegExp) => page.getByRole('article', { name });
const top = async (page: Page, name: RegExp) => (await row(page, name).boundingBox())!.y;
const toEnd = (page: Page) => page.getByRole('button', { name: 'Go to the newest message' }).click();

async function open(page: Page, server: Server, id: string) {
  await page.goto(`${server.url}/chats/${id}`);
  await page.waitForSelector('html[data-alive]');
}

/** Somebody wrote something, and then so many lines that it is far above what is loaded. */
async function longChat(server: Server, device: { id: string; number: string }, name: string, text: string) {
  const chat = await chatWith(server, device, name, text);
  for (let n = 0; n < 70; n += 1) await chat.says(`line ${n}`);
  const first = await until(async () => {
    const { items } = await server.api('GET', `/chats/${chat.id}/messages?limit=200`);
    if (items.at(-1).text !== 'line 69') throw new Error('not all there yet');
    return items.find((message: any) => message.whatsappId === chat.first.id);
  });
  const pin = () => server.api('PUT', `/messages/${first.id}/pin`, { seconds: WEEK });
  return { ...chat, pin };
}

test('what is pinned stands above the thread, leads to its messages in turn, and goes when it is unpinned', async ({ signedIn: page, server, device, a11y }) => {
  const chat = await longChat(server, device, 'Paula', 'the harbour gate');
  await open(page, server, chat.id);
  await expect(page.getByText('71 new messages')).toBeInViewport();
  await expect(bar(page)).toHaveCount(0);
  await toEnd(page);
  await expect(row(page, /line 69$/)).toBeInViewport();

  // By their phone, of a message that is not loaded; what is in sight stays where it is.
  const before = await top(page, /line 69$/);
  await chat.says({ pin: { messageId: chat.first.id, seconds: WEEK } });
  await expect(shows(page)).toHaveText(/^Pinned message\s*the harbour gate$/);
  expect(Math.abs(await top(page, /line 69$/) - before)).toBeLessThanOrEqual(1);
  await a11y(page);

  await shows(page).click();
  const far = row(page, /the harbour gate/);
  await expect(far).toBeInViewport();
  await expect(far).toBeFocused();
  await expect(far).toHaveAttribute('data-found', '');
  const [edge, found] = [(await bar(page).boundingBox())!, (await far.boundingBox())!];
  expect(found.y).toBeGreaterThanOrEqual(edge.y + edge.height);

  // A second one from here: the newest pin is shown first, and each press leads to the next.
  await toEnd(page);
  await row(page, /line 69$/).getByRole('button', { name: 'Message actions' }).click();
  await page.getByRole('button', { name: 'Pin', exact: true }).click();
  await page.getByRole('dialog').getByRole('button', { name: '24 hours' }).click();
  await expect(shows(page)).toHaveText(/^Pinned message 1 of 2\s*line 69$/);
  await shows(page).click();
  await expect(row(page, /line 69$/)).toBeFocused();
  await expect(shows(page)).toHaveText(/^Pinned message 2 of 2\s*the harbour gate$/);
  await shows(page).click();
  await expect(far).toBeFocused();
  await expect(far).toBeInViewport();
  await expect(shows(page)).toHaveText(/^Pinned message 1 of 2\s*line 69$/);
  await a11y(page);

  await page.reload();
  await page.waitForSelector('html[data-alive]');
  await expect(shows(page)).toHaveText(/^Pinned message 1 of 2\s*line 69$/);

  await bar(page).getByRole('button', { name: 'Unpin' }).click();
  await expect(shows(page)).toHaveText(/^Pinned message\s*the harbour gate$/);
  const { items } = await server.api('GET', `/chats/${chat.id}/pinned`);
  expect(items.map((message: any) => message.text)).toEqual(['the harbour gate']);
  // On their phone, as everywhere.
  await until(async () => {
    const pinned = (await chat.holds()).filter((message) => message.pinnedUntil);
    if (pinned.length !== 1) throw new Error(`${pinned.length} are pinned there`);
  });
  await chat.says({ pin: { messageId: chat.first.id, seconds: 0 } });
  await expect(bar(page)).toHaveCount(0);
});

test('where one reads, nothing moves when the bar comes, and it is asked for once', async ({ signedIn: page, server, device }) => {
  const chat = await longChat(server, device, 'Pia', 'the copper kettle');
  let asked = 0;
  page.on('request', (request) => { if (request.url().endsWith(`/chats/${chat.id}/pinned`)) asked += 1; });
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  const listed = page.locator(`a.chat-row[href="/chats/${chat.id}"]`);
  await listed.click();
  const line = page.getByText('71 new messages');
  await expect(line).toBeInViewport();
  await expect.poll(() => asked).toBe(1);
  const before = (await line.boundingBox())!.y;
  await chat.pin();
  await expect(bar(page)).toBeVisible();
  expect(Math.abs((await line.boundingBox())!.y - before)).toBeLessThanOrEqual(1);
  await page.goBack();
  await expect(page).toHaveURL(/\/chats$/);
  await listed.click();
  await expect(shows(page)).toHaveText(/the copper kettle$/);
  expect(asked).toBe(1);
});

test('a pin is over with its time', async ({ signedIn: page, server, device }) => {
  const chat = await longChat(server, device, 'Petar', 'the last ferry');
  await chat.pin();
  await page.route(`**/api/v1/chats/${chat.id}/pinned`, async (route) => {
    const response = await route.fetch();
    const answer = await response.json();
    for (const message of answer.items) message.pinnedUntil = Date.now() + 4_000;
    await route.fulfill({ response, json: answer });
  });
  await open(page, server, chat.id);
  await expect(bar(page)).toBeVisible();
  await expect(bar(page)).toHaveCount(0);
});

test('the bar is laid out from right to left, in a narrow thread, and around a long text', async ({ signedIn: page, server, device, context, a11y }) => {
  const chat = await longChat(server, device, 'Parisa', `the garden${' and the house'.repeat(20)}`);
  await chat.pin();
  await page.setViewportSize({ width: 340, height: 700 });
  for (const lang of ['en', 'ar']) {
    await context.addCookies([{ name: 'lang', value: lang, url: server.url }]);
    await open(page, server, chat.id);
    const pins = page.locator('.pins');
    await expect(pins).toBeVisible();
    await expect(pins.locator('.pins__text')).toContainText('the garden');
    const [all, press, unpin] = await Promise.all(
      [pins, pins.locator('.pins__show'), pins.locator('.pins__unpin')].map(async (part) => (await part.boundingBox())!),
    );
    expect(all.x).toBeGreaterThanOrEqual(0);
    expect(all.x + all.width).toBeLessThanOrEqual(340);
    if (lang === 'ar') expect(unpin.x + unpin.width).toBeLessThanOrEqual(press.x);
    else expect(press.x + press.width).toBeLessThanOrEqual(unpin.x);
    expect(Math.min(press.height, unpin.height, unpin.width)).toBeGreaterThanOrEqual(44);
    await a11y(page);
  }
});
