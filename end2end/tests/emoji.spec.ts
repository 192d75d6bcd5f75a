// Emoji by their names in the page's language.
import type { Page } from '@playwright/test';
import { chatWith, expect, test } from '../fixtures/index.ts';

// The service worker's requests go past the routes of a page.
test.use({ serviceWorkers: 'block' });

type Language = { tag: string; button: string; search: string; words: string; name: string; group: string };

const LANGUAGES: Language[] = [
  { tag: 'es', button: 'Emojis', search: 'Buscar emojis', words: 'corazon', name: 'corazón rojo', group: 'Banderas' },
  { tag: 'de', button: 'Emojis', search: 'Emojis suchen', words: 'rotes HERZ', name: 'rotes Herz', group: 'Flaggen' },
  { tag: 'ar', button: 'الرموز التعبيرية', search: 'البحث عن رمز تعبيري', words: 'قلب احمر', name: 'قلب أحمر', group: 'الأعلام' },
];

async function open(page: Page, server: any, device: any, { tag, button }: Language) {
  const chat = await chatWith(server, device, `Emoji ${tag}`, 'Good morning');
  await page.context().addCookies([{ name: 'lang', value: tag, url: server.url }]);
  await page.goto(`${server.url}/chats/${chat.id}`);
  await page.waitForSelector('html[data-alive]');
  await page.getByRole('button', { name: button, exact: true }).click();
}

for (const language of LANGUAGES) {
  test(`in ${language.tag}, emoji are found and called by the language's words`, async ({ signedIn: page, server, device, a11y }) => {
    const asked: string[] = [];
    page.on('request', (request) => { if (request.url().includes('/emoji/')) asked.push(new URL(request.url()).pathname); });
    await open(page, server, device, language);
    const search = page.getByLabel(language.search, { exact: true });
    await search.fill(language.words);
    const heart = page.getByRole('button', { name: language.name, exact: true });
    await expect(heart).toHaveText('❤️');
    await a11y(page);
    await heart.click();
    await expect(page.locator('#composer')).toHaveValue('❤️');
    // The groups have names of the language, too.
    await page.getByRole('button', { name: language.group, exact: true }).click();
    await expect(page.locator('.emoji__one').first()).toHaveText('🏁');
    expect(asked.sort()).toEqual([`/emoji/${language.tag}.json`, '/emoji/faces.json'].sort());
  });
}

test('names that cannot be had in the language of the page are English', async ({ signedIn: page, server, device }) => {
  const [spanish] = LANGUAGES;
  await page.route('**/emoji/es.json', (route) => route.abort('connectionfailed'));
  await open(page, server, device, spanish);
  await page.getByLabel(spanish.search, { exact: true }).fill('red heart');
  await expect(page.getByRole('button', { name: 'red heart', exact: true })).toHaveText('❤️');
});
