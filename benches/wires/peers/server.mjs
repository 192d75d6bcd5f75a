// The same job on Node: an HTTP request happens, and everybody in a device's namespace is told. What is told is
// recorded from Switchboard and given here, so that both send the same bytes. Stock settings throughout.
//
//   node server.mjs socketio|recovery|ws
//
//   POST /frames  {frames}   what one happening is to be told as: [[event, payload], …], or texts for ws
//   POST /burst   {}         tell them all, one after the other
//   POST /send    {text}     tell them all with this text in the place of the recorded one
import { createServer } from 'node:http';
import { Server } from 'socket.io';
import { WebSocketServer } from 'ws';

const KEY = 'bench-key-0123456789abcdef';
const RECORDED = 't-0-';
const [mode] = process.argv.slice(2);
let frames = [];
let tell;

const http = createServer((request, response) => {
  if (request.method !== 'POST') return response.writeHead(404).end();
  let body = '';
  request.on('data', (chunk) => { body += chunk; });
  request.on('end', () => {
    const { frames: given, text } = JSON.parse(body || '{}');
    if (request.url === '/frames') frames = given;
    else if (request.url === '/burst') for (const frame of frames) tell(frame);
    else if (request.url === '/send') for (const frame of JSON.parse(JSON.stringify(frames).replaceAll(RECORDED, text))) tell(frame);
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
  });
});
http.keepAliveTimeout = 60_000;

if (mode === 'ws') {
  const server = new WebSocketServer({ server: http });
  server.on('connection', (socket) => socket.on('message', () => socket.send('{"type":"hello"}')));
  tell = (frame) => { for (const client of server.clients) client.send(frame); };
} else {
  const server = new Server(http, { path: '/ws', ...(mode === 'recovery' ? { connectionStateRecovery: {} } : {}) });
  const devices = server.of(/^\/device\/\w+$/);
  devices.use((socket, next) => (socket.handshake.query.apiKey === KEY ? next() : next(new Error('Invalid API key'))));
  let namespace;
  devices.on('connection', (socket) => { namespace = socket.nsp; });
  tell = ([event, payload]) => namespace?.emit(event, payload);
}

http.listen(0, '127.0.0.1', () => console.log(`ready at http://127.0.0.1:${http.address().port}`));
