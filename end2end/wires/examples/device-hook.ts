const socket = io(`http://localhost:3000/device/${deviceId}`, {
  path: '/ws',
  query: {
    apiKey: process.env.NEXT_PUBLIC_API_KEY || '',
    'access-token': user.id
  },
  transports: ['websocket', 'polling'],
  autoConnect: false,
  reconnection: true,
  reconnectionDelay: 1000,
  reconnectionAttempts: 5,
  timeout: 20000
})
