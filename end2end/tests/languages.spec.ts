// The languages: chosen in the settings, else asked for by the browser; written by the server, alive in the browser.
import { expect, test, until } from '../fixtures/index.ts';

test('a language is chosen and comes with the first bytes', async ({ signedIn: page, server }) => {
  await page.goto(`${server.url}/settings/appearance`);
  await page.waitForSelector('html[data-alive]');
  await page.getByLabel('Language').selectOption('de');
  await expect(page.locator('html')).toHaveAttribute('lang', 'de');
  await page.waitForSelector('html[data-alive]');
  await expect(page.getByRole('heading', { name: 'Aussehen' })).toBeVisible();
  // What the browser itself writes is in the same language.
  await page.goto(`${server.url}/settings/webhooks`);
  await expect(page.getByRole('heading', { name: 'Noch keine Webhooks' })).toBeVisible();
  const html = await (await page.context().request.get(`${server.url}/chats`)).text();
  expect(html).toMatch(/<html[^>]*lang="de" dir="ltr"/);
  expect(html).toContain('id="texts"');
});

test('Arabic is written from right to left', async ({ signedIn: page, server, context, a11y }) => {
  await context.addCookies([{ name: 'lang', value: 'ar', url: server.url }]);
  for (const path of ['/chats', '/devices', '/settings/appearance', '/settings/webhooks']) {
    await page.goto(server.url + path);
    await page.waitForSelector('html[data-alive]');
    await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
    await a11y(page);
    const wider = await page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
    expect(wider, `${path} scrolls sideways`).toBe(false);
  }
  await expect(page.getByRole('heading', { name: 'الويب هوك' })).toBeVisible();
});

test('whoever has not chosen gets what their browser asks for', async ({ browser, server, session }) => {
  for (const [locale, title] of [['es-MX', 'Ajustes'], ['pt-BR', 'Configurações'], ['fr-FR', 'Settings']]) {
    const context = await browser.newContext({ locale });
    await context.addCookies(session.cookies);
    const page = await context.newPage();
    await page.goto(`${server.url}/settings`);
    await page.waitForSelector('html[data-alive]');
    await expect(page.getByText(title, { exact: true }).first()).toBeAttached();
    await context.close();
  }
});

test('an English page loads no other language', async ({ signedIn: page, server }) => {
  const asked: string[] = [];
  page.on('request', (request) => asked.push(request.url()));
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  expect(asked.filter((url) => url.includes('/i18n/'))).toEqual([]);
});

test('what goes wrong is said in the language of the page', async ({ signedIn: page, server, device, context, browser }) => {
  const stranger = await browser.newContext({ locale: 'de-DE' });
  const form = await stranger.newPage();
  await form.goto(`${server.url}/login`);
  await form.getByLabel('E-Mail').fill('nobody@example.com');
  await form.getByLabel('Passwort').fill('wrong horse');
  await form.getByRole('button', { name: 'Anmelden' }).click();
  await expect(form.getByRole('alert')).toHaveText('Die Adresse oder das Passwort ist falsch.');
  await stranger.close();

  // A message that waits while its device is logged out is not sent any more.
  const other = await server.api('POST', '/sandbox/phones', { name: 'Lola' });
  await server.api('POST', `/sandbox/phones/${other.number}/messages`, { to: device.number, text: 'Hola' });
  const chat = await until(async () => {
    const { items } = await server.api('GET', `/devices/${device.id}/chats`);
    const found = items.find((item: any) => item.phoneNumber === other.number);
    if (!found) throw new Error('no chat yet');
    return found;
  });
  await server.api('POST', `/devices/${device.id}/disconnect`);
  await server.api('POST', `/chats/${chat.id}/messages`, { text: 'One moment' });
  await server.api('POST', `/devices/${device.id}/logout`);
  await context.addCookies([{ name: 'lang', value: 'ar', url: server.url }]);
  await page.goto(`${server.url}/chats/${chat.id}`);
  await page.waitForSelector('html[data-alive]');
  const failed = page.locator('.message-row__failure');
  await expect(failed).toContainText('لم تُرسل. سُجّل خروج الجهاز أو حُظر أو أُزيل.');

  await context.addCookies([{ name: 'lang', value: 'de', url: server.url }]);
  await page.goto(`${server.url}/devices/${device.id}`);
  await page.waitForSelector('html[data-alive]');
  await expect(page.getByRole('region', { name: 'Warum es nicht verbunden ist' })).toContainText('Es wurde hier abgemeldet.');
  await expect(page.getByRole('region', { name: 'Verlauf der Verbindung' })).toContainText('Es wurde hier abgemeldet.');
});

test('shares are written as the language writes numbers', async ({ signedIn: page, server, device, context }) => {
  await context.addCookies([{ name: 'lang', value: 'de', url: server.url }]);
  await page.goto(`${server.url}/devices/${device.id}`);
  await page.waitForSelector('html[data-alive]');
  await expect(page.getByText(/% der Zeit$/)).toHaveText(/^\d{1,3}(,\d)? % der Zeit$/);
});
