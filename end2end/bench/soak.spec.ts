// Minutes under load: 200 events a second, or as many as SWITCHBOARD_SOAK_RATE says, with a page open at one of the
// chats. What it holds on to is sampled; once it has all that it keeps, it must not grow.
import { expect, linkedDevice, test, until } from '../fixtures/index.ts';
import { conversations, held, inWords, noted, number, rest, say, sayLoad, takeNotes, type Held } from './support.ts';

const MINUTES = number('SWITCHBOARD_SOAK_MINUTES', 10);
/** Events a second. */
const RATE = number('SWITCHBOARD_SOAK_RATE', 200);
/** Calls of the API that are under way at a time: more only wait for each other. */
const AT_ONCE = 16;
/** Messages out that have not arrived yet, at most. */
const UNDER_WAY = 64;
/** Seconds in which a page that follows has shown what came, once it is left alone. */
const PATIENCE = 20;
/** Milliseconds between two samples. */
const ROUND = Math.min(30_000, MINUTES * 60_000 / 10);
/** By how much the greatest of the second half may be above the greatest of the first. */
const MARGIN: Held = { heap: 2, wasm: 1, nodes: 1000, listeners: 100 };
const CHATS = 8;

test('a page under load', async ({ page, server, session, context }) => {
  test.setTimeout((MINUTES * 2 + 5) * 60_000);
  sayLoad();
  const device = await linkedDevice(server, 'Soak');
  const names = Array.from({ length: CHATS }, (_, n) => `Soaked ${n}`);
  const chats = await conversations(server, device, names);
  await context.addCookies(session.cookies);
  await takeNotes(page);
  await page.goto(`${server.url}/chats/${chats[0].id}`);
  await page.waitForSelector('html[data-alive]');
  const cdp = await context.newCDPSession(page);

  /** How many events the log had at a cursor, and has now. */
  const at = (cursor: string) => Number(cursor.split('-').at(-1));
  const position = async () => at((await server.api('GET', '/events')).cursor);
  const first = await position();
  let [ran, since] = [0, performance.now()];
  let stopped = false;
  /** How long there has been load, or some of it was still under way to the log. */
  const seconds = () => (ran + (stopped ? 0 : performance.now() - since)) / 1000;
  const end = MINUTES * 60;

  // Phones play scenarios of the sandbox, a round at a time: what the load itself takes of the machine, the page cannot
  // have. In a second they write as many messages as half of the events; now and then they read, and type, of which no
  // log has anything.
  let written = 0;
  const play = (chat: (typeof chats)[number], length: number) => {
    const each = 1000 * CHATS / (RATE / 2);
    const steps = Array.from({ length: Math.floor(length / each) }, (_, n) => ({
      afterMs: Math.round((n + 1) * each) - Math.round(n * each),
      do: { kind: 'message', phone: chat.number, message: { to: device.number, text: `soak ${written++}, in` } },
    })).flatMap((step, n) => {
      if (n % 8 === 4) return [step, { do: { kind: 'read', phone: chat.number, chat: device.number } }];
      if (n % 8 === 2 || n % 8 === 6) return [step, { do: { kind: 'typing', phone: chat.number, to: device.number, state: n % 8 === 2 ? 'composing' : 'paused' } }];
      return [step];
    });
    return server.api('POST', '/sandbox/script', { seed: written, steps });
  };
  const problems: string[] = [];
  /** Until it is over; what it could not do is a problem. */
  const played = async ({ id }: { id: string }) => {
    for (;;) {
      const { state, steps } = await server.api('GET', `/sandbox/script/${id}`);
      if (state === 'running') {
        await rest(500);
        continue;
      }
      problems.push(...steps.flatMap((step: { error?: string }) => step.error ?? []));
      return;
    }
  };

  // What the log lacks beside that is due as messages out, with all that becomes of them; but no more than so many that
  // have not arrived: a network that is behind has enough to do.
  let [sent, underWay, due] = [0, 0, 0];
  const arrived = new Set<string>();
  const begin = () => {
    for (; due > 0 && underWay < AT_ONCE; due -= 1) {
      underWay += 1;
      const n = sent++;
      server.api('POST', `/chats/${chats[n % CHATS].id}/messages`, { text: `soak ${n}, out` })
        .catch((error) => problems.push(String(error)))
        .finally(() => {
          underWay -= 1;
          begin();
        });
    }
  };
  let { cursor } = await server.api('GET', '/events');
  const follow = async () => {
    const { items, ...now } = await server.api('GET', `/events?since=${cursor}&limit=1000`);
    for (const { type, data } of items) if (type === 'message.status' && data.status !== 'sent') arrived.add(data.messageId);
    cursor = now.cursor;
  };
  const round = async (length: number) => {
    const scenarios = await Promise.all(chats.map((chat) => play(chat, length)));
    for (const over = performance.now() + length; performance.now() < over; await rest(100)) {
      await follow();
      const lacks = RATE * seconds() - (at(cursor) - first);
      due = Math.min(Math.ceil(lacks / 4), UNDER_WAY - (sent - arrived.size)) - underWay;
      begin();
    }
    due = 0;
    await Promise.all(scenarios.map(played));
    while (underWay) await rest(20);
  };

  const samples: { at: number; held: Held }[] = [];
  const sample = async () => {
    // A garbage collection waits until the page has nothing else to do: there is no load meanwhile.
    const asked = performance.now();
    const sign = `sample ${samples.length}`;
    await server.api('POST', `/sandbox/phones/${chats[0].number}/messages`, { to: device.number, text: sign });
    // What the network of the sandbox has not delivered yet, no page can show.
    await until(async () => {
      const { items } = await server.api('GET', `/chats/${chats[0].id}/messages?limit=1`);
      if (items[0].text !== sign) throw new Error('not delivered yet');
    }, PATIENCE * 1000);
    const logged = performance.now();
    [ran, stopped] = [seconds() * 1000, true];
    await expect(page.getByRole('article', { name: new RegExp(`${sign}$`) }), 'the page follows').toBeInViewport({ timeout: PATIENCE * 1000 });
    const followed = performance.now();
    await rest(2_000);
    const now = { at: seconds() / 60, held: await held(cdp) };
    samples.push(now);
    const rate = ((await position()) - first) / seconds();
    say(`${now.at.toFixed(1)} minutes, ${rate.toFixed(0)} events a second`, `${inWords(now.held)}; in the log after ${(logged - asked).toFixed(0)} ms, on the page ${(followed - logged).toFixed(0)} ms later`);
    [since, stopped] = [performance.now(), false];
  };
  do {
    await round(ROUND);
    await sample();
  } while (seconds() < end);
  const rate = ((await position()) - first) / seconds();
  say('events a second', `${rate.toFixed(0)} of ${RATE}, of ${written} messages in and ${sent} out; ${await noted(page, (notes) => notes.mounts)} rows were put on the page`);

  // The page has followed.
  const asked = performance.now();
  await server.api('POST', `/sandbox/phones/${chats[0].number}/messages`, { to: device.number, text: 'the end of it all' });
  await expect(page.getByRole('article', { name: /the end of it all/ })).toBeInViewport({ timeout: 30_000 });
  say('the last message is on the page after', `${(performance.now() - asked).toFixed(0)} ms`);
  expect(problems, 'what the server refused').toEqual([]);
  expect(rate, 'events a second').toBeGreaterThan(RATE * 0.9);

  // How much it held is a saw: rows come until some are let go. What counts is how high it goes.
  const half = Math.floor(samples.length / 2);
  const greatest = (some: typeof samples, name: keyof Held) => Math.max(...some.map((one) => one.held[name]));
  for (const name of Object.keys(MARGIN) as (keyof Held)[]) {
    const grown = greatest(samples.slice(half), name) - greatest(samples.slice(0, half), name);
    say(`second half above the first, ${name}`, `${grown.toFixed(2)}, of ${MARGIN[name]}`);
    expect.soft(grown, name).toBeLessThan(MARGIN[name]);
  }
});
