// The native stream: Node's `ws`, and a browser's own WebSocket and EventSource.
import type { BrowserContext, Page } from '@playwright/test';
import WebSocket from 'ws';
import { API_KEY, Server, Shop, expect, test, until } from './support/index.ts';

/** A client of the stream as a program would write it: keeps its cursor, comes back by itself. */
class Follower {
  readonly frames: any[] = [];
  cursor?: string;
  private socket!: WebSocket;
  private ended = false;

  constructor(private readonly server: Server) {
    this.open();
  }

  private open(): void {
    const since = this.cursor ? `?since=${this.cursor}` : '';
    this.socket = new WebSocket(`${this.server.url.replace('http', 'ws')}/api/v1/stream${since}`, { headers: { 'X-API-Key': API_KEY } });
    this.socket.on('open', () => { if (!since) this.socket.send('{"type":"hello"}'); });
    this.socket.on('message', (data) => {
      const frame = JSON.parse(String(data));
      this.frames.push(frame);
      this.cursor = frame.event?.cursor ?? frame.cursor ?? this.cursor;
    });
    this.socket.on('error', () => {});
    this.socket.on('close', () => { if (!this.ended) setTimeout(() => this.open(), 50); });
  }

  /** As a network that fails: no close frame. */
  cut(): void {
    this.socket.terminate();
  }

  async say(frame: object): Promise<void> {
    await until(async () => { if (this.socket.readyState !== WebSocket.OPEN) throw new Error('not open'); });
    this.socket.send(JSON.stringify(frame));
  }

  async frame(fits: (frame: any) => boolean): Promise<any> {
    return until(async () => {
      const found = this.frames.find(fits);
      if (!found) throw new Error(`not among ${this.frames.length} frames`);
      return found;
    });
  }

  /** The texts of the messages, as they came. */
  texts(): string[] {
    return this.frames.filter((frame) => frame.event?.type === 'message.new').map((frame) => frame.event.data.message.text);
  }

  end(): void {
    this.ended = true;
    this.socket.terminate();
  }
}

test('ws: cut again and again, and the server killed: every event once and in order', async ({ server }) => {
  const shop = await Shop.linked(server);
  const follower = new Follower(server);
  await follower.frame((frame) => frame.type === 'hello');
  await shop.receive('before');
  await follower.frame((frame) => frame.event?.type === 'message.new');
  const texts = Array.from({ length: 30 }, (_, index) => `message ${index + 1}`);
  const sending = (async () => { for (const text of texts) await shop.receive(text); })();
  for (let cut = 0; cut < 3; cut += 1) {
    await new Promise((ok) => setTimeout(ok, 120));
    follower.cut();
  }
  await sending;
  await until(async () => expect(follower.texts()).toEqual(['before', ...texts]));
  await server.kill();
  await server.start();
  await shop.status('connected');
  await shop.receive('after');
  await until(async () => expect(follower.texts()).toEqual(['before', ...texts, 'after']));
  const seqs = follower.frames.filter((frame) => frame.event?.cursor).map((frame) => Number(frame.event.cursor.split('-').pop()));
  expect(seqs).toEqual([...new Set(seqs)].sort((a, b) => a - b));
  expect(follower.frames.some((frame) => frame.type === 'resync')).toBe(false);
  follower.end();
});

test('ws: a command acts once, whatever happens to the connection', async ({ server }) => {
  const shop = await Shop.linked(server);
  await shop.receive('hello');
  const chat = await until(async () => {
    const { items } = await server.api('GET', `/devices/${shop.id}/chats`);
    return items.find((item: any) => item.phoneNumber === shop.customer.number) ?? Promise.reject(new Error('no chat yet'));
  });
  const follower = new Follower(server);
  const order = { type: 'command', id: 'order-1', command: { type: 'send_text', chatId: chat.id, text: 'On its way' } };
  await follower.say(order);
  follower.cut();
  await new Promise((ok) => setTimeout(ok, 100));
  await follower.say(order);
  await follower.say(order);
  const result = await follower.frame((frame) => frame.type === 'result' && frame.id === 'order-1');
  expect(result.outcome.ok).toMatchObject({ type: 'message', data: { text: 'On its way' } });
  await until(async () => expect((await shop.texts()).filter((text) => text === 'On its way')).toHaveLength(1));
  follower.end();
});

test('ws: what cannot be read is said, and nothing ends', async ({ server }) => {
  const follower = new Follower(server);
  await follower.say({ type: 'hello' });
  await follower.say({ type: 'no such thing' });
  expect((await follower.frame((frame) => frame.type === 'error')).problem.code).toBe('malformed');
  await follower.say({ type: 'ping' });
  await follower.frame((frame) => frame.type === 'pong');
  follower.end();
});

test('ws: nobody gets in without a key', async ({ server }) => {
  const socket = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/stream`);
  const status = await new Promise((ok) => {
    socket.on('unexpected-response', (_, response) => ok(response.statusCode));
    socket.on('error', () => {});
    socket.on('open', () => ok('open'));
  });
  expect(status).toBe(401);
});

/** A document of the server's own origin, with a session. */
async function samePage(page: Page, context: BrowserContext, server: Server): Promise<void> {
  // A page that has no stream of its own. An answer of the API would not do: opened as a page it may connect nowhere.
  await page.goto(`${server.url}/login`);
  await context.addCookies([await server.session()]);
}

test('a browser’s own EventSource comes back by itself and misses nothing', async ({ page, context, server }) => {
  await samePage(page, context, server);
  const shop = await Shop.linked(server);
  await page.evaluate(() => {
    const seen: string[] = [];
    Object.assign(window, { seen });
    const source = new EventSource('/api/v1/stream');
    source.onmessage = (message) => {
      const frame = JSON.parse(message.data);
      if (frame.type === 'hello') seen.push('hello');
      if (frame.event?.type === 'message.new') seen.push(frame.event.data.message.text);
      if (frame.event && frame.event.cursor !== undefined && frame.event.cursor !== message.lastEventId) seen.push('a wrong id');
    };
  });
  const seen = () => page.evaluate(() => (window as any).seen as string[]);
  await until(async () => expect(await seen()).toEqual(['hello']));
  await shop.receive('one');
  await until(async () => expect(await seen()).toEqual(['hello', 'one']));
  await server.kill();
  await server.start();
  await shop.status('connected');
  await shop.receive('two');
  await shop.receive('three');
  await until(async () => expect(await seen()).toEqual(['hello', 'one', 'hello', 'two', 'three']));
});

test('a browser’s own WebSocket follows from its cursor', async ({ page, context, server }) => {
  await samePage(page, context, server);
  const shop = await Shop.linked(server);
  const follow = (since: string) => page.evaluate(({ since }) => new Promise<any>((ok, fail) => {
    const socket = new WebSocket(`/api/v1/stream${since}`);
    const frames: any[] = [];
    socket.onopen = () => { if (!since) socket.send('{"type":"hello"}'); };
    socket.onmessage = (message) => {
      frames.push(JSON.parse(message.data));
      if (frames.some((frame) => frame.event?.type === 'message.new')) { socket.close(); ok(frames); }
    };
    socket.onerror = () => fail(new Error('refused'));
  }), { since });
  const first = follow('');
  await new Promise((ok) => setTimeout(ok, 300));
  await shop.receive('one');
  const cursor = (await first).find((frame: any) => frame.event?.type === 'message.new').event.cursor;
  await shop.receive('two');
  const second = await follow(`?since=${cursor}`);
  expect(second[0]).toMatchObject({ type: 'hello', recovered: true });
  expect(second.at(-1).event.data.message.text).toBe('two');
});
