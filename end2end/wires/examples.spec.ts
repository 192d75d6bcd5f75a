// Programs that exist already, run as they are.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { API_KEY, PYTHON, Shop, expect, jwt, test, until } from './support/index.ts';
import { bundle, example, filled, openPage } from './support/browser.ts';

/** Node programs stand below this folder while they run, so that they find their packages. */
const folder = mkdtempSync(join(import.meta.dirname, '../test-results-'));
test.afterAll(() => rmSync(folder, { recursive: true, force: true }));

function file(name: string, text: string): string {
  const path = join(folder, `${process.hrtime.bigint()}-${name}`);
  writeFileSync(path, text);
  return path;
}

for (const version of ['socket.io-client', 'socket.io-client-4.5']) {
  test(`device events in JavaScript, ${version}`, async ({ server, program }) => {
    const shop = await Shop.open(server);
    const text = filled(example('device-events.js'), {
      "'socket.io-client'": `'${version}'`,
      'http://localhost:3000': server.url,
      'your-device-id-here': shop.id,
      'your-api-key-here': API_KEY,
    });
    const client = program('node', [file('device-events.mjs', text)]);
    await client.prints('Connected to device namespace: ');
    const qr = await shop.show();
    await client.prints('QR Code received: {');
    await client.prints(qr);
    await shop.scan(qr);
    await client.prints('Device authenticated: {');
    await client.prints(/Device ready: \{[^}]*phoneNumber/);
    await client.prints('Device state changed: {');
    await shop.receive('Hola');
    await client.prints(/Message received: \{[^]*Hola/);
    await shop.unlink();
    await client.prints('Device disconnected: {');
    expect(client.output).not.toContain('Connection failed');
    const stranger = program('node', [file('device-events.mjs', text.replace(API_KEY, 'no-such-key-0123456789'))]);
    await stranger.prints('Connection failed: Invalid API key');
  });
}

test('device events in Python', async ({ server, program }) => {
  const shop = await Shop.open(server);
  const text = filled(example('device-events.py'), {
    'http://localhost:3000': server.url,
    'your-device-id-here': shop.id,
    'your-api-key-here': API_KEY,
  });
  const client = program(PYTHON, [file('device_events.py', text)]);
  await client.prints('Connected to device namespace');
  const qr = await shop.show();
  await client.prints(/QR Code received: \{.*'qr':/);
  await shop.scan(qr);
  await client.prints(/Device authenticated: \{.*'phoneNumber':/);
  await client.prints(/Device ready: \{/);
  await client.prints(/Device state changed: \{/);
  await shop.receive('Hola');
  await client.prints(/Message received: \{.*Hola/);
  await shop.unlink();
  await client.prints(/Device disconnected: \{/);
  expect(client.output).not.toMatch(/Traceback|Error/);
});

test('the steps of a device, from a new device to its first message', async ({ server, program }) => {
  const shop = await Shop.open(server);
  const text = filled(example('device-workflow.js'), { 'http://localhost:3000': server.url, 'your-api-key': API_KEY });
  const before = `import { io } from 'socket.io-client';
    const deviceId = '${shop.id}';
    const displayQRCode = (qr) => console.log('shown:', qr);
    const handleIncomingMessage = (message) => console.log('handled:', message.text);\n`;
  const client = program('node', [file('workflow.mjs', before + text)]);
  const qr = await shop.show();
  await client.prints(`shown: ${qr}`);
  await shop.scan(qr);
  await client.prints(`Authenticated as: ${shop.phone.number}`);
  await client.prints('Device is ready to use');
  await shop.receive('Hola');
  await client.prints('handled: Hola');
});

test('the hook of a web interface for devices', async ({ server, site, page }) => {
  const shop = await Shop.linked(server);
  const names = [
    'qr', 'ready', 'authenticated', 'state', 'disconnected', 'message', 'message:status', 'message:ack', 'message:read',
    'typing:start', 'typing:stop', 'chat:update', 'contact:update', 'connection:status',
  ];
  const text = filled(example('device-hook.ts'), { 'http://localhost:3000': server.url, 'process.env.NEXT_PUBLIC_API_KEY': `'${API_KEY}'` });
  const script = await bundle(`import { io } from 'socket.io-client';
    const [deviceId, user] = ['${shop.id}', { id: 'clx0000user' }];
    ${text}
    for (const name of ${JSON.stringify(names)}) socket.on(name, (data) => console.log(name, JSON.stringify(data)));
    socket.on('connect', () => console.log('connected by', socket.io.engine.transport.name));
    socket.on('connect_error', (error) => console.log('refused', error.message));
    socket.connect();`);
  const printed = await openPage(page, site, [script]);
  const prints = (wanted: RegExp) => until(async () => expect(printed.join('\n')).toMatch(wanted));
  await prints(/^connected by websocket$/m);
  await prints(/^ready .*"phoneNumber"/m);
  await shop.receive('Hola');
  await prints(/^message .*"Hola"/m);
  await prints(/^chat:update /m);
  const { id } = await shop.send('Buenas');
  for (const status of ['queued', 'sent', 'delivered']) await prints(new RegExp(`^message:status .*"${id}".*"${status}"|^message:status .*"${status}".*"${id}"`, 'm'));
  await shop.readByCustomer();
  await prints(/^message:read /m);
  await prints(/^message:ack /m);
  await shop.typing('composing');
  await prints(/^typing:start /m);
  await shop.typing('paused');
  await prints(/^typing:stop /m);
  await shop.unlink();
  await prints(/^state .*"logged_out"/m);
  await prints(/^connection:status /m);
  await prints(/^disconnected /m);
});

test('the connection of instance clients', async ({ server, site, page }) => {
  const shop = await Shop.open(server);
  const text = filled(example('instances.js'), { 'http://localhost:3000': server.url });
  const heard = ['instance:status:changed', 'instance:connected', 'instance:disconnected', 'subscription:stats:updated'];
  const script = await bundle(`localStorage.setItem('jwt_token', '${jwt('mia', shop.workspace)}');
    ${'//'} The example reads the token while it is loaded.
    import('instances').then(({ socket, subscribeToInstance, unsubscribeFromInstance }) => {
      for (const name of ${JSON.stringify(heard)}) socket.on(name, (data) => console.log(name, JSON.stringify(data)));
      Object.assign(window, { socket, subscribeToInstance, unsubscribeFromInstance });
    });`, { instances: `${text}\nexport { socket, subscribeToInstance, unsubscribeFromInstance };` });
  const printed = await openPage(page, site, [script]);
  const prints = (wanted: RegExp) => until(async () => expect(printed.join('\n')).toMatch(wanted));
  await prints(/^Connected to Socket.IO server$/m);
  await page.evaluate((id) => (window as any).subscribeToInstance(id), shop.id);
  await shop.pair();
  await prints(/^instance:status:changed .*"newStatus":"CONNECTED"/m);
  await prints(new RegExp(`^instance:connected .*"phone":"\\+?${shop.phone.number}"`, 'm'));
  await page.evaluate((id) => (window as any).unsubscribeFromInstance(id), shop.id);
  await until(async () => {
    const before = printed.length;
    await shop.receive('nobody is told');
    await new Promise((ok) => setTimeout(ok, 300));
    expect(printed.slice(before).filter((line) => line.startsWith('instance:'))).toEqual([]);
  });
  await shop.unlink();
  await shop.status('logged_out');
  await new Promise((ok) => setTimeout(ok, 500));
  expect(printed.filter((line) => line.startsWith('instance:disconnected'))).toEqual([]);
  await page.evaluate(() => (window as any).socket.disconnect());
  await prints(/^Disconnected from Socket.IO server$/m);
});

test('a React component of instance clients shows the code and the status', async ({ server, site, page }) => {
  const shop = await Shop.open(server);
  const component = filled(example('instance-monitor.jsx'), { 'http://localhost:3000': server.url });
  const session = JSON.stringify({ accessToken: jwt('mia', shop.workspace) });
  const script = await bundle(`
    import React from 'react';
    import { createRoot } from 'react-dom/client';
    import InstanceMonitor from 'instance-monitor';
    createRoot(document.getElementById('root')).render(<InstanceMonitor instanceId="${shop.id}" />);`, {
    'instance-monitor': component,
    // The session as NextAuth's hook gives it: the same object at every rendering.
    'next-auth/react': `const session = { data: ${session}, status: 'authenticated' };\nexport const useSession = () => session;`,
  });
  const printed = await openPage(page, site, [script], '<div id="root"></div>');
  await expect(page.getByRole('heading')).toHaveText(`Instance: ${shop.id}`);
  const status = page.getByText(/^Status: /);
  await expect(status).toBeVisible();
  const qr = await shop.show();
  await expect(status).toHaveText('Status: QR_REQUIRED');
  const picture = page.getByAltText('QR Code');
  await expect(picture).toHaveAttribute('src', /^data:image\/png;base64,/);
  await shop.scan(qr);
  await expect(status).toHaveText('Status: CONNECTED');
  await expect(picture).toHaveCount(0);
  await shop.unlink();
  await expect(status).toHaveText('Status: LOGGED_OUT');
  expect(printed.filter((line) => /thrown|Error/.test(line))).toEqual([]);
});

test('the page of connection-status clients prints what its authors expect', async ({ server, firebase, site, page }) => {
  const shop = await Shop.open(server);
  const userId = 'user_2zoIWphpDQ0KgCaUbHNOKm6ZA0u';
  const session = JSON.stringify({ server: server.url, botId: shop.id, userId, token: firebase.token(userId) });
  const printed = await openPage(page, site, [`window.session = ${session};`, example('connection-status.js')]);
  const prints = (wanted: RegExp) => until(async () => expect(printed.join('\n')).toMatch(wanted));
  await prints(/^✅ Bot backend available, attempting WebSocket connection$/m);
  await prints(/^✅ WebSocket connected$/m);
  await prints(/^✅ SSE connected$/m);
  const qr = await shop.show();
  await prints(/^📱 WebSocket message received: .*"type": ?"qr_code_updated"/m);
  await prints(/^📨 SSE message received: .*"type": ?"qr_code_updated"/m);
  const scanned = Date.now();
  await shop.scan(qr);
  await prints(/^📱 WebSocket message received: .*"type": ?"whatsapp_connected"/m);
  await prints(/^✅ WhatsApp connected via real-time hook$/m);
  expect(Date.now() - scanned).toBeLessThan(5_000);
  await prints(/^📨 SSE message received: .*"type": ?"whatsapp_connected"/m);
  expect(printed.filter((line) => line.startsWith('❌'))).toEqual([]);
  expect(printed.filter((line) => line.startsWith('✅ WhatsApp connected'))).toHaveLength(1);
});

test('the page of chat clients: contacts, a conversation, a send, a failure', async ({ server, site, page }) => {
  const shop = await Shop.linked(server);
  await shop.received('Do you deliver?');
  const session = JSON.stringify({ server: server.url, token: jwt('mia', shop.workspace) });
  const text = filled(example('chat-window.js'), {});
  const raised = `window.addEventListener('whatsapp:new_message', ({ detail }) => console.log('new message', JSON.stringify(detail)));`;
  const printed = await openPage(page, site, [`window.session = ${session};`, text + raised, await bundle(example('chat.js'))]);
  const chat = (action: string, ...args: unknown[]) => page.evaluate(({ action, args }) => (window as any).chat[action](...args), { action, args });
  const state = () => page.evaluate(() => (window as any).chat.state);
  await until(async () => expect(await page.evaluate(() => (window as any).chat.socket.connected)).toBe(true));
  await chat('requestConnectionStatus');
  await until(async () => expect((await state()).status).toBeTruthy());
  await chat('getContacts');
  await until(async () => expect((await state()).contacts).toBeTruthy());
  await chat('getMessagesBetween', shop.customer.number, `+${shop.phone.number}`, 50, 0);
  await until(async () => expect(JSON.stringify((await state()).messages)).toContain('Do you deliver?'));
  await chat('sendWhatsAppMessage', shop.customer.number, 'On Fridays');
  await until(async () => expect((await state()).sent).toHaveLength(1));
  await until(async () => expect(await shop.texts()).toEqual(['Do you deliver?', 'On Fridays']));
  await shop.receive('Thank you');
  await until(async () => expect(printed.join('\n')).toMatch(/^new message .*"Thank you"/m));
  await chat('sendWhatsAppMessage', 'not a number', 'Lost');
  await until(async () => expect(printed.join('\n')).toMatch(/^send error .*"to":"not a number"/m));
  expect(printed.filter((line) => line.startsWith('thrown'))).toEqual([]);
});

test('the examples are those that were published', () => {
  // Whoever mends one makes a test of nothing: a few words that a mended one would lack.
  expect(example('device-events.py')).toContain("socketio_path='/ws',\n    headers={'apiKey': api_key}");
  expect(example('device-hook.ts')).toContain("'access-token': user.id");
  expect(readFileSync(join(import.meta.dirname, 'examples/instance-monitor.jsx'), 'utf8')).toContain('socket.emit("subscribe:instance", instanceId);');
});
