// The way back: by the history, by a finger, and out of what stands beside a thread.
import type { Page } from '@playwright/test';
import { expect, test } from '../fixtures/index.ts';
import { conversation } from '../fixtures/structure.ts';

const row = (page: Page, name: string) => page.locator('a.chat-row').filter({ hasText: name });
const back = (page: Page) => page.getByRole('link', { name: 'Back', exact: true });
const entries = (page: Page) => page.evaluate(() => history.length);

/** Opens a page as the first one of its history's end, and waits until it is alive. */
async function begin(page: Page, address: string) {
  await page.goto('about:blank');
  await page.goto(address);
  await page.waitForSelector('html[data-alive]');
}

test('on a phone, back leads where one came from, and never forward', async ({ signedIn: page, server, device, isMobile }) => {
  test.skip(!isMobile, 'a desktop shows the list beside the thread');
  const first = await conversation(server, device, 'Back Ana');
  const second = await conversation(server, device, 'Back Bea');
  const list = `${server.url}/chats`;
  const thread = (chat: { id: string }) => `${list}/${chat.id}`;
  await begin(page, list);
  for (const [chat, name] of [[first, 'Back Ana'], [second, 'Back Bea']] as const) {
    await row(page, name).click();
    await expect(page).toHaveURL(thread(chat));
    await back(page).click();
    await expect(page).toHaveURL(list);
    await expect(row(page, name)).toBeVisible();
  }
  await page.goBack();
  expect(page.url()).toBe('about:blank');

  // A page that was loaded anew knows still where it came from.
  await begin(page, list);
  await row(page, 'Back Ana').click();
  await expect(page).toHaveURL(thread(first));
  await page.reload();
  await page.waitForSelector('html[data-alive]');
  await back(page).click();
  await expect(page).toHaveURL(list);
  await page.goBack();
  expect(page.url()).toBe('about:blank');

  // One that was opened by its address has the list in its place.
  await begin(page, thread(first));
  const length = await entries(page);
  await back(page).click();
  await expect(page).toHaveURL(list);
  await expect(row(page, 'Back Ana')).toBeVisible();
  expect(await entries(page)).toBe(length);
  await row(page, 'Back Bea').click();
  await expect(page).toHaveURL(thread(second));
  await back(page).click();
  await expect(page).toHaveURL(list);
});

test('what stands beside a thread leaves nothing behind when it is closed', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Beside Boris');
  const list = `${server.url}/chats`;
  const thread = `${list}/${chat.id}`;
  const pane = page.getByRole('complementary', { name: 'Details' });
  await begin(page, list);
  await row(page, 'Beside Boris').click();
  await expect(page.getByRole('article', { name: /Yes, at noon/ })).toBeVisible();
  const close = [
    () => pane.getByRole('button', { name: 'Close details' }).click(),
    () => page.keyboard.press('Escape'),
  ];
  for (const shut of close) {
    await page.locator('.thread__open').click();
    await expect(pane.getByRole('heading', { name: 'Beside Boris' })).toBeVisible();
    await shut();
    await expect(pane).toHaveCount(0);
    await expect(page).toHaveURL(thread);
  }
  // All of its parts are closed at once; by the history they are gone through one by one.
  await page.locator('.thread__open').click();
  await pane.getByRole('link', { name: 'Starred messages' }).click();
  await expect(page).toHaveURL(`${thread}?info=starred`);
  await pane.getByRole('link', { name: 'Back to details' }).click();
  await expect(page).toHaveURL(`${thread}?info`);
  await pane.getByRole('link', { name: 'Media and files' }).click();
  await expect(page).toHaveURL(`${thread}?info=media`);
  await pane.getByRole('button', { name: 'Close details' }).click();
  await expect(pane).toHaveCount(0);
  await expect(page).toHaveURL(thread);
  await expect(page.locator('.thread__open')).toBeFocused();
  await page.goBack();
  await expect(page).toHaveURL(list);

  // Opened by its address, it is closed in its place.
  await begin(page, `${thread}?info`);
  const length = await entries(page);
  await pane.getByRole('button', { name: 'Close details' }).click();
  await expect(pane).toHaveCount(0);
  await expect(page).toHaveURL(thread);
  expect(await entries(page)).toBe(length);
});

for (const lang of ['en', 'ar']) {
  test(`a finger that draws the thread in from its edge goes back (${lang})`, async ({ signedIn: page, server, device, context, isMobile }) => {
    test.skip(!isMobile, 'on a desktop nothing is behind the thread');
    await conversation(server, device, 'Edge Edda');
    await context.addCookies([{ name: 'lang', value: lang, url: server.url }]);
    const list = `${server.url}/chats`;
    await begin(page, list);
    await row(page, 'Edge Edda').click();
    await expect(page.locator('.thread__name')).toHaveText('Edge Edda');
    const thread = page.url();
    const width = page.viewportSize()!.width;
    const tools = await context.newCDPSession(page);
    /** Draws a finger from so far within the leading edge so far inwards, in steps as a hand does. */
    const draw = async (from: number, by: number) => {
      const point = (inwards: number) => [{ x: lang === 'ar' ? width - inwards : inwards, y: 420 }];
      await tools.send('Input.dispatchTouchEvent', { type: 'touchStart', touchPoints: point(from) });
      for (let moved = 10; moved <= by; moved += 10) {
        await tools.send('Input.dispatchTouchEvent', { type: 'touchMove', touchPoints: point(from + moved) });
      }
      await tools.send('Input.dispatchTouchEvent', { type: 'touchEnd', touchPoints: [] });
    };
    await draw(8, 30);
    await draw(120, 100);
    await expect(page).toHaveURL(thread);
    await expect(page.locator('main.thread')).toHaveCSS('translate', 'none');
    await draw(8, 100);
    await expect(page).toHaveURL(list);
    await expect(row(page, 'Edge Edda')).toBeVisible();
  });
}
