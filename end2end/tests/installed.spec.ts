// The installed client: its manifest, its service worker, a start without network, and what goes with signing out.
import { Server, expect, expectIcons, linkedDevice, test, until, served } from '../fixtures/index.ts';

/** What the client's own store holds. */
const stored = (page: any) => page.evaluate(async () => {
  if (!(await indexedDB.databases()).some((one) => one.name === 'switchboard')) return null;
  const database: IDBDatabase = await new Promise((ok, fail) => {
    const request = indexedDB.open('switchboard');
    request.onsuccess = () => ok(request.result);
    request.onerror = () => fail(request.error);
  });
  const all = (name: string) => new Promise<any[]>((ok) => {
    const request = database.transaction(name).objectStore(name).getAll();
    request.onsuccess = () => ok(request.result);
  });
  const [state, frames, threads] = [await all('state'), await all('frames'), await all('threads')];
  database.close();
  return { state, frames, threads };
});

test('it can be installed: manifest and icons are there', async ({ page, server }) => {
  await page.goto(`${server.url}/login`);
  const href = await page.locator('link[rel=manifest]').getAttribute('href');
  const manifest = await (await page.request.get(server.url + href)).json();
  expect(manifest).toMatchObject({ start_url: '/chats', display: 'standalone', scope: '/' });
  const sizes = manifest.icons.map((icon: any) => `${icon.sizes} ${icon.purpose}`);
  expect(sizes).toEqual(expect.arrayContaining(['192x192 any', '512x512 any', '512x512 maskable']));
  for (const icon of manifest.icons) {
    const response = await page.request.get(server.url + icon.src);
    expect([response.status(), response.headers()['content-type'].split(';')[0]]).toEqual([200, icon.type]);
    if (icon.type !== 'image/png') continue;
    const width = await page.evaluate(async (src: string) => {
      const picture = new Image();
      picture.src = src;
      await picture.decode();
      return picture.naturalWidth;
    }, icon.src);
    expect(`${width}x${width}`).toBe(icon.sizes);
  }
});

test('the service worker keeps the client and nothing of anybody', async ({ signedIn: page, server, device }) => {
  await page.goto(`${server.url}/devices/${device.id}`);
  await page.waitForSelector('html[data-alive]');
  await page.evaluate(async () => { await navigator.serviceWorker.ready; });
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  const kept = await page.evaluate(async () => {
    const requests = await Promise.all((await caches.keys()).map(async (name) => (await caches.open(name)).keys()));
    return requests.flat().map((request) => new URL(request.url).pathname);
  });
  expect(kept).toEqual(expect.arrayContaining(['/offline', '/icons/64.png', '/beside/keep.js', '/beside/debug.js', '/emoji/faces.json', '/emoji/en.json', '/emoji/ar.json']));
  expect(kept.some((path: string) => path.endsWith('.wasm'))).toBe(true);
  expect(kept.filter((path: string) => !/^\/(?:offline|pkg\/|i18n\/|emoji\/|icons|beside\/|favicon|manifest)/.test(path))).toEqual([]);
});

test('a start without network shows the last state, says so, and catches up', async ({ page }) => {
  test.setTimeout(120_000);
  const server = new Server();
  await server.start();
  try {
    await page.goto(server.url + server.signIn);
    const device = await linkedDevice(server, 'Traveller');
    const other = await server.api('POST', '/sandbox/phones', { name: 'At home' });
    const says = (text: string) => server.api('POST', `/sandbox/phones/${other.number}/messages`, { to: device.number, text });
    await says('before the tunnel');
    const chat = await until(async () => {
      const { items } = await server.api('GET', '/chats');
      const found = items.find((item: any) => item.phoneNumber === other.number);
      if (!found) throw new Error('no chat yet');
      return found;
    });
    await page.goto(`${server.url}/chats/${chat.id}`);
    await expect(page.getByRole('article', { name: /before the tunnel/ })).toBeVisible();
    await page.evaluate(async () => { await navigator.serviceWorker.ready; });
    await says('at its mouth');
    await expect(page.getByRole('article', { name: /at its mouth/ })).toBeVisible();
    // State and position agree: an event is kept with its position, after the snapshot that it follows.
    await expect.poll(async () => JSON.stringify((await stored(page))?.frames ?? '')).toContain('at its mouth');
    const { state, frames } = (await stored(page))!;
    expect(state).toHaveLength(1);
    expect(frames.every((one: any) => Number(one.frame.event.cursor.split('-').at(-1)) > state[0].seq)).toBe(true);
    expect(JSON.stringify(state)).not.toContain('"qr"');

    await server.kill();
    await page.goto(`${server.url}/chats/${chat.id}`);
    await expect(page.getByRole('article', { name: /before the tunnel/ })).toBeVisible();
    await expect(page.getByRole('article', { name: /at its mouth/ })).toBeVisible();
    await expect(page.getByText('The connection to the server was lost.').filter({ visible: true }).first()).toBeVisible();
    const kept = page.getByText('What you see is as it was at your last visit.').filter({ visible: true });
    await expect(kept.first()).toBeVisible();
    await expectIcons(page);
    await page.getByLabel(/^Message to/).fill('from inside');
    await page.getByRole('button', { name: 'Send' }).click();
    await expect(page.getByRole('article', { name: /waiting to be sent: from inside/ })).toBeVisible();
    // What is opened now was never asked for before, and is here.
    await page.getByRole('button', { name: 'Emoji', exact: true }).click();
    await page.getByLabel('Search emoji').fill('party pop');
    await expect(page.getByRole('button', { name: 'party popper' })).toBeVisible();
    await page.keyboard.press('Escape');

    await server.start();
    await says('on the other side');
    await expect(page.getByRole('article', { name: /on the other side/ })).toBeVisible({ timeout: 40_000 });
    await expect(page.getByRole('article', { name: /delivered: from inside/ })).toBeVisible({ timeout: 20_000 });
    await expect(page.getByRole('article', { name: /tunnel|mouth|inside|other side/ })).toHaveCount(4);
    await expect(kept).toHaveCount(0);
    await expect(page.getByText('Bringing you up to date…')).toHaveCount(0);
  } finally {
    await server.stop();
  }
});

test('a server that does not answer is not waited for: the last state is shown, and catches up', async ({ page }) => {
  test.setTimeout(120_000);
  const server = new Server();
  await server.start();
  try {
    await page.goto(server.url + server.signIn);
    const device = await linkedDevice(server, 'Hanging');
    const other = await server.api('POST', '/sandbox/phones', { name: 'Elsewhere' });
    const says = (text: string) => server.api('POST', `/sandbox/phones/${other.number}/messages`, { to: device.number, text });
    await says('while it answered');
    const chat = await until(async () => {
      const { items } = await server.api('GET', '/chats');
      const found = items.find((item: any) => item.phoneNumber === other.number);
      if (!found) throw new Error('no chat yet');
      return found;
    });
    await page.goto(`${server.url}/chats/${chat.id}`);
    await expect(page.getByRole('article', { name: /while it answered/ })).toBeVisible();
    await served(page);
    await expect.poll(async () => JSON.stringify((await stored(page))?.threads ?? '')).toContain('while it answered');

    // It takes connections, and says nothing on them.
    process.kill(server.pid, 'SIGSTOP');
    try {
      await page.goto(`${server.url}/chats/${chat.id}`, { waitUntil: 'commit' });
      await expect(page.getByRole('article', { name: /while it answered/ })).toBeVisible();
    } finally {
      process.kill(server.pid, 'SIGCONT');
    }
    await says('and again');
    await expect(page.getByRole('article', { name: /and again/ })).toBeVisible({ timeout: 60_000 });
  } finally {
    await server.stop();
  }
});

test('events that could not be kept leave no hole in what a start without network shows', async ({ page }) => {
  test.setTimeout(120_000);
  const server = new Server();
  await server.start();
  try {
    await page.goto(server.url + server.signIn);
    const device = await linkedDevice(server, 'Small disk');
    const other = await server.api('POST', '/sandbox/phones', { name: 'Chronicler' });
    const says = (text: string) => server.api('POST', `/sandbox/phones/${other.number}/messages`, { to: device.number, text });
    await says('the first page');
    const chat = await until(async () => {
      const { items } = await server.api('GET', '/chats');
      const found = items.find((item: any) => item.phoneNumber === other.number);
      if (!found) throw new Error('no chat yet');
      return found;
    });
    await page.goto(`${server.url}/chats/${chat.id}`);
    await expect(page.getByRole('article', { name: /the first page/ })).toBeVisible();
    await served(page);
    const kept = async () => {
      const all = await stored(page);
      return JSON.stringify([all?.threads, all?.frames]);
    };
    await expect.poll(kept).toContain('the first page');
    await page.evaluate(() => {
      const { put } = IDBObjectStore.prototype;
      IDBObjectStore.prototype.put = function (this: IDBObjectStore, ...all: any[]) {
        if (this.name === 'frames' && !(window as any).refused) {
          (window as any).refused = true;
          throw new DOMException('full', 'QuotaExceededError');
        }
        return (put as any).apply(this, all);
      };
    });
    await says('the torn page');
    await page.waitForFunction(() => (window as any).refused);
    await says('the last page');
    await expect(page.getByRole('article', { name: /the last page/ })).toBeVisible();
    await expect.poll(kept).toContain('the last page');
    await expect.poll(kept).toContain('the torn page');

    await server.kill();
    await page.goto(`${server.url}/chats/${chat.id}`);
    await expect(page.getByRole('article', { name: /the (first|torn|last) page/ })).toHaveCount(3);
  } finally {
    await server.stop();
  }
});

test('without network and without anything kept, the page says so', async ({ page }) => {
  const server = new Server();
  await server.start();
  try {
    await page.goto(`${server.url}/offline`);
    await expect(page.getByRole('heading', { name: 'You are offline' })).toBeVisible();
    await expect(page.getByRole('link', { name: 'Try again' })).toBeVisible();
    await expectIcons(page);
  } finally {
    await server.stop();
  }
});

test('signing out takes away what was kept', async ({ page }) => {
  const server = new Server();
  await server.start();
  try {
    await page.goto(server.url + server.signIn);
    await page.goto(`${server.url}/settings`);
    await expect.poll(async () => (await stored(page))?.state.length).toBe(1);
    await page.getByRole('button', { name: 'Sign out' }).click();
    await expect(page).toHaveURL(/\/login/);
    await expect.poll(() => stored(page)).toBeNull();
  } finally {
    await server.stop();
  }
});

test('a newer version is told of, and taken by a press', async ({ signedIn: page, server }) => {
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  await page.evaluate(() => dispatchEvent(new CustomEvent('switchboard:update', { detail: '' })));
  await expect(page.getByText('There is a new version.')).toBeVisible();
  await page.getByRole('button', { name: 'Reload' }).click();
  await page.waitForSelector('html[data-alive]');
  await expect(page.getByText('There is a new version.')).toBeHidden();
});

test('a tab of the first visit is told of a newer version, too', async ({ signedIn: page }) => {
  await page.waitForSelector('html[data-alive]');
  // The first service worker takes the page over: nothing is newer than what is here.
  await page.waitForFunction(() => navigator.serviceWorker.controller);
  await page.evaluate(() => {
    (window as any).updates = 0;
    addEventListener('switchboard:update', () => { (window as any).updates += 1; });
  });
  await expect(page.getByText('There is a new version.')).toBeHidden();
  await page.evaluate(() => navigator.serviceWorker.dispatchEvent(new Event('controllerchange')));
  await expect(page.getByText('There is a new version.')).toBeVisible();
  expect(await page.evaluate(() => (window as any).updates)).toBe(1);
});

test('the debug panel tells kinds, positions and times, and no texts', async ({ signedIn: page, server, device }) => {
  await page.goto(`${server.url}/chats?debug`);
  const panel = page.getByRole('complementary', { name: 'Debug' });
  await expect(panel).toContainText('live');
  const other = await server.api('POST', '/sandbox/phones', { name: 'Tester' });
  await server.api('POST', `/sandbox/phones/${other.number}/messages`, { to: device.number, text: 'a secret text' });
  await expect(panel.locator('li').filter({ hasText: 'event message.new' }).first()).toBeVisible();
  await expect(panel).toContainText(/server to here \d+ ms · applied \d+ ms · painted \d+ ms/);
  await expect(panel).not.toContainText('secret');
  await panel.getByRole('button', { name: 'Close the debug panel' }).click();
  await expect(panel).toHaveCount(0);
});
