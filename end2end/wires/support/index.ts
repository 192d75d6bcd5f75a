// What every test of the wires gets: a server of its own, which takes tokens, and an end to all that it started.
import { test as base } from '@playwright/test';
import { createServer, type Server as HttpServer } from 'node:http';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AddressInfo } from 'node:net';
import { API_KEY, Server } from '../../fixtures/server.ts';
import type { Options, Socket } from './clients.ts';
import { Program } from './program.ts';
import { Firebase, JWT_SECRET } from './tokens.ts';

export { expect } from '@playwright/test';
export { until } from '../../fixtures/index.ts';
export { API_KEY, Server };
export * from './clients.ts';
export * from './pairing.ts';
export * from './tokens.ts';

/** The interpreter that has python-socketio: `scripts/wires.sh` makes one. */
export const PYTHON = process.env.SWITCHBOARD_PYTHON ?? 'python3';

/** The web server of somebody's own page, on another origin than Switchboard. */
export class Site {
  private readonly files = new Map<string, { type: string; body: string }>();
  private constructor(private readonly http: HttpServer) {}

  static async open(): Promise<Site> {
    const http = createServer((request, response) => {
      const file = site.files.get(new URL(request.url!, 'http://site').pathname);
      response.writeHead(file ? 200 : 404, { 'content-type': file?.type ?? 'text/plain' }).end(file?.body ?? '');
    });
    const site = new Site(http);
    site.put('/favicon.ico', 'image/x-icon', '');
    await new Promise<void>((ok) => http.listen(0, '127.0.0.1', ok));
    return site;
  }

  get origin(): string {
    return `http://127.0.0.1:${(this.http.address() as AddressInfo).port}`;
  }

  put(path: string, type: string, body: string): void {
    this.files.set(path, { type, body });
  }

  close(): void {
    this.http.closeAllConnections();
    this.http.close();
  }
}

type Tests = {
  /** Somebody's own page, from whose origin browsers may call. */
  site: Site;
  /** Another origin, from which they may not. */
  stranger: Site;
  server: Server;
  /** Opens a socket that ends with the test. `path` is the namespace. */
  socket: (client: { io: any }, path: string, options?: Options) => Socket;
  /** Runs a program that ends with the test. */
  program: (command: string, args: string[], options?: ConstructorParameters<typeof Program>[2]) => Program;
};

export const test = base.extend<Tests, { firebase: Firebase }>({
  firebase: [async ({}, use) => {
    const firebase = new Firebase();
    await use(firebase);
    firebase.remove();
  }, { scope: 'worker' }],

  site: async ({}, use) => {
    const site = await Site.open();
    await use(site);
    site.close();
  },

  stranger: async ({}, use) => {
    const site = await Site.open();
    await use(site);
    site.close();
  },

  server: async ({ firebase, site }, use, info) => {
    const server = new Server({
      ...firebase.settings,
      SWITCHBOARD_JWT_SECRET: JWT_SECRET,
      SWITCHBOARD_PROVISION_USERS: 'true',
      SWITCHBOARD_ALLOWED_ORIGINS: site.origin,
      SWITCHBOARD_WEBHOOK_ALLOW: '127.0.0.0/8',
    });
    // No page of ours is asked for: the web client may be missing.
    mkdirSync(join(server.data, 'site/pkg'), { recursive: true });
    server.settings.LEPTOS_SITE_ROOT = join(server.data, 'site');
    await server.start();
    await use(server);
    if (info.status !== info.expectedStatus) await info.attach('server log', { body: server.log });
    await server.stop('SIGKILL');
  },

  socket: async ({ server }, use) => {
    const open: Socket[] = [];
    await use((client, path, options = {}) => {
      const socket: Socket = client.io(`${server.url}${path}`, { forceNew: true, reconnectionDelay: 50, reconnectionDelayMax: 200, ...options });
      open.push(socket);
      return socket;
    });
    open.forEach((socket) => socket.disconnect());
  },

  program: async ({}, use) => {
    const running: Program[] = [];
    await use((command, args, options) => {
      const program = new Program(command, args, options);
      running.push(program);
      return program;
    });
    running.forEach((program) => program.stop());
  },
});
