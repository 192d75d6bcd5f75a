// The phone on the screen: it scans, chats back, and the network is broken on purpose.
import { expect, test, until } from '../fixtures/index.ts';

test('a phone on the screen chats with the client', async ({ signedIn: page, server, device, context, a11y }) => {
  const phone = await server.api('POST', '/sandbox/phones', { name: 'Screen phone' });
  await page.goto(`${server.url}/sandbox`);
  await page.getByRole('button', { name: 'Hold Screen phone’s phone' }).click();
  const screen = page.getByRole('region', { name: 'Screen phone’s phone' });
  await screen.getByRole('button', { name: 'New message' }).first().click();
  await screen.getByLabel('To').fill(device.number);
  await screen.getByLabel('To').press('Enter');
  await screen.getByLabel('Message').fill('Do you deliver?');
  await screen.getByRole('button', { name: 'Send' }).click();
  await expect(screen.locator('.phone__bubble--mine')).toContainText('Do you deliver?');
  await a11y(page);

  const client = await context.newPage();
  const chat = await until(async () => {
    const { items } = await server.api('GET', `/devices/${device.id}/chats`);
    const found = items.find((item: any) => item.phoneNumber === phone.number);
    if (!found) throw new Error('no chat yet');
    return found;
  });
  await client.goto(`${server.url}/chats/${chat.id}`);
  await expect(client.getByRole('article', { name: /Do you deliver/ })).toBeVisible();
  // Read here: both ticks turn there.
  await client.bringToFront();
  await expect(screen.locator('.phone__bubble--mine .tick--read')).toBeVisible();
  await client.getByLabel(/^Message to/).fill('On Fridays');
  await client.getByRole('button', { name: 'Send' }).click();
  await expect(screen.getByText('On Fridays')).toBeVisible();
  await client.close();
});

test('a phone scans the code that a device shows, with one click', async ({ signedIn: page, server }) => {
  const phone = await server.api('POST', '/sandbox/phones', { name: 'Scanner' });
  const device = await server.api('POST', '/devices', { name: 'Shows a code' });
  await server.api('POST', `/devices/${device.id}/connect`);
  await page.goto(`${server.url}/sandbox`);
  await page.getByRole('button', { name: 'Hold Scanner’s phone' }).click();
  await page.getByRole('button', { name: 'Scan the code of “Shows a code”' }).click();
  await until(async () => {
    const now = await server.api('GET', `/devices/${device.id}`);
    if (now.status !== 'connected' || now.phoneNumber !== phone.number) throw new Error(now.status);
  });
  const linked = page.locator('.linked').filter({ hasText: 'Shows a code' });
  await expect(linked).toContainText('Connected');
  await linked.getByRole('button', { name: 'Unlink' }).click();
  await expect(linked).toHaveCount(0);
  await server.api('DELETE', `/devices/${device.id}`);
});

test('the network is broken on purpose', async ({ signedIn: page, server, device }) => {
  await page.goto(`${server.url}/sandbox`);
  await page.getByRole('button', { name: 'Refuse' }).click();
  await page.getByRole('button', { name: 'Start', exact: true }).click();
  await expect(page.getByText('In force')).toBeVisible();
  const { items } = await server.api('GET', '/sandbox/faults');
  expect(items.some((fault: any) => fault.kind === 'refuse')).toBe(true);
  await page.getByRole('button', { name: 'Clear all' }).click();
  await expect(page.getByText('In force')).toHaveCount(0);
  expect(device.id).toBeTruthy();
});
