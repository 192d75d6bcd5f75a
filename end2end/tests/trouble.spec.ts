// When things go wrong: the server dies, the phone ends the link, the network is cut.
import { Server, expect, linkedDevice, test, until } from '../fixtures/index.ts';

test('the server is killed while somebody writes: nothing is lost, nothing doubled', async ({ page, context }) => {
  const server = new Server();
  await server.start();
  try {
    await page.goto(server.url + server.signIn);
    const device = await linkedDevice(server, 'Survivor');
    const other = await server.api('POST', '/sandbox/phones', { name: 'Other side' });
    await server.api('POST', `/sandbox/phones/${other.number}/messages`, { to: device.number, text: 'first' });
    const chat = await until(async () => {
      const { items } = await server.api('GET', '/chats');
      const found = items.find((item: any) => item.phoneNumber === other.number);
      if (!found) throw new Error('no chat yet');
      return found;
    });
    await page.goto(`${server.url}/chats/${chat.id}`);
    await expect(page.getByRole('article', { name: /first/ })).toBeVisible();
    // Above the list and, where the list is hidden, above the thread.
    const lost = page.getByText('The connection to the server was lost.').filter({ visible: true }).first();
    const write = async (text: string) => {
      await page.getByLabel(/^Message to/).fill(text);
      await page.getByRole('button', { name: 'Send' }).click();
    };
    await write('before');
    await expect(page.getByRole('article', { name: /delivered: before/ })).toBeVisible();
    await server.kill();
    await expect(lost).toBeVisible();
    await write('while it was away');
    await write('and another');
    await expect(page.getByRole('article', { name: /waiting to be sent: and another/ })).toBeVisible();
    await server.start();
    await expect(lost).toBeHidden({ timeout: 40_000 });
    await expect(page.getByRole('article', { name: /delivered: and another/ })).toBeVisible({ timeout: 20_000 });
    await server.api('POST', `/sandbox/phones/${other.number}/messages`, { to: device.number, text: 'welcome back' });
    await expect(page.getByRole('article', { name: /welcome back/ })).toBeVisible();
    const { items } = await server.api('GET', `/sandbox/phones/${other.number}/messages`);
    expect(items.map((item: any) => item.text)).toEqual(['first', 'before', 'while it was away', 'and another', 'welcome back']);
    await expect(page.locator('article[data-row]')).toHaveCount(5);
  } finally {
    await server.stop();
  }
});

test('what was written offline survives a reload', async ({ signedIn: page, server, device, context }) => {
  const other = await server.api('POST', '/sandbox/phones', { name: 'Patience' });
  await server.api('POST', `/sandbox/phones/${other.number}/messages`, { to: device.number, text: 'hello' });
  const chat = await until(async () => {
    const { items } = await server.api('GET', `/devices/${device.id}/chats`);
    const found = items.find((item: any) => item.phoneNumber === other.number);
    if (!found) throw new Error('no chat yet');
    return found;
  });
  await page.goto(`${server.url}/chats/${chat.id}`);
  await expect(page.getByRole('article', { name: /hello/ })).toBeVisible();
  await page.waitForSelector('html[data-alive]');
  await context.setOffline(true);
  await page.getByLabel(/^Message to/).fill('written in a tunnel');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(page.getByRole('article', { name: /waiting to be sent: written in a tunnel/ })).toBeVisible();
  await context.setOffline(false);
  await page.reload();
  await expect(page.getByRole('article', { name: /delivered: written in a tunnel/ })).toBeVisible({ timeout: 20_000 });
  const { items } = await server.api('GET', `/sandbox/phones/${other.number}/messages`);
  expect(items.filter((item: any) => item.text === 'written in a tunnel')).toHaveLength(1);
});

test('details that did not load say so, and are asked for again by a press and when the line is back', async ({ page }) => {
  test.setTimeout(120_000);
  const server = new Server();
  await server.start();
  try {
    await page.goto(server.url + server.signIn);
    const device = await linkedDevice(server, 'Curious');
    const other = await server.api('POST', '/sandbox/phones', { name: 'Somebody' });
    await server.api('POST', `/sandbox/phones/${other.number}/messages`, { to: device.number, text: 'hello' });
    const chat = await until(async () => {
      const { items } = await server.api('GET', '/chats');
      const found = items.find((item: any) => item.phoneNumber === other.number);
      if (!found) throw new Error('no chat yet');
      return found;
    });
    const cut = () => page.route(/\/contacts\?/, (route) => route.abort('connectionfailed'));
    const pane = page.getByRole('complementary', { name: 'Details' });
    const failed = pane.getByText('This could not be loaded.');
    await cut();
    const line = page.waitForEvent('websocket');
    await page.goto(`${server.url}/chats/${chat.id}?info`);
    // With the line they are asked for again, too: that is over before the way is free.
    await (await line).waitForEvent('framereceived', { predicate: ({ payload }) => payload.includes('"hello"') });
    await page.evaluate(() => new Promise((ok) => requestAnimationFrame(() => requestAnimationFrame(ok))));
    await expect(failed).toBeVisible();
    await page.unroute(/\/contacts\?/);
    await pane.getByRole('button', { name: 'Try again' }).click();
    await expect(failed).toHaveCount(0);
    await expect(pane.getByRole('button', { name: 'Block' })).toBeVisible();

    await cut();
    await page.goto(`${server.url}/chats/${chat.id}?info`);
    await expect(failed).toBeVisible();
    await server.kill();
    await page.unroute(/\/contacts\?/);
    await server.start();
    await expect(failed).toHaveCount(0, { timeout: 40_000 });
    await expect(pane.getByRole('button', { name: 'Block' })).toBeVisible();
  } finally {
    await server.stop();
  }
});

test('a device in trouble says what is wrong and what to do', async ({ signedIn: page, server, device }) => {
  await page.goto(`${server.url}/devices`);
  const card = page.locator('.device-card').filter({ has: page.locator(`a[href="/devices/${device.id}"]`) });
  await expect(card).toContainText('Connected since');
  await server.api('POST', '/sandbox/faults', { kind: 'refuse', device: device.id, seconds: 600 });
  await server.api('POST', '/sandbox/faults', { kind: 'drop', device: device.id });
  await expect(card).toContainText(/Not connected/);
  await expect(card).toContainText(/Trying again in \d+ s/);
  await server.api('DELETE', '/sandbox/faults');
  await expect(card).toContainText('Connected since', { timeout: 40_000 });
  await server.api('POST', `/sandbox/phones/${device.number}/unlink`, { deviceId: device.id });
  await expect(card).toContainText('The phone removed this device');
  await card.getByRole('button', { name: 'Link again' }).click();
  const code = page.getByRole('img', { name: /Code to link/ });
  await expect.poll(() => code.evaluate((picture: HTMLImageElement) => picture.naturalWidth)).toBeGreaterThan(0);
});

test('deleting asks first', async ({ signedIn: page, server }) => {
  const device = await server.api('POST', '/devices', { name: 'To be deleted' });
  await page.goto(`${server.url}/devices`);
  const card = page.locator('.device-card').filter({ hasText: 'To be deleted' });
  await card.getByRole('button', { name: 'Actions for To be deleted' }).click();
  await card.getByRole('button', { name: 'Delete', exact: true }).click();
  const dialog = page.getByRole('dialog', { name: /Delete “To be deleted”/ });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(card).toBeVisible();
  await card.getByRole('button', { name: 'Actions for To be deleted' }).click();
  await card.getByRole('button', { name: 'Delete', exact: true }).click();
  await dialog.getByRole('button', { name: 'Delete device' }).click();
  await expect(card).toHaveCount(0);
  await expect(server.api('GET', `/devices/${device.id}`)).rejects.toThrow(/404/);
});
