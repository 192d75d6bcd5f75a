//! Acknowledgements, both ways.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::oneshot;

use super::{
    codec::{Args, Frame},
    control::SendError,
    member::Core,
};

/// A client waits for the answer to its event. Dropping this answers nothing.
#[derive(Debug)]
pub struct Ack {
    pub(super) core: Arc<Core>,
    pub(super) id: u64,
}

impl Ack {
    /// Answers.
    pub fn send(self, args: &Args) -> Result<(), SendError> {
        let frame = Frame::ack(self.core.namespace(), self.id, args)?;
        if self.core.send(&frame) { Ok(()) } else { Err(SendError::Closed) }
    }
}

/// Why an event of ours was not acknowledged.
#[derive(Debug, thiserror::Error)]
pub enum AckError {
    /// It did not leave.
    #[error(transparent)]
    Send(#[from] SendError),
    /// The client did not answer in time.
    #[error("not acknowledged in time")]
    Timeout,
    /// The socket left before the answer came.
    #[error("the socket left before it acknowledged")]
    Left,
    /// The client owes too many answers already.
    #[error("too many acknowledgements are pending")]
    TooMany,
}

/// The answers that one client owes us.
#[derive(Debug, Default)]
pub(super) struct Pending(Mutex<Table>);

#[derive(Debug, Default)]
struct Table {
    next: u64,
    waiting: HashMap<u64, oneshot::Sender<Args>>,
    closed: bool,
}

impl Pending {
    fn lock(&self) -> MutexGuard<'_, Table> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn register(&self, limit: usize) -> Result<(u64, oneshot::Receiver<Args>), AckError> {
        let mut table = self.lock();
        if table.closed {
            return Err(AckError::Left);
        }
        if table.waiting.len() >= limit {
            return Err(AckError::TooMany);
        }
        let id = table.next;
        table.next += 1;
        let (sender, receiver) = oneshot::channel();
        table.waiting.insert(id, sender);
        Ok((id, receiver))
    }

    /// An answer that nobody waits for any more is dropped.
    pub fn resolve(&self, id: u64, args: Args) {
        if let Some(waiting) = self.lock().waiting.remove(&id) {
            drop(waiting.send(args));
        }
    }

    pub fn cancel(&self, id: u64) {
        self.lock().waiting.remove(&id);
    }

    pub fn close(&self) {
        let mut table = self.lock();
        table.closed = true;
        table.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn answers_find_their_questions() {
        let pending = Pending::default();
        let Ok((id, receiver)) = pending.register(1) else { panic!("refused") };
        assert!(matches!(pending.register(1), Err(AckError::TooMany)));
        pending.resolve(id + 1, Args::new());
        pending.resolve(id, Args::one(1.into()));
        assert_eq!(receiver.await, Ok(Args::one(1.into())));
        let Ok((_, receiver)) = pending.register(1) else { panic!("refused") };
        pending.close();
        assert!(receiver.await.is_err());
        assert!(matches!(pending.register(1), Err(AckError::Left)));
    }
}
