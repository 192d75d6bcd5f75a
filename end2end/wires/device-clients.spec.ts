// Device clients: Socket.IO on /ws, one namespace for each device, by API key.
import { API_KEY, CLIENTS, Ear, NEWEST, Shop, connected, expect, refused, test } from './support/index.ts';

const TRANSPORTS = { polling: ['polling'], websocket: ['websocket'], upgrade: ['polling', 'websocket'] };

for (const client of CLIENTS) {
  for (const [transport, transports] of Object.entries(TRANSPORTS)) {
    test(`${client.name}, ${transport}: a pairing and a chat, event by event`, async ({ server, socket }) => {
      const shop = await Shop.open(server);
      const device = socket(client, `/device/${shop.id}`, { path: '/ws', query: { apiKey: API_KEY }, transports });
      const ear = new Ear(device);
      await connected(device);
      if (transport === 'upgrade' && device.io.engine.transport.name !== 'websocket') {
        await new Promise((ok) => { device.io.engine.once('upgrade', ok); });
      }
      expect(device.io.engine.transport.name).toBe(transports.at(-1));

      const shown = await shop.show();
      const qr = await ear.event('qr');
      expect(qr).toMatchObject({ deviceId: shop.id, qr: shown, timestamp: expect.any(Number) });
      await shop.scan(qr.qr);
      expect(await ear.event('authenticated')).toMatchObject({
        deviceId: shop.id, phoneNumber: shop.phone.number, clientName: expect.any(String), timestamp: expect.any(Number),
      });
      expect(await ear.event('ready')).toMatchObject({
        deviceId: shop.id, phoneNumber: shop.phone.number, timestamp: expect.any(Number),
      });
      const states = ear.all('state').map((state) => state.status);
      expect(states.slice(-3)).toEqual(['qr_required', 'authenticating', 'connected']);

      await shop.receive('Do you deliver?');
      const { message } = await ear.event('message', ({ message }) => message.text === 'Do you deliver?');
      expect(message).toMatchObject({ fromMe: false, from: shop.customer.number, body: 'Do you deliver?' });
      await ear.event('chat:update', ({ chat }) => chat.phoneNumber === shop.customer.number);

      const sent = await shop.send('On Fridays');
      const climbed = async (status: string) => ear.event('message:status', (data) => data.messageId === sent.id && data.status === status);
      await climbed('queued');
      await climbed('sent');
      await climbed('delivered');
      await shop.readByCustomer();
      await ear.event('message:read', (data) => data.messageId === sent.id);
      const ladder = ear.all('message:status').filter((data) => data.messageId === sent.id).map((data) => data.status);
      expect(ladder).toEqual(['queued', 'sent', 'delivered', 'read']);
      expect(ear.all('message:ack').filter((data) => data.messageId === sent.id).map((data) => data.ack)).toEqual([1, 2, 3]);

      await shop.typing('composing');
      await ear.event('typing:start', (data) => data.from === shop.customer.number);
      await shop.typing('paused');
      await ear.event('typing:stop', (data) => data.from === shop.customer.number);

      await shop.unlink();
      expect(await ear.event('disconnected')).toMatchObject({
        deviceId: shop.id, reason: expect.any(String), timestamp: expect.any(Number),
      });
      // Once each, and about this device alone.
      expect(ear.all('ready')).toHaveLength(1);
      expect(ear.all('message')).toHaveLength(1);
      for (const { name, data } of ear.heard) expect(data?.deviceId, name).toBe(shop.id);
    });
  }

  test(`${client.name}: the key may stand in a query, a header or auth, and every refusal is said in its words`, async ({ server, socket }) => {
    const shop = await Shop.open(server);
    const path = `/device/${shop.id}`;
    const entries = {
      query: { query: { apiKey: API_KEY } },
      'header apiKey': { extraHeaders: { apiKey: API_KEY } },
      'header X-API-Key': { extraHeaders: { 'X-API-Key': API_KEY } },
      auth: { auth: { apiKey: API_KEY } },
    };
    for (const [place, options] of Object.entries(entries)) {
      for (const transports of [['polling'], ['websocket']]) {
        await test.step(`${place}, ${transports}`, () => connected(socket(client, path, { path: '/ws', transports, ...options })));
      }
    }
    for (const transports of [['polling'], ['websocket']]) {
      const without = await refused(socket(client, path, { path: '/ws', transports }));
      expect(without.message).toBe('API key is required');
      const wrong = await refused(socket(client, path, { path: '/ws', transports, query: { apiKey: 'no-such-key-0123456789' } }));
      expect(wrong.message).toBe('Invalid API key');
      const query = { apiKey: API_KEY };
      const nowhere = await refused(socket(client, '/device/dev_nowhere', { path: '/ws', transports, query }));
      const elsewhere = await refused(socket(client, '/elsewhere', { path: '/ws', transports, query }));
      expect(nowhere.message).toMatch(/^Invalid (device )?namespace$/);
      expect(elsewhere.message).toMatch(/^Invalid (device )?namespace$/);
    }
  });

  test(`${client.name}: the namespace / has every device of the key, or one by deviceId`, async ({ server, socket }) => {
    const [one, two] = [await Shop.open(server, 'One'), await Shop.open(server, 'Two')];
    const query = { apiKey: API_KEY };
    const all = socket(client, '/', { path: '/ws', query });
    const only = socket(client, '/', { path: '/ws', query: { ...query, deviceId: two.id } });
    const [both, second] = [new Ear(all), new Ear(only)];
    await Promise.all([connected(all), connected(only)]);
    await one.pair();
    await two.pair();
    await second.event('ready');
    await both.event('ready', (data) => data.deviceId === one.id);
    await both.event('ready', (data) => data.deviceId === two.id);
    await one.receive('to one');
    await two.receive('to two');
    await both.events(2, 'message');
    await second.event('message');
    expect(both.all('message').map((data) => data.message.text)).toEqual(['to one', 'to two']);
    expect(second.all('message').map((data) => data.message.text)).toEqual(['to two']);
    expect(second.heard.every(({ data }) => data.deviceId === two.id)).toBe(true);
  });

  test(`${client.name}: whoever comes later gets the present at once`, async ({ server, socket }) => {
    const [waits, works] = [await Shop.open(server, 'Waits'), await Shop.linked(server, 'Works')];
    const shown = await waits.show();
    const options = { path: '/ws', query: { apiKey: API_KEY } };
    const first = new Ear(socket(client, `/device/${waits.id}`, options));
    const second = new Ear(socket(client, `/device/${works.id}`, options));
    expect(await first.event('qr')).toMatchObject({ qr: shown });
    expect(await second.event('ready')).toMatchObject({ phoneNumber: works.phone.number });
    expect((await second.event('state')).status).toBe('connected');
  });
}

test('one manager serves the namespaces of several devices over one connection', async ({ server }) => {
  const [one, two] = [await Shop.linked(server, 'One'), await Shop.linked(server, 'Two')];
  const { Manager } = await import('socket.io-client');
  const manager = new Manager(server.url, { path: '/ws', query: { apiKey: API_KEY } });
  try {
    const ears = [one, two].map((shop) => new Ear(manager.socket(`/device/${shop.id}`)));
    await Promise.all(ears.map((ear) => ear.event('ready')));
    await Promise.all([one.receive('first'), two.receive('second')]);
    expect((await ears[0].event('message')).message.text).toBe('first');
    expect((await ears[1].event('message')).message.text).toBe('second');
    expect(ears.map((ear) => ear.all('message').length)).toEqual([1, 1]);
  } finally {
    manager._close();
  }
});

test('a device that is deleted ends its sockets', async ({ server, socket }) => {
  const shop = await Shop.linked(server);
  const device = socket(NEWEST, `/device/${shop.id}`, { path: '/ws', query: { apiKey: API_KEY }, reconnection: false });
  const ear = new Ear(device);
  await ear.event('ready');
  const gone = new Promise((ok) => { device.once('disconnect', ok); });
  await server.api('DELETE', `/devices/${shop.id}`);
  await ear.event('disconnected');
  expect(await gone).toBe('io server disconnect');
});
