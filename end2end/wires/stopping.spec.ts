// The server stops at once, whoever is connected: with clients that wait, and with clients that leave just then.
import WebSocket from 'ws';
import { API_KEY, Ear, NEWEST, Shop, connected, expect, jwt, test } from './support/index.ts';

/** Shorter than the five seconds after which requests that do not end are given up. */
const AT_ONCE = 4_000;

for (const leaving of [false, true]) {
  test(`the server stops at once while clients ${leaving ? 'leave' : 'wait'}`, async ({ server, socket }) => {
    const shop = await Shop.linked(server);
    const sockets = ['polling', 'websocket'].flatMap((transport) => [
      socket(NEWEST, `/device/${shop.id}`, { path: '/ws', query: { apiKey: API_KEY }, transports: [transport], reconnection: false }),
      socket(NEWEST, '/', { auth: { token: jwt('mia', shop.workspace) }, transports: [transport], reconnection: false }),
    ]);
    const ears = sockets.map((one) => new Ear(one));
    await Promise.all(sockets.map(connected));
    await Promise.all([ears[0].event('ready'), ears[2].event('ready')]);
    const stream = new WebSocket(`${server.url.replace('http', 'ws')}/api/v1/stream`, { headers: { 'X-API-Key': API_KEY } });
    await new Promise((ok) => { stream.on('open', ok); });
    const headers = { 'X-API-Key': API_KEY, accept: 'text/event-stream' };
    const events = await fetch(`${server.url}/api/v1/stream`, { headers });
    const { cursor } = await server.api('GET', '/events');
    const poll = fetch(`${server.url}/api/v1/events?since=${cursor}&wait=30`, { headers: { 'X-API-Key': API_KEY } }).catch(() => undefined);
    await new Promise((ok) => setTimeout(ok, 300));
    if (leaving) sockets.forEach((one) => one.disconnect());
    const began = Date.now();
    await server.end('SIGTERM');
    expect(Date.now() - began).toBeLessThan(AT_ONCE);
    expect(server.log).not.toContain('did not end in time');
    await poll;
    await events.body?.cancel().catch(() => {});
    stream.terminate();
  });
}
