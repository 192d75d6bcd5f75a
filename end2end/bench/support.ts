// What the measurements share: how figures are printed, a database that is filled in a moment, and what is noted in the
// page.
import { execFileSync } from 'node:child_process';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import type { CDPSession, Page } from '@playwright/test';
import { Server, until } from '../fixtures/index.ts';

export const say = (name: string, value: string) => console.log(`${name.padEnd(58)} ${value}`);

/** How busy the machine is beside: figures of a busy one say little. */
export const sayLoad = () => say('load of the machine', loadavg().map((load) => load.toFixed(1)).join(' '));

/** The value that so many of all are below. */
export function quantile(values: number[], q: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(q * sorted.length))];
}

export const median = (values: number[]) => quantile(values, 0.5).toFixed(0);

export function quantiles(values: number[]): string {
  const at = (q: number) => quantile(values, q).toFixed(1);
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms, max ${at(1)} ms (n=${values.length})`;
}

/** A number that the environment may set. */
export const number = (name: string, otherwise: number) => Number(process.env[name] ?? otherwise);

export const rest = (ms: number) => new Promise<void>((ok) => setTimeout(ok, ms));

export type Conversation = { id: string; number: string; token: string };

/**
 * So many chats with a device, each with one message that came as any other. Every message that a chat is filled with
 * begins with its token.
 */
export async function conversations(server: Server, device: { id: string; number: string }, names: string[]): Promise<Conversation[]> {
  const numbers: string[] = [];
  for (const name of names) {
    const { number } = await server.api('POST', '/sandbox/phones', { name });
    await server.api('POST', `/sandbox/phones/${number}/messages`, { to: device.number, text: `${name}: the newest` });
    numbers.push(number);
  }
  return until(async () => {
    const { items } = await server.api('GET', `/devices/${device.id}/chats?limit=200`);
    return numbers.map((number, n) => {
      const chat = items.find((item: any) => item.phoneNumber === number);
      if (!chat) throw new Error(`no chat with ${names[n]} yet`);
      return { id: chat.id, number, token: `${names[n]}:` };
    });
  });
}

/**
 * Writes older messages into these chats: by one statement into the database of the server, which is ended and started
 * again. A hundred thousand that are sent take a quarter of an hour.
 */
export async function fill(server: Server, chats: { chat: Conversation; messages: number }[]): Promise<void> {
  await server.end('SIGTERM');
  const words = 'the invoice of the olives is on its way and the boxes wait for the van at the harbour until noon or so they say';
  const statements = chats.map(({ chat, messages }) => `
    INSERT INTO messages (id, chat_id, device_id, whatsapp_id, from_me, sender, kind, body, timestamp, status)
    WITH RECURSIVE numbers (n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM numbers WHERE n + 1 < ${messages})
    SELECT printf('msg_${chat.id.slice(-12)}%07d', n), chats.id, chats.device_id, printf('3EB0%09d', n), n % 3 = 0,
      CASE WHEN n % 3 = 0 THEN devices.phone_number || '@s.whatsapp.net' ELSE chats.jid END, 'text',
      '${chat.token} line ' || n || ' ' || substr('${words}', 1, 5 + n * 7919 % 100), chats.last_activity - (${messages} - n) * 90000, 'read'
    FROM numbers, chats JOIN devices ON devices.id = chats.device_id WHERE chats.id = '${chat.id}';`);
  const file = join(server.data, 'switchboard.db');
  execFileSync('sqlite3', ['-bail', file], { input: `BEGIN;${statements.join('\n')}COMMIT;`, stdio: ['pipe', 'ignore', 'inherit'] });
  await server.start();
  await until(async () => {
    const { items } = await server.api('GET', '/devices');
    if (items.some((device: any) => device.status !== 'connected')) throw new Error('not connected again');
  });
}

/** What the page takes, after its garbage was collected. */
export type Held = { heap: number; wasm: number; nodes: number; listeners: number };

const MIB = 1024 * 1024;

export async function held(cdp: CDPSession): Promise<Held> {
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  // What the first round lets go may hold on to what the second takes.
  for (let n = 0; n < 3; n += 1) await cdp.send('HeapProfiler.collectGarbage');
  const { metrics } = await cdp.send('Performance.getMetrics');
  const metric = (name: string) => metrics.find((one) => one.name === name)!.value;
  return {
    heap: metric('JSHeapUsedSize') / MIB,
    wasm: await wasmMemory(cdp),
    nodes: metric('Nodes'),
    listeners: metric('JSEventListeners'),
  };
}

/** All memories of WebAssembly in the page, in MiB. */
export async function wasmMemory(cdp: CDPSession): Promise<number> {
  // Runtime.queryObjects would find them by itself, but never answers in some versions of Chromium.
  const expression = '[...window.notes.memories].reduce((sum, memory) => sum + memory.buffer.byteLength, 0)';
  const { result } = await cdp.send('Runtime.evaluate', { expression, returnByValue: true });
  if (!result.value) throw new Error('no memory of WebAssembly was seen');
  return result.value / MIB;
}

export const inWords = (now: Held) =>
  `${now.heap.toFixed(1)} MiB of JS, ${now.wasm.toFixed(1)} MiB of wasm, ${now.nodes} nodes, ${now.listeners} listeners`;

/** The page's time so far by what it was spent on, in milliseconds of the processor: what others run beside does not count. */
export async function timeOf(cdp: CDPSession): Promise<Record<string, number>> {
  await cdp.send('Performance.enable', { timeDomain: 'threadTicks' });
  const { metrics } = await cdp.send('Performance.getMetrics');
  const names = ['ScriptDuration', 'RecalcStyleDuration', 'LayoutDuration', 'TaskDuration'];
  return Object.fromEntries(names.map((name) => [name, metrics.find((one) => one.name === name)!.value * 1000]));
}

/** The difference of two such, for each of so many. */
export function spent(before: Record<string, number>, after: Record<string, number>, count: number): string {
  const each = (name: string) => ((after[name] - before[name]) / count).toFixed(2);
  return `script ${each('ScriptDuration')} ms, style ${each('RecalcStyleDuration')} ms, layout ${each('LayoutDuration')} ms, all ${each('TaskDuration')} ms`;
}

/** What is noted in the page from its start. */
export type Notes = {
  /** When the frame with this token came, when its row was in the document and when that was painted. */
  arrived: Record<string, number>;
  inserted: Record<string, number>;
  painted: Record<string, number>;
  /** Rows of messages that were ever put into the document. */
  mounts: number;
  /** From the press on a chat of the list to its rows being in the document, and being painted. */
  openings: { rows: number; painted: number }[];
  /** The chat that is opened shows rows that begin so. */
  wanted: string;
  frames: number[];
  tasks: number[];
  /** The memories that WebAssembly has. */
  memories: Set<WebAssembly.Memory>;
  record: boolean;
  /** Begins to count frames. */
  count: () => void;
};

/** Has the page note all that; to be called before it is loaded. */
export async function takeNotes(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const notes: Notes = { arrived: {}, inserted: {}, painted: {}, mounts: 0, openings: [], wanted: '', frames: [], tasks: [], memories: new Set(), record: false, count: () => {} };
    Object.assign(window, { notes });
    const token = /ping-\d+-/;
    // Whether a frame is about to be drawn: from its first callback to the task behind it.
    let drawing = false;
    const frame = window.requestAnimationFrame.bind(window);
    window.requestAnimationFrame = (call) => frame((now) => {
      if (!drawing) {
        drawing = true;
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = () => { drawing = false; };
        port2.postMessage(0);
      }
      call(now);
    });
    // A task that is put behind a frame's rendering runs right after it. What is put in right before a frame is drawn is
    // in that frame, and not in the next.
    const onceRendered = (call: () => void) => {
      const rendered = () => {
        const { port1, port2 } = new MessageChannel();
        port1.onmessage = call;
        port2.postMessage(0);
      };
      if (drawing) rendered();
      else requestAnimationFrame(rendered);
    };
    // The first who hears of a frame.
    window.WebSocket = class extends WebSocket {
      constructor(...values: ConstructorParameters<typeof WebSocket>) {
        super(...values);
        this.addEventListener('message', ({ data }) => {
          const found = typeof data === 'string' && data.includes('"message.new"') && token.exec(data);
          if (found) notes.arrived[found[0]] = performance.now();
        });
      }
    };
    for (const name of ['instantiate', 'instantiateStreaming'] as const) {
      const original = WebAssembly[name] as (...values: any[]) => Promise<any>;
      (WebAssembly as any)[name] = async (...values: any[]) => {
        const made = await original.apply(WebAssembly, values);
        for (const one of Object.values((made.instance ?? made).exports)) if (one instanceof WebAssembly.Memory) notes.memories.add(one);
        return made;
      };
    }
    let pressed = 0;
    addEventListener('click', (event) => {
      if ((event.target as Element).closest?.('a.chat-row')) pressed = event.timeStamp;
    }, { capture: true });
    const look = (records: MutationRecord[]) => {
      for (const record of records) {
        for (const node of record.addedNodes) {
          if (!(node instanceof Element)) continue;
          const rows = node.matches('article[data-row]') ? [node] : [...node.querySelectorAll('article[data-row]')];
          notes.mounts += rows.length;
          for (const row of rows) {
            const found = token.exec(row.textContent ?? '')?.[0];
            if (!found || found in notes.inserted) continue;
            notes.inserted[found] = performance.now();
            onceRendered(() => { notes.painted[found] = performance.now(); });
          }
        }
      }
      if (pressed && notes.wanted) {
        const rows = document.querySelectorAll('.thread [role=feed] article[data-row]');
        if (!rows[rows.length - 1]?.textContent?.startsWith(notes.wanted)) return;
        const start = pressed;
        pressed = 0;
        const opening = { rows: performance.now() - start, painted: 0 };
        onceRendered(() => {
          opening.painted = performance.now() - start;
          notes.openings.push(opening);
        });
      }
    };
    new MutationObserver(look).observe(document, { childList: true, subtree: true });
    new PerformanceObserver((list) => {
      if (notes.record) notes.tasks.push(...list.getEntries().map((entry) => entry.duration));
    }).observe({ type: 'longtask' });
    // Frames are asked for only while they are counted: a page at rest draws none.
    notes.count = () => {
      let last = 0;
      const frame = (now: number) => {
        if (last) notes.frames.push(now - last);
        last = now;
        if (notes.record) requestAnimationFrame(frame);
      };
      notes.record = true;
      requestAnimationFrame(frame);
    };
  });
}

/** Something of the notes. */
export const noted = <T>(page: Page, read: (notes: Notes) => T): Promise<T> =>
  page.evaluate(`(${read.toString()})(window.notes)`) as Promise<T>;

/** Says what frames and tasks there were while this was done. */
export async function framesOf(page: Page, what: string, run: () => Promise<void>): Promise<number> {
  await noted(page, (notes) => { notes.frames.length = notes.tasks.length = 0; notes.count(); });
  await run();
  const { frames, tasks } = await noted(page, (notes) => { notes.record = false; return { frames: notes.frames, tasks: notes.tasks }; });
  const long = frames.filter((frame) => frame > 50).length;
  say(`${what}, frames`, `${quantiles(frames)}, ${long} above 50 ms`);
  say(`${what}, long tasks`, tasks.length ? `${tasks.length}, the longest ${Math.max(...tasks).toFixed(0)} ms` : 'none');
  return Math.max(...frames);
}
