// What a new user does: the link, a password, a device, a scan, the first chat.
import { Server, expect, test } from '../fixtures/index.ts';

test('from the printed link to a live conversation', async ({ page, a11y }) => {
  const server = new Server();
  await server.start();
  try {
    // To look at it, as the preview of a chat does, does not use the link up.
    await page.request.get(server.url + server.signIn);
    await page.goto(server.url + server.signIn);
    await a11y(page);
    await page.getByRole('button', { name: 'Sign in as Owner' }).click();
    await expect(page.getByRole('heading', { name: 'Welcome' })).toBeVisible();
    await a11y(page);
    await page.getByLabel('Your name').fill('Ana');
    await page.getByLabel('E-mail').fill('ana@example.com');
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Begin' }).click();

    await expect(page.getByText('Link a device first').first()).toBeVisible();
    await a11y(page);
    await page.getByRole('link', { name: 'Add a device' }).first().click();
    await page.getByRole('button', { name: 'Add device' }).first().click();
    const dialog = page.getByRole('dialog', { name: 'Add a device' });
    await dialog.getByLabel('Name').fill('La Bodega');
    await dialog.getByRole('button', { name: 'Add and link' }).click();

    // A live code, with the time that it has left.
    const code = page.getByRole('img', { name: /Code to link La Bodega/ });
    await expect(code).toBeVisible();
    await expect(page.getByText(/New code in \d+ s/)).toBeVisible();
    await a11y(page);
    await page.getByRole('button', { name: 'Scan with a sandbox phone' }).click();
    await page.getByRole('button', { name: /La Bodega/ }).last().click();

    // The chats of the phone, alive at once.
    await expect(page).toHaveURL(/\/chats$/, { timeout: 20_000 });
    const rows = page.locator('a.chat-row');
    await expect(rows.nth(4)).toBeVisible();
    await a11y(page);
    await rows.filter({ hasText: 'Lucía' }).first().click();
    await expect(page.getByRole('feed')).toBeVisible();
    await page.getByLabel(/^Message to/).fill('Hello from the browser');
    await page.getByRole('button', { name: 'Send' }).click();
    const sent = page.getByRole('article', { name: /You, .*Hello from the browser/ });
    await expect(sent).toBeVisible();
    await expect(sent).toHaveAccessibleName(/delivered|read/);
    await a11y(page);
  } finally {
    await server.stop();
  }
});

test('a pairing code is the other way', async ({ signedIn: page, server }) => {
  const phone = await server.api('POST', '/sandbox/phones', { name: 'By code' });
  const device = await server.api('POST', '/devices', { name: 'By code' });
  await page.goto(`${server.url}/devices/${device.id}`);
  await page.getByRole('button', { name: 'Use a pairing code' }).click();
  await page.getByLabel('Number of the phone').fill(`+${phone.number}`);
  await page.getByRole('button', { name: 'Get code' }).click();
  await expect(page.getByText('Enter this code on the phone')).toBeVisible({ timeout: 30_000 });
  const code = await page.locator('.pairing__code').innerText();
  await server.api('POST', `/sandbox/phones/${phone.number}/scan`, { code: code.replace(/\W/g, '') });
  await expect(page).toHaveURL(/\/chats$/, { timeout: 20_000 });
  await server.api('DELETE', `/devices/${device.id}`);
});
