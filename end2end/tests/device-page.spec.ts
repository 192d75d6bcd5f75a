// The page of a device: how it is, what happened to it, and why it is not connected.
import { expect, test, until } from '../fixtures/index.ts';

test('health, history and a diagnosis in words', async ({ signedIn: page, server, device, a11y }) => {
  const { items } = await server.api('GET', '/sandbox/phones');
  const writer = items.find((phone: any) => phone.number !== device.number);
  await server.api('POST', `/sandbox/phones/${writer.number}/messages`, { to: device.number, text: 'Are you open?' });
  await until(async () => {
    const { messages } = await server.api('GET', `/devices/${device.id}/stats`);
    if (!messages.lastReceivedAt) throw new Error('nothing came in yet');
  });
  await page.goto(`${server.url}/devices/${device.id}`);
  await page.waitForSelector('html[data-alive]');
  const health = page.getByRole('region', { name: 'Health' });
  await expect(health).toContainText('Last message in');
  await expect(health).toContainText('% of the time');
  const story = page.getByRole('region', { name: 'History of the connection' });
  await expect(story.getByRole('listitem').filter({ hasText: 'Connected' }).first()).toContainText('until now');
  await a11y(page);

  await server.api('POST', `/devices/${device.id}/disconnect`);
  const diagnosis = page.getByRole('region', { name: 'Why it is not connected' });
  await expect(diagnosis).toContainText('It was stopped here.');
  await expect(diagnosis).toContainText('stays so until it is connected again');
  await expect(story.getByRole('listitem').first()).toContainText('Disconnected');
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await expect(diagnosis).toBeHidden();
});

test('the name that others see is changed from here', async ({ signedIn: page, server, device }) => {
  await page.goto(`${server.url}/devices/${device.id}`);
  await page.waitForSelector('html[data-alive]');
  await page.getByText('WhatsApp profile').click();
  const about = page.getByLabel('About');
  await expect(page.getByRole('button', { name: 'Save' })).toBeEnabled();
  await about.fill('Open until eight');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.locator('.toast').last()).toContainText('The profile was changed');
  const profile = await server.api('GET', `/devices/${device.id}/profile`);
  expect(profile.about).toBe('Open until eight');
});

test('a card tells the health of its device at a glance', async ({ signedIn: page, server, device, a11y }) => {
  const { items } = await server.api('GET', '/sandbox/phones');
  const writer = items.find((phone: any) => phone.number !== device.number);
  await server.api('POST', `/sandbox/phones/${writer.number}/messages`, { to: device.number, text: 'Are you open?' });
  await until(async () => {
    const { messages } = await server.api('GET', `/devices/${device.id}/stats`);
    if (!messages.lastReceivedAt) throw new Error('nothing came in yet');
  });
  await page.goto(`${server.url}/devices`);
  await page.waitForSelector('html[data-alive]');
  const card = page.locator('.device-card').filter({ has: page.locator(`a[href="/devices/${device.id}"]`) });
  const told = (label: string) => card.locator('.device-card__facts > div').filter({ hasText: label }).getByRole('definition');
  await expect(told('Last message in').locator('time')).toBeVisible();
  await expect(told('Waiting to go out')).toHaveText('0');
  await expect(told('Times connected')).toHaveText(/^[1-9]\d*$/);
  await a11y(page);
});

test('a device whose link was ended tells what happened to it, below the new link', async ({ signedIn: page, server, device, a11y }) => {
  await server.api('POST', `/sandbox/phones/${device.number}/unlink`, { deviceId: device.id });
  await until(async () => {
    const { status } = await server.api('GET', `/devices/${device.id}`);
    if (status !== 'logged_out') throw new Error(`it is ${status}`);
  });
  await page.goto(`${server.url}/devices/${device.id}`);
  await page.waitForSelector('html[data-alive]');
  await expect(page.getByRole('button', { name: 'Show code' }).first()).toBeVisible();
  await expect(page.getByRole('region', { name: 'Why it is not connected' })).toContainText('ended under Linked devices on the phone');
  const story = page.getByRole('region', { name: 'History of the connection' });
  await expect(story.getByRole('listitem').first()).toContainText('The phone removed this device');
  await expect(story.getByRole('listitem').filter({ hasText: 'Connected' }).first()).toBeVisible();
  await a11y(page);
});
