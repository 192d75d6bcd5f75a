// Whose page it is, and for how long: sessions that end elsewhere, users who take turns in one browser, and what each may do.
import type { BrowserContext, Page, TestInfo } from '@playwright/test';
import { Server, expect, linkedDevice, test } from '../fixtures/index.ts';
import { conversation, go } from '../fixtures/structure.ts';

/** Everything that the server wrote into the page: among it, whose it is. */
const written = (page: Page) =>
  page.evaluate(() => JSON.stringify((window as any).__RESOLVED_RESOURCES ?? '')).catch(() => 'on its way');

/** Somebody who may only read, signed in in this browser, and what takes them away again. */
async function reader(server: Server, context: BrowserContext, page: Page, info: TestInfo) {
  const name = `Rita ${info.project.name} ${info.testId.slice(-6)}`;
  const user = await server.api('POST', '/users', { name, permission: 'read' });
  await context.addCookies([await server.session(user.signInLink)]);
  return async () => {
    await page.goto('about:blank');
    await server.api('DELETE', `/users/${user.id}`);
  };
}

/** Notes whatever the page asks to be changed: commands of its stream, and requests that do not only read. */
function orders(page: Page) {
  const noted: string[] = [];
  page.on('websocket', (socket) => socket.on('framesent', ({ payload }) => {
    if (String(payload).includes('"type":"command"')) noted.push(String(payload));
  }));
  page.on('request', (request) => {
    if (request.url().includes('/api/') && request.method() !== 'GET') noted.push(`${request.method()} ${request.url()}`);
  });
  return noted;
}

test('a session that ended elsewhere says so, leads back, and keeps what was written', async ({ page, context }) => {
  const server = new Server({ SWITCHBOARD_ADMIN_EMAIL: 'ana@example.com', SWITCHBOARD_ADMIN_PASSWORD: 'correct horse' });
  await server.start();
  const signIn = async () => {
    await page.getByLabel('E-mail').fill('ana@example.com');
    await page.getByLabel('Password').fill('correct horse');
    await page.getByRole('button', { name: 'Sign in' }).click();
  };
  try {
    await page.goto(`${server.url}/login`);
    await signIn();
    await expect(page).toHaveURL(/\/chats$/);
    const chat = await conversation(server, await linkedDevice(server, 'Front desk'), 'Interrupted');
    await go(page, server, `/chats/${chat.id}?from=mail`);
    // The stream is there: only it can have brought this.
    await chat.says('Are you there?');
    await expect(page.getByRole('article', { name: /Are you there/ })).toBeVisible();
    await page.getByLabel(/^Message to/).fill('half a thought');
    const cookie = (await context.cookies()).find(({ name }) => name.endsWith('switchboard'))!;
    await fetch(`${server.url}/logout`, {
      method: 'POST', redirect: 'manual', headers: { cookie: `${cookie.name}=${cookie.value}` },
    });
    await expect(page).toHaveURL(`${server.url}/login?next=${encodeURIComponent(`/chats/${chat.id}?from=mail`)}&ended`);
    await expect(page.getByText('Your session ended. What you wrote is kept.')).toBeVisible();
    await signIn();
    await expect(page).toHaveURL(`${server.url}/chats/${chat.id}?from=mail`);
    await expect(page.getByLabel(/^Message to/)).toHaveValue('half a thought');
  } finally {
    await server.stop();
  }
});

test('a link asks before it takes somebody else’s place, and then has all tabs', async ({ signedIn: page, server, context, a11y }, info) => {
  const name = `Cleo ${info.project.name} ${info.testId.slice(0, 4)}`;
  const user = await server.api('POST', '/users', { name, permission: 'admin' });
  await go(page, server, '/devices');
  expect(await written(page)).not.toContain(name);
  const other = await context.newPage();
  await other.goto(server.url + user.signInLink);
  await expect(other.getByText(/^You are signed in as .+\.$/)).toBeVisible();
  await a11y(other);
  // Nobody was changed, and the link is as good as it was.
  await go(page, server, '/devices');
  expect(await written(page)).not.toContain(name);
  await other.reload();
  await other.getByRole('button', { name: `Sign in as ${name}` }).click();
  await expect(other.getByRole('heading', { name: 'Welcome' })).toBeVisible();
  // The tab that was open is loaded again, as hers.
  await expect.poll(() => written(page)).toContain(name);
  await expect(page).toHaveURL(/\/devices$/);
  await other.close();
  await page.goto('about:blank');
  await server.api('DELETE', `/users/${user.id}`);
});

test('what waits to be sent is sent by whoever wrote it', async ({ page, context }) => {
  test.setTimeout(120_000);
  const server = new Server();
  await server.start();
  try {
    const his = await server.session();
    const user = await server.api('POST', '/users', { name: 'Cleo', permission: 'admin' });
    const hers = await server.session(user.signInLink);
    const chat = await conversation(server, await linkedDevice(server, 'Shared desk'), 'Patient');
    const text = 'only from him';
    const sent = async () => {
      const { items } = await server.api('GET', `/sandbox/phones/${chat.number}/messages`);
      return items.filter((item: any) => item.text === text).length;
    };
    await context.addCookies([his]);
    await go(page, server, `/chats/${chat.id}`);
    await server.kill();
    await expect(page.getByText('The connection to the server was lost.').filter({ visible: true }).first()).toBeVisible();
    await page.getByLabel(/^Message to/).fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
    const waiting = page.getByRole('article', { name: new RegExp(`waiting to be sent: ${text}`) });
    await expect(waiting).toBeVisible();

    // Somebody else signs in in this browser while the page has no line.
    await context.addCookies([hers]);
    await server.start();
    await expect.poll(() => written(page), { timeout: 40_000 }).toContain('Cleo');
    await page.waitForSelector('html[data-alive]');
    await chat.says('And now?');
    await expect(page.getByRole('article', { name: /And now/ })).toBeVisible({ timeout: 20_000 });
    await expect(page.getByRole('article', { name: new RegExp(text) })).toHaveCount(0);
    expect(await sent()).toBe(0);

    // It waited for him.
    await context.addCookies([his]);
    await go(page, server, `/chats/${chat.id}`);
    await expect(page.getByRole('article', { name: new RegExp(`delivered: ${text}`) })).toBeVisible({ timeout: 20_000 });
    expect(await sent()).toBe(1);
  } finally {
    await server.stop();
  }
});

test('what is kept for starts without network is one user’s', async ({ signedIn: page, server }) => {
  await go(page, server, '/chats');
  // The page's own store: its state, and the positions of the events that it holds.
  const stored = () => page.evaluate(async () => {
    // To open what is not there yet would make it, without anything in it.
    if (!(await indexedDB.databases()).some((one) => one.name === 'switchboard')) return null;
    const database: IDBDatabase = await new Promise((ok, fail) => {
      const request = indexedDB.open('switchboard');
      request.onsuccess = () => ok(request.result);
      request.onerror = () => fail(request.error);
    });
    try {
      if (!database.objectStoreNames.contains('state')) return null;
      const [state, frames] = await Promise.all([
        new Promise<any>((ok) => { const get = database.transaction('state').objectStore('state').get('snapshot'); get.onsuccess = () => ok(get.result); }),
        new Promise<any[]>((ok) => { const all = database.transaction('frames').objectStore('frames').getAllKeys(); all.onsuccess = () => ok(all.result); }),
      ]);
      return state ? { user: state.user, epoch: state.epoch, seq: state.seq, frames } : null;
    } finally {
      database.close();
    }
  });
  await expect.poll(async () => (await stored())?.user).toMatch(/^usr_/);
  const own = (await stored())!;
  const [theirs, ours] = [own.seq + 100_000, own.seq + 100_001];
  // A stream that is another user's, and then the own one again; both are written in the same round.
  await page.evaluate(({ own, theirs, ours }) => {
    const say = (frame: unknown) => dispatchEvent(new CustomEvent('switchboard:frame', { detail: JSON.stringify(frame) }));
    const event = (seq: number) => ({ type: 'event', event: { cursor: `${own.epoch}-${seq}`, id: `evt_${seq}`, at: 1, type: 'nothing', data: {} } });
    say({ type: 'hello', recovered: true, epoch: own.epoch, top: 1, userId: 'usr_somebody_else' });
    say(event(theirs));
    say({ type: 'hello', recovered: true, epoch: own.epoch, top: 1, userId: own.user });
    say(event(ours));
  }, { own, theirs, ours });
  await expect.poll(async () => (await stored())?.frames).toContain(ours);
  expect((await stored())!.frames).not.toContain(theirs);
});

test('who may only read is offered nothing else', async ({ page, context, server, device, a11y }, info) => {
  const away = await reader(server, context, page, info);
  const chat = await conversation(server, device, `Watched ${info.testId.slice(0, 4)}`);
  await go(page, server, `/chats/${chat.id}`);
  await expect(page.getByText('You may read here, but not write.')).toBeVisible();
  await expect(page.getByLabel(/^Message to/)).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'New chat' })).toHaveCount(0);
  await chat.says('Still following?');
  await expect(page.getByRole('article', { name: /Still following/ })).toBeVisible();
  await a11y(page);

  await go(page, server, '/devices');
  await expect(page.locator('.device-card').first()).toBeVisible();
  await expect(page.getByRole('button', { name: /Add device|^Actions for/ })).toHaveCount(0);
  await go(page, server, `/devices/${device.id}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(page.getByRole('button', { name: /^Actions for|Restart|Delete|Log out/ })).toHaveCount(0);

  await go(page, server, '/settings');
  const sections = page.getByRole('navigation', { name: 'Sections of the settings' });
  await expect(sections.getByRole('link', { name: 'About' })).toBeVisible();
  await expect(sections.getByRole('link', { name: /API keys|Webhooks|People/ })).toHaveCount(0);
  for (const section of ['api-keys', 'webhooks', 'people']) {
    await go(page, server, `/settings/${section}`);
    await expect(page.getByRole('heading', { name: 'There is no such section' })).toBeVisible();
    await expect(page.getByRole('button', { name: /New key|New webhook|Add somebody/ })).toHaveCount(0);
  }
  await away();
});

test('who may only read looks at messages, and does nothing to them', async ({ page, context, server, device, a11y }, info) => {
  const noted = orders(page);
  const away = await reader(server, context, page, info);
  const chat = await conversation(server, device, `Looked ${info.testId.slice(-6)}`);
  const { items } = await server.api('GET', `/chats/${chat.id}/messages`);
  const asked = items.find((message: any) => message.text === 'Is the order ready?');
  await server.api('PUT', `/messages/${asked.id}/reaction`, { emoji: '☕' });
  await chat.says({ poll: { name: 'Where?', options: ['Here', 'There'], selectable: 1 } });
  await chat.says({ contact: { name: 'Carla Ruiz', phoneNumbers: ['34600333444'] } });
  await go(page, server, `/chats/${chat.id}`);
  const row = (name: RegExp) => page.getByRole('article', { name });
  const menu = page.locator('#message-menu');

  // What only reads stays, whoever wrote the message.
  for (const name of [/Is the order ready/, /Yes, at noon/]) {
    await row(name).getByRole('button', { name: 'Message actions' }).click();
    await expect(menu.getByRole('button')).toHaveText(['Copy text', 'Info']);
    await page.keyboard.press('Escape');
    await expect(menu).toBeHidden();
  }
  await row(/Yes, at noon/).getByRole('button', { name: 'Message actions' }).click();
  await menu.getByRole('button', { name: 'Info' }).click();
  const dialog = page.getByRole('dialog', { name: 'Info' });
  await expect(dialog.getByText('Delivered')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);

  // Who reacted is seen, and the account's own reaction stays.
  await row(/Is the order ready/).getByRole('button', { name: /^Reactions/ }).click();
  const list = page.getByRole('dialog', { name: 'Reactions' });
  await expect(list.getByRole('listitem')).toHaveText([/You.*☕/]);
  await expect(list.getByRole('listitem').getByRole('button')).toHaveCount(0);
  await page.keyboard.press('Escape');
  await expect(list).toHaveCount(0);

  const poll = row(/Poll/);
  await expect(poll.getByRole('button', { name: /Here/ })).toBeDisabled();
  await expect(poll.getByText('Choose one')).toHaveCount(0);
  await expect(row(/Contact\. Carla Ruiz/)).toContainText('+34 600 333 444');
  await expect(row(/Contact\. Carla Ruiz/).getByRole('button', { name: /Carla Ruiz/ })).toHaveCount(0);

  // A finger draws nothing aside.
  const target = row(/Is the order ready/);
  for (const [kind, clientX] of [['pointerdown', 60], ['pointermove', 90], ['pointermove', 130]] as [string, number][]) {
    await target.dispatchEvent(kind, { pointerType: 'touch', bubbles: true, clientX, clientY: 300 });
  }
  await expect(target).not.toHaveAttribute('style', /--swipe/);
  await target.dispatchEvent('pointerup', { pointerType: 'touch', bubbles: true, clientX: 130, clientY: 300 });
  await expect(page.getByText(/^Reply to /)).toHaveCount(0);
  await a11y(page);
  expect(noted).toEqual([]);
  await away();
});

test('who may only read looks at chats and their details, and changes none', async ({ page, context, server, device, isMobile, a11y }, info) => {
  const noted = orders(page);
  const away = await reader(server, context, page, info);
  const tail = info.testId.slice(-6);
  const name = `Listed ${tail}`;
  const chat = await conversation(server, device, name);
  const given = await server.api('POST', `/devices/${device.id}/labels`, { name: `Settled ${tail}` });
  await server.api('POST', `/devices/${device.id}/labels`, { name: `Overdue ${tail}` });
  await server.api('PUT', `/chats/${chat.id}/labels/${given.id}`);
  const group = await server.api('POST', `/devices/${device.id}/groups`, { subject: `Crew ${name}`, members: [chat.number] });

  await go(page, server, '/chats');
  const row = page.locator(`a.chat-row[href="/chats/${chat.id}"]`);
  await expect(row).toBeVisible();
  await expect(page.getByRole('button', { name: /^Actions for the chat/ })).toHaveCount(0);
  await row.click({ button: 'right' });
  await expect(page.locator('#chat-menu')).toHaveCount(0);
  await a11y(page);
  if (!isMobile) {
    await go(page, server, '/devices');
    await page.keyboard.press('n');
    await page.keyboard.press('?');
    const sheet = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
    await expect(sheet).toContainText('Next or previous chat');
    await expect(sheet).not.toContainText(/New chat|Send|composer/);
    await expect(page).toHaveURL(/\/devices$/);
  }

  // How it is can be seen; what is left to press is the way out.
  await go(page, server, `/chats/${chat.id}?info`);
  const pane = page.getByRole('complementary', { name: 'Details' });
  await expect(pane.getByText('Notifications')).toBeVisible();
  await expect(pane.getByText('Disappearing messages')).toBeVisible();
  await expect(pane.getByRole('listitem').filter({ hasText: `Settled ${tail}` })).toBeVisible();
  await expect(pane.getByText(`Overdue ${tail}`)).toHaveCount(0);
  await expect(pane.getByRole('link', { name: 'Starred messages' })).toBeVisible();
  await expect(pane.locator('button, input, select, textarea, summary')).toHaveCount(1);
  await a11y(page);

  await go(page, server, `/chats/${group.chatId}?info`);
  await expect(pane.getByText('Group · 2 members')).toBeVisible();
  await expect(pane.getByRole('listitem').filter({ hasText: name })).toBeVisible();
  await expect(pane.locator('button, input, select, textarea, summary')).toHaveCount(1);
  expect(noted).toEqual([]);
  await away();
});

test('who may only read looks at profiles and sandbox phones, and moves nothing', async ({ page, context, server, device, a11y }, info) => {
  const noted = orders(page);
  const away = await reader(server, context, page, info);
  const name = `Held ${info.testId.slice(-6)}`;
  await conversation(server, device, name);
  await server.api('PATCH', `/devices/${device.id}/profile`, { about: 'Open until noon' });
  await go(page, server, `/devices/${device.id}`);
  await page.getByText('WhatsApp profile').click();
  await expect(page.getByText('Open until noon')).toBeVisible();
  await expect(page.locator('main').getByRole('textbox')).toHaveCount(0);
  await expect(page.getByRole('button', { name: 'Save' })).toHaveCount(0);
  await a11y(page);

  await go(page, server, '/sandbox');
  await expect(page.getByText('You may read here, but not write.')).toBeVisible();
  await page.getByRole('button', { name: `Hold ${name}’s phone` }).click();
  const screen = page.getByRole('region', { name: `${name}’s phone` });
  await screen.locator('.phone__chat').click();
  await expect(screen.getByText('Is the order ready?')).toBeVisible();
  await expect(page.locator('main').locator('input, select, textarea, summary')).toHaveCount(0);
  const moves = /^(New message|Send|Add phone|Unlink|Link|Start|Clear all|Scan .*)$/;
  await expect(page.getByRole('button', { name: moves })).toHaveCount(0);
  await a11y(page);
  expect(noted).toEqual([]);
  await away();
});

test('what runs beside the page speaks for its user, too', async ({ signedIn: page, server }) => {
  // A browser that may notify, and whose pushes go nowhere.
  await page.addInitScript(() => {
    if (!('ServiceWorkerRegistration' in window)) return;
    Object.defineProperty(Notification, 'permission', { get: () => 'granted' });
    let held: any = null;
    const manager = {
      getSubscription: async () => held,
      subscribe: async ({ applicationServerKey }: { applicationServerKey: Uint8Array }) => {
        const endpoint = 'https://push.example/one';
        held = {
          endpoint,
          options: { applicationServerKey: applicationServerKey.buffer },
          toJSON: () => ({ endpoint }),
          unsubscribe: async () => { held = null; return true; },
        };
        return held;
      },
    };
    Object.defineProperty(ServiceWorkerRegistration.prototype, 'pushManager', { get: () => manager });
  });
  const asked: [string, string | undefined][] = [];
  page.on('request', (request) => {
    if (request.url().includes('/api/v1/push/')) asked.push([request.method(), request.headers()['x-switchboard-user']]);
  });
  await page.route(/\/api\/v1\/push\/subscription/, (route) => route.fulfill({ status: 204 }));
  await go(page, server, '/chats');
  const { userId } = await page.evaluate(async () => (await fetch('/api/v1/me')).json());
  expect(userId).toMatch(/^usr_/);
  await expect.poll(() => asked).toEqual([['GET', userId], ['PUT', userId]]);
  await page.evaluate(() => {
    localStorage.setItem('switchboard.alerts', JSON.stringify({ notices: false }));
    dispatchEvent(new CustomEvent('switchboard:chosen', { detail: null }));
  });
  await expect.poll(() => asked.slice(2)).toEqual([['DELETE', userId]]);
});
