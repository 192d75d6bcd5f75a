// A conversation: both ways, ticks, typing, unread, drafts.
import { chatWith, expect, test, until } from '../fixtures/index.ts';

const conversation = (server: any, device: { id: string; number: string }, name: string) => chatWith(server, device, name, 'Is the order ready?');

test('what is written goes out once, and its ticks climb', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Ticks');
  await page.goto(`${server.url}/chats/${chat.id}`);
  const field = page.getByLabel(/^Message to Ticks/);
  await field.click();
  // The row of the local echo is the row of the message: it is never made anew.
  await page.evaluate(() => {
    new MutationObserver((changes) => {
      for (const change of changes) {
        for (const node of change.removedNodes) {
          if (node instanceof Element && node.textContent?.includes('Yes, at noon')) (window as any).removed = true;
        }
      }
    }).observe(document.querySelector('[role=feed]')!, { childList: true, subtree: true });
  });
  await field.fill('Yes, at noon');
  await page.getByRole('button', { name: 'Send' }).click();
  const row = page.getByRole('article', { name: /Yes, at noon/ });
  await expect(row).toHaveAccessibleName(/delivered/);
  await expect(field).toHaveValue('');
  await server.api('POST', `/sandbox/phones/${chat.number}/read`, { chat: device.number });
  await expect(row).toHaveAccessibleName(/read/);
  expect(await page.evaluate(() => (window as any).removed ?? false), 'the row was made anew').toBe(false);
  expect((await chat.holds()).filter((message) => message.text === 'Yes, at noon')).toHaveLength(1);
});

test('what comes in is there at once, and read when it is seen', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Reader');
  await page.goto(`${server.url}/chats`);
  const row = page.locator('a.chat-row').filter({ hasText: 'Reader' });
  await expect(row).toContainText('1 unread message');
  await chat.says('And the wine?');
  await expect(row).toContainText('2 unread messages');
  await expect(row).toContainText('And the wine?');
  await row.click();
  await expect(page.getByText('2 new messages')).toBeVisible();
  await until(async () => {
    if (!(await chat.holds()).every((message: any) => message.status === 'read')) throw new Error('not read yet');
  });
  await chat.says('Thanks!');
  await expect(page.getByRole('article', { name: /Thanks!/ })).toBeVisible();
});

test('of a burst in an open chat all is read, and told of now and then', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Gusher');
  // By the page's clock: here it may be heard of late.
  await page.addInitScript(() => {
    const told: number[] = [];
    const send = WebSocket.prototype.send;
    WebSocket.prototype.send = function (data) {
      if (String(data).includes('mark_read')) told.push(performance.now());
      return send.call(this, data);
    };
    Object.assign(window, { told });
  });
  await page.goto(`${server.url}/chats/${chat.id}`);
  const read = () => until(async () => {
    if (!(await chat.holds()).every((message: any) => message.status === 'read')) throw new Error('not read yet');
  });
  await read();
  const count = 40;
  for (let n = 0; n < count; n += 1) await chat.says(`drop ${n}.`);
  await expect(page.getByRole('article', { name: new RegExp(`drop ${count - 1}\\.`) })).toBeVisible();
  await read();
  const told: number[] = await page.evaluate(() => (window as any).told);
  expect(told.length, 'more than once').toBeGreaterThan(1);
  // Half a second apart.
  const close = told.slice(1).map((at, n) => at - told[n]).filter((pause) => pause < 450);
  expect(close, `${told.length} times`).toEqual([]);
});

test('typing is seen on both sides', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Typist');
  await page.goto(`${server.url}/chats/${chat.id}`);
  await expect(page.getByRole('article').first()).toBeVisible();
  // Nobody keeps it for a page whose line is not there yet.
  await expect(async () => {
    await server.api('POST', `/sandbox/phones/${chat.number}/typing`, { to: device.number, state: 'composing' });
    await expect(page.getByText('typing…').filter({ visible: true }).first()).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await server.api('POST', `/sandbox/phones/${chat.number}/typing`, { to: device.number, state: 'paused' });
  await expect(page.getByText('typing…')).toHaveCount(0);
});

test('Enter sends, Shift and Enter begins a new line', async ({ signedIn: page, server, device, isMobile }) => {
  test.skip(isMobile, 'on a touch keyboard, Enter is a new line');
  const chat = await conversation(server, device, 'Keys');
  await page.goto(`${server.url}/chats/${chat.id}`);
  const field = page.getByLabel(/^Message to Keys/);
  await field.click();
  await field.pressSequentially('one');
  await field.press('Shift+Enter');
  await field.pressSequentially('two');
  await field.press('Enter');
  await expect(page.getByRole('article', { name: /one/ })).toBeVisible();
  await until(async () => {
    const found = (await chat.holds()).find((message) => message.text === 'one\ntwo');
    if (!found) throw new Error('not there yet');
  });
});

test('a draft stays with its chat', async ({ signedIn: page, server, device, isMobile }) => {
  const first = await conversation(server, device, 'First');
  const second = await conversation(server, device, 'Second');
  await page.goto(`${server.url}/chats/${first.id}`);
  await page.getByLabel(/^Message to First/).fill('half a sentence');
  await page.goto(`${server.url}/chats/${second.id}`);
  await expect(page.getByLabel(/^Message to Second/)).toHaveValue('');
  if (!isMobile) await expect(page.locator('a.chat-row').filter({ hasText: 'First' })).toContainText('half a sentence');
  await page.goto(`${server.url}/chats/${first.id}`);
  await expect(page.getByLabel(/^Message to First/)).toHaveValue('half a sentence');
});

test('a text from outside is text and nothing else', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Script');
  const nasty = '<img src=x onerror="document.title=\'owned\'"> </textarea><script>document.title="owned"</script> javascript:alert(1) *bold* https://example.com/?q=1';
  await chat.says(nasty);
  await page.goto(`${server.url}/chats/${chat.id}`);
  const row = page.getByRole('article', { name: /onerror/ });
  await expect(row).toBeVisible();
  await expect(row.locator('img, script')).toHaveCount(0);
  await expect(row.locator('strong, b')).toHaveText('bold');
  await expect(row.getByRole('link')).toHaveAttribute('href', 'https://example.com/?q=1');
  await expect(page).not.toHaveTitle(/owned/);
});

test('a long thread loads older messages without a jump', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Long');
  for (let n = 0; n < 150; n += 1) await chat.says(`line ${n}`);
  await until(async () => {
    const { items } = await server.api('GET', `/chats/${chat.id}/messages?limit=1`);
    if (items[0].text !== 'line 149') throw new Error('not all there yet');
  });
  await page.goto(`${server.url}/chats/${chat.id}`);
  // Where the reader left off, and from there to the end by one press.
  await expect(page.getByText('151 new messages')).toBeInViewport();
  // Above the first of them, however many pages up that is.
  await expect(page.locator('.thread-line--unread + article')).toContainText('Is the order ready');
  await page.getByRole('button', { name: 'Go to the newest message' }).click();
  await expect(page.getByRole('article', { name: /line 149$/ })).toBeInViewport();
  const feed = page.getByRole('feed');
  for (let n = 0; n < 40; n += 1) {
    if (await page.getByRole('article', { name: /Is the order ready/ }).count()) break;
    await feed.hover();
    await page.mouse.wheel(0, -900);
    await feed.evaluate((element) => { element.scrollTop -= 700; });
    await page.waitForTimeout(60);
  }
  await expect(page.getByRole('article', { name: /Is the order ready/ })).toHaveCount(1);
  expect(await page.locator('[data-row]').count()).toBeLessThanOrEqual(220);
});
