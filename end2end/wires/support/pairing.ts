// What a person does before and beside a client: adds a device, scans its code, writes from another phone.
import { until, type Server } from '../../fixtures/index.ts';

export type Phone = { number: string; name: string };

/** A device with the phone that it will be, or is, linked to. */
export class Shop {
  private constructor(
    private readonly server: Server,
    readonly id: string,
    readonly workspace: string,
    readonly phone: Phone,
    readonly customer: Phone,
  ) {}

  /** A device that waits to be connected, a phone for it, and somebody who writes to it. */
  static async open(server: Server, name = 'Shop'): Promise<Shop> {
    const device = await server.api('POST', '/devices', { name });
    const phone = await server.api('POST', '/sandbox/phones', { name: `${name} phone` });
    const customer = await server.api('POST', '/sandbox/phones', { name: `${name} customer` });
    return new Shop(server, device.id, device.workspaceId, phone, customer);
  }

  /** As `open`, and linked. */
  static async linked(server: Server, name = 'Shop'): Promise<Shop> {
    const shop = await Shop.open(server, name);
    await shop.pair();
    return shop;
  }

  /** Starts the device; returns the code that it shows. */
  async show(): Promise<string> {
    await this.server.api('POST', `/devices/${this.id}/connect`);
    return this.code();
  }

  /** The code that it shows now. */
  async code(): Promise<string> {
    return (await until(() => this.server.api('GET', `/devices/${this.id}/qr`))).qr;
  }

  /** The phone scans this code. */
  async scan(code: string): Promise<void> {
    await this.server.api('POST', `/sandbox/phones/${this.phone.number}/scan`, { qr: code });
  }

  /** Shows a code, scans it, waits until the device is connected. */
  async pair(): Promise<void> {
    await this.scan(await this.show());
    await this.status('connected');
  }

  async status(wanted: string): Promise<void> {
    await until(async () => {
      const { status } = await this.server.api('GET', `/devices/${this.id}`);
      if (status !== wanted) throw new Error(`the device is ${status}, not ${wanted}`);
    });
  }

  /** The customer writes to the shop; the message is on its way then. */
  async receive(text: string): Promise<void> {
    await this.server.api('POST', `/sandbox/phones/${this.customer.number}/messages`, { to: this.phone.number, text });
  }

  /** As `receive`, and the shop has it. */
  async received(text: string): Promise<void> {
    await this.receive(text);
    await until(async () => {
      const { items } = await this.server.api('GET', `/devices/${this.id}/chats/${this.customer.number}/messages`);
      if (!items.some((item: any) => item.text === text)) throw new Error(`the shop does not have ${text}`);
    });
  }

  /** The shop writes to the customer through the API. */
  async send(text: string): Promise<any> {
    return this.server.api('POST', `/devices/${this.id}/chats/${this.customer.number}/messages`, { text });
  }

  /** The customer reads what the shop wrote. */
  async readByCustomer(): Promise<void> {
    await this.server.api('POST', `/sandbox/phones/${this.customer.number}/read`, { chat: this.phone.number });
  }

  /** What the customer types, or stopped typing. */
  async typing(state: 'composing' | 'paused'): Promise<void> {
    await this.server.api('POST', `/sandbox/phones/${this.customer.number}/typing`, { to: this.phone.number, state });
  }

  /** The texts that the customer's phone holds of this chat, in order. */
  async texts(): Promise<string[]> {
    const { items } = await this.server.api('GET', `/sandbox/phones/${this.customer.number}/messages`);
    return items.map((item: any) => item.text);
  }

  /** The phone takes the device out of its linked devices. */
  async unlink(): Promise<void> {
    await this.server.api('POST', `/sandbox/phones/${this.phone.number}/unlink`, { deviceId: this.id });
  }
}
