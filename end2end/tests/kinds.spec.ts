// Every kind of message in the thread, and what is done to messages there.
import { chatWith as conversation, expect, test, until } from '../fixtures/index.ts';

test('places, cards, polls, answers and what becomes of messages', async ({ signedIn: page, server, device, a11y }) => {
  const chat = await conversation(server, device, 'Kinds');
  await page.goto(`${server.url}/chats/${chat.id}`);
  const row = (name: RegExp) => page.getByRole('article', { name });
  await expect(row(/Shall we meet/)).toBeVisible();

  await chat.says({ text: 'At noon?', quoted: chat.first.id });
  await expect(row(/At noon/).getByRole('button', { name: /Shall we meet\?/ })).toBeVisible();

  await chat.says({ location: { latitude: 40.4168, longitude: -3.7038, name: 'Puerta del Sol', address: 'Madrid' } });
  const place = row(/Location/).getByRole('link', { name: /Puerta del Sol/ });
  await expect(place).toHaveAttribute('href', /openstreetmap\.org.*40\.4168/);

  await chat.says({ contact: { name: 'Carla Ruiz', phoneNumbers: ['34600333444'] } });
  await expect(row(/Contact\. Carla Ruiz/)).toContainText('+34 600 333 444');

  await chat.says({ poll: { name: 'Where?', options: ['Here', 'There'], selectable: 1 } });
  const poll = row(/Poll/);
  const here = poll.getByRole('button', { name: /Here/ });
  await expect(here).toHaveAttribute('aria-pressed', 'false');
  await here.click();
  await expect(here).toHaveAttribute('aria-pressed', 'true');
  await until(async () => {
    const held = (await chat.holds()).find((message) => message.poll);
    if (held.poll.options[0].voters.length !== 1) throw new Error('the phone has no vote yet');
  });

  await chat.says({ reaction: { messageId: chat.first.id, emoji: '🎉' } });
  await expect(row(/Shall we meet/).getByLabel('Reactions')).toHaveText('🎉');
  await chat.says({ edit: { messageId: chat.first.id, text: 'Shall we meet today?' } });
  await expect(row(/Shall we meet today/)).toContainText('Edited');
  const wrong = await chat.says({ text: 'Wrong window' });
  await expect(row(/Wrong window/)).toBeVisible();
  await chat.says({ revoke: { messageId: wrong.id } });
  await expect(row(/This message was deleted/)).toBeVisible();
  await expect(page.getByRole('feed').getByText('Wrong window')).toHaveCount(0);
  await a11y(page);
});

test('the menu of a message answers, reacts, changes and takes back', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Menu');
  await page.goto(`${server.url}/chats/${chat.id}`);
  await page.waitForSelector('html[data-alive]');
  const row = (name: RegExp) => page.getByRole('article', { name });
  const open = (name: RegExp) => row(name).getByRole('button', { name: 'Message actions' }).click();
  const field = page.getByLabel(/^Message to Menu/);
  const held = (what: string, is: (message: any) => boolean) => until(async () => {
    if (!(await chat.holds()).some(is)) throw new Error(`the phone has not ${what}`);
  });

  await open(/Shall we meet/);
  await page.getByRole('button', { name: '👍' }).click();
  await expect(row(/Shall we meet/).getByLabel('Reactions')).toHaveText('👍');
  await held('the reaction', (message) => message.reactions?.some((reaction: any) => reaction.emoji === '👍'));

  await open(/Shall we meet/);
  await page.getByRole('button', { name: 'Reply' }).click();
  const about = page.getByText(/^Reply to /);
  await expect(about).toBeVisible();
  await field.fill('Yes, gladly');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(about).toHaveCount(0);
  await expect(row(/delivered: Yes, gladly/).getByText('Shall we meet?')).toBeVisible();
  await held('the answer', (message) => message.text === 'Yes, gladly' && message.quoted);

  await open(/Yes, gladly/);
  await page.getByRole('button', { name: 'Edit', exact: true }).click();
  await expect(field).toHaveValue('Yes, gladly');
  await field.fill('Yes, at two');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(row(/Yes, at two/)).toContainText('Edited');
  await held('the change', (message) => message.text === 'Yes, at two');

  await open(/Yes, at two/);
  await page.getByRole('button', { name: 'Delete for everyone' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete this message for everyone?' });
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await expect(dialog).toHaveCount(0);
  await expect(row(/Yes, at two/)).toBeVisible();
  await open(/Yes, at two/);
  await page.getByRole('button', { name: 'Delete for everyone' }).click();
  await dialog.getByRole('button', { name: 'Delete for everyone' }).click();
  await expect(row(/This message was deleted/)).toBeVisible();
  await held('it taken back', (message) => message.revokedAt);
});
