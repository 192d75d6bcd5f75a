// What stands beside a thread, the ways to a new chat, and what the menu of a message opens.
import { chatWith as conversation, expect, test, until } from '../fixtures/index.ts';

const spaced = (number: string) => new RegExp(number.split('').join(' ?'));

test('the details of a person open beside the thread, change the chat, and close', async ({ signedIn: page, server, device, a11y }) => {
  const chat = await conversation(server, device, 'Person');
  const chatNow = () => server.api('GET', `/chats/${chat.id}`);
  await page.goto(`${server.url}/chats/${chat.id}`);
  await page.waitForSelector('html[data-alive]');
  await page.locator('.thread__open').click();
  await expect(page).toHaveURL(/\?info/);
  const pane = page.getByRole('complementary', { name: 'Details' });
  await expect(pane.getByRole('heading', { name: 'Person' })).toBeVisible();
  await expect(pane.getByText(spaced(chat.number)).first()).toBeVisible();
  await a11y(page);

  await pane.getByLabel('Notifications').selectOption({ label: 'Muted for 8 hours' });
  await until(async () => {
    if (!((await chatNow()).mutedUntil > Date.now())) throw new Error('not muted yet');
  });
  await expect(pane.getByLabel('Notifications').locator('option:checked')).toHaveText(/^Muted until/);
  await pane.getByLabel('Disappearing messages').selectOption({ label: 'After 7 days' });
  await until(async () => {
    if ((await chatNow()).expiresIn !== 604800) throw new Error('messages do not disappear yet');
  });

  await pane.getByLabel('New label').fill('Paid');
  await pane.getByRole('button', { name: 'Add', exact: true }).click();
  const label = pane.getByRole('button', { name: 'Paid' });
  await label.click();
  await expect(label).toHaveAttribute('aria-pressed', 'true');
  expect((await chatNow()).labels).toHaveLength(1);

  await pane.getByRole('button', { name: 'Block' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Block' }).click();
  await expect(pane.getByText(/^Blocked/)).toBeVisible();
  await pane.getByRole('button', { name: 'Unblock' }).click();
  await expect(pane.getByText(/^Blocked/)).toHaveCount(0);

  await page.goBack();
  await expect(pane).toHaveCount(0);
  await page.goForward();
  await expect(pane).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(pane).toHaveCount(0);
  await expect(page).toHaveURL(new RegExp(`/chats/${chat.id}$`));
});

test('a group is made', async ({ signedIn: page, server, device, a11y }) => {
  const first = await conversation(server, device, 'Ana Ruiz');
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  await page.getByRole('button', { name: 'New chat' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: 'New group' }).check();
  await dialog.getByLabel('Name of the group').fill('Kitchen');
  // Her whole name: what the server finds for less may come in above her while she is pressed.
  await dialog.getByLabel('Search people').fill('Ana Ruiz');
  await dialog.getByRole('button', { name: /Ana Ruiz/ }).first().click();
  await a11y(page);
  await dialog.getByRole('button', { name: 'Create group' }).click();
  await expect(page).toHaveURL(/\/chats\/cht_/);

  await page.locator('.thread__open').click();
  const pane = page.getByRole('complementary', { name: 'Details' });
  await expect(pane.getByText('Group · 2 members')).toBeVisible();
  await expect(pane.getByRole('listitem').filter({ hasText: 'Ana Ruiz' })).toBeVisible();
  const id = /chats\/(cht_[^?]+)/.exec(page.url())![1];
  const { subject, members } = await server.api('GET', `/devices/${device.id}/groups/${id}`);
  expect(subject).toBe('Kitchen');
  expect(members.some((one: any) => one.phoneNumber === first.number)).toBe(true);
});

test('a group is changed and filled', async ({ signedIn: page, server, device, a11y }) => {
  const first = await conversation(server, device, 'Ana Ruiz');
  const second = await conversation(server, device, 'Bruno Paz');
  const { chatId: id } = await server.api('POST', `/devices/${device.id}/groups`, { subject: 'Kitchen', members: [first.number] });
  const group = () => server.api('GET', `/devices/${device.id}/groups/${id}`);
  await page.goto(`${server.url}/chats/${id}`);
  await page.waitForSelector('html[data-alive]');
  await page.locator('.thread__open').click();
  const pane = page.getByRole('complementary', { name: 'Details' });
  const dialog = page.getByRole('dialog');

  await pane.getByRole('button', { name: 'Edit name and description' }).click();
  await pane.getByLabel('Name of the group').fill('Kitchen and bar');
  await pane.getByRole('textbox', { name: 'Description' }).fill('Who cooks when');
  await pane.getByRole('button', { name: 'Save' }).click();
  await expect(pane.getByText('Who cooks when')).toBeVisible();
  expect((await group()).subject).toBe('Kitchen and bar');

  await pane.getByRole('switch', { name: 'Only admins may write' }).check();
  await until(async () => {
    if (!(await group()).settings.announce) throw new Error('everybody may write still');
  });

  await pane.getByRole('button', { name: 'Add members' }).click();
  await dialog.getByLabel('Search people').fill('Bruno Paz');
  await dialog.getByRole('button', { name: /Bruno Paz/ }).first().click();
  await dialog.getByRole('button', { name: 'Add', exact: true }).click();
  const bruno = pane.getByRole('listitem').filter({ hasText: 'Bruno Paz' });
  await expect(bruno).toBeVisible();
  await bruno.getByLabel('Actions for Bruno Paz').click();
  await bruno.getByRole('button', { name: 'Make admin' }).click();
  await expect(bruno.getByText('Admin', { exact: true })).toBeVisible();
  await bruno.getByLabel('Actions for Bruno Paz').click();
  await bruno.getByRole('button', { name: 'Remove from group' }).click();
  await dialog.getByRole('button', { name: 'Remove from group' }).click();
  await expect(bruno).toHaveCount(0);
  expect((await group()).members.some((one: any) => one.phoneNumber === second.number)).toBe(false);
  expect((await group()).members.some((one: any) => one.phoneNumber === first.number)).toBe(true);

  await pane.getByRole('button', { name: 'Show the link' }).click();
  await expect(pane.getByText(/^https:\/\//)).toBeVisible();
  await a11y(page);
});

test('a new chat begins with a number that exists', async ({ signedIn: page, server, device }) => {
  const other = await server.api('POST', '/sandbox/phones', { name: 'Number' });
  await page.goto(`${server.url}/chats`);
  await page.waitForSelector('html[data-alive]');
  await page.getByRole('button', { name: 'New chat' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Phone number').fill('+34 699 999 998');
  await dialog.getByRole('button', { name: 'Open chat' }).click();
  await expect(dialog.getByRole('alert')).toContainText('is not on WhatsApp');
  await dialog.getByLabel('Phone number').fill(`+${other.number}`);
  await dialog.getByRole('button', { name: 'Open chat' }).click();
  await expect(page).toHaveURL(/\/chats\/cht_/);
  expect(device.id).toBeTruthy();
});

test('a message is starred, pinned, passed on, looked at and deleted here', async ({ signedIn: page, server, device, a11y }) => {
  const chat = await conversation(server, device, 'Marks');
  const target = await conversation(server, device, 'Target');
  await page.goto(`${server.url}/chats/${chat.id}`);
  await page.waitForSelector('html[data-alive]');
  const row = (name: RegExp) => page.getByRole('article', { name });
  const open = (name: RegExp) => row(name).getByRole('button', { name: 'Message actions' }).click();
  const dialog = page.getByRole('dialog');

  await open(/Shall we meet/);
  await page.getByRole('button', { name: 'Star', exact: true }).click();
  await expect(row(/Shall we meet/).getByText('Starred')).toBeAttached();
  await open(/Shall we meet/);
  await page.getByRole('button', { name: 'Pin', exact: true }).click();
  await dialog.getByRole('button', { name: '7 days' }).click();
  await expect(row(/Shall we meet/).getByText('Pinned')).toBeAttached();

  await open(/Shall we meet/);
  await page.getByRole('button', { name: 'Forward', exact: true }).click();
  await dialog.getByLabel('Search chats').fill('Target');
  await dialog.getByRole('button', { name: /Target/ }).first().click();
  await dialog.getByRole('button', { name: 'Forward to 1 chat' }).click();
  await expect(page.getByText('Forwarded to 1 chat.')).toBeVisible();
  await until(async () => {
    if (!(await target.holds()).some((message) => message.forwards > 0)) throw new Error('nothing was forwarded');
  });

  const field = page.getByLabel(/^Message to Marks/);
  await field.fill('On my way');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(row(/delivered: On my way/)).toBeVisible();
  await open(/On my way/);
  await page.getByRole('button', { name: 'Info', exact: true }).click();
  await expect(dialog.getByText('Delivered')).toBeVisible();
  await server.api('POST', `/sandbox/phones/${chat.number}/read`, { chat: device.number });
  await expect(dialog.getByText('Not yet')).toHaveCount(0);
  await dialog.getByRole('button', { name: 'Why did it not arrive?' }).click();
  await expect(dialog.getByText('WhatsApp has it.')).toBeVisible();
  await a11y(page);
  await page.keyboard.press('Escape');
  await expect(dialog).toHaveCount(0);

  await open(/On my way/);
  await page.getByRole('button', { name: 'Delete for me' }).click();
  await dialog.getByRole('button', { name: 'Delete for me' }).click();
  await expect(row(/On my way/)).toHaveCount(0);
  expect((await chat.holds()).some((message) => message.text === 'On my way')).toBe(true);

  await page.goto(`${server.url}/chats/${chat.id}?info=starred`);
  const pane = page.getByRole('complementary', { name: 'Details' });
  await expect(pane.getByRole('button', { name: /Shall we meet/ })).toBeVisible();
  await pane.getByRole('link', { name: 'Back to details' }).click();
  await expect(pane.getByRole('link', { name: 'Media and files' })).toBeVisible();
});

test('a finger that draws a message aside answers it', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Swipe');
  await page.goto(`${server.url}/chats/${chat.id}`);
  await page.waitForSelector('html[data-alive]');
  const row = page.getByRole('article', { name: /Shall we meet/ });
  const finger = async (steps: [string, number, number][]) => {
    for (const [kind, clientX, clientY] of steps) {
      await row.dispatchEvent(kind, { pointerType: 'touch', bubbles: true, clientX, clientY });
    }
  };
  await finger([['pointerdown', 60, 300], ['pointermove', 64, 340], ['pointermove', 130, 340], ['pointerup', 130, 340]]);
  await expect(page.getByText(/^Reply to /)).toHaveCount(0);
  await finger([['pointerdown', 60, 300], ['pointermove', 90, 302], ['pointermove', 130, 304], ['pointerup', 130, 304]]);
  await expect(page.getByText(/^Reply to /)).toBeVisible();
});

test('words are looked for in one chat, and lead to their messages', async ({ signedIn: page, server, device, isMobile, a11y }) => {
  const chat = await conversation(server, device, 'Seeker');
  const other = await conversation(server, device, 'Bystander');
  await other.says('The marzipan is elsewhere');
  await chat.says('The marzipan is at the harbour');
  for (let n = 0; n < 80; n += 1) await chat.says(`filler ${n}`);
  await until(async () => {
    const { items } = await server.api('GET', `/chats/${chat.id}/messages?limit=1`);
    if (items[0].text !== 'filler 79') throw new Error('not all there yet');
  });
  await page.goto(`${server.url}/chats/${chat.id}`);
  await page.waitForSelector('html[data-alive]');
  await page.getByRole('link', { name: 'Search in this chat' }).click();
  const pane = page.getByRole('complementary', { name: 'Details' });
  const field = pane.getByRole('searchbox', { name: 'Search in this chat' });
  await expect(field).toBeFocused();
  await field.fill('zzz');
  await expect(pane.getByText('Nothing was found for “zzz”.')).toBeVisible();
  await field.fill('MARZIP');
  const hit = pane.getByRole('listitem').getByRole('button');
  await expect(hit).toHaveCount(1);
  await expect(hit.locator('mark')).toHaveText('marzip');
  await a11y(page);
  await hit.click();
  const found = page.getByRole('article', { name: /at the harbour/ });
  await expect(found).toBeInViewport();
  await expect(found).toHaveAttribute('data-found', '');
  if (isMobile) {
    // The way back leads to what was found.
    await page.getByRole('link', { name: 'Back', exact: true }).click();
    await expect(field).toHaveValue('MARZIP');
    await expect(hit).toHaveCount(1);
  }
  await field.press('Escape');
  await expect(field).toHaveValue('');
  await field.press('Escape');
  await expect(pane).toHaveCount(0);
});

test('the head of a thread says when somebody was last seen', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Sleeper');
  const shows = (state: string) => server.api('POST', `/sandbox/phones/${chat.number}/presence`, { state });
  await server.api('PUT', `/chats/${chat.id}/presence-subscription`, { seconds: 600 });
  await page.goto(`${server.url}/chats/${chat.id}`);
  await page.waitForSelector('html[data-alive]');
  const below = page.locator('.thread__below');
  // Presences pass live: whoever was not connected yet hears the next one.
  await expect(async () => {
    await shows('available');
    await expect(below).toContainText('online', { timeout: 1_000 });
  }).toPass();
  await shows('unavailable');
  await expect(below).toContainText(/^Last seen: Today, \d+:\d+/);
});
