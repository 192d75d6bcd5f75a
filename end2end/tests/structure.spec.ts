// What a screen reader finds on each screen, on a desktop and on a phone: headings, names and roles. Texts that vary are
// patterns; what a snapshot does not name may be there.
import type { Page } from '@playwright/test';
import { expect } from '../fixtures/index.ts';
import { conversation, go, test } from '../fixtures/structure.ts';

const looks = (page: Page, snapshot: string) => expect(page.locator('body')).toMatchAriaSnapshot(snapshot);

/** The way between the pages: on a phone without the mark and the devices. */
const rail = (isMobile: boolean) => `
    - link "Skip to content":
      - /url: "#main"
    - navigation "Main":${isMobile ? '' : `
      - link "Switchboard":
        - /url: /chats`}
      - link /Chats$/:
        - /url: /chats
      - link "Devices":
        - /url: /devices
      - link "Sandbox":
        - /url: /sandbox${isMobile ? '' : `
      - list "Devices":
        - listitem:
          - link /.+. .+/`}
      - link "Settings":
        - /url: /settings`;

const LIST = `
    - region "Chats":
      - heading "Chats" [level=1]
      - button "New chat"
      - search:
        - searchbox "Search"
      - group "Which chats to show":
        - button "All" [pressed]
        - button /^Unread( \\d+)?$/
        - button "Groups"
      - status
      - navigation "Chats":
        - list:
          - listitem:
            - link /^Snapshot Sofia \\d+:\\d+ delivered Yes, at noon/
            - button "Actions for the chat with Snapshot Sofia"`;

const thread = (isMobile: boolean) => `
    - main:${isMobile ? `
      - link "Back":
        - /url: /chats` : ''}
      - link /^Snapshot Sofia \\+[\\d ]+$/:
        - /url: /\\/chats\\/cht_\\w+\\?info/
        - heading "Snapshot Sofia" [level=2]
        - paragraph: /\\+[\\d ]+/
      - feed "Messages with Snapshot Sofia":
        - article "Today":
          - button "Today"
        - article /^Snapshot Sofia, \\d+:\\d+. Is the order ready\\?$/:
          - time: /\\d+:\\d+/
          - button "Message actions"
        - article /^You, \\d+:\\d+, delivered. Yes, at noon$/:
          - time: /\\d+:\\d+/
          - button "Message actions"`;

/** What follows the thread within the main landmark. */
const COMPOSER = `
      - button "Attach"
      - textbox "Message to Snapshot Sofia"
      - button "Emoji"
      - button "Record a voice message"`;

test('the chats, and a chat with its composer', async ({ signedIn: page, server, device, isMobile }) => {
  const chat = await conversation(server, device, 'Snapshot Sofia');
  await go(page, server, '/chats');
  await looks(page, `${rail(isMobile)}${LIST}${isMobile ? '' : `
    - main:
      - heading "Choose a chat" [level=2]
      - paragraph`}
    - log`);
  await go(page, server, `/chats/${chat.id}`);
  await looks(page, `${isMobile ? '' : rail(isMobile) + LIST}${thread(isMobile)}${COMPOSER}
    - log`);
});

test('the details of a chat', async ({ signedIn: page, server, device, isMobile }) => {
  const chat = await conversation(server, device, 'Snapshot Sofia');
  await go(page, server, `/chats/${chat.id}?info`);
  await looks(page, `${isMobile ? '' : rail(isMobile) + LIST + thread(isMobile) + COMPOSER}
    - complementary "Details":
      - heading "Details" [level=2]
      - button "Close details"
      - heading "Snapshot Sofia" [level=3]
      - paragraph: /\\+[\\d ]+/
      - heading "About" [level=3]
      - button "Block"
      - link "Starred messages":
        - /url: /\\?info=starred$/
      - link "Media and files":
        - /url: /\\?info=media$/
      - combobox "Notifications":
        - option "On" [selected]
      - combobox "Disappearing messages":
        - option "Off" [selected]
      - heading "Labels" [level=3]
      - textbox "New label"
      - button "Add"
      - button "Clear messages"
      - button "Delete chat"
    - log`);
});

test('the menu of a message, and what it leads to', async ({ signedIn: page, server, device }) => {
  const chat = await conversation(server, device, 'Snapshot Sofia');
  await go(page, server, `/chats/${chat.id}`);
  const menu = async (text: RegExp) => {
    const row = page.getByRole('article', { name: text });
    await row.hover();
    await row.getByRole('button', { name: 'Message actions' }).click();
    return page.locator('#message-menu');
  };
  await expect(await menu(/Is the order ready/)).toMatchAriaSnapshot(`
    - group "React":
      - button "👍" [pressed=false]
      - button "❤️" [pressed=false]
    - button "Reply"
    - button "Copy text"
    - button "Forward"
    - button "Star"
    - button "Pin"
    - button "Info"
    - button "Delete for me"`);
  await page.keyboard.press('Escape');
  await expect(await menu(/Yes, at noon/)).toMatchAriaSnapshot(`
    - group "React"
    - button "Reply"
    - button "Edit"
    - button "Copy text"
    - button "Forward"
    - button "Info"
    - button "Delete for me"
    - button "Delete for everyone"`);
  await page.locator('#message-menu').getByRole('button', { name: 'Info' }).click();
  await expect(page.getByRole('dialog', { name: 'Info' })).toMatchAriaSnapshot(`
    - dialog "Info":
      - heading "Info" [level=2]
      - paragraph: Yes, at noon
      - term
      - definition
      - button "Close details"`);
});

test('the dialogs', async ({ signedIn: page, server, device, isMobile }) => {
  await go(page, server, '/chats');
  await page.getByRole('button', { name: 'New chat' }).first().click();
  const dialog = page.getByRole('dialog', { name: 'New chat' });
  await expect(dialog).toMatchAriaSnapshot(`
    - dialog "New chat":
      - heading "New chat" [level=2]
      - group "How to begin":
        - radio "Number" [checked]
        - radio "Contact"
        - radio "New group"
        - radio "Invite link"
      - paragraph
      - textbox "Phone number"
      - button "Cancel"
      - button "Open chat" [disabled]`);
  await dialog.getByRole('button', { name: 'Cancel' }).click();
  await go(page, server, '/devices');
  await page.getByRole('button', { name: 'Add device' }).first().click();
  await expect(page.getByRole('dialog', { name: 'Add a device' })).toMatchAriaSnapshot(`
    - dialog "Add a device":
      - heading "Add a device" [level=2]
      - paragraph
      - textbox "Name"
      - button "Cancel"
      - button "Add and link"`);
  if (isMobile) return;
  await page.keyboard.press('Escape');
  await page.locator('#main').focus();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Keyboard shortcuts' })).toMatchAriaSnapshot(`
    - dialog "Keyboard shortcuts":
      - heading "Keyboard shortcuts" [level=2]
      - term: "?"
      - definition: Show the shortcuts
      - term: Ctrl K
      - definition: Search
      - term: Esc
      - definition`);
});

test('the devices, and one of them', async ({ signedIn: page, server, device, isMobile }) => {
  await go(page, server, '/devices');
  await looks(page, `${rail(isMobile)}
    - main:
      - status
      - heading "Devices" [level=1]
      - paragraph
      - button "Add device"
      - list:
        - listitem:
          - heading /^Device \\w+$/ [level=2]:
            - link /^Device \\w+$/:
              - /url: /\\/devices\\/dev_\\w+/
          - paragraph: /\\+[\\d ]+ · .+/
          - text: Connected
          - paragraph:
            - time
          - term: Last message in
          - definition
          - term: Last message out
          - definition
          - term: Waiting to go out
          - definition: "0"
          - term: Times connected
          - definition
          - link "Open chats":
            - /url: /chats
          - button /^Actions for Device \\w+$/
    - log`);
  await go(page, server, `/devices/${device.id}`);
  await looks(page, `${rail(isMobile)}
    - main:
      - status
      - link "All devices":
        - /url: /devices
      - heading /^Device \\w+$/ [level=1]
      - paragraph: Connected
      - link "Open chats":
        - /url: /chats
      - button /^Actions for Device \\w+$/
      - term: Number
      - definition: /\\+[\\d ]+/
      - term: WhatsApp name
      - definition
      - region "Health":
        - heading "Health" [level=2]
        - term: Connected since
        - definition:
          - time
      - group:
        - heading "WhatsApp profile" [level=2]
      - region "History of the connection":
        - heading "History of the connection" [level=2]
        - list:
          - listitem:
            - time
    - log`);
});

const SECTIONS = `
    - heading "Settings" [level=1]
    - navigation "Sections of the settings":
      - list:
        - listitem:
          - link "Profile"
        - listitem:
          - link "Appearance"
        - listitem:
          - link "Notifications and sounds"
        - listitem:
          - link "Keyboard shortcuts"
        - listitem:
          - link "API keys"
        - listitem:
          - link "Webhooks"
        - listitem:
          - link "People"
        - listitem:
          - link "About"
    - button "Sign out"`;

const SETTINGS: Record<string, string> = {
  profile: `
      - heading "Profile" [level=2]
      - paragraph: /^Workspace. .+/
      - textbox "Your name"
      - textbox "E-mail"
      - textbox /^Password/
      - button "Save"`,
  appearance: `
      - heading "Appearance" [level=2]
      - group "Theme":
        - radio "Auto"
        - radio "Light"
        - radio "Dark"
      - group "Density":
        - radio "Comfortable"
        - radio "Compact"
      - group "Accent":
        - radio "Green"
      - group "Behind your chats":
        - radio "Dots"
      - combobox /^Language/:
        - option "English" [selected]`,
  alerts: `
      - heading "Notifications and sounds" [level=2]
      - region "Notifications and sounds":
        - paragraph
        - group "Sounds":
          - switch "New message"
          - switch "Message sent"
          - switch "Something failed"
          - switch "Connection lost or back"
        - group "Devices that sound and notify":
          - switch /^Device \\w+$/`,
  shortcuts: `
      - heading "Keyboard shortcuts" [level=2]
      - checkbox /^Single keys/ [checked]
      - region "Keyboard shortcuts":
        - term: "?"
        - definition: Show the shortcuts`,
  'api-keys': `
      - heading "API keys" [level=2]
      - paragraph
      - button "New key"`,
  webhooks: `
      - heading "Webhooks" [level=2]
      - paragraph
      - button "New webhook"`,
  people: `
      - heading "People" [level=2]
      - paragraph
      - button "Add somebody"
      - list:
        - listitem:
          - heading /^Owner/ [level=3]
          - combobox "What Owner may do":
            - option "Everything" [selected]`,
  about: `
      - heading "About" [level=2]
      - region "Network":
        - heading "Network" [level=3]
        - paragraph: /^Sandbox/
        - paragraph:
          - link "API reference":
            - /url: /docs`,
};

test('the settings, section by section', async ({ signedIn: page, server, device: _, isMobile }) => {
  test.slow();
  await go(page, server, '/settings');
  await looks(page, `${rail(isMobile)}${SECTIONS}${isMobile ? '' : `
    - main:${SETTINGS.profile}`}
    - log`);
  for (const [section, snapshot] of Object.entries(SETTINGS)) {
    await go(page, server, `/settings/${section}`);
    await looks(page, `${rail(isMobile)}${isMobile ? '' : SECTIONS}
    - main:
      - status${isMobile ? `
      - link "All settings":
        - /url: /settings` : ''}${snapshot}
    - log`);
  }
});
