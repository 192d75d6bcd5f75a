// Chat clients: Socket.IO on /socket.io by JWT, requests that are answered by events, and live messages.
import { CLIENTS, Ear, NEWEST, Shop, connected, expect, jwt, test, until } from './support/index.ts';

const TRANSPORTS = { polling: ['polling'], websocket: ['websocket'], upgrade: ['polling', 'websocket'] };

for (const client of CLIENTS) {
  for (const [transport, transports] of Object.entries(TRANSPORTS)) {
    test(`${client.name}, ${transport}: every request and its answer`, async ({ server, socket }) => {
      const shop = await Shop.linked(server);
      await shop.received('Do you deliver?');
      const chat = socket(client, '/', { auth: { token: jwt('mia', shop.workspace) }, transports });
      const ear = new Ear(chat);
      await connected(chat);

      chat.emit('get_connection_status');
      await ear.event('connection_status');
      chat.emit('get_contacts', {});
      const contacts = await ear.event('contacts_response');
      expect(contacts).toMatchObject({ success: true });
      expect(Array.isArray(contacts.data)).toBe(true);

      chat.emit('get_messages_between', { fromNumber: `+${shop.customer.number}`, toNumber: shop.phone.number, limit: 10, offset: 0 });
      const between = await ear.event('messages_between_response');
      expect(between).toMatchObject({ success: true });
      expect(JSON.stringify(between.data)).toContain('Do you deliver?');

      chat.emit('get_qr_code', {});
      expect(await ear.event('qr_code_response')).toMatchObject({ success: true });

      chat.emit('send_message', { to: shop.customer.number, message: 'On Fridays' });
      const sent = await ear.event('message_sent_success');
      expect(sent).toMatchObject({ messageId: expect.any(String) });
      expect(Number.isFinite(new Date(sent.timestamp).getTime())).toBe(true);
      const own = await ear.event('new_message', (data) => data.content === 'On Fridays');
      expect(own).toMatchObject({ id: sent.messageId, isOutgoing: true });
      await until(async () => expect(await shop.texts()).toEqual(['Do you deliver?', 'On Fridays']));

      await shop.receive('Thank you');
      const theirs = await ear.event('new_message', (data) => data.content === 'Thank you');
      expect(theirs).toMatchObject({ isOutgoing: false, id: expect.any(String) });
      expect(theirs.fromNumber.replace(/\D/g, '')).toBe(shop.customer.number);
      expect(theirs.toNumber.replace(/\D/g, '')).toBe(shop.phone.number);

      chat.emit('send_message', { to: 'not a number', message: 'Lost', conversationId: 'c-1' });
      expect(await ear.event('message_send_error')).toMatchObject({ error: expect.anything(), to: 'not a number', conversationId: 'c-1' });
      expect(ear.all('new_message').filter((data) => data.content === 'Thank you')).toHaveLength(1);
      expect(chat.connected).toBe(true);
    });
  }
}

test('every request also answers its ack', async ({ server, socket }) => {
  const shop = await Shop.linked(server);
  const chat = socket(NEWEST, '/', { auth: { token: jwt('mia', shop.workspace) } });
  await connected(chat);
  const ask = (name: string, ...args: unknown[]) => chat.timeout(10_000).emitWithAck(name, ...args);
  expect(await ask('get_contacts', {})).toMatchObject({ success: true });
  expect(await ask('get_qr_code', {})).toMatchObject({ success: true });
  expect(await ask('get_messages_between', { fromNumber: shop.phone.number, toNumber: shop.customer.number })).toMatchObject({ success: true });
  expect(await ask('send_message', { to: shop.customer.number, message: 'Hello' })).toMatchObject({ messageId: expect.any(String) });
  expect(await ask('get_connection_status')).toBeTruthy();
  // What cannot be read is answered as well, and the socket stays.
  for (const [name, ...args] of [
    ['get_messages_between', {}], ['get_messages_between', { fromNumber: 5, toNumber: [] }], ['send_message'], ['send_message', null],
    ['send_message', { to: shop.customer.number, message: '' }], ['join_conversation', { conversationId: 7 }],
  ] as [string, ...unknown[]][]) {
    expect(await ask(name, ...args), `${name} ${JSON.stringify(args)}`).toMatchObject({ success: false });
  }
  expect(chat.connected).toBe(true);
});

test('a device that waits for its phone: the code comes by request, and the connection by itself', async ({ server, socket }) => {
  const shop = await Shop.open(server);
  const chat = socket(NEWEST, '/', { auth: { token: jwt('mia', shop.workspace) } });
  const ear = new Ear(chat);
  await connected(chat);
  const shown = await shop.show();
  const { success, data } = await chat.timeout(10_000).emitWithAck('get_qr_code', { forceNew: false });
  expect(success).toBe(true);
  expect(JSON.stringify(data)).toContain(shown);
  expect(JSON.stringify(data)).toContain('data:image/png;base64,');
  await shop.scan(shown);
  await until(async () => expect(JSON.stringify(ear.all('connection_status').at(-1) ?? {})).toContain('connected'));
});

test('two users of one workspace see the same; a stranger sees nothing', async ({ server, socket }) => {
  const shop = await Shop.linked(server);
  const [mia, tom, eve] = [jwt('mia', shop.workspace), jwt('tom', shop.workspace), jwt('eve', 'wsp_of_somebody_else')]
    .map((token) => socket(NEWEST, '/', { auth: { token } }));
  const ears = [mia, tom, eve].map((one) => new Ear(one));
  await Promise.all([mia, tom, eve].map(connected));
  await shop.receive('For the shop');
  await ears[0].event('new_message');
  await ears[1].event('new_message');
  expect(await eve.timeout(10_000).emitWithAck('send_message', { to: shop.customer.number, message: 'Hi' })).toMatchObject({ success: false });
  expect(ears[2].all('new_message')).toEqual([]);
});

test('a conversation’s room: typing is for its members, messages are for all', async ({ server, socket }) => {
  const shop = await Shop.linked(server);
  await shop.received('Hello');
  const chat = socket(NEWEST, '/', { auth: { token: jwt('mia', shop.workspace) } });
  const ear = new Ear(chat);
  await connected(chat);
  const ask = (name: string, ...args: unknown[]) => chat.timeout(10_000).emitWithAck(name, ...args);
  const { conversationId } = await ask('get_messages_between', { fromNumber: shop.phone.number, toNumber: shop.customer.number });
  expect(await ask('join_conversation', { conversationId })).toMatchObject({ success: true, conversationId });
  await shop.typing('composing');
  expect(await ear.event('user_typing', (data) => data.isTyping)).toMatchObject({ conversationId, fromNumber: shop.customer.number });
  expect(await ask('leave_conversation', conversationId)).toMatchObject({ success: true });
  const typed = ear.all('user_typing').length;
  await shop.typing('paused');
  await shop.receive('Still there?');
  await ear.event('new_message', (data) => data.content === 'Still there?');
  expect(ear.all('user_typing')).toHaveLength(typed);
  expect(await ask('join_conversation', 'cht_of_somebody_else')).toMatchObject({ success: false });
});

test('the REST paths that came before keep answering, and say that they are old', async ({ server }) => {
  const shop = await Shop.linked(server);
  await shop.received('Do you deliver?');
  const headers = { authorization: `Bearer ${jwt('mia', shop.workspace)}`, 'content-type': 'application/json' };
  const get = async (path: string) => {
    const response = await fetch(`${server.url}/api/whatsapp${path}`, { headers });
    expect(response.status, path).toBe(200);
    expect(response.headers.get('deprecation'), path).toBeTruthy();
    return response.json();
  };
  expect(await get('/contacts')).toMatchObject({ success: true });
  const between = await get(`/messages/between?fromNumber=${shop.customer.number}&toNumber=${shop.phone.number}`);
  expect(JSON.stringify(between)).toContain('Do you deliver?');
  expect(await get('/qr')).toMatchObject({ success: true });
  const body = JSON.stringify({ to: shop.customer.number, message: 'On Fridays' });
  const sent = await fetch(`${server.url}/api/whatsapp/send-message`, { method: 'POST', headers, body });
  expect(sent.ok).toBe(true);
  expect(JSON.stringify(await sent.json())).toContain('messageId');
  await until(async () => expect(await shop.texts()).toEqual(['Do you deliver?', 'On Fridays']));
  expect((await fetch(`${server.url}/api/whatsapp/contacts`)).status).toBe(401);
});
