//! What a session tells, in one line: whatever happens is put in at once and without limit, and one
//! task hands it to the sink, one after the other. Nothing is ever dropped; a slow sink makes the line
//! longer and nothing else.
//!
//! The client's own ordered delivery drops events once its mailbox is full, and waiting instead would
//! hold up its reading. What can be large is kept out of the line: messages (see [`super::hook`]) and history
//! (see [`super::history`]) go past it.

use super::link::Link;
use crate::server::engine::{EventSink, SessionEvent};
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use whatsapp_rust::types::events::Event;

enum Item {
    /// To be told as it is.
    Ours(SessionEvent),
    /// To be translated first.
    Wire(Arc<Link>, Arc<Event>),
    /// To be answered once everything before it was told.
    Mark(oneshot::Sender<()>),
}

/// The way into the line. Cheap to clone; the task ends when the last clone is gone.
#[derive(Clone)]
pub(super) struct Mailbox(mpsc::UnboundedSender<Item>);

impl Mailbox {
    /// Starts the task that empties the line into `sink`.
    pub fn start(sink: Arc<dyn EventSink>) -> Self {
        let (put, mut line) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(item) = line.recv().await {
                match item {
                    Item::Ours(event) => sink.event(event).await,
                    Item::Wire(link, event) => super::translate::tell(&link, &event, &*sink).await,
                    // Whoever no longer waits does not mind.
                    Item::Mark(told) => drop(told.send(())),
                }
            }
        });
        Self(put)
    }

    pub fn tell(&self, event: SessionEvent) {
        self.put(Item::Ours(event));
    }

    pub fn tell_wire(&self, link: &Arc<Link>, event: Arc<Event>) {
        self.put(Item::Wire(link.clone(), event));
    }

    /// Returns once everything that was put in before was told.
    pub async fn told(&self) {
        let (told, wait) = oneshot::channel();
        self.put(Item::Mark(told));
        // An error only says that the task is gone, with the runtime: nothing is told any more.
        let _ = wait.await;
    }

    fn put(&self, item: Item) {
        // Fails only with the runtime.
        let _ = self.0.send(item);
    }
}
