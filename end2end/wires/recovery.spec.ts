// Connections that are cut: by the network, and by the server's sudden end. Every message once and in order.
import { API_KEY, CLIENTS, Ear, NEWEST, OLDER, Shop, connected, expect, jwt, once, test, type Options } from './support/index.ts';

const COUNT = 40;
const texts = Array.from({ length: COUNT }, (_, index) => `message ${index + 1}`);

/** How each dialect is opened, and where it says a message's text. */
const DIALECTS = {
  'device namespace': {
    open: (shop: Shop) => ({ path: `/device/${shop.id}`, options: { path: '/ws' }, credential: { apiKey: API_KEY } }),
    event: 'message',
    text: (data: any) => data.message.text,
  },
  chat: {
    open: (shop: Shop) => ({ path: '/', options: {}, credential: { token: jwt('mia', shop.workspace) } }),
    event: 'new_message',
    text: (data: any) => data.content,
  },
};

for (const [name, dialect] of Object.entries(DIALECTS)) {
  for (const transports of [['websocket'], ['polling']]) {
    test(`${name}, ${transports}: the newest client recovers by itself`, async ({ server, socket }) => {
      const shop = await Shop.linked(server);
      const { path, options, credential } = dialect.open(shop);
      const client = socket(NEWEST, path, { ...options, auth: credential, transports } as Options);
      const ear = new Ear(client);
      await connected(client);
      expect(client.recovered).toBe(false);
      await shop.receive('before');
      await ear.event(dialect.event, (data) => dialect.text(data) === 'before');
      const sending = (async () => { for (const text of texts) await shop.receive(text); })();
      for (let cut = 0; cut < 3; cut += 1) {
        await new Promise((ok) => setTimeout(ok, 150));
        const back = once(client, 'connect');
        (client.io.engine as any).close();
        await back;
        expect(client.recovered, `after cut ${cut + 1}`).toBe(true);
      }
      await sending;
      await ear.event(dialect.event, (data) => dialect.text(data) === texts.at(-1));
      expect(ear.all(dialect.event).map(dialect.text)).toEqual(['before', ...texts]);
    });
  }

  test(`${name}: the newest client misses nothing while the server dies`, async ({ server, socket }) => {
    const shop = await Shop.linked(server);
    const { path, options, credential } = dialect.open(shop);
    let cursor: string | undefined;
    // The server's memory of rooms dies with it: `since` says where this client was all the same.
    const auth = (give: (data: object) => void) => give({ ...credential, ...(cursor ? { since: cursor } : {}) });
    const client = socket(NEWEST, path, { ...options, auth } as Options);
    const ear = new Ear(client);
    client.onAny((_, data) => { cursor = data?.cursor ?? cursor; });
    await connected(client);
    await shop.receive('before');
    await ear.event(dialect.event);
    const lost = once(client, 'disconnect');
    const back = lost.then(() => once(client, 'connect'));
    await server.kill();
    await lost;
    await server.start();
    await back;
    await shop.status('connected');
    for (const text of texts.slice(0, 10)) await shop.receive(text);
    await ear.event(dialect.event, (data) => dialect.text(data) === texts[9]);
    expect(ear.all(dialect.event).map(dialect.text)).toEqual(['before', ...texts.slice(0, 10)]);
  });

  test(`${name}: a client from before recovery goes on by since`, async ({ server, socket }) => {
    const shop = await Shop.linked(server);
    const { path, options, credential } = dialect.open(shop);
    let cursor: string | undefined;
    const auth = (give: (data: object) => void) => give({ ...credential, ...(cursor ? { since: cursor } : {}) });
    const client = socket(OLDER, path, { ...options, auth, transports: ['websocket'] } as Options);
    const ear = new Ear(client);
    client.onAny((_, data) => { cursor = data?.cursor ?? cursor; });
    await connected(client);
    await shop.receive('before');
    await ear.event(dialect.event);
    const sending = (async () => { for (const text of texts) await shop.receive(text); })();
    for (let cut = 0; cut < 3; cut += 1) {
      await new Promise((ok) => setTimeout(ok, 150));
      const back = once(client, 'connect');
      (client.io.engine as any).close();
      await back;
    }
    await sending;
    await ear.event(dialect.event, (data) => dialect.text(data) === texts.at(-1));
    expect(ear.all(dialect.event).map(dialect.text)).toEqual(['before', ...texts]);
    expect(ear.all('resync')).toEqual([]);
  });

  for (const client of CLIENTS) {
    test(`${name}, ${client.name}: a position that the log does not have is said, not passed over`, async ({ server, socket }) => {
      const shop = await Shop.linked(server);
      const { path, options, credential } = dialect.open(shop);
      const ear = new Ear(socket(client, path, { ...options, auth: { ...credential, since: 'elsewhere-7' } } as Options));
      const resync = await ear.event('resync');
      expect(resync).toMatchObject({ reason: 'epoch', cursor: expect.stringMatching(/^[a-z0-9]+-\d+/) });
      await shop.receive('from here on');
      await ear.event(dialect.event, (data) => dialect.text(data) === 'from here on');
    });
  }
}
