// The socket provider and hook of chat clients: their actions, their events, their window events.
import { io } from 'socket.io-client';

const socket = io(window.session.server, { auth: { token: window.session.token } });

const getContacts = () => socket.emit('get_contacts', {});
const getMessagesBetween = (fromNumber, toNumber, limit, offset) =>
  socket.emit('get_messages_between', { fromNumber, toNumber, limit, offset });
const getQrCode = (forceNew) => socket.emit('get_qr_code', { forceNew });
const sendWhatsAppMessage = (to, message, conversationId) => socket.emit('send_message', { to, message, conversationId });
const requestConnectionStatus = () => socket.emit('get_connection_status');

const state = { contacts: null, messages: null, qrCodeData: null, sent: [], lastError: null, status: null };

socket.on('contacts_response', ({ success, data, error }) => {
  if (success) state.contacts = data;
  else state.lastError = error;
});
socket.on('messages_between_response', ({ success, data, error }) => {
  if (success) state.messages = data;
  else state.lastError = error;
});
socket.on('qr_code_response', ({ success, data, error }) => {
  if (success) state.qrCodeData = data;
  else state.lastError = error;
});
socket.on('message_sent_success', ({ messageId, timestamp }) => state.sent.push({ messageId, timestamp }));
socket.on('message_send_error', (detail) => {
  window.dispatchEvent(new CustomEvent('whatsapp:message_send_error', { detail }));
});
socket.on('connection_status', (status) => { state.status = status; });
socket.on('new_message', (detail) => {
  window.dispatchEvent(new CustomEvent('whatsapp:new_message', { detail }));
});

window.chat = { socket, state, getContacts, getMessagesBetween, getQrCode, sendWhatsAppMessage, requestConnectionStatus };
