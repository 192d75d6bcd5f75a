// Every page in both themes: no violation of WCAG 2.2 AA, no console error, no icon that draws nothing, nothing wider than
// the screen.
import { NOWHERE, chatWith, expect, expectIcons, linkedDevice, test, until } from '../fixtures/index.ts';

const PAGES = [
  '/chats', '/devices', '/sandbox', '/settings', '/settings/profile', '/settings/appearance', '/settings/shortcuts', '/settings/api-keys',
  '/settings/webhooks', '/settings/people', '/settings/about', NOWHERE,
];

for (const theme of ['light', 'dark'] as const) {
  test(`every page is accessible, ${theme}`, async ({ signedIn: page, server, context, a11y, device }) => {
    test.slow();
    await context.addCookies([{ name: 'theme', value: theme, url: server.url }]);
    const { items } = await server.api('GET', `/devices/${device.id}/chats`);
    const waiting = await server.api('POST', '/devices', { name: `Waits in the ${theme}` });
    await server.api('POST', `/devices/${waiting.id}/connect`);
    for (const path of [...PAGES, `/devices/${device.id}`, `/devices/${waiting.id}`, ...(items[0] ? [`/chats/${items[0].id}`] : [])]) {
      await page.goto(server.url + path);
      await expect(page.locator('html')).toHaveAttribute('data-theme', theme);
      await page.waitForSelector('html[data-alive]');
      await a11y(page);
      await expectIcons(page);
      const wider = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
      expect(wider, `${path} scrolls sideways`).toBe(false);
    }
    await server.api('DELETE', `/devices/${waiting.id}`);
  });
}

test('the theme is chosen in the settings and comes back with the page', async ({ signedIn: page, server }) => {
  await page.goto(`${server.url}/settings/appearance`);
  await page.waitForSelector('html[data-alive]');
  await page.getByRole('radio', { name: 'Dark' }).check({ force: true });
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
  // Already in the first bytes: no flash.
  const html = await (await page.context().request.get(`${server.url}/settings`)).text();
  expect(html).toMatch(/<html[^>]*data-theme="dark"/);
});

test('the page is readable before its script runs', async ({ browser, server, session }) => {
  const device = await linkedDevice(server, 'Without script');
  // Such a page does not follow what comes in.
  await until(async () => {
    if (!(await server.api('GET', `/devices/${device.id}/history`)).finished) throw new Error('its past is still coming');
  });
  const context = await browser.newContext({ javaScriptEnabled: false });
  await context.addCookies(session.cookies);
  const page = await context.newPage();
  await page.goto(`${server.url}/chats`);
  await expect(page.locator('a.chat-row').first()).toBeVisible();
  await page.locator('a.chat-row').first().click();
  await expect(page.getByRole('article').first()).toBeVisible();
  await context.close();
  // Its phone is others' as well, whose chats would be in lists twice.
  await server.api('DELETE', `/devices/${device.id}`);
});

test('signing in by password, and out', async ({ browser }) => {
  const { Server } = await import('../fixtures/index.ts');
  const server = new Server({
    SWITCHBOARD_ADMIN_EMAIL: 'ana@example.com',
    SWITCHBOARD_ADMIN_PASSWORD: 'correct horse',
  });
  await server.start();
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${server.url}/devices`);
  await expect(page).toHaveURL(/\/login\?next=/);
  await page.getByLabel('E-mail').fill('ana@example.com');
  await page.getByLabel('Password').fill('wrong horse');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page.getByRole('alert')).toContainText('The address or the password is wrong');
  await page.getByLabel('Password').fill('correct horse');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await expect(page).toHaveURL(/\/devices$/);
  await page.goto(`${server.url}/settings`);
  await page.getByRole('button', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/login/);
  await page.goto(`${server.url}/chats`);
  await expect(page).toHaveURL(/\/login/);
  await context.close();
  await server.stop();
});

test('a phone shows one pane at a time, a desktop both', async ({ signedIn: page, server, device, isMobile }) => {
  // The newest of all, and thus in sight.
  const chat = await chatWith(server, device, 'Pane Pam');
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  const list = page.getByRole('region', { name: 'Chats' });
  const thread = page.locator('#main');
  await expect(list).toBeVisible();
  await expect(thread).toBeVisible({ visible: !isMobile });
  await page.locator(`a.chat-row[href="/chats/${chat.id}"]`).click();
  await expect(page.getByRole('feed')).toBeVisible();
  await expect(list).toBeVisible({ visible: !isMobile });
  if (isMobile) {
    await page.getByRole('link', { name: 'Back' }).first().click();
    await expect(list).toBeVisible();
    await expect(thread).toBeHidden();
  }
});
