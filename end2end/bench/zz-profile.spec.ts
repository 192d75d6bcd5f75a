import { test, Server, linkedDevice } from '../fixtures/index.ts';
import { conversations, fill, rest } from './support.ts';
import { writeFileSync } from 'node:fs';
test('profile', async ({ browser, server, session }) => {
  const device = await linkedDevice(server, 'Many chats');
  const names = Array.from({ length: 20 }, (_, n) => `Person ${String(n).padStart(2, '0')}`);
  const chats = await conversations(server, device, names);
  await fill(server, chats.map((chat) => ({ chat, messages: 150 })));
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  await context.addCookies(session.cookies);
  const page = await context.newPage();
  await page.goto(server.url + '/chats');
  await page.waitForSelector('html[data-alive]');
  await rest(2000);
  const cdp = await context.newCDPSession(page);
  for (const chat of chats) { await page.evaluate((id) => (document.querySelector(`a.chat-row[href="/chats/${id}"]`) as HTMLElement).click(), chat.id); await rest(300); }
  const events: any[] = [];
  cdp.on('Tracing.dataCollected', ({ value }: any) => events.push(...value));
  if (!process.env.NOTRACE) await cdp.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig: { includedCategories: ['devtools.timeline', 'disabled-by-default-devtools.timeline', 'toplevel', 'blink.user_timing'] } } as any);
  const rows = await page.evaluate(async (ids) => {
    const took: number[] = [];
    for (const id of ids) {
      const begun = performance.now();
      performance.mark('press');
      (document.querySelector(`a.chat-row[href="/chats/${id}"]`) as HTMLElement).click();
      const first = () => document.querySelector('.thread__open')?.getAttribute('href')?.includes(id) && document.querySelectorAll('article[data-row]').length;
      while (!first()) await new Promise((ok) => { const c = new MessageChannel(); c.port1.onmessage = ok; c.port2.postMessage(0); });
      took.push(performance.now() - begun);
      performance.mark('rows');
      await new Promise((ok) => requestAnimationFrame(() => setTimeout(ok)));
      performance.mark('painted');
      took.push(performance.now() - begun);
      await new Promise((ok) => setTimeout(ok, 200));
    }
    return took;
  }, chats.map((chat) => chat.id));
  const even = rows.filter((_, n) => n % 2 === 0).sort((a, b) => a - b), odd = rows.filter((_, n) => n % 2).sort((a, b) => a - b);
  console.log('rows p50', even[even.length >> 1].toFixed(1), 'painted p50', odd[odd.length >> 1].toFixed(1));
  if (!process.env.NOTRACE) { const done = new Promise((ok) => cdp.once('Tracing.tracingComplete', ok)); await cdp.send('Tracing.end'); await done; writeFileSync('/tmp/trace.json', JSON.stringify(events)); }
  await cdp.send('Profiler.enable'); await cdp.send('Profiler.setSamplingInterval', { interval: 150 }); await cdp.send('Profiler.start');
  for (let r = 0; r < 3; r++) for (const chat of chats) { await page.evaluate((id) => (document.querySelector(`a.chat-row[href="/chats/${id}"]`) as HTMLElement).click(), chat.id); await rest(150); }
  const { profile } = await cdp.send('Profiler.stop');
  writeFileSync('/tmp/profile.json', JSON.stringify(profile));
  await context.close();
});
