// The web client in the browser: how soon it is there, how fast it answers, how far it scrolls and what it holds on to.
import { readdirSync, statSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Browser, BrowserContext, CDPSession, Page } from '@playwright/test';
import { Server, expect, linkedDevice, test, until } from '../fixtures/index.ts';
import {
  conversations, fill, framesOf, held, inWords, median, noted, number, quantiles, rest, say, sayLoad, spent, takeNotes, timeOf,
  wasmMemory, type Conversation,
} from './support.ts';

const SITE = process.env.LEPTOS_SITE_ROOT ?? resolve(import.meta.dirname, '../../target/site');
/** Chats that are opened, and messages in each. */
const CHATS = 40;
const EACH = 150;
/** Messages of the long thread, and for how long it is scrolled through. */
const LONG = number('SWITCHBOARD_BENCH_THREAD', 100_000);
const MINUTES = number('SWITCHBOARD_BENCH_MINUTES', 4);
/** Rows that are put on the page. */
const MOUNTS = number('SWITCHBOARD_BENCH_MOUNTS', 50_000);

test.beforeEach(sayLoad);

test('bytes over the wire', () => {
  const pkg = join(SITE, 'pkg');
  let total = 0;
  for (const file of readdirSync(pkg).filter((name) => name.endsWith('.br'))) {
    const raw = statSync(join(pkg, file.slice(0, -3))).size;
    const sent = statSync(join(pkg, file)).size;
    // Chunks are loaded when they are first shown.
    if (!/^(split|chunk)_/.test(file)) total += sent;
    say(file.slice(0, -3), `${sent} bytes in brotli (${raw} raw)`);
  }
  say('first load', `${total} bytes in brotli, of 350000`);
  expect(total).toBeGreaterThan(0);
});

/** When the page was alive and when it was first painted, in milliseconds from its start. */
async function start(page: Page, url: string) {
  const cdp = await page.context().newCDPSession(page);
  await page.goto(url, { waitUntil: 'commit' });
  // Playwright's own waiting would put a third of a megabyte of script into the page while it starts.
  for (const end = performance.now() + 60_000; performance.now() < end; await rest(50)) {
    const alive = await cdp.send('Runtime.evaluate', { expression: "'alive' in document.documentElement.dataset" }).catch(() => null);
    if (alive?.result.value) break;
  }
  await cdp.detach();
  return page.evaluate(() => ({
    at: performance.getEntriesByName('switchboard:alive')[0]?.startTime ?? NaN,
    paint: performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? NaN,
  }));
}

test('time to interactive', async ({ browser, server, session }) => {
  const device = await linkedDevice(server, 'La Bodega');
  const visit = async (slow: boolean) => {
    const context = await browser.newContext();
    await context.addCookies(session.cookies);
    const page = await context.newPage();
    if (slow) {
      const cdp = await context.newCDPSession(page);
      await cdp.send('Network.enable');
      await cdp.send('Network.emulateNetworkConditions', { offline: false, latency: 150, downloadThroughput: 200_000, uploadThroughput: 93_750 });
      await cdp.send('Emulation.setCPUThrottlingRate', { rate: 4 });
    }
    const times = await start(page, `${server.url}/chats`);
    await context.close();
    return times;
  };
  // What this browser on this machine takes for anything at all.
  const plain = async () => {
    const context = await browser.newContext();
    const page = await context.newPage();
    await page.goto(`${server.url}/docs.css`);
    const paint = () => performance.getEntriesByName('first-contentful-paint')[0]?.startTime;
    await expect.poll(() => page.evaluate(paint)).toBeDefined();
    const at = await page.evaluate(paint);
    await context.close();
    return at!;
  };
  const floor = [];
  for (let n = 0; n < 5; n += 1) floor.push(await plain());
  say('first paint of a plain text, desktop', `${median(floor)} ms`);
  const fast = [];
  for (let n = 0; n < 7; n += 1) fast.push(await visit(false));
  const slow = [];
  for (let n = 0; n < 3; n += 1) slow.push(await visit(true));
  say('first paint, desktop', `${median(fast.map((one) => one.paint))} ms`);
  say('interactive, desktop', `${median(fast.map((one) => one.at))} ms, of 300`);
  say('first paint, slow 4G and a CPU four times slower', `${median(slow.map((one) => one.paint))} ms`);
  say('interactive, slow 4G and a CPU four times slower', `${median(slow.map((one) => one.at))} ms, of 2500`);

  const context = await browser.newContext();
  await context.addCookies(session.cookies);
  const page = await context.newPage();
  await start(page, `${server.url}/chats`);
  await page.evaluate(async () => { await navigator.serviceWorker.ready; });
  // The first visit that the service worker serves still fills caches of the browser's own.
  await start(page, `${server.url}/chats`);
  expect(await page.evaluate(() => !!navigator.serviceWorker.controller)).toBe(true);
  const warm = [];
  for (let n = 0; n < 9; n += 1) {
    await page.goto('about:blank');
    warm.push(await start(page, `${server.url}/chats`));
  }
  say('first paint, warm start, desktop', `${median(warm.map((one) => one.paint))} ms`);
  say('interactive, warm start, desktop', `${median(warm.map((one) => one.at))} ms, of 200`);
  await context.close();
  // Its phone is the next one's as well, whose chats would be in the list twice.
  await server.api('DELETE', `/devices/${device.id}`);
});

/** A page at the chats, that takes notes. */
async function open(browser: Browser, server: Server, session: { cookies: any[] }, path: string) {
  const context: BrowserContext = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  await context.addCookies(session.cookies);
  const page = await context.newPage();
  await takeNotes(page);
  await page.goto(server.url + path);
  await page.waitForSelector('html[data-alive]');
  const cdp = await context.newCDPSession(page);
  // What the start leaves to do.
  await rest(1_500);
  return { context, page, cdp };
}

/** The chats that are opened, made once for the worker. */
let made: Promise<Conversation[]> | undefined;
const someChats = (server: Server) => made ??= (async () => {
  const device = await linkedDevice(server, 'Many chats');
  const names = Array.from({ length: CHATS }, (_, n) => `Person ${String(n).padStart(2, '0')}`);
  const chats = await conversations(server, device, names);
  await fill(server, chats.map((chat) => ({ chat, messages: EACH })));
  return chats;
})();

/**
 * Presses a chat of the list, and waits until it was painted: as a machine does, which points and presses at once, or
 * as a hand, which is on it a tenth of a second before and presses for less. By the place alone: Playwright's click has the
 * page look for what is hit with each of its events, which takes ten milliseconds of what is measured.
 */
async function press(page: Page, chat: Conversation, hand = false) {
  const before = await noted(page, (notes) => notes.openings.length);
  await page.evaluate((token) => { (window as any).notes.wanted = token; }, chat.token);
  const row = page.locator(`a.chat-row[href="/chats/${chat.id}"]`);
  await row.scrollIntoViewIfNeeded();
  const { x, y, width, height } = (await row.boundingBox())!;
  await page.mouse.move(x + width / 2, y + height / 2);
  if (hand) await rest(100);
  await page.mouse.down();
  if (hand) await rest(80);
  await page.mouse.up();
  await expect.poll(() => noted(page, (notes) => notes.openings.length), { intervals: [20] }).toBe(before + 1);
}

/**
 * A page of nothing but this, that takes the same notes: what this browser on this machine takes for anything at all.
 */
async function bare(browser: Browser, server: Server, session: { cookies: any[] }, make: (thread: HTMLElement) => void) {
  const context: BrowserContext = await browser.newContext({ viewport: { width: 1280, height: 800 }, bypassCSP: true });
  await context.addCookies(session.cookies);
  const page = await context.newPage();
  await takeNotes(page);
  // From the server, a text: what a test puts in its place the browser takes for a stranger's, who may not connect.
  await page.goto(`${server.url}/docs.css`);
  await page.evaluate((make) => {
    document.body.replaceChildren();
    const thread = document.body.appendChild(document.createElement('div'));
    thread.className = 'thread';
    Object.assign(thread.style, { height: '700px', overflowY: 'auto' });
    (0, eval)(`(${make})`)(thread);
  }, make.toString());
  await rest(500);
  return { context, page };
}

test('a chat is opened', async ({ browser, server, session }) => {
  const chats = await someChats(server);
  const floor = await bare(browser, server, session, (thread) => {
    const feed = thread.appendChild(document.createElement('div'));
    feed.setAttribute('role', 'feed');
    addEventListener('click', (event) => {
      event.preventDefault();
      feed.replaceChildren(...Array.from({ length: 24 }, (_, n) => {
        const row = document.createElement('article');
        row.dataset.row = String(n);
        row.textContent = `${(event.target as Element).textContent} line ${n}`;
        return row;
      }));
    });
  });
  await floor.page.evaluate((chats) => {
    for (const { id, token } of chats) {
      const link = document.createElement('a');
      Object.assign(link, { href: `/chats/${id}`, className: 'chat-row', textContent: token });
      document.body.prepend(link, ' ');
    }
  }, chats);
  for (const chat of chats) await press(floor.page, chat);
  const painted = (await noted(floor.page, (notes) => notes.openings)).map((one) => one.painted);
  say('a page of links and lines: press to painted', quantiles(painted));
  await floor.context.close();

  const measure = async (what: string, hand: boolean, rounds: number, { page, cdp }: { page: Page; cdp: CDPSession }) => {
    await noted(page, (notes) => { notes.openings.length = 0; });
    const before = await timeOf(cdp);
    for (let n = 0; n < rounds; n += 1) for (const chat of chats) await press(page, chat, hand);
    const after = await timeOf(cdp);
    const openings = await noted(page, (notes) => notes.openings);
    say(`chat opened, ${what}: press to rows`, quantiles(openings.map((one) => one.rows)));
    say(`chat opened, ${what}: press to painted`, `${quantiles(openings.map((one) => one.painted))}, of 50`);
    say(`chat opened, ${what}: each`, spent(before, after, openings.length));
  };
  const machine = await open(browser, server, session, '/chats');
  await measure('cold, by a machine', false, 1, machine);
  await measure('again, by a machine', false, 3, machine);
  await machine.context.close();
  // Nothing is there yet for the next page.
  const hand = await open(browser, server, session, '/chats');
  await measure('cold, by a hand', true, 1, hand);
  await measure('again, by a hand', true, 2, hand);
  await hand.context.close();
});

test('a message comes, the page paints', async ({ browser, server, session }) => {
  const [chat] = await someChats(server);
  const { number: to } = (await server.api('GET', '/sandbox/phones')).items[0];
  const count = 600;
  const measure = async (what: string, aim: string, page: Page) => {
    // By a scenario of the sandbox: whoever asks for each of them takes time that the page has not got then.
    const steps = Array.from({ length: count }, (_, n) => (
      { afterMs: 20, do: { kind: 'message', phone: chat.number, message: { to, text: `ping-${n}- and some words ${what}` } } }
    ));
    await server.api('POST', '/sandbox/script', { seed: 1, steps });
    await expect.poll(() => noted(page, (notes) => Object.keys(notes.painted).length), { timeout: 60_000, intervals: [1000] }).toBe(count);
    const { arrived, inserted, painted } = await noted(page, ({ arrived, inserted, painted }) => ({ arrived, inserted, painted }));
    const tokens = Object.keys(arrived);
    const came = Object.values(arrived);
    say(`${what}, messages that came`, `${(count / ((Math.max(...came) - Math.min(...came)) / 1000)).toFixed(0)} a second`);
    say(`${what}, frame to row`, quantiles(tokens.map((token) => inserted[token] - arrived[token])));
    say(`${what}, frame to painted`, `${quantiles(tokens.map((token) => painted[token] - arrived[token]))}${aim}`);
  };
  const { context, page, cdp } = await open(browser, server, session, `/chats/${chat.id}`);
  const before = await timeOf(cdp);
  await measure('a thread', ', of 16', page);
  say('a thread: each', spent(before, await timeOf(cdp), count));
  await context.close();

  const floor = await bare(browser, server, session, (thread) => {
    new WebSocket(`${location.origin.replace('http', 'ws')}/api/v1/stream`).addEventListener('message', ({ data }) => {
      const { type, event } = JSON.parse(data);
      if (type !== 'event' || event.type !== 'message.new') return;
      const row = document.createElement('article');
      row.dataset.row = event.id;
      row.textContent = event.data.message.text;
      thread.append(row);
      thread.scrollTop = thread.scrollHeight;
    });
  });
  await measure('a page of lines', '', floor.page);
  await floor.context.close();
});

/** Where the feed stands: a row in its middle, how far it is from the top, and how much there is above. */
const place = (page: Page, key?: string) => page.evaluate(async (key) => {
  const feed = document.querySelector('.thread [role=feed]')!;
  const { top, height } = feed.getBoundingClientRect();
  const rows = [...feed.querySelectorAll('article[data-row]')];
  const row = key ? rows.find((row) => row.getAttribute('data-row') === key) : rows.find((row) => row.getBoundingClientRect().top > top + height / 4);
  // Until nothing moves any more.
  let last = NaN;
  for (let still = 0; row && still < 3;) {
    await new Promise((ok) => requestAnimationFrame(ok));
    const now = row.getBoundingClientRect().top;
    still = now === last ? still + 1 : 0;
    last = now;
  }
  return { key: row?.getAttribute('data-row') ?? '', top: last, above: feed.scrollHeight - feed.clientHeight + feed.scrollTop };
}, key);

test('a long thread', async ({ browser }) => {
  const server = new Server();
  await server.start();
  const device = await linkedDevice(server, 'Long thread');
  const [chat] = await conversations(server, device, ['Long']);
  const filled = performance.now();
  await fill(server, [{ chat, messages: LONG }]);
  say('messages of the thread', `${LONG}, written in ${((performance.now() - filled) / 1000).toFixed(1)} s`);
  const session = await signIn(server);
  const { context, page, cdp } = await open(browser, server, session, `/chats/${chat.id}`);
  let pages = 0;
  page.on('response', (response) => { if (/\/messages\?.*before=/.test(response.url())) pages += 1; });
  const feed = page.getByRole('feed');
  await feed.hover();
  const small = await wasmMemory(cdp);
  say('wasm memory with the newest messages', `${small.toFixed(1)} MiB`);

  // As somebody who reads: what is on the page moves by what the wheel turned, whatever is loaded above.
  let drift = 0;
  let checked = 0;
  await framesOf(page, 'scrolling up by 400 pixels', async () => {
    while (pages < 25 && checked < 400) {
      const before = await place(page);
      await page.mouse.wheel(0, -400);
      await rest(30);
      const after = await place(page, before.key);
      checked += 1;
      // At the top edge there is nothing to scroll to until the next page is here.
      if (before.above >= 400 && after.key) drift = Math.max(drift, Math.abs(after.top - before.top - 400));
    }
  });
  say('the row in view moves aside by', `${drift.toFixed(1)} px at most, in ${checked} steps with ${pages} pages loaded above`);

  // As somebody who looks for the beginning.
  const begun = performance.now();
  const reached = () => page.locator('.feed__beginning').isVisible();
  const before = await timeOf(cdp);
  const from = pages;
  const longest = await framesOf(page, 'scrolling up as fast as it goes', async () => {
    for (let n = 0; performance.now() - begun < MINUTES * 60_000; n += 1) {
      await page.mouse.wheel(0, -1500);
      if (n % 50 === 49 && await reached()) break;
      await rest(8);
    }
  });
  const seconds = (performance.now() - begun) / 1000;
  say('scrolled through', `${pages * 50} messages, ${((pages - from) * 50 / seconds).toFixed(0)} a second${await reached() ? ', to the beginning' : ''}`);
  say('scrolling: each page of 50', spent(before, await timeOf(cdp), pages - from));
  say('the longest frame', `${longest.toFixed(1)} ms, of 50`);
  const memory = await wasmMemory(cdp);
  say('memory with all that', inWords(await held(cdp)));
  say('wasm memory with all that', `${memory.toFixed(1)} MiB, of 80; with 100000 it would be ${(small + (memory - small) * 2000 / pages).toFixed(0)}`);

  await framesOf(page, 'back to the newest message', async () => {
    await page.getByRole('button', { name: 'Go to the newest message' }).click();
    await expect(page.getByRole('article', { name: /the newest$/ })).toBeInViewport();
    await rest(300);
  });
  expect(drift, 'the row in view stays where it is').toBeLessThan(3);
  await context.close();
  await server.stop();
});

/** The cookies of a server of its own. */
async function signIn(server: Server) {
  return { cookies: [await server.session()] };
}

test('rows come and go', async ({ browser, server, session }) => {
  // The first has other messages by now.
  const chats = (await someChats(server)).slice(1, 13);
  const { context, page, cdp } = await open(browser, server, session, '/chats');
  // Chats are opened and scrolled until so many rows were on the page.
  const mount = async (rows: number) => {
    const end = (await noted(page, (notes) => notes.mounts)) + rows;
    for (let n = 0; (await noted(page, (notes) => notes.mounts)) < end; n += 1) {
      await press(page, chats[n % chats.length]);
      if (n % 3) continue;
      await page.getByRole('feed').hover();
      for (const by of [-6000, -6000, 6000, 6000]) {
        await page.mouse.wheel(0, by);
        await rest(30);
      }
    }
  };
  // What is filled once: texts, caches, the threads themselves.
  await mount(Math.min(8_000, MOUNTS));
  const before = await held(cdp);
  say('held before', inWords(before));
  const begun = performance.now();
  const first = await noted(page, (notes) => notes.mounts);
  await mount(MOUNTS);
  const rows = (await noted(page, (notes) => notes.mounts)) - first;
  const after = await held(cdp);
  say(`held after ${rows} rows in ${((performance.now() - begun) / 1000).toFixed(0)} s`, inWords(after));
  expect(after.heap - before.heap, 'MiB of JS').toBeLessThan(2);
  expect(after.wasm - before.wasm, 'MiB of wasm').toBeLessThan(2);
  expect(after.nodes - before.nodes, 'nodes').toBeLessThan(2_000);
  expect(after.listeners - before.listeners, 'listeners').toBeLessThan(500);
  await context.close();
});
