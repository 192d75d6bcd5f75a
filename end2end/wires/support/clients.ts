// The Socket.IO clients that are tested: the newest, and one from before connection state recovery (4.6).
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { io as newest, type ManagerOptions, type Socket, type SocketOptions } from 'socket.io-client';
import { io as before46 } from 'socket.io-client-4.5';

export type { Socket };
export type Options = Partial<ManagerOptions & SocketOptions>;

const version = (name: string) => {
  const manifest = fileURLToPath(new URL(`../../node_modules/${name}/package.json`, import.meta.url));
  return JSON.parse(readFileSync(manifest, 'utf8')).version as string;
};

export const NEWEST = { name: `socket.io-client ${version('socket.io-client')}`, io: newest, recovers: true };
export const OLDER = {
  name: `socket.io-client ${version('socket.io-client-4.5')}`,
  io: before46 as unknown as typeof newest,
  recovers: false,
};
export const CLIENTS = [NEWEST, OLDER];

export type Heard = { name: string; data: any; args: any[]; at: number };

/** Everything that a socket was told, from before its first packet on. */
export class Ear {
  readonly heard: Heard[] = [];
  private waiting: (() => void)[] = [];

  constructor(readonly socket: Socket) {
    socket.onAny((name: string, ...args: any[]) => {
      this.heard.push({ name, data: args[0], args, at: Date.now() });
      this.waiting.splice(0).forEach((wake) => wake());
    });
  }

  /** What was heard under this name. */
  all(name: string): any[] {
    return this.heard.filter((event) => event.name === name).map((event) => event.data);
  }

  /** The first event of this name that fits, past or to come. */
  async event(name: string, fits: (data: any) => boolean = () => true, patience = 15_000): Promise<any> {
    return (await this.events(1, name, fits, patience))[0];
  }

  /** The first `count` events of this name that fit. */
  async events(count: number, name: string, fits: (data: any) => boolean = () => true, patience = 15_000): Promise<any[]> {
    const end = Date.now() + patience;
    for (;;) {
      const found = this.heard.filter((event) => event.name === name && fits(event.data));
      if (found.length >= count) return found.slice(0, count).map((event) => event.data);
      const left = end - Date.now();
      if (left <= 0) {
        const names = this.heard.map((event) => event.name).join(', ') || 'nothing';
        throw new Error(`waited for ${count} × ${name}, heard ${found.length}; in all: ${names}`);
      }
      await new Promise<void>((ok) => { this.waiting.push(ok); setTimeout(ok, Math.min(left, 250)); });
    }
  }
}

/** The next time that the socket connects; fails with its error. */
export function connected(socket: Socket): Promise<void> {
  if (socket.connected) return Promise.resolve();
  return new Promise((ok, fail) => {
    socket.once('connect', ok);
    socket.once('connect_error', fail);
  });
}

/** The error that the socket is refused with. */
export function refused(socket: Socket): Promise<Error & { data?: any }> {
  return new Promise((ok, fail) => {
    socket.once('connect_error', ok);
    socket.once('connect', () => fail(new Error('it was let in')));
  });
}

/** The next time that something happens to the socket itself. */
export const once = (socket: Socket, name: 'connect' | 'disconnect') =>
  new Promise<any>((ok) => { socket.once(name, ok as any); });
