// Listen for delivery failures
window.addEventListener('whatsapp:message_send_error', (event) => {
  const error = event.detail;
  // Show error toast
  // Mark message as failed
  // Offer retry option
  console.log('send error', JSON.stringify(error));
});

// Verify event listeners
window.addEventListener('whatsapp:new_message', console.log);
