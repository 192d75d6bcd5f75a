//! Waiting for WhatsApp's word on a message: the client hands a message to the socket and returns, and
//! only the server's acknowledgement says that it was taken.

use super::errors;
use crate::server::engine::EngineError;
use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::oneshot;

type Answer = Result<(), EngineError>;

/// The messages that wait, by their id. The same message may be waited for more than once.
pub(super) struct Acks {
    waiting: Mutex<HashMap<String, Vec<oneshot::Sender<Answer>>>>,
    /// How long WhatsApp has to say that it took a message.
    pub patience: Duration,
}

impl Acks {
    pub fn new(patience: Duration) -> Self {
        Self { waiting: Mutex::default(), patience }
    }

    /// Starts to wait: before the message goes out, so that no answer is too early.
    pub fn expect(&self, id: &str) -> oneshot::Receiver<Answer> {
        let (answer, wait) = oneshot::channel();
        let mut waiting = self.waiting();
        // Whoever gave up waiting is forgotten on the way.
        waiting.retain(|_, senders| {
            senders.retain(|sender| !sender.is_closed());
            !senders.is_empty()
        });
        waiting.entry(id.to_owned()).or_default().push(answer);
        wait
    }

    /// The server took the message, or refused it with this code.
    pub fn answer(&self, id: &str, code: Option<&str>) {
        let answer = code.map_or(Ok(()), |code| Err(errors::refused(code)));
        for waiting in self.waiting().remove(id).into_iter().flatten() {
            // Whoever no longer waits does not mind.
            let _ = waiting.send(answer.clone());
        }
    }

    /// The connection is gone: nobody will answer. What became of the messages is not known.
    pub fn lost(&self) {
        let all = std::mem::take(&mut *self.waiting());
        for waiting in all.into_values().flatten() {
            let lost = EngineError::NoAnswer("the connection broke before WhatsApp answered".to_owned());
            let _ = waiting.send(Err(lost));
        }
    }

    fn waiting(&self) -> MutexGuard<'_, HashMap<String, Vec<oneshot::Sender<Answer>>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn everybody_who_waits_gets_the_answer_once() {
        let acks = Acks::new(Duration::from_secs(20));
        let (one, two, other) = (acks.expect("a"), acks.expect("a"), acks.expect("b"));
        acks.answer("unknown", None);
        acks.answer("a", None);
        acks.answer("a", Some("500"));
        assert!(one.await.unwrap().is_ok() && two.await.unwrap().is_ok());
        acks.answer("b", Some("479"));
        assert!(matches!(other.await.unwrap(), Err(EngineError::Refused(text)) if text.contains("479")));
        assert!(acks.waiting().is_empty());
    }

    #[tokio::test]
    async fn a_broken_connection_leaves_it_open_what_became_of_the_message() {
        let acks = Acks::new(Duration::from_secs(20));
        let wait = acks.expect("a");
        acks.lost();
        assert!(matches!(wait.await.unwrap(), Err(EngineError::NoAnswer(_))));
    }

    #[test]
    fn who_gave_up_is_forgotten() {
        let acks = Acks::new(Duration::from_secs(20));
        for id in 0..100 {
            drop(acks.expect(&id.to_string()));
        }
        let _wait = acks.expect("last");
        assert_eq!(acks.waiting().len(), 1);
    }
}
