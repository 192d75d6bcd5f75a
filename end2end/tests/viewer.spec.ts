// Looking at pictures with fingers, and from the list of a chat's files; and how files are sent.
import { API_KEY, expect, test, until } from '../fixtures/index.ts';
import { conversation } from '../fixtures/structure.ts';

const PNG = 'iVBORw0KGgoAAAANSUhEUgAAAAQAAAAECAIAAAAmkwkpAAAAEElEQVR42mM4YWMDRwzEcQAREhQBhrsuHAAAAABJRU5ErkJggg==';

/** A conversation with so many pictures of ours. */
async function pictured(server: any, device: { id: string; number: string }, name: string, count: number) {
  const chat = await conversation(server, device, name);
  for (let n = 1; n <= count; n += 1) {
    const upload = await fetch(`${server.url}/api/v1/media`, {
      method: 'POST', headers: { 'x-api-key': API_KEY, 'content-type': 'image/png' }, body: Buffer.from(PNG, 'base64'),
    });
    const media = await upload.json();
    const sent = await server.api('POST', `/chats/${chat.id}/messages`, { text: `Number ${n}`, media: { id: media.id } });
    await until(async () => {
      const { status } = await server.api('GET', `/messages/${sent.id}`);
      if (status !== 'delivered') throw new Error(`it is ${status}`);
    });
  }
  return chat;
}

test('fingers go from picture to picture, and make one larger', async ({ signedIn: page, server, device }) => {
  const chat = await pictured(server, device, 'Fingers', 2);
  await page.goto(`${server.url}/chats/${chat.id}`);
  await page.waitForSelector('html[data-alive]');
  await page.getByRole('article', { name: /Number 1/ }).getByRole('link', { name: 'Photo' }).click();
  const viewer = page.getByRole('dialog', { name: 'Pictures and videos' });
  const stage = viewer.locator('.viewer__stage');
  await expect(viewer.getByRole('status')).toHaveText('1 of 2');
  const finger = async (steps: [string, number, number, number][]) => {
    for (const [kind, pointerId, clientX, clientY] of steps) {
      await stage.dispatchEvent(kind, { pointerType: 'touch', pointerId, bubbles: true, clientX, clientY });
    }
  };
  const draw = (from: number, to: number) => finger([['pointerdown', 1, from, 300], ['pointermove', 1, to, 304], ['pointerup', 1, to, 304]]);
  await draw(200, 170);
  await expect(viewer.getByRole('status')).toHaveText('1 of 2');
  await draw(200, 120);
  await expect(viewer.getByRole('status')).toHaveText('2 of 2');
  await draw(120, 200);
  await expect(viewer.getByRole('status')).toHaveText('1 of 2');

  const width = () => stage.locator('img').evaluate((one) => one.getBoundingClientRect().width);
  await finger([['pointerdown', 1, 100, 300], ['pointerdown', 2, 200, 300], ['pointermove', 2, 300, 300]]);
  await expect(stage).toHaveAttribute('data-zoom', '3');
  const room = await stage.evaluate((one) => one.clientWidth);
  await expect.poll(width).toBeGreaterThan(room * 1.9);
  await finger([['pointerup', 2, 300, 300], ['pointerup', 1, 100, 300]]);
  // What is larger is drawn about, and not exchanged.
  await draw(200, 120);
  await expect(viewer.getByRole('status')).toHaveText('1 of 2');
  await expect.poll(() => stage.evaluate((one) => one.scrollLeft)).toBeGreaterThan(0);
  await finger([['pointerdown', 1, 100, 300], ['pointerdown', 2, 300, 300], ['pointermove', 2, 120, 300], ['pointerup', 2, 120, 300], ['pointerup', 1, 100, 300]]);
  await expect(stage).toHaveAttribute('data-zoom', '0');
  // Two taps belong together only if they come soon after each other.
  const tap = [['pointerdown', 1, 150, 300], ['pointerup', 1, 150, 300]] as [string, number, number, number][];
  await expect(async () => {
    await finger([...tap, ...tap]);
    await expect(stage).toHaveAttribute('data-zoom', '2', { timeout: 500 });
  }).toPass();
});

test('the pictures of a chat are looked at from the list of its files', async ({ signedIn: page, server, device, a11y }) => {
  const chat = await pictured(server, device, 'Tiles', 2);
  await page.goto(`${server.url}/chats/${chat.id}?info=media`);
  await page.waitForSelector('html[data-alive]');
  const tiles = page.locator('.tile');
  await expect(tiles).toHaveCount(2);
  // The newest one comes first in the list, and last in the viewer.
  await tiles.first().click();
  const viewer = page.getByRole('dialog', { name: 'Pictures and videos' });
  await expect(viewer.getByRole('status')).toHaveText('2 of 2');
  await expect(viewer.getByText('Number 2')).toBeVisible();
  await a11y(page);
  await page.keyboard.press('Escape');
  await expect(viewer).toHaveCount(0);
  await expect(page.getByRole('complementary', { name: 'Details' })).toBeVisible();
});

test('a picture that is pasted after a document is sent as a picture', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Tray');
  await page.goto(`${server.url}/chats/${chat.id}`);
  await page.waitForSelector('html[data-alive]');
  const tray = page.getByRole('dialog');
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Attach' }).click();
  await page.getByRole('button', { name: 'Document', exact: true }).click();
  await (await chooser).setFiles([{ name: 'list.csv', mimeType: 'text/csv', buffer: Buffer.from('a,b\n') }]);
  const unchanged = tray.getByRole('checkbox', { name: 'Send as documents, unchanged' });
  await expect(unchanged).toBeChecked();
  await tray.getByRole('button', { name: 'Cancel' }).click();
  await expect(tray).toHaveCount(0);
  await page.evaluate((bytes) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(bytes), (c) => c.charCodeAt(0))], 'shot.png', { type: 'image/png' }));
    document.querySelector('.thread')!.dispatchEvent(new ClipboardEvent('paste', { bubbles: true, cancelable: true, clipboardData: data }));
  }, PNG);
  await expect(tray.getByText('shot.png')).toBeVisible();
  await expect(unchanged).not.toBeChecked();
});
