// The languages: chosen in the settings, else asked for by the browser; written by the server, alive in the browser.
import { expect, test } from '../fixtures/index.ts';

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
