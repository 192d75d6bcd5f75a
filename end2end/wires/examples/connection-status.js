// A page of connection-status clients: their words on the console, their addresses, their frames.
const { botId, userId, token, server } = window.session;
const query = `botId=${botId}&userId=${userId}`;

console.log('✅ Bot backend available, attempting WebSocket connection');
const ws = new WebSocket(`${server.replace('http', 'ws')}/ws/connection-status?${query}`);
ws.onopen = () => {
  console.log('✅ WebSocket connected');
  ws.send(JSON.stringify({ type: 'authenticate', token }));
};
ws.onmessage = (message) => {
  const event = JSON.parse(message.data);
  console.log('📱 WebSocket message received: ' + message.data);
  if (event.type === 'whatsapp_connected') console.log('✅ WhatsApp connected via real-time hook');
};
ws.onerror = (error) => console.log('❌ WebSocket error: ' + JSON.stringify(error));

const sse = new EventSource(`${server}/api/v1/whatsapp/connection-events?${query}&token=${token}`);
sse.onopen = () => console.log('✅ SSE connected');
sse.onmessage = (message) => console.log('📨 SSE message received: ' + message.data);
sse.onerror = (error) => console.log('❌ SSE error: ' + JSON.stringify(error));
