// REST with nothing but fetch.
import { API_KEY, Server, Shop, expect, test, until } from './support/index.ts';

const call = (server: Server, method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
  fetch(`${server.url}/api/v1${path}`, {
    method,
    headers: { 'x-api-key': API_KEY, ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
    body: body === undefined ? undefined : JSON.stringify(body),
  });

test('the same Idempotency-Key sends once, also side by side and after a crash', async ({ server }) => {
  const shop = await Shop.linked(server);
  const path = `/devices/${shop.id}/chats/${shop.customer.number}/messages`;
  const send = (text: string) => call(server, 'POST', path, { text }, { 'idempotency-key': 'order-4711' });
  const answers = await Promise.all(Array.from({ length: 5 }, () => send('Once')));
  expect(answers.map((answer) => answer.status)).toEqual([202, 202, 202, 202, 202]);
  const messages = await Promise.all(answers.map((answer) => answer.json()));
  expect(new Set(messages.map((message) => message.id)).size).toBe(1);
  expect(messages[0]).toMatchObject({ status: 'queued', fromMe: true, text: 'Once', deviceId: shop.id, to: shop.customer.number });
  await server.kill();
  await server.start();
  expect(await (await send('Once')).json()).toMatchObject({ id: messages[0].id });
  const other = await send('Something else');
  expect(other.status).toBe(409);
  expect(await other.json()).toMatchObject({ code: 'idempotency_mismatch' });
  await until(async () => expect(await shop.texts()).toEqual(['Once']));
});

test('long poll: the fallback where no stream gets through', async ({ server }) => {
  const shop = await Shop.linked(server);
  let { cursor } = await (await call(server, 'GET', '/events')).json();
  const texts: string[] = [];
  const began = Date.now();
  const sending = (async () => { for (const text of ['one', 'two', 'three']) await shop.receive(text); })();
  while (texts.length < 3 && Date.now() - began < 20_000) {
    const page = await (await call(server, 'GET', `/events?since=${cursor}&wait=10`)).json();
    for (const event of page.items) {
      expect(Object.keys(event)).toEqual(expect.arrayContaining(['cursor', 'id', 'at', 'deviceId', 'type', 'data']));
      if (event.type === 'message.new') texts.push(event.data.message.text);
    }
    cursor = page.next ?? page.cursor;
  }
  await sending;
  expect(texts).toEqual(['one', 'two', 'three']);
});

test('errors are problem+json with a stable code', async ({ server }) => {
  const wrong: [string, string, unknown, number, string][] = [
    ['GET', '/devices/dev_none', undefined, 404, 'not_found'],
    ['GET', '/no/such/path', undefined, 404, 'not_found'],
    ['PUT', '/devices', {}, 405, 'method_not_allowed'],
    ['POST', '/devices', { name: '' }, 400, 'invalid'],
    ['POST', '/devices', { name: 5 }, 400, 'malformed'],
    ['GET', '/events?since=nonsense', undefined, 400, 'invalid'],
  ];
  for (const [method, path, body, status, code] of wrong) {
    const answer = await call(server, method, path, body);
    expect(answer.status, `${method} ${path}`).toBe(status);
    expect(answer.headers.get('content-type')).toContain('application/problem+json');
    expect(await answer.json()).toMatchObject({ status, code, title: expect.any(String), detail: expect.any(String) });
  }
  const stranger = await fetch(`${server.url}/api/v1/devices`);
  expect(stranger.status).toBe(401);
  expect(await stranger.json()).toMatchObject({ code: 'unauthenticated' });
});

test('a device’s code as PNG, SVG and JSON', async ({ server }) => {
  const shop = await Shop.open(server);
  const none = await call(server, 'GET', `/devices/${shop.id}/qr`);
  expect(none.status).toBe(409);
  expect(await none.json()).toMatchObject({ code: 'not_pairing' });
  const qr = await shop.show();
  const as = (accept: string) => call(server, 'GET', `/devices/${shop.id}/qr`, undefined, { accept });
  expect(await (await as('application/json')).json()).toMatchObject({ qr, expiresAt: expect.any(Number), attempt: 1 });
  const png = Buffer.from(await (await as('image/png')).arrayBuffer());
  expect(png.subarray(1, 4).toString()).toBe('PNG');
  expect(await (await as('image/svg+xml')).text()).toContain('<svg');
});

test('the server describes itself', async ({ server }) => {
  const document = await (await fetch(`${server.url}/docs-json`)).json();
  expect(document.openapi).toMatch(/^3\.1/);
  for (const path of ['/api/v1/devices', '/api/v1/devices/{id}/chats', '/api/v1/events']) {
    const shapes = Object.keys(document.paths).map((known) => known.replace(/\{[^}]+\}/g, '{id}'));
    expect(shapes).toContain(path);
  }
});
