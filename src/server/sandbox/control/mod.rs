//! The control surface: what a person does with a phone, what a test does with the network.

mod calls;
mod chats;
mod faults;
mod groups;
mod linking;
mod messages;
mod people;
mod phones;
mod scripts;

pub use scripts::{ScriptReport, ScriptState, Scripts};

use super::SandboxError;
use super::addressing::Addressing;
use super::event::PhoneEvent;
use super::network::Network;
use super::phone::{self, Request};
use super::wire::identity::Identity;
use super::world;
use crate::server::source::Source;
use crate::server::storage::{Store, query};
use std::collections::BTreeMap;
use std::sync::Arc;
use tokio::sync::{broadcast, oneshot};

/// How long taken ids of messages are remembered. A device gives up on a message long before.
const REMEMBERED: i64 = 30 * 24 * 3_600 * 1_000;

/// The emulated network. It ends when it is closed or dropped.
pub struct Sandbox {
    net: Arc<Network>,
}

impl Sandbox {
    /// Opens the network that the store holds; in a new store, makes one with people and chats in it.
    ///
    /// What phones had not yet gone through when the process ended is gone through before this returns.
    ///
    /// # Errors
    /// [`SandboxError::Storage`], or [`SandboxError::Crypto`] if stored keys cannot be used.
    pub async fn open(store: Store, source: Source) -> Result<Arc<Self>, SandboxError> {
        let identity = Identity::load(&store, &source).await?;
        world::settle(&store, &source).await?;
        let horizon = source.now() - REMEMBERED;
        store.execute(query("DELETE FROM sandbox_accepted WHERE at < $1").bind(horizon)).await?;
        let net = Arc::new(Network::new(store, source, identity));
        let rows = net.store.rows(query("SELECT number, lid, addressing FROM sandbox_accounts")).await?;
        for row in rows {
            let (number, lid) = (row.text("number")?, row.text("lid")?);
            let addressing = Addressing::parse(&row.text("addressing")?).unwrap_or_default();
            net.directory.add(phone::start(&net, &number, &lid, addressing))?;
        }
        for row in net.store.rows(query("SELECT id FROM sandbox_groups WHERE addressing = 'lid'")).await? {
            net.directory.address_by_lid(&row.text("id")?);
        }
        let sandbox = Arc::new(Self { net });
        let waiting = query("SELECT DISTINCT number FROM sandbox_queue WHERE device = 0");
        for row in sandbox.net.store.rows(waiting).await? {
            sandbox.settled(&row.text("number")?).await?;
        }
        tracing::info!(phones = sandbox.net.directory.len(), "the sandbox is open");
        Ok(sandbox)
    }

    /// Ends every connection and every phone, and returns once nothing of it runs any more.
    pub async fn close(&self) {
        self.net.closing.cancel();
        self.net.tasks.close();
        self.net.tasks.wait().await;
    }

    /// What happens on the phones from now on. A subscriber that lags behind by more than 1,024 events
    /// misses the oldest, and reads the phones again.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<PhoneEvent> {
        self.net.events.subscribe()
    }

    /// Requests of devices that this network does not know, with how often they came.
    #[must_use]
    pub fn unknown_requests(&self) -> BTreeMap<String, u64> {
        self.net.unknown_requests()
    }

    pub(super) fn network(&self) -> &Arc<Network> {
        &self.net
    }

    /// Asks a phone, and waits for its answer.
    async fn ask<T>(
        &self,
        number: &str,
        request: impl FnOnce(oneshot::Sender<Result<T, SandboxError>>) -> Request,
    ) -> Result<T, SandboxError> {
        let account = self.net.directory.need(number)?;
        let (reply, answer) = oneshot::channel();
        account.phone.send(request(reply)).await.map_err(|_| SandboxError::Closed)?;
        answer.await.map_err(|_| SandboxError::Closed)?
    }

    /// Waits until a phone has gone through everything that was sent to it before.
    async fn settled(&self, number: &str) -> Result<(), SandboxError> {
        self.ask(number, |reply| Request::Settle { reply }).await
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.net.closing.cancel();
        self.net.tasks.close();
    }
}
