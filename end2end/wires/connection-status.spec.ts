// Connection-status clients: a plain WebSocket and server-sent events, by Firebase token.
import WebSocket from 'ws';
import { Ear, NEWEST, Server, Shop, API_KEY, expect, jwt, test, until } from './support/index.ts';

const USER = 'user_2zoIWphpDQ0KgCaUbHNOKm6ZA0u';
const WS = '/ws/connection-status';
const SSE = '/api/v1/whatsapp/connection-events';
const query = (botId: string, userId = USER) => `?botId=${botId}&userId=${userId}`;

/** A `ws` socket and what it was told. */
class Watcher {
  readonly frames: any[] = [];
  readonly at: number[] = [];
  readonly closed: Promise<{ code: number; reason: string }>;
  readonly socket: WebSocket;

  constructor(server: Server, address: string, headers: Record<string, string> = {}) {
    this.socket = new WebSocket(`${server.url.replace('http', 'ws')}${address}`, { headers });
    this.socket.on('message', (data) => { this.frames.push(JSON.parse(String(data))); this.at.push(Date.now()); });
    this.socket.on('error', () => {});
    this.closed = new Promise((ok) => {
      this.socket.on('close', (code, reason) => ok({ code, reason: String(reason) }));
    });
  }

  /** The HTTP status and problem of a refused upgrade. */
  refusal(): Promise<{ status: number; problem: any }> {
    return new Promise((ok, fail) => {
      this.socket.on('open', () => fail(new Error('it was let in')));
      this.socket.on('unexpected-response', (_, response) => {
        let text = '';
        response.on('data', (chunk) => { text += chunk; });
        response.on('end', () => ok({ status: response.statusCode!, problem: JSON.parse(text) }));
      });
    });
  }

  async say(frame: object | string): Promise<void> {
    if (this.socket.readyState === WebSocket.CONNECTING) await new Promise((ok) => { this.socket.once('open', ok); });
    this.socket.send(typeof frame === 'string' ? frame : JSON.stringify(frame));
  }

  frame(type: string): Promise<any> {
    return until(async () => {
      const found = this.frames.find((frame) => frame.type === type);
      if (!found) throw new Error(`no ${type} among ${this.frames.map((frame) => frame.type).join(', ') || 'nothing'}`);
      return found;
    });
  }
}

/** Reads an SSE answer into `events` until it ends. */
async function read(response: Response, events: { id?: string; data: any }[]): Promise<void> {
  let text = '';
  let event: { id?: string; data: string } = { data: '' };
  for await (const chunk of response.body!) {
    text += Buffer.from(chunk).toString();
    for (let end = text.indexOf('\n'); end >= 0; end = text.indexOf('\n')) {
      const line = text.slice(0, end);
      text = text.slice(end + 1);
      if (line.startsWith('id:')) event.id = line.slice(3).trim();
      else if (line.startsWith('data:')) event.data += line.slice(5).trim();
      else if (line === '' && event.data) { events.push({ id: event.id, data: JSON.parse(event.data) }); event = { data: '' }; }
    }
  }
}

test('from the code to the connection, in well under a second, on both wires', async ({ server, firebase }) => {
  const shop = await Shop.open(server);
  const token = firebase.token(USER);
  const socket = new Watcher(server, WS + query(shop.id), { authorization: `Bearer ${token}` });
  const response = await fetch(server.url + SSE + query(shop.id), { headers: { authorization: `Bearer ${token}` } });
  expect(response.status).toBe(200);
  expect(response.headers.get('content-type')).toContain('text/event-stream');
  const events: { id?: string; data: any }[] = [];
  read(response, events).catch(() => {});
  const heard = (type: string) => until(async () => events.find(({ data }) => data.type === type) ?? Promise.reject(new Error(`no ${type}`)));

  const qr = await shop.show();
  const code = await socket.frame('qr_code_updated');
  expect(code).toMatchObject({ type: 'qr_code_updated', botId: shop.id, userId: USER, timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/) });
  expect(code.qrCode).toMatch(/^data:image\/png;base64,iVBORw0KGgo/);
  expect((await heard('qr_code_updated')).data.qrCode).toBe(code.qrCode);

  await shop.scan(qr);
  const { connectedAt } = await until(async () => {
    const device = await server.api('GET', `/devices/${shop.id}`);
    return device.connectedAt ? device : Promise.reject(new Error(device.status));
  });
  const there = await socket.frame('whatsapp_connected');
  expect(there).toMatchObject({
    botId: shop.id, userId: USER, phoneNumber: shop.phone.number, displayName: expect.any(String),
    timestamp: expect.stringMatching(/Z$/), sessionId: expect.any(String),
  });
  expect((await heard('whatsapp_connected')).data).toEqual(there);
  expect(socket.at[socket.frames.indexOf(there)] - connectedAt).toBeLessThan(1_000);
  for (const { id, data } of events) if (data.cursor) expect(id).toBe(data.cursor);

  await shop.unlink();
  expect(await socket.frame('whatsapp_disconnected')).toMatchObject({ botId: shop.id, userId: USER, reason: expect.any(String) });
  await heard('whatsapp_disconnected');
  expect(socket.frames.filter((frame) => frame.type === 'whatsapp_connected')).toHaveLength(1);
});

test('the token may stand in a header, in the address or in the first frame', async ({ server, firebase }) => {
  const shop = await Shop.linked(server);
  const token = firebase.token(USER);
  const ways = [
    new Watcher(server, WS + query(shop.id), { authorization: `Bearer ${token}` }),
    new Watcher(server, `${WS}${query(shop.id)}&token=${token}`),
    new Watcher(server, WS + query(shop.id)),
  ];
  await ways[2].say({ type: 'authenticate', token });
  expect(await ways[2].frame('authenticated')).toBeTruthy();
  // The present truth at once: nobody has to wait for the next change.
  for (const watcher of ways) expect(await watcher.frame('whatsapp_connected')).toMatchObject({ phoneNumber: shop.phone.number });
  const ours = new Watcher(server, `${WS}${query(shop.id, 'mia')}&token=${jwt('mia', shop.workspace)}`);
  expect(await ours.frame('whatsapp_connected')).toMatchObject({ userId: 'mia' });
  for (const watcher of [...ways, ours]) watcher.socket.close();
});

test('every refusal before the upgrade and before the stream', async ({ server, firebase }) => {
  const shop = await Shop.linked(server);
  const token = firebase.token(USER);
  const cases: [string, string, number][] = [
    ['no botId', `?userId=${USER}&token=${token}`, 400],
    ['no userId', `?botId=${shop.id}&token=${token}`, 400],
    ['another user', `${query(shop.id, 'somebody-else')}&token=${token}`, 403],
    ['no such device', `${query('dev_none')}&token=${token}`, 404],
    ['an expired token', `${query(shop.id)}&token=${firebase.token(USER, { exp: 1_700_000_000, iat: 1_699_999_000 })}`, 401],
    ['another project', `${query(shop.id)}&token=${firebase.token(USER, { aud: 'another', iss: 'https://securetoken.google.com/another' })}`, 401],
    ['nonsense', `${query(shop.id)}&token=nonsense`, 401],
    ['a wrong signature', `${query(shop.id, 'mia')}&token=${jwt('mia', shop.workspace, {}, 'another-secret-with-more-than-32-bytes!')}`, 401],
  ];
  for (const [what, address, status] of cases) {
    await test.step(what, async () => {
      const upgrade = await new Watcher(server, WS + address).refusal();
      expect(upgrade.status, 'WebSocket').toBe(status);
      const stream = await fetch(server.url + SSE + address);
      expect(stream.status, 'SSE').toBe(status);
      expect(stream.headers.get('content-type')).toContain('application/problem+json');
      const problem = await stream.json();
      expect(problem.status).toBe(status);
      expect(upgrade.problem.code).toBe(problem.code);
    });
  }
  // The stream has no first frame: without a token there is none.
  expect((await fetch(server.url + SSE + query(shop.id))).status).toBe(401);
});

test('every refusal after the upgrade has its close code', async ({ server, firebase }) => {
  const shop = await Shop.linked(server);
  const cases: [string, string, object, number][] = [
    ['a bad token', query(shop.id), { type: 'authenticate', token: 'nonsense' }, 4401],
    ['another user', query(shop.id, 'somebody-else'), { type: 'authenticate', token: firebase.token(USER) }, 4403],
    ['no such device', query('dev_none'), { type: 'authenticate', token: firebase.token(USER) }, 4404],
  ];
  for (const [what, address, frame, code] of cases) {
    await test.step(what, async () => {
      const watcher = new Watcher(server, WS + address);
      await watcher.say(frame);
      expect((await watcher.closed).code).toBe(code);
      expect(watcher.frames.at(-1)).toMatchObject({ type: 'error' });
    });
  }
});

test('several users watch one bot; the history and the analytics say who and what', async ({ server, firebase }) => {
  const shop = await Shop.open(server);
  const users = ['ana', 'ben'];
  const watchers = users.map((user) => new Watcher(server, `${WS}${query(shop.id, user)}&token=${firebase.token(user)}`));
  const qr = await shop.show();
  for (const watcher of watchers) await watcher.frame('qr_code_updated');
  await shop.scan(qr);
  for (const [index, watcher] of watchers.entries()) {
    expect(await watcher.frame('whatsapp_connected')).toMatchObject({ userId: users[index] });
  }
  await watchers[0].say({ type: 'get_connection_analytics' });
  expect(await watchers[0].frame('connection_analytics')).toBeTruthy();
  const { items } = await server.api('GET', `/devices/${shop.id}/connections`);
  expect(items.length).toBeGreaterThan(0);
  // What it cannot read is said, and the connection goes on.
  await watchers[1].say('nonsense');
  await watchers[1].frame('error');
  await watchers[1].say({ type: 'get_connection_analytics' });
  await watchers[1].frame('connection_analytics');
  for (const watcher of watchers) watcher.socket.close();
});

test('both wires resume from a cursor over a crash', async ({ server, firebase }) => {
  const shop = await Shop.open(server);
  const token = firebase.token(USER);
  const first = new Watcher(server, `${WS}${query(shop.id)}&token=${token}`);
  await shop.pair();
  const { cursor } = await first.frame('whatsapp_connected');
  expect(cursor).toMatch(/^[a-z0-9]+-\d+/);
  first.socket.terminate();
  await shop.unlink();
  await shop.status('logged_out');
  await server.kill();
  await server.start();
  const again = new Watcher(server, `${WS}${query(shop.id)}&token=${token}&since=${cursor}`);
  await again.frame('whatsapp_disconnected');
  expect(again.frames.filter((frame) => frame.type === 'whatsapp_connected')).toEqual([]);
  const response = await fetch(`${server.url}${SSE}${query(shop.id)}&token=${token}`, { headers: { 'last-event-id': cursor } });
  const events: { id?: string; data: any }[] = [];
  read(response, events).catch(() => {});
  await until(async () => expect(events.map(({ data }) => data.type)).toContain('whatsapp_disconnected'));
  expect(events.map(({ data }) => data.type)).not.toContain('whatsapp_connected');
  const lost = new Watcher(server, `${WS}${query(shop.id)}&token=${token}&since=elsewhere-1`);
  expect(await lost.frame('resync')).toMatchObject({ reason: 'epoch' });
  again.socket.close();
  lost.socket.close();
});

test('the path of the Socket.IO namespaces does not swallow this one, nor this one theirs', async ({ server, firebase, socket }) => {
  const shop = await Shop.linked(server);
  const ear = new Ear(socket(NEWEST, `/device/${shop.id}`, { path: '/ws', query: { apiKey: API_KEY } }));
  await ear.event('ready');
  const watcher = new Watcher(server, `${WS}${query(shop.id)}&token=${firebase.token(USER)}`);
  await watcher.frame('whatsapp_connected');
  watcher.socket.close();
});
