// Every example of the guide runs as it stands in its page and prints what the page promises.
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { dirname } from 'node:path';
import { API_KEY, JWT_SECRET, PYTHON, Shop, expect, jwt, test, until } from './support/index.ts';
import { bundle, openPage } from './support/browser.ts';
import { PAGES, anchors, examples, links } from './support/guide.ts';
import { Program } from './support/program.ts';

const USER = 'mia';
const COMMANDS: Record<string, (code: string) => [string, string[], string]> = {
  sh: (code) => ['bash', ['-euo', 'pipefail', '-s'], code],
  js: (code) => ['node', ['--input-type=module', '-'], code],
  python: (code) => [PYTHON, ['-'], code],
};

/** A port that is free now. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((ok) => { server.listen(0, '127.0.0.1', ok); });
  const { port } = server.address() as AddressInfo;
  await new Promise((ok) => { server.close(ok); });
  return port;
}

for (const name of PAGES) {
  test(`the examples of ${name}`, async ({ server, site, context, program }) => {
    test.setTimeout(180_000);
    const shop = await Shop.linked(server);
    const env: Record<string, string> = {
      URL: server.url, KEY: API_KEY, DEVICE: shop.id, NUMBER: shop.customer.number, WORKSPACE: shop.workspace,
      TOKEN: jwt(USER, shop.workspace), USER_ID: USER, JWT_SECRET, PORT: String(await freePort()),
      // The page says what to install; here it is installed already.
      NODE_PATH: dirname(import.meta.dirname),
    };
    const named = new Map<string, { output: () => string }>();
    for (const { page, line, language, code, steps } of examples(name)) {
      await test.step(`${page}:${line}`, async () => {
        const subject = steps.some(({ what, value }) => what === 'with' && value === 'a new device') ? await Shop.open(server, `New ${line}`) : shop;
        const given = { ...env, ...(subject === shop ? {} : { DEVICE: subject.id }) };
        let output: () => string;
        let running: Program | undefined;
        const actions: Record<string, () => Promise<void>> = {
          'a message comes in': () => subject.receive('Do you deliver?'),
          'a code is shown': async () => { await subject.show(); },
          'the code is scanned': async () => subject.scan(await subject.code()),
          'the server is killed and comes back': async () => {
            await server.kill();
            await server.start();
            await subject.status('connected');
          },
        };
        if (steps.some(({ what, value }) => what === 'in' && value === 'browser')) {
          const values = { server: server.url, token: given.TOKEN, botId: given.DEVICE, userId: USER };
          const constants = Object.entries(values).map(([name, value]) => `const ${name} = ${JSON.stringify(value)};`).join('\n');
          const tab = await context.newPage();
          const printed = await openPage(tab, site, [await bundle(`${constants}\n${code}`)]);
          output = () => printed.join('\n');
        } else {
          const make = COMMANDS[language];
          if (!make) throw new Error(`no test runs ${language}`);
          const [command, args, input] = make(code);
          running = program(command, args, { cwd: dirname(import.meta.dirname), env: given, input });
          output = () => running!.output;
        }
        const prints = (output: () => string, wanted: string) => until(async () => expect(output()).toMatch(new RegExp(wanted, 'm')), 30_000);
        for (const { what, value } of steps) {
          if (what === 'prints') await prints(output, value);
          else if (what.endsWith(' prints')) await prints(named.get(what.replace(' prints', ''))!.output, value);
          else if (what === 'do') await actions[value]();
          else if (what === 'name') named.set(value, { output });
          else if (what === 'sets') {
            const [variable, ...pattern] = value.split(' ');
            env[variable] = new RegExp(pattern.join(' '), 'm').exec(output())![1];
          } else if (what !== 'with' && what !== 'in') throw new Error(`${page}:${line}: ${what}`);
        }
        expect(output()).not.toMatch(/Traceback|Uncaught|Error:/);
        // The named ones are for the examples behind them.
        if (!steps.some(({ what }) => what === 'name')) running?.stop();
      });
    }
  });
}

test('every page is pointed at, and every pointer has an end', () => {
  const seen = new Set<string>(['README.md']);
  for (const page of PAGES) {
    for (const link of links(page)) {
      if (/^https?:/.test(link)) continue;
      const [file, anchor] = link.split('#');
      const target = file || page;
      expect(PAGES, `${page} points at ${link}`).toContain(target);
      if (anchor) expect(anchors(target), `${page} points at ${link}`).toContain(anchor);
      if (page === 'README.md') seen.add(target);
    }
  }
  expect([...seen].sort()).toEqual(PAGES);
});
