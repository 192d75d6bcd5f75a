//! The engine on `whatsapp-rust`: a linked device, as WhatsApp Web is one. The same adapter reaches
//! WhatsApp and the sandbox; what differs is the [`Endpoint`].
//!
//! One client for each start of a session, made from the stored keys. What goes where:
//!
//! - messages: client → [`hook`] → the sink's `commit`; WhatsApp hears that they arrived after that;
//! - everything else: client → [`bus`] → [`mailbox`] → [`translate`] → the sink's `event`;
//! - history: client → [`bus`] → [`history`] → the sink's `history_part`, and from the disk → `history_piece`;
//! - connecting, waiting, ending: [`supervisor`] → [`mailbox`];
//! - keys: client → [`keys`] → our database.

mod acks;
mod attachment;
mod backoff;
mod bus;
mod calls;
mod changes;
mod chat_state;
mod compose;
mod content;
mod details;
mod endpoint;
mod errors;
mod gate;
mod group_news;
mod group_query;
mod groups;
mod history;
mod hook;
mod inbound;
mod jids;
mod keys;
mod labels;
mod link;
mod live;
mod live_tasks;
mod mailbox;
mod media;
mod message_state;
mod notices;
mod pairing;
mod people;
mod requests;
mod runtime;
mod seed;
mod session;
mod supervisor;
mod translate;

#[cfg(test)]
mod tests;

pub use endpoint::{Endpoint, Endpoints, TrustSeed};
pub use live::LiveEndpoints;

use super::capabilities::EngineKind;
use super::{Engine, EngineError, EventSink, HistoryWishes, Session};
use crate::protocol::{DeviceId, Network};
use crate::server::source::Source;
use crate::server::storage::Store;
use async_trait::async_trait;
use session::LinkedSession;
use std::sync::Arc;
use std::time::Duration;

/// Opens sessions that are linked devices.
pub struct LinkedEngine {
    store: Store,
    endpoints: Arc<dyn Endpoints>,
    network: Network,
    source: Source,
    manner: Manner,
}

/// What the owner of the server decides of every session.
#[derive(Debug, Clone, Copy)]
struct Manner {
    /// How much history it asks for when it is linked.
    wishes: HistoryWishes,
    /// How long WhatsApp has to say that it took a message.
    patience: Duration,
}

/// How long WhatsApp may take to say that it took a message, unless the owner says otherwise.
pub const PATIENCE: Duration = Duration::from_secs(20);

impl LinkedEngine {
    /// An engine that keeps its keys in `store` and reaches its network by `endpoints`.
    #[must_use]
    pub fn new(store: Store, endpoints: Arc<dyn Endpoints>, network: Network, source: Source) -> Self {
        let manner = Manner { wishes: HistoryWishes::default(), patience: PATIENCE };
        Self { store, endpoints, network, source, manner }
    }

    /// Asks phones for no more history than this.
    #[must_use]
    pub fn with_history(mut self, wishes: HistoryWishes) -> Self {
        self.manner.wishes = wishes;
        self
    }

    /// Waits so long for WhatsApp to say that it took a message, before it counts as not answered.
    #[must_use]
    pub fn with_patience(mut self, patience: Duration) -> Self {
        self.manner.patience = patience;
        self
    }
}

#[async_trait]
impl Engine for LinkedEngine {
    fn network(&self) -> Network {
        self.network
    }

    fn kind(&self) -> EngineKind {
        EngineKind::Linked
    }

    /// The sink must not wait for [`Session::stop`] or [`Session::log_out`] from within an event: both
    /// wait for the last event to be told.
    async fn open(
        &self,
        device: &DeviceId,
        name: &str,
        sink: Arc<dyn EventSink>,
    ) -> Result<Arc<dyn Session>, EngineError> {
        Ok(Arc::new(LinkedSession::new(
            device.clone(),
            name.to_owned(),
            self.store.clone(),
            self.endpoints.endpoint(device),
            self.source.clone(),
            self.manner,
            sink,
        )))
    }

    async fn purge(&self, device: &DeviceId) -> Result<(), EngineError> {
        Ok(keys::purge(&self.store, device).await?)
    }
}
