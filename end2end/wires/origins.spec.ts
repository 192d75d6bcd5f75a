// Pages of other sites: those that are allowed may call on every wire, all others on none.
import type { Page } from '@playwright/test';
import { API_KEY, Shop, expect, jwt, test, type Server, type Site } from './support/index.ts';
import { bundle, openPage } from './support/browser.ts';

/** What becomes of each wire when a page opens it with a credential that counts: `open` or `refused`. */
async function outcomes(page: Page, site: Site, server: Server, shop: Shop): Promise<Record<string, string>> {
  const values = { server: server.url, key: API_KEY, token: jwt('mia', shop.workspace), device: shop.id };
  const script = await bundle(`
    import { io } from 'socket.io-client';
    const { server, key, token, device } = ${JSON.stringify(values)};
    const ws = server.replace('http', 'ws');
    const query = '?botId=' + device + '&userId=mia&token=' + token;
    const opened = (what, event, failed) => new Promise((ok) => {
      what['on' + event] = () => ok('open');
      what['on' + failed] = () => ok('refused');
    });
    const entered = (options, path = '/') => new Promise((ok) => {
      const socket = io(server + path, { reconnection: false, forceNew: true, ...options });
      socket.on('connect', () => ok('open'));
      socket.on('connect_error', () => ok('refused'));
    });
    window.outcomes = async () => ({
      rest: await fetch(server + '/api/v1/devices', { headers: { 'X-API-Key': key } }).then((answer) => answer.ok ? 'open' : 'refused', () => 'refused'),
      send: await fetch(server + '/api/v1/devices', {
        method: 'POST',
        headers: { Authorization: 'Bearer ' + token, 'Content-Type': 'application/json', 'Idempotency-Key': 'from-a-page' },
        body: '{"name": "From a page"}',
      }).then((answer) => answer.ok ? 'open' : 'refused', () => 'refused'),
      'native WebSocket': await opened(new WebSocket(ws + '/api/v1/stream?token=' + token), 'open', 'error'),
      'native events': await opened(new EventSource(server + '/api/v1/stream?token=' + token), 'open', 'error'),
      'status WebSocket': await opened(new WebSocket(ws + '/ws/connection-status' + query), 'open', 'error'),
      'status events': await opened(new EventSource(server + '/api/v1/whatsapp/connection-events' + query), 'open', 'error'),
      'chat, polling': await entered({ auth: { token }, transports: ['polling'] }),
      'chat, websocket': await entered({ auth: { token }, transports: ['websocket'] }),
      'device, polling': await entered({ path: '/ws', query: { apiKey: key }, transports: ['polling'] }, '/device/' + device),
      'device, websocket': await entered({ path: '/ws', query: { apiKey: key }, transports: ['websocket'] }, '/device/' + device),
    });`);
  await openPage(page, site, [script]);
  return page.evaluate(() => (window as any).outcomes());
}

test('a page of an allowed origin may call on every wire, and only such a page', async ({ page, site, stranger, server }) => {
  const shop = await Shop.linked(server);
  const allowed = await outcomes(page, site, server, shop);
  expect(allowed).toEqual(Object.fromEntries(Object.keys(allowed).map((wire) => [wire, 'open'])));
  const { items: before } = await server.api('GET', '/devices');
  const refused = await outcomes(page, stranger, server, shop);
  expect(refused).toEqual(Object.fromEntries(Object.keys(allowed).map((wire) => [wire, 'refused'])));
  expect((await server.api('GET', '/devices')).items).toHaveLength(before.length);
});
