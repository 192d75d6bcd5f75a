// Every screen in every state that a user can meet, as pictures in target/pictures.
import { mkdirSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Page } from '@playwright/test';
import { NOWHERE, Server, enter, expect, linkedDevice, test, until } from '../fixtures/index.ts';

const FOLDER = resolve(import.meta.dirname, '../../target/pictures');
mkdirSync(FOLDER, { recursive: true });

// Not `strict`: a wrong password and a server that is gone are part of the show.
test('pictures', async ({ browser }, info) => {
  const page = await browser.newPage(info.project.use as object);
  const server = new Server();
  await server.start();
  const picture = async (name: string, of: Page = page) => {
    await of.waitForTimeout(250);
    await of.screenshot({ path: `${FOLDER}/${info.project.name}-${name}.png` });
  };
  const go = async (path: string) => {
    await page.goto(server.url + path);
    await page.waitForSelector('html[data-alive]');
  };
  try {
    await page.goto(`${server.url}/login`);
    await page.getByLabel('E-mail').fill('ana@example.com');
    await page.getByLabel('Password').fill('wrong horse');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await picture('01-login-refused');
    await page.goto(server.url + server.signIn);
    await picture('01-link');
    await enter(page, server);
    await picture('02-welcome');
    await go('/chats');
    await picture('03-chats-without-device');
    await go('/devices');
    await picture('04-devices-none');
    await page.getByRole('button', { name: 'Add device' }).first().click();
    await picture('05-add-device');

    const first = await linkedDevice(server, 'La Bodega');
    const waiting = await server.api('POST', '/devices', { name: 'Support' });
    await server.api('POST', `/devices/${waiting.id}/connect`);
    await until(() => server.api('GET', `/devices/${waiting.id}/qr`));
    await server.api('POST', '/devices', { name: 'Warehouse' });
    await go(`/devices/${waiting.id}`);
    await expect(page.getByRole('img', { name: /Code to link/ })).toBeVisible();
    await picture('06-qr');
    await page.getByRole('button', { name: 'Scan with a sandbox phone' }).click();
    await picture('07-which-phone');
    await go(`/devices/${waiting.id}`);
    const { number } = await server.api('POST', '/sandbox/phones', { name: 'Diego Morales' });
    await page.getByRole('button', { name: 'Use a pairing code' }).click();
    await picture('08-pairing-number');
    await page.getByLabel('Number of the phone').fill(`+${number}`);
    await page.getByRole('button', { name: 'Get code' }).click();
    await page.waitForTimeout(1500);
    await picture('09-pairing-code');

    const { items: phones } = await server.api('GET', '/sandbox/phones');
    const lost = await server.api('POST', '/devices', { name: 'Night shift' });
    await server.api('POST', `/devices/${lost.id}/connect`);
    const { qr } = await until(() => server.api('GET', `/devices/${lost.id}/qr`));
    await server.api('POST', `/sandbox/phones/${phones[1].number}/scan`, { qr });
    await until(async () => {
      if ((await server.api('GET', `/devices/${lost.id}`)).status !== 'connected') throw new Error('not yet');
    });
    await server.api('POST', `/sandbox/phones/${phones[1].number}/unlink`, { deviceId: lost.id });
    await page.waitForTimeout(500);
    await go('/devices');
    await picture('10-devices');
    await go(`/devices/${first.id}`);
    await picture('11-device');

    const { items: chats } = await server.api('GET', `/devices/${first.id}/chats`);
    await go('/chats');
    await picture('12-chats');
    const chat = chats.find((item: any) => item.kind !== 'group') ?? chats[0];
    const group = chats.find((item: any) => item.kind === 'group');
    await go(`/chats/${chat.id}`);
    await page.getByLabel(/^Message to/).fill('Yes, *twelve bottles*, as agreed.\nShall I send the invoice to the same address?');
    await picture('13-thread-writing');
    await page.getByRole('button', { name: 'Send' }).click();
    await page.waitForTimeout(900);
    await picture('14-thread');
    await page.getByRole('article').last().getByRole('button', { name: 'Message actions' }).click();
    await picture('14a-message-menu');
    await page.getByRole('button', { name: 'Info', exact: true }).click();
    await picture('14b-message-info');
    await go(`/chats/${chat.id}?info`);
    await picture('14c-details');
    if (group) {
      await go(`/chats/${group.id}`);
      await picture('15-group');
      await go(`/chats/${group.id}?info`);
      await picture('15a-group-details');
    }
    await go('/chats');
    await page.getByRole('button', { name: 'New chat' }).first().click();
    await picture('16-new-chat');
    await page.getByRole('dialog').getByRole('radio', { name: 'New group' }).check();
    await picture('16a-new-group');
    await go('/chats');
    await page.getByLabel('Search').first().fill('nobody at all');
    await picture('17-nothing-found');
    await go('/sandbox');
    await picture('18-sandbox');
    await page.getByRole('button', { name: /^Hold .*phone$/ }).nth(2).click();
    await page.waitForTimeout(500);
    await picture('19-sandbox-phone');
    await page.locator('.phone a, .phone button').filter({ hasText: /La Bodega|Bodega/ }).first().click({ timeout: 3000 }).catch(() => {});
    await picture('20-sandbox-phone-chat');
    await go('/settings');
    await picture('21-settings');
    for (const section of ['appearance', 'api-keys', 'webhooks', 'people', 'shortcuts']) {
      await go(`/settings/${section}`);
      await page.waitForTimeout(300);
      await picture(`21-settings-${section}`);
    }
    await page.context().addCookies([{ name: 'lang', value: 'ar', url: server.url }]);
    await go('/chats');
    await picture('21-arabic');
    await page.context().addCookies([{ name: 'lang', value: 'en', url: server.url }]);
    await page.goto(server.url + NOWHERE);
    await picture('22-not-found');
    await go(`/chats/${chat.id}`);
    await server.kill();
    await expect(page.getByText('The connection to the server was lost.').filter({ visible: true }).first()).toBeVisible();
    await page.getByLabel(/^Message to/).fill('Written while the server was away');
    await page.getByRole('button', { name: 'Send' }).click();
    await picture('23-server-away');
  } finally {
    await server.stop();
  }
});
