// How the panes share the window, in which colours, and what shows where the keys are.
import type { Page } from '@playwright/test';
import { expect, test, until } from '../fixtures/index.ts';
import { conversation } from '../fixtures/structure.ts';

const LONG = 'This is a sentence that is much longer than any bubble is wide, so that it takes all of the room that it may have. '.repeat(2);

async function open(page: Page, address: string) {
  await page.goto(address);
  await page.waitForSelector('html[data-alive]');
}

const sideways = (page: Page) => page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);

test('bubbles go by the width of the thread, and not by that of the window', async ({ signedIn: page, server, device, isMobile }) => {
  test.skip(isMobile, 'a phone shows one pane at a time');
  const chat = await conversation(server, device, 'Narrow Nina');
  await chat.says(LONG);
  const share = async () => {
    const bubble = page.getByRole('article', { name: /longer than any bubble/ }).locator('.bubble');
    await expect(bubble).toBeVisible();
    return bubble.evaluate((one) => {
      const { width } = one.getBoundingClientRect();
      return { width, of: width / one.parentElement!.getBoundingClientRect().width };
    });
  };
  await open(page, `${server.url}/chats/${chat.id}`);
  const alone = await share();
  expect(alone.width).toBeLessThanOrEqual(581);
  expect(alone.of).toBeLessThan(0.8);
  await page.locator('.thread__open').click();
  await expect(page.getByRole('complementary', { name: 'Details' })).toBeVisible();
  const beside = await share();
  expect(beside.of, 'a narrow thread gives them more of it').toBeGreaterThan(0.82);
  expect(await sideways(page)).toBe(false);
});

test('the automatic theme follows the machine', async ({ signedIn: page, server, a11y }) => {
  const paper = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  await page.emulateMedia({ colorScheme: 'dark' });
  await open(page, `${server.url}/chats`);
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'auto');
  await expect.poll(paper).toBe('rgb(13, 20, 18)');
  await a11y(page);
  await page.emulateMedia({ colorScheme: 'light' });
  await expect.poll(paper).toBe('rgb(246, 245, 241)');
});

test('the keys show where they are', async ({ signedIn: page, server, device, isMobile }) => {
  test.skip(isMobile, 'a phone has no such keys');
  const chat = await conversation(server, device, 'Focus Fay');
  await open(page, `${server.url}/chats/${chat.id}`);
  await page.evaluate(() => (document.activeElement as HTMLElement | null)?.blur());
  const seen = new Set<string>();
  for (let n = 0; n < 24; n += 1) {
    await page.keyboard.press('Tab');
    const at = await page.evaluate(() => {
      const one = document.activeElement!;
      if (one === document.body) return null;
      const drawn = (element: Element) => {
        const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
        return (outlineStyle !== 'none' && parseFloat(outlineWidth) > 0) || boxShadow !== 'none';
      };
      // A field may leave it to the frame that it stands in.
      const frame = one.matches('input, textarea') ? one.parentElement! : one;
      return { name: `${one.tagName}.${one.className} ${one.getAttribute('aria-label') ?? ''}`, shown: drawn(one) || drawn(frame) };
    });
    if (!at) continue;
    seen.add(at.name);
    expect(at.shown, at.name).toBe(true);
  }
  expect(seen.size).toBeGreaterThan(8);
});

test('a thread in Arabic stands from right to left, and fits', async ({ signedIn: page, server, device, context, a11y }) => {
  const chat = await conversation(server, device, 'ليلى');
  await chat.says(LONG);
  await until(async () => {
    const { items } = await server.api('GET', `/chats/${chat.id}/messages?limit=1`);
    if (!items[0].text.startsWith('This is a sentence')) throw new Error('not there yet');
  });
  await context.addCookies([{ name: 'lang', value: 'ar', url: server.url }]);
  await open(page, `${server.url}/chats/${chat.id}`);
  await expect(page.locator('html')).toHaveAttribute('dir', 'rtl');
  const middle = (selector: string) => page.locator(selector).first().evaluate((one) => {
    const { left, right } = one.getBoundingClientRect();
    return (left + right) / 2;
  });
  const mine = await middle('.message-row--mine .bubble');
  const theirs = await middle('.message-row:not(.message-row--mine) .bubble');
  expect(mine, 'what is ours is on the left').toBeLessThan(theirs);
  expect(await sideways(page)).toBe(false);
  await a11y(page);
  for (const part of ['?info', '?info=search']) {
    await open(page, `${server.url}/chats/${chat.id}${part}`);
    await expect(page.locator('.detail__body > :not(template)').first()).toBeVisible();
    expect(await sideways(page), part).toBe(false);
    await a11y(page);
  }
});

test('no rule of the styles has every element looked at anew when one comes or goes', async ({ signedIn: page, server, device, isMobile }) => {
  test.skip(isMobile, 'the styles are the same');
  const chat = await conversation(server, device, 'Styled Stefan');
  await open(page, `${server.url}/chats/${chat.id}`);
  const selectors = await page.evaluate(() => {
    const of = (rules: CSSRuleList): string[] => [...rules].flatMap((rule) => [
      ...(rule instanceof CSSStyleRule ? [rule.selectorText] : []),
      ...('cssRules' in rule ? of(rule.cssRules as CSSRuleList) : []),
    ]);
    return [...document.styleSheets].flatMap((sheet) => of(sheet.cssRules));
  });
  expect(selectors.length).toBeGreaterThan(500);
  // What stands behind another has to have a name: a class, a place, an element.
  const anything = /[+~]\s*(?:\*|:(?!(?:has|is|where)\()|[),]|$)/;
  expect(selectors.filter((one) => anything.test(one))).toEqual([]);
});
