// What pages may do: no page, and nothing that is done on one, asks for more than its policy grants.
import { NOWHERE, expect, test } from '../fixtures/index.ts';

const PAGES = ['/chats', '/devices', '/sandbox', '/settings', '/offline', '/docs', NOWHERE];

test.beforeEach(async ({ page }) => {
  await page.addInitScript(() => {
    document.addEventListener('securitypolicyviolation', (event) => {
      const all = JSON.parse(sessionStorage.getItem('violations') ?? '[]');
      all.push(`${event.effectiveDirective}: ${event.blockedURI} ${event.sample} ${event.sourceFile}:${event.lineNumber}`);
      sessionStorage.setItem('violations', JSON.stringify(all));
    });
  });
});

const violations = (page: any) => page.evaluate(() => JSON.parse(sessionStorage.getItem('violations') ?? '[]'));

test('no page violates its policy, and neither does what is done on it', async ({ signedIn: page, server, device }) => {
  const { items } = await server.api('GET', `/devices/${device.id}/chats`);
  for (const path of [...PAGES, `/devices/${device.id}`, ...(items[0] ? [`/chats/${items[0].id}`] : [])]) {
    await page.goto(server.url + path);
    if (path !== '/docs' && path !== '/offline') await page.waitForSelector('html[data-alive]');
    expect(await violations(page), path).toEqual([]);
  }
  // From page to page within the client: what is made then comes of templates.
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  for (const path of ['/devices', '/settings', '/chats']) {
    await page.locator(`nav a[href="${path}"]`).last().click();
    await expect(page).toHaveURL(new RegExp(`${path}$`));
  }
  await page.getByRole('button', { name: 'New chat' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  expect(await violations(page)).toEqual([]);
});

test('a script that somebody brings in does not run', async ({ browser, server, session }) => {
  // A context of its own: what is refused here on purpose stands in its console.
  const context = await browser.newContext();
  await context.addCookies(session.cookies);
  const page = await context.newPage();
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  // In a task of its own: while an evaluation runs, the browser lets the tools do what pages may not.
  const outcome = await page.evaluate(async () => {
    await new Promise((ok) => setTimeout(ok));
    const attempt = (run: () => void) => {
      try {
        run();
        return 'done';
      } catch (error) {
        return (error as Error).name;
      }
    };
    const box = document.createElement('div');
    return {
      markup: attempt(() => { box.innerHTML = '<img src=x onerror="window.owned = 1">'; }),
      frame: attempt(() => { box.innerHTML = '<iframe srcdoc="x"></iframe>'; }),
      code: attempt(() => { (window as any).eval('window.owned = 2'); }),
      worker: attempt(() => { navigator.serviceWorker?.register('/evil.js').catch(() => {}); }),
      owned: (window as any).owned ?? 0,
    };
  });
  expect(outcome.markup).toBe('TypeError');
  expect(outcome.frame).toBe('TypeError');
  expect(outcome.code).toBe('EvalError');
  expect(outcome.owned).toBe(0);
  await context.close();
});
