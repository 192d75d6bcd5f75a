// What a page does about what it missed: it says that it is behind, catches up, and does nothing twice on the way.
import type { Page } from '@playwright/test';
import { chatWith, expect, test, until } from '../fixtures/index.ts';

async function conversation(server: any, device: { id: string; number: string }, name: string) {
  const chat = await chatWith(server, device, name, 'Good morning');
  return {
    ...chat,
    /** Until the server has this as the newest message. */
    has: (text: string) => until(async () => {
      const { lastMessage } = await chat.listed();
      if (lastMessage?.text !== text) throw new Error(`the newest is ${lastMessage?.text}`);
    }, 30_000),
    /** How often the other side got this text. */
    got: async (text: string) => (await chat.holds()).filter((message) => message.text === text).length,
  };
}

type Conversation = Awaited<ReturnType<typeof conversation>>;

/** Stands between the page and the server: holds back what comes, cuts the line, and sees what is ordered. */
async function between(page: Page) {
  const line = {
    opened: 0,
    holds: false,
    ordered: [] as any[],
    /** The outcome of an order in the server's place, if there is one. */
    answer: (_command: any): any => undefined,
    cut: async () => {},
    release: () => {},
  };
  await page.routeWebSocket(/\/api\/v1\/stream/, (socket) => {
    const server = socket.connectToServer();
    const held: (string | Buffer)[] = [];
    let cut = false;
    line.opened += 1;
    server.onMessage((frame) => {
      if (line.holds && !String(frame).startsWith('{"type":"hello"')) held.push(frame);
      else socket.send(frame);
    });
    socket.onMessage((text) => {
      const frame = JSON.parse(String(text));
      if (frame.type === 'command') {
        line.ordered.push(frame.command);
        const outcome = line.answer(frame.command);
        if (outcome) return socket.send(JSON.stringify({ type: 'result', id: frame.id, outcome }));
      }
      // The browser names what is sent on a closed line, whoever closed it.
      if (!cut) server.send(text);
    });
    line.release = () => {
      line.holds = false;
      for (const frame of held.splice(0)) socket.send(frame);
    };
    line.cut = async () => {
      cut = true;
      await server.close();
      await socket.close();
    };
  });
  return line;
}

const sends = (line: { ordered: any[] }) => line.ordered.filter((command) => /^send_/.test(command.type));
const behind = (page: Page) => page.getByText('Bringing you up to date…').filter({ visible: true }).first();

/** Opens the chat and waits until what is said in it shows by itself. */
async function opened(page: Page, server: any, chat: Conversation) {
  await page.goto(`${server.url}/chats/${chat.id}`);
  await page.waitForSelector('html[data-alive]');
  await chat.says('Are you there?');
  await expect(page.getByRole('article', { name: /Are you there/ })).toBeVisible();
}

async function write(page: Page, text: string) {
  await page.getByLabel(/^Message to/).fill(text);
  await page.getByRole('button', { name: 'Send' }).click();
}

test('a flood is shown in few rounds and in order', async ({ signedIn: page, server, device, context }) => {
  test.setTimeout(120_000);
  const count = 200;
  const chat = await conversation(server, device, 'Flood');
  await opened(page, server, chat);
  await context.setOffline(true);
  await expect(page.getByText('You are offline.').filter({ visible: true }).first()).toBeVisible();
  for (let n = 1; n <= count; n += 1) await chat.says(`wave ${n}.`);
  await chat.has(`wave ${count}.`);
  await page.evaluate(() => {
    const seen = { rounds: 0, events: 0 };
    Object.assign(window, { seen });
    addEventListener('switchboard:frame', (event) => {
      if (/^\{"type":"event".*"message\.new"/.test((event as CustomEvent).detail)) seen.events += 1;
    });
    const rows = (node: Node) => node instanceof Element && (node.matches('article[data-row]') || node.querySelector('article[data-row]'));
    new MutationObserver((records) => {
      if (records.some((record) => [...record.addedNodes].some(rows))) seen.rounds += 1;
    }).observe(document.querySelector('[role=feed]')!, { childList: true, subtree: true });
  });
  await context.setOffline(false);
  await expect(page.getByRole('article', { name: /wave 200\./ })).toBeVisible({ timeout: 40_000 });
  const { rounds, events } = await page.evaluate(() => (window as any).seen);
  expect(events).toBeGreaterThanOrEqual(count);
  expect(rounds).toBeLessThan(count / 3);
  const shown = await page.locator('[role=feed] article[data-row]').evaluateAll((rows) =>
    rows.flatMap((row) => /wave (\d+)\./.exec(row.textContent ?? '')?.slice(1).map(Number) ?? []));
  expect(shown.length).toBeGreaterThan(20);
  expect(shown).toEqual(shown.map((_, at) => count - shown.length + 1 + at));
});

test('behind a gap the page says so until it has everything, and sends only then', async ({ signedIn: page, server, device }) => {
  const line = await between(page);
  const chat = await conversation(server, device, 'Ferry');
  await opened(page, server, chat);
  line.holds = true;
  await chat.says('while you were away');
  await chat.has('while you were away');
  await line.cut();
  await expect(behind(page)).toBeVisible();
  await write(page, 'on deck');
  await expect(page.getByRole('article', { name: /waiting to be sent: on deck/ })).toBeVisible();
  expect(sends(line)).toEqual([]);
  line.release();
  await expect(page.getByRole('article', { name: /while you were away/ })).toBeVisible();
  await expect(page.getByRole('article', { name: /delivered: on deck/ })).toBeVisible();
  await expect(behind(page)).toBeHidden();
  expect(sends(line)).toHaveLength(1);
  expect(await chat.got('on deck')).toBe(1);
});

test('after a gap each chat that is still unread alerts once', async ({ signedIn: page, server, device }) => {
  const line = await between(page);
  const waiting = await conversation(server, device, 'Waiting');
  const elsewhere = await conversation(server, device, 'Far away');
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  const row = (name: string) => page.locator('a.chat-row').filter({ hasText: name });
  await waiting.says('zero');
  await expect(row('Waiting')).toContainText('zero');
  await page.evaluate(() => {
    const told: string[] = [];
    Object.assign(window, { told });
    addEventListener('switchboard:arrived', (event) => told.push((event as CustomEvent).detail.text));
  });
  const told = () => page.evaluate(() => (window as any).told);
  line.holds = true;
  await waiting.says('one');
  await waiting.says('two');
  await elsewhere.says('seen on the phone');
  await waiting.has('two');
  await elsewhere.has('seen on the phone');
  await server.api('POST', `/chats/${elsewhere.id}/read`);
  await line.cut();
  await expect(behind(page)).toBeVisible();
  expect(await told()).toEqual([]);
  line.release();
  await expect(row('Far away')).toContainText('seen on the phone');
  await expect(row('Far away')).not.toContainText('unread');
  await expect(behind(page)).toBeHidden();
  await waiting.says('three');
  await expect.poll(told).toEqual(['two', 'three']);
});

test('that a chat was read is told until the server has heard it', async ({ signedIn: page, server, device }) => {
  const line = await between(page);
  let turnedAway = 0;
  line.answer = (command) => {
    if (command.type !== 'mark_read' || turnedAway > 0) return undefined;
    turnedAway += 1;
    return { error: { type: '/docs#problem-unavailable', status: 503, code: 'unavailable', title: 'Not available', detail: 'Not just now.' } };
  };
  const chat = await conversation(server, device, 'Reader');
  await page.goto(`${server.url}/chats/${chat.id}`);
  await expect(page.getByRole('article', { name: /Good morning/ })).toBeVisible();
  await expect.poll(async () => (await chat.listed()).unread, { timeout: 30_000 }).toBe(0);
  expect(turnedAway).toBe(1);
});

test('what got through before a reload does not look as if it waited', async ({ signedIn: page, server, device }) => {
  const line = await between(page);
  const chat = await conversation(server, device, 'Courier');
  await opened(page, server, chat);
  line.holds = true;
  await write(page, 'got through');
  await expect.poll(() => chat.got('got through')).toBe(1);
  await expect(page.getByRole('article', { name: /waiting to be sent: got through/ })).toBeVisible();
  await chat.says('and a later answer');
  await chat.has('and a later answer');
  // Of the page that is left behind nothing is released.
  await page.goto('about:blank');
  line.holds = false;
  await page.goto(`${server.url}/chats`);
  const row = page.locator('a.chat-row').filter({ hasText: 'Courier' });
  await expect(row).toContainText('and a later answer');
  await expect(row).not.toContainText('got through');
  expect(await chat.got('got through')).toBe(1);
});

test('what waited for weeks is for the reader to send', async ({ signedIn: page, server, device }) => {
  const line = await between(page);
  const chat = await conversation(server, device, 'Archive');
  await opened(page, server, chat);
  line.holds = true;
  await chat.says('missed');
  await chat.has('missed');
  await line.cut();
  await expect(behind(page)).toBeVisible();
  await write(page, 'ancient');
  await expect(page.getByRole('article', { name: /waiting to be sent: ancient/ })).toBeVisible();
  await page.evaluate(() => {
    for (const name of Object.keys(localStorage).filter((name) => name.startsWith('switchboard.outbox.'))) {
      const entry = JSON.parse(localStorage.getItem(name)!);
      localStorage.setItem(name, JSON.stringify({ ...entry, at: entry.at - 40 * 86_400_000 }));
    }
  });
  await page.goto('about:blank');
  line.holds = false;
  await page.goto(`${server.url}/chats/${chat.id}`);
  await expect(page.getByRole('article', { name: /not sent: ancient/ })).toBeVisible();
  const trouble = page.locator('.message-row__failure');
  await expect(trouble).toContainText('too old to be sent by itself');
  expect(sends(line)).toEqual([]);
  await trouble.getByRole('button', { name: 'Try again' }).click();
  await expect(page.getByRole('article', { name: /delivered: ancient/ })).toBeVisible();
  expect(await chat.got('ancient')).toBe(1);
});
