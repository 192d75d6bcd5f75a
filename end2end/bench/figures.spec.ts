// Latency and memory of the release, as a user meets them.
import { readFileSync } from 'node:fs';
import { API_KEY, Server, linkedDevice, test, until } from '../fixtures/index.ts';
import { quantiles, say } from './support.ts';

/** Memory of the server's process, in MiB. */
function memory(server: Server): number {
  const status = readFileSync(`/proc/${server.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)![1]) / 1024;
}

test('scan to connected, on the stream', async () => {
  const server = new Server();
  await server.start();
  const times: number[] = [];
  for (let n = 0; n < 30; n += 1) {
    const phone = await server.api('POST', '/sandbox/phones', { name: `Phone ${n}` });
    const device = await server.api('POST', '/devices', { name: `Device ${n}` });
    const stop = new AbortController();
    const stream = await fetch(`${server.url}/api/v1/stream`, { headers: { 'x-api-key': API_KEY, accept: 'text/event-stream' }, signal: stop.signal });
    await server.api('POST', `/devices/${device.id}/connect`);
    const { qr } = await until(() => server.api('GET', `/devices/${device.id}/qr`));
    const connected = (async () => {
      const decoder = new TextDecoder();
      let text = '';
      for await (const chunk of stream.body!) {
        text += decoder.decode(chunk as Uint8Array, { stream: true });
        if (text.includes('"status":"connected"')) return performance.now();
      }
      throw new Error('the stream ended');
    })();
    const scanned = performance.now();
    await server.api('POST', `/sandbox/phones/${phone.number}/scan`, { qr });
    times.push((await connected) - scanned);
    stop.abort();
  }
  say('scan to connected', quantiles(times));
  await server.stop();
});

test('a phone sends, the page paints', async ({ browser, server, session }) => {
  const { number } = await linkedDevice(server, 'Latency');
  const other = await server.api('POST', '/sandbox/phones', { name: 'Latency' });
  await server.api('POST', `/sandbox/phones/${other.number}/messages`, { to: number, text: 'first' });
  const chat = await until(async () => {
    const { items } = await server.api('GET', '/chats');
    const found = items.find((item: any) => item.phoneNumber === other.number);
    if (!found) throw new Error('no chat yet');
    return found;
  });
  const context = await browser.newContext();
  await context.addCookies(session.cookies);
  const page = await context.newPage();
  await page.goto(`${server.url}/chats/${chat.id}`);
  await page.waitForSelector('html[data-alive]');
  await page.evaluate(() => {
    const seen: Record<string, number> = {};
    const inserted: Record<string, number> = {};
    Object.assign(window, { seen, inserted });
    const look = () => {
      const feed = document.querySelector('[role=feed]');
      for (const [token] of (feed?.textContent ?? '').matchAll(/ping-\d+-/g)) {
        // Painted with the next frame after it stands in the document.
        if (!(token in seen)) {
          seen[token] = -1;
          inserted[token] = performance.timeOrigin + performance.now();
          requestAnimationFrame(() => setTimeout(() => { seen[token] = performance.timeOrigin + performance.now(); }));
        }
      }
    };
    new MutationObserver(look).observe(document.body, { childList: true, subtree: true, characterData: true });
  });
  const sent: Record<string, number> = {};
  for (let n = 0; n < 200; n += 1) {
    const token = `ping-${n}-`;
    sent[token] = performance.timeOrigin + performance.now();
    await server.api('POST', `/sandbox/phones/${other.number}/messages`, { to: number, text: token });
    await new Promise((ok) => setTimeout(ok, 40));
  }
  await until(async () => {
    const count = await page.evaluate(() => Object.values((window as any).seen as Record<string, number>).filter((at) => at > 0).length);
    if (count < 200) throw new Error(`${count} of 200 were painted`);
  });
  const seen = await page.evaluate(() => (window as any).seen as Record<string, number>);
  const inserted = await page.evaluate(() => (window as any).inserted as Record<string, number>);
  say('phone sends to in the document', quantiles(Object.keys(sent).map((token) => inserted[token] - sent[token])));
  say('phone sends to painted', quantiles(Object.keys(sent).map((token) => seen[token] - sent[token])));
  await context.close();
});

test('memory at rest', async () => {
  const server = new Server();
  await server.start();
  const link = async (n: number) => {
    const phone = await server.api('POST', '/sandbox/phones', { name: `Phone ${n}` });
    const device = await server.api('POST', '/devices', { name: `Device ${n}` });
    await server.api('POST', `/devices/${device.id}/connect`);
    const { qr } = await until(() => server.api('GET', `/devices/${device.id}/qr`));
    await server.api('POST', `/sandbox/phones/${phone.number}/scan`, { qr });
    await until(async () => {
      if ((await server.api('GET', `/devices/${device.id}`)).status !== 'connected') throw new Error('not connected');
    });
  };
  const rest = () => new Promise((ok) => setTimeout(ok, 5_000));
  await rest();
  say('memory with no device', `${memory(server).toFixed(1)} MiB`);
  await link(0);
  await rest();
  const one = memory(server);
  say('memory with 1 connected sandbox device', `${one.toFixed(1)} MiB`);
  for (let n = 1; n < 100; n += 1) await link(n);
  await rest();
  const hundred = memory(server);
  say('memory with 100 connected sandbox devices', `${hundred.toFixed(1)} MiB (${(((hundred - one) * 1024) / 99).toFixed(0)} KiB each, the emulated network's side included)`);
  await server.stop();
});
