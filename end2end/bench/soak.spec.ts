// Minutes under load: 200 events a second, or as many as SWITCHBOARD_SOAK_RATE says, with a page open at one of the
// chats. What it holds on to is sampled; once it has all that it keeps, it must not grow.
import { expect, linkedDevice, test, until } from '../fixtures/index.ts';
import { conversations, held, inWords, noted, number, rest, say, sayLoad, takeNotes, type Held } from './support.ts';

const MINUTES = number('SWITCHBOARD_SOAK_MINUTES', 10);
/** Events a second. */
const RATE = number('SWITCHBOARD_SOAK_RATE', 200);
/** Calls of the API that are under way at a time: more only wait for each other. */
const AT_ONCE = 16;
/** Seconds in which a page that follows has shown what came, once it is left alone. */
const PATIENCE = 20;
/** Milliseconds between two samples. */
const ROUND = Math.min(30_000, MINUTES * 60_000 / 10);
/** By how much the second half may grow, in each minute. */
const MARGIN: Held = { heap: 0.5, wasm: 0.5, nodes: 200, listeners: 50 };
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

  /** How many events the log has had. */
  const position = async () => Number((await server.api('GET', '/events')).cursor.split('-').at(-1));
  const first = await position();
  let [ran, since] = [0, performance.now()];
  let [paused, stopped] = [false, false];
  /** How long there has been load, or some of it was still under way to the log. */
  const seconds = () => (ran + (stopped ? 0 : performance.now() - since)) / 1000;
  const end = MINUTES * 60;

  // What is due is what the log lacks: messages in, messages out with all that becomes of them, what is read; and typing,
  // which no log has.
  let done = 0;
  let underWay = 0;
  const problems: string[] = [];
  const deed = async (n: number) => {
    const chat = chats[n % CHATS];
    if (n % 12 < 8) return server.api('POST', `/sandbox/phones/${chat.number}/messages`, { to: device.number, text: `soak ${n}, in` });
    if (n % 12 < 11) return server.api('POST', `/chats/${chats[n * 5 % CHATS].id}/messages`, { text: `soak ${n}, out` });
    return server.api('POST', `/sandbox/phones/${chat.number}/read`, { chat: device.number });
  };
  // What the load itself takes of the machine the page cannot have: the log is asked ten times a second, and five times a
  // second somebody begins or ceases to type.
  let due = 0;
  const begin = () => {
    for (; due > 0 && underWay < AT_ONCE; due -= 1) {
      underWay += 1;
      deed(done++).catch((error) => problems.push(String(error))).finally(() => {
        underWay -= 1;
        begin();
      });
    }
  };
  const load = (async () => {
    for (let turn = 0; seconds() < end; turn += 1) {
      await rest(100);
      if (paused) continue;
      const lacks = RATE * seconds() - ((await position()) - first);
      // Whatever is under way makes two events, by and large.
      due = Math.min(RATE / 5, Math.ceil(lacks / 2)) - underWay;
      begin();
      if (turn % 2) continue;
      const typing = { to: device.number, state: turn % 4 ? 'composing' : 'paused' };
      server.api('POST', `/sandbox/phones/${chats[turn / 2 % CHATS].number}/typing`, typing).catch((error) => problems.push(String(error)));
    }
    due = 0;
    while (underWay) await rest(50);
  })();

  const samples: { at: number; held: Held }[] = [];
  const sample = async () => {
    // A garbage collection waits until the page has nothing else to do: there is no load meanwhile.
    [paused, due] = [true, 0];
    while (underWay) await rest(20);
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
    [since, stopped, paused] = [performance.now(), false, false];
  };
  do {
    await rest(ROUND);
    await sample();
  } while (seconds() < end);
  await load;
  const rate = ((await position()) - first) / seconds();
  say('events a second', `${rate.toFixed(0)} of ${RATE}, of ${done} deeds; ${await noted(page, (notes) => notes.mounts)} rows were put on the page`);

  // The page has followed.
  const sent = performance.now();
  await server.api('POST', `/sandbox/phones/${chats[0].number}/messages`, { to: device.number, text: 'the end of it all' });
  await expect(page.getByRole('article', { name: /the end of it all/ })).toBeInViewport({ timeout: 30_000 });
  say('the last message is on the page after', `${(performance.now() - sent).toFixed(0)} ms`);
  expect(problems, 'what the server refused').toEqual([]);
  expect(rate, 'events a second').toBeGreaterThan(RATE * 0.9);

  // The slope of the second half, by least squares.
  const half = samples.slice(Math.floor(samples.length / 2));
  const slope = (name: keyof Held) => {
    const mean = (values: number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
    const [at, value] = [mean(half.map((one) => one.at)), mean(half.map((one) => one.held[name]))];
    const over = half.reduce((sum, one) => sum + (one.at - at) * (one.held[name] - value), 0);
    return over / half.reduce((sum, one) => sum + (one.at - at) ** 2, 0);
  };
  for (const name of Object.keys(MARGIN) as (keyof Held)[]) {
    const grows = slope(name);
    say(`second half, ${name}`, `${grows.toFixed(2)} more in a minute, of ${MARGIN[name]}`);
    expect.soft(grows, `${name} in a minute`).toBeLessThan(MARGIN[name]);
  }
});
