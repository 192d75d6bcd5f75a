// What operators manage: keys, webhooks, people; and how the page looks.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Server, expect, test, until } from '../fixtures/index.ts';

test('a key is made with a scope, shown once, and revoked', async ({ signedIn: page, server, device, a11y }) => {
  const name = `Key of ${device.id.slice(-6)}`;
  await page.goto(`${server.url}/settings/api-keys`);
  await page.waitForSelector('html[data-alive]');
  await page.getByRole('button', { name: 'New key' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'New key' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByLabel('Read', { exact: false }).first().check();
  await dialog.getByLabel('Only these').check();
  await dialog.getByRole('button', { name: 'Create key' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Choose at least one device');
  await dialog.getByLabel(`Device `, { exact: false }).last().check();
  await dialog.getByLabel('Expires').selectOption('30');
  await dialog.getByRole('button', { name: 'Create key' }).click();
  const key = dialog.getByLabel('API keys');
  await expect(key).toHaveValue(/^swb_/);
  await a11y(page);
  const value = await key.inputValue();
  // It works, as far as it may.
  const me = await fetch(`${server.url}/api/v1/devices`, { headers: { 'x-api-key': value } });
  expect(me.status).toBe(200);
  await dialog.getByRole('button', { name: 'Done' }).click();
  await expect(page.locator('body')).not.toContainText(value);

  const entry = page.getByRole('listitem').filter({ hasText: name });
  await expect(entry).toContainText('Read');
  await expect(entry).toContainText('Expires');
  await entry.getByRole('button', { name: `Revoke ${name}` }).click();
  await page.getByRole('dialog', { name: `Revoke “${name}”?` }).getByRole('button', { name: 'Revoke' }).click();
  await expect(entry).toHaveCount(0);
  await until(async () => {
    const gone = await fetch(`${server.url}/api/v1/devices`, { headers: { 'x-api-key': value } });
    if (gone.status !== 401) throw new Error(`the key still works: ${gone.status}`);
  });
});

test('a webhook is added, tested, and its deliveries are looked at', async ({ page }) => {
  const server = new Server({ SWITCHBOARD_WEBHOOK_ALLOW: '127.0.0.0/8' });
  await server.start();
  let status = 204;
  const receiver = createServer((request, response) => {
    request.resume();
    response.writeHead(status).end();
  });
  await new Promise<void>((ok) => receiver.listen(0, '127.0.0.1', () => ok()));
  const address = `http://127.0.0.1:${(receiver.address() as AddressInfo).port}/hook`;
  try {
    await page.goto(server.url + server.signIn);
    await page.goto(`${server.url}/settings/webhooks`);
    await page.waitForSelector('html[data-alive]');
    await page.getByRole('button', { name: 'New webhook' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'New webhook' });
    await dialog.getByLabel('Address').fill(address);
    await dialog.getByLabel('Events').fill('device.*');
    await dialog.getByRole('button', { name: 'Add webhook' }).click();
    await expect(dialog.getByLabel('The key of its signatures')).toHaveValue(/^whsec_/);
    await dialog.getByRole('button', { name: 'Done' }).click();

    const entry = page.getByRole('listitem').filter({ hasText: address });
    await entry.getByRole('button', { name: 'Send a test' }).click();
    await expect(page.locator('.toast').last()).toContainText('answered 204');
    await server.api('POST', '/devices', { name: 'For the hook' });
    await until(async () => {
      const { items } = await server.api('GET', '/webhooks');
      const log = await server.api('GET', `/webhooks/${items[0].id}/deliveries`);
      if (!log.items.some((delivery: any) => delivery.type === 'device.created' && delivery.state === 'delivered')) throw new Error('not yet');
    });
    await entry.getByText('Deliveries').click();
    const delivery = entry.getByRole('listitem').filter({ hasText: 'device.created' });
    await expect(delivery).toContainText('Delivered');
    await expect(delivery).toContainText('answered 204');
    await delivery.getByRole('button', { name: 'Retry' }).click();
    await expect(page.locator('.toast').last()).toContainText('tried again');
    await delivery.getByRole('button', { name: 'Replay from here' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Replay from here' }).click();
    await expect(page.locator('.toast').last()).toContainText('The replay has begun');
    await entry.getByRole('button', { name: 'Dead letters' }).click();
    await expect(entry).toContainText('Nothing here.');

    await entry.getByRole('button', { name: /^Actions for/ }).click();
    await entry.getByRole('button', { name: 'Disable' }).click();
    await expect(entry).toContainText('Disabled');
    status = 500;
    await entry.getByRole('button', { name: 'Send a test' }).click();
    await expect(page.locator('.toast').last()).toContainText('answered 500');
    await entry.getByRole('button', { name: /^Actions for/ }).click();
    await entry.getByRole('button', { name: 'Delete' }).click();
    await page.getByRole('dialog', { name: 'Delete this webhook?' }).getByRole('button', { name: 'Delete' }).click();
    await expect(entry).toHaveCount(0);
  } finally {
    receiver.close();
    await server.stop();
  }
});

test('somebody is added by a link, given more, and removed', async ({ signedIn: page, server, browser }, info) => {
  const name = `Bea ${info.project.name} ${info.testId.slice(0, 4)}`;
  await page.goto(`${server.url}/settings/people`);
  await page.waitForSelector('html[data-alive]');
  await page.getByRole('button', { name: 'Add somebody' }).click();
  const dialog = page.getByRole('dialog', { name: 'Add somebody' });
  await dialog.getByLabel('Name').fill(name);
  await dialog.getByRole('button', { name: 'Add and make a link' }).click();
  const link = await dialog.getByLabel(`Sign-in link for ${name}`).inputValue();
  expect(link).toContain(`${server.url}/sign-in?token=`);
  const other = await browser.newContext();
  const welcome = await other.newPage();
  await welcome.goto(link);
  await expect(welcome.getByRole('heading', { name: 'Welcome' })).toBeVisible();
  await dialog.getByRole('button', { name: 'Done' }).click();

  // The link is used up: an admin makes another one.
  const entry = page.getByRole('listitem').filter({ hasText: name });
  await welcome.goto(link);
  await expect(welcome.getByRole('alert')).toContainText('Ask an admin for a new link.');
  await entry.getByRole('button', { name: `New sign-in link for ${name}` }).click();
  const again = page.getByRole('dialog').getByLabel(`Sign-in link for ${name}`);
  await expect(again).toHaveValue(/\/sign-in\?token=/);
  // Who is signed in as the same user already goes straight on.
  await welcome.goto(await again.inputValue());
  await expect(welcome.getByRole('heading', { name: 'Welcome' })).toBeVisible();
  await page.getByRole('dialog').getByRole('button', { name: 'Done' }).click();
  await other.close();

  await entry.getByLabel(`What ${name} may do`).selectOption('admin');
  await expect(page.locator('.toast').last()).toContainText('was changed');
  const { items } = await server.api('GET', '/users');
  expect(items.find((user: any) => user.name === name).permission).toBe('admin');
  await entry.getByRole('button', { name: `Remove ${name}` }).click();
  await page.getByRole('dialog', { name: `Remove ${name}?` }).getByRole('button', { name: 'Remove' }).click();
  await expect(entry).toHaveCount(0);
});

test('accent, density and wallpaper are in the first bytes of the next page', async ({ signedIn: page, server }) => {
  await page.goto(`${server.url}/settings/appearance`);
  await page.waitForSelector('html[data-alive]');
  await page.getByRole('radio', { name: 'Blue' }).check({ force: true });
  await page.getByRole('radio', { name: 'Compact' }).check({ force: true });
  await page.getByRole('radio', { name: 'Waves' }).check({ force: true });
  await expect(page.locator('html')).toHaveAttribute('data-accent', 'blue');
  const html = await (await page.context().request.get(`${server.url}/chats`)).text();
  expect(html).toMatch(/<html[^>]*data-density="compact"[^>]*data-accent="blue"[^>]*data-wallpaper="waves"/);
  await page.goto(`${server.url}/settings/appearance`);
  await expect(page.getByRole('radio', { name: 'Blue' })).toBeChecked();
});

test('a phone shows the list of sections, then one of them', async ({ signedIn: page, server, isMobile }) => {
  await page.goto(`${server.url}/settings`);
  await page.waitForSelector('html[data-alive]');
  await expect(page.locator('#main')).toBeVisible({ visible: !isMobile });
  await page.getByRole('link', { name: 'About', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'About' })).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Sections of the settings' })).toBeVisible({ visible: !isMobile });
  if (isMobile) {
    await page.getByRole('link', { name: 'All settings' }).click();
    await expect(page.getByRole('navigation', { name: 'Sections of the settings' })).toBeVisible();
  }
});

test('single keys go about, and can be turned off', async ({ signedIn: page, server, device, isMobile }) => {
  test.skip(isMobile, 'phones have no keys');
  await server.api('GET', `/devices/${device.id}`);
  await page.goto(`${server.url}/devices`);
  await page.waitForSelector('html[data-alive]');
  await page.keyboard.press('?');
  const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await expect(sheet).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await page.keyboard.press('g');
  await page.keyboard.press('c');
  await expect(page).toHaveURL(/\/chats$/);
  await page.keyboard.press('j');
  await expect(page).toHaveURL(/\/chats\/cht_/);
  await page.locator('#main').focus();
  await page.keyboard.press('/');
  await expect(page.locator('#search')).toBeFocused();
  // In a field, letters are letters.
  await page.keyboard.type('gd');
  await expect(page.locator('#search')).toHaveValue('gd');
  // Keys that are held together work from every page, but not from under a dialog.
  await page.goto(`${server.url}/devices`);
  await page.waitForSelector('html[data-alive]');
  await page.keyboard.press('?');
  await expect(sheet.getByRole('button')).toBeFocused();
  await page.keyboard.press('Alt+ArrowDown');
  await expect(sheet).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await page.keyboard.press('Control+k');
  await expect(page).toHaveURL(/\/chats$/);
  await expect(page.locator('#search')).toBeFocused();
  await page.goto(`${server.url}/settings/shortcuts`);
  await page.waitForSelector('html[data-alive]');
  await page.keyboard.press('Alt+ArrowDown');
  await expect(page).toHaveURL(/\/chats\/cht_/);
  await page.goto(`${server.url}/settings/shortcuts`);
  await page.waitForSelector('html[data-alive]');
  await page.getByRole('checkbox', { name: 'Single keys' }).uncheck();
  await page.keyboard.press('g');
  await page.keyboard.press('c');
  await page.waitForTimeout(300);
  await expect(page).toHaveURL(/\/settings\/shortcuts$/);
});
