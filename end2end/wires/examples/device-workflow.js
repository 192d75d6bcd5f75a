const socket = io(`http://localhost:3000/device/${deviceId}`, {
  path: '/ws',
  query: { apiKey: 'your-api-key' }
});

socket.on('qr', (data) => {
  displayQRCode(data.qr);
});

socket.on('authenticated', (data) => {
  console.log('Authenticated as:', data.phoneNumber);
});

socket.on('ready', (data) => {
  console.log('Device is ready to use');
});

socket.on('message', (data) => {
  handleIncomingMessage(data.message);
});
