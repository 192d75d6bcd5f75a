// Instance clients: Socket.IO on /socket.io by JWT, a room for the subscription and one for each instance.
import { CLIENTS, Ear, NEWEST, Shop, connected, expect, jwt, refused, test, until } from './support/index.ts';

const TRANSPORTS = { polling: ['polling'], websocket: ['websocket'], upgrade: ['polling', 'websocket'] };

for (const client of CLIENTS) {
  for (const [transport, transports] of Object.entries(TRANSPORTS)) {
    test(`${client.name}, ${transport}: a pairing, event by event`, async ({ server, socket }) => {
      const shop = await Shop.open(server);
      const other = await Shop.open(server, 'Other');
      const instances = socket(client, '/', { auth: { token: jwt('mia', shop.workspace) }, transports });
      const ear = new Ear(instances);
      await connected(instances);
      if (transport === 'upgrade' && instances.io.engine.transport.name !== 'websocket') {
        await new Promise((ok) => { instances.io.engine.once('upgrade', ok); });
      }
      const answer = await instances.timeout(10_000).emitWithAck?.('subscribe:instance', shop.id);
      if (!instances.emitWithAck) instances.emit('subscribe:instance', shop.id);
      else expect(answer).toMatchObject({ success: true });

      const shown = await shop.show();
      await other.show();
      const qr = await ear.event('instance:qr:generated');
      expect(qr).toMatchObject({ instanceId: shop.id, qrCode: shown, attempt: 1 });
      expect(new Date(qr.expiry).getTime()).toBeGreaterThan(Date.now());
      await shop.scan(shown);
      expect(await ear.event('instance:connected')).toMatchObject({ instanceId: shop.id, phone: shop.phone.number, displayName: expect.any(String) });
      const changes = () => ear.all('instance:status:changed');
      await ear.event('instance:status:changed', (data) => data.newStatus === 'CONNECTED');
      expect(changes().slice(-3).map((data) => [data.oldStatus, data.newStatus])).toEqual([
        ['STARTING', 'QR_REQUIRED'], ['QR_REQUIRED', 'AUTHENTICATING'], ['AUTHENTICATING', 'CONNECTED'],
      ]);
      for (const change of changes()) expect(change).toMatchObject({ instanceId: shop.id, metadata: expect.any(Object) });
      expect(await ear.event('subscription:stats:updated')).toMatchObject({ subscriptionId: shop.workspace, stats: expect.any(Object) });
      await shop.unlink();
      expect(await ear.event('instance:disconnected')).toMatchObject({ instanceId: shop.id, reason: expect.any(String) });
      // Nothing of an instance that was not asked for.
      for (const { name, data } of ear.heard) if (name.startsWith('instance:')) expect(data.instanceId, name).toBe(shop.id);
    });
  }

  test(`${client.name}: who does not say who they are is refused`, async ({ server, socket }) => {
    const shop = await Shop.open(server);
    const tokens = {
      none: undefined,
      nonsense: 'nonsense',
      expired: jwt('mia', shop.workspace, { exp: 1_700_000_000 }),
      'signed by another': jwt('mia', shop.workspace, {}, 'another-secret-with-more-than-32-bytes!'),
    };
    for (const [what, token] of Object.entries(tokens)) {
      for (const transports of [['polling'], ['websocket']]) {
        await test.step(`${what}, ${transports}`, async () => {
          const error = await refused(socket(client, '/', { auth: token ? { token } : {}, transports }));
          expect(error.message).toMatch(/^[A-Z]/);
          expect(error.data).toMatchObject({ code: expect.any(String) });
        });
      }
    }
  });
}

test('somebody else’s instance is refused, by ack and by event', async ({ server, socket }) => {
  const shop = await Shop.open(server);
  const stranger = socket(NEWEST, '/', { auth: { token: jwt('eve', 'wsp_of_somebody_else') } });
  const ear = new Ear(stranger);
  await connected(stranger);
  const answer = await stranger.timeout(10_000).emitWithAck('subscribe:instance', shop.id);
  expect(answer).toMatchObject({ success: false });
  expect(await ear.event('instance:error')).toMatchObject({ instanceId: shop.id, error: expect.any(String), code: expect.any(String) });
  await shop.pair();
  await new Promise((ok) => setTimeout(ok, 500));
  expect(ear.heard.map(({ name }) => name).filter((name) => /^instance:(qr|connected|status)/.test(name))).toEqual([]);
});

test('leaving a room ends its events; coming back in shows the present', async ({ server, socket }) => {
  const shop = await Shop.open(server);
  const instances = socket(NEWEST, '/', { auth: { token: jwt('mia', shop.workspace) } });
  const ear = new Ear(instances);
  await connected(instances);
  await instances.timeout(10_000).emitWithAck('subscribe:instance', shop.id);
  await shop.show();
  await ear.event('instance:qr:generated');
  await instances.timeout(10_000).emitWithAck('unsubscribe:instance', shop.id);
  await shop.scan(await shop.code());
  await shop.status('connected');
  await new Promise((ok) => setTimeout(ok, 300));
  expect(ear.all('instance:connected')).toEqual([]);
  await instances.timeout(10_000).emitWithAck('subscribe:instance', shop.id);
  await until(async () => {
    const last = ear.all('instance:status:changed').at(-1);
    expect(last?.newStatus).toBe('CONNECTED');
  });
});
