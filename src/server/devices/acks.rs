//! Waiting for WhatsApp's answer to be on our disk.

use crate::protocol::Millis;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use tokio::sync::oneshot;

/// Who waits for WhatsApp to accept which message, and since when the engine has it.
#[derive(Default)]
pub struct Acks {
    waiting: Mutex<HashMap<String, (Millis, oneshot::Sender<()>)>>,
}

impl Acks {
    /// Waits from now on. Answers with since when somebody waited for it before, and was left without an answer.
    pub fn wait(&self, whatsapp_id: &str, now: Millis) -> (oneshot::Receiver<()>, Option<Millis>) {
        let (tell, told) = oneshot::channel();
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        (told, waiting.insert(whatsapp_id.to_owned(), (now, tell)).map(|(since, _)| since))
    }

    /// Since when the engine has it, while nothing was answered.
    pub fn handed(&self, whatsapp_id: &str) -> Option<Millis> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.get(whatsapp_id).map(|(since, _)| *since)
    }

    /// That attempt is over.
    pub fn forget(&self, whatsapp_id: &str) {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(whatsapp_id);
    }

    /// WhatsApp answered, and the answer is on disk.
    pub fn settle(&self, whatsapp_id: &str) {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner).remove(whatsapp_id);
        if let Some((_, waiting)) = waiting {
            // A sender that gave up meanwhile finds the row gone.
            let _ = waiting.send(());
        }
    }
}
