// Who is in a group, in the line below its name.
import { chatWith, expect, test } from '../fixtures/index.ts';

test('the head of a group names its members in order, oneself last, and whoever joins', async ({ signedIn: page, server, device, isMobile, a11y }) => {
  const zoe = await chatWith(server, device, 'Zoe Zapata');
  const alvaro = await chatWith(server, device, 'Álvaro Amigo');
  const carla = await chatWith(server, device, 'carla Cruz');
  const { chatId } = await server.api('POST', `/devices/${device.id}/groups`, { subject: 'Neighbours', members: [zoe.number, alvaro.number] });
  const { jid } = await server.api('GET', `/chats/${chatId}`);
  await server.api('POST', `/chats/${chatId}/messages`, { text: 'Welcome' });
  let asked = 0;
  let answer = () => {};
  const held = new Promise<void>((ok) => { answer = ok; });
  await page.route(`**/groups/${chatId}`, async (route) => {
    asked += 1;
    await held;
    await route.continue();
  });
  await page.goto(`${server.url}/chats/${chatId}`);
  await page.waitForSelector('html[data-alive]');

  // The names take the place of what stood there, and nothing else moves.
  const head = page.locator('.thread__head');
  const line = page.locator('.thread__below > :first-child');
  const height = () => head.evaluate((one) => one.getBoundingClientRect().height);
  await expect(line).toHaveText('Group');
  await expect.poll(() => asked).toBe(1);
  const before = await height();
  answer();
  await expect(line).toHaveText('Álvaro Amigo, Zoe Zapata, You');
  expect(await height()).toBe(before);

  await server.api('POST', `/devices/${device.id}/groups/${chatId}/members`, { add: [carla.number] });
  await expect(line).toHaveText('Álvaro Amigo, carla Cruz, Zoe Zapata, You');
  expect(await height()).toBe(before);
  const wider = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  expect(wider, 'the page scrolls sideways').toBe(false);
  await a11y(page);

  // Who types is said instead.
  await zoe.posts('typing', { to: jid, state: 'composing' });
  await expect(page.locator('.thread__typing')).toContainText('Zoe Zapata');
  await zoe.posts('typing', { to: jid, state: 'paused' });
  await expect(line).toHaveText('Álvaro Amigo, carla Cruz, Zoe Zapata, You');

  // Once is enough.
  const rows = page.locator('a.chat-row');
  const leave = isMobile ? page.getByRole('link', { name: 'Back', exact: true }) : rows.and(page.locator(`[href="/chats/${zoe.id}"]`));
  await leave.click();
  await expect(line.filter({ hasText: 'You' })).toHaveCount(0);
  await rows.and(page.locator(`[href="/chats/${chatId}"]`)).click();
  await expect(line).toHaveText('Álvaro Amigo, carla Cruz, Zoe Zapata, You');
  expect(asked).toBe(1);
});

test('names stand in the order and with the commas of the language of the page', async ({ signedIn: page, server, device, context }) => {
  const first = await chatWith(server, device, 'Österreich');
  const second = await chatWith(server, device, 'Zürich');
  const { chatId } = await server.api('POST', `/devices/${device.id}/groups`, { subject: 'Reisen', members: [second.number, first.number] });
  const line = page.locator('.thread__below > :first-child');
  for (const [tag, text] of [['de', 'Österreich, Zürich, Du'], ['ar', 'Österreich، Zürich، أنت']]) {
    await context.addCookies([{ name: 'lang', value: tag, url: server.url }]);
    await page.goto(`${server.url}/chats/${chatId}`);
    await page.waitForSelector('html[data-alive]');
    await expect(line).toHaveText(text);
  }
});
