//! One device's connection: when its client runs, and what it is asked.

use super::endpoint::Endpoint;
use super::gate::Gate;
use super::keys::{self, Keys};
use super::link::{Link, Stage, Wish};
use super::mailbox::Mailbox;
use super::runtime::Confined;
use super::{
    Manner, bus::Bus, calls, chat_state, errors, history, hook::Hook, labels, media, message_state, pairing,
    requests, seed, supervisor,
};
use crate::protocol::{ChatChange, DeviceId, Millis, PairingCode, TypingState};
use crate::server::engine::{
    EngineError, EventSink, LabelChange, MediaOrigin, MediaRef, MediaSource, MessageAction, NewestMessage,
    OutboundMessage, Picture, Session, Target,
};
use crate::server::source::Source;
use crate::server::storage::Store;
use async_trait::async_trait;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio_util::task::AbortOnDropHandle;
use whatsapp_rust::client::{Client, ClientBuilderError};
use whatsapp_rust::store::commands::DeviceCommand;
use whatsapp_rust::store::persistence_manager::PersistenceManager;
use whatsapp_rust::types::events::Subscription;
use whatsapp_rust::wacore::store::DevicePropsOverride;
use whatsapp_rust::wacore::store::error::StoreError;

/// How often the client looks whether the device's state has to be written, beside at once.
const SAVE_INTERVAL: Duration = Duration::from_secs(30);
/// How long the end of a run waits until history that came already is on the disk.
const HISTORY: Duration = Duration::from_secs(10);
/// What the phone lists where the device has no name.
const PRODUCT: &str = "Switchboard";
/// How long telling WhatsApp that the link ends may take, connecting for it included.
const LOG_OUT: Duration = Duration::from_secs(10);

pub(super) struct LinkedSession {
    device: DeviceId,
    name: String,
    store: Store,
    endpoint: Endpoint,
    source: Source,
    manner: Manner,
    sink: Arc<dyn EventSink>,
    mailbox: Mailbox,
    /// Whether the account is to be shown as online.
    available: Arc<AtomicBool>,
    /// Held while it is started or stopped.
    run: Mutex<Option<Run>>,
    /// Whom to ask while it runs.
    active: Arc<RwLock<Option<Active>>>,
}

/// A client that runs.
#[derive(Clone)]
pub(super) struct Active {
    pub link: Arc<Link>,
    pub client: Arc<Client>,
}

/// One run, from a start to its end.
struct Run {
    link: Arc<Link>,
    keys: Keys,
    task: JoinHandle<()>,
}

impl Drop for Run {
    /// For a session that is dropped while it runs; after an ordinary end there is nothing left to do.
    fn drop(&mut self) {
        self.keys.close();
        self.link.stopping.cancel();
        self.link.over.cancel();
        if let Some(client) = self.link.client() {
            client.signal_shutdown_sync();
        }
        self.task.abort();
    }
}

impl LinkedSession {
    pub(super) fn new(
        device: DeviceId,
        name: String,
        store: Store,
        endpoint: Endpoint,
        source: Source,
        manner: Manner,
        sink: Arc<dyn EventSink>,
    ) -> Self {
        let mailbox = Mailbox::start(sink.clone());
        let (run, active) = (Mutex::default(), Arc::default());
        let available = Arc::new(AtomicBool::new(true));
        Self { device, name, store, endpoint, source, manner, sink, mailbox, available, run, active }
    }

    async fn build(&self) -> Result<Run, StoreError> {
        let keys = Keys::new(self.store.clone(), self.device.clone()).telling(self.mailbox.clone());
        keys.tell_lids().await?;
        seed::plant(&keys, self.endpoint.trust.as_ref()).await?;
        let state = Arc::new(PersistenceManager::new(Arc::new(keys.clone())).await?);
        // What the phone lists under its linked devices.
        let name = if self.name.is_empty() { PRODUCT } else { &self.name };
        let shown = DevicePropsOverride::new()
            .with_os(name)
            .with_history_sync_config(history::wishes(self.manner.wishes));
        Box::pin(state.process_command(DeviceCommand::SetDeviceProps(shown))).await;
        let (history, parts) = mpsc::unbounded_channel();
        let link = Arc::new(Link::new(
            self.mailbox.clone(),
            self.source.clone(),
            history,
            self.available.clone(),
            self.manner.patience,
        ));
        let gate = Gate { inner: self.endpoint.transport.clone(), link: Arc::downgrade(&link) };
        let built = Client::builder()
            .with_runtime(Confined::new(link.tasks.clone(), link.over.clone()))
            .with_persistence_manager(state)
            .with_transport_factory_arc(Arc::new(gate))
            .with_http_client_arc(self.endpoint.http.clone())
            .with_inbound_durability_hook_arc(Arc::new(Hook { sink: self.sink.clone(), link: link.clone() }))
            .with_background_saver_interval(SAVE_INTERVAL);
        let client = Box::pin(built.build()).await.map_err(|error| not_built(&error))?.into_client();
        link.attach(&client);
        let events = client.subscribe_handler(Arc::new(Bus(link.clone())));
        let keeper = history::keep_all(link.clone(), self.sink.clone(), parts);
        let keeper = AbortOnDropHandle::new(tokio::spawn(keeper));
        let reader = history::read_all(link.clone(), self.sink.clone());
        let reader = AbortOnDropHandle::new(tokio::spawn(reader));
        let active = Active { link: link.clone(), client };
        // Before it runs: it takes itself out again at its end.
        *self.active.write().unwrap_or_else(PoisonError::into_inner) = Some(active.clone());
        let ending =
            Ending { events, keeper, reader, store: self.store.clone(), whom_to_ask: self.active.clone() };
        let task = tokio::spawn(run(active, keys.clone(), ending));
        Ok(Run { link, keys, task })
    }

    /// Whom to ask, if it runs.
    fn active(&self) -> Option<Active> {
        self.active.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whom to ask, if it is live.
    pub(super) fn live(&self) -> Result<Active, EngineError> {
        self.active()
            .filter(|active| *active.link.stage.borrow() == Stage::Live)
            .ok_or(EngineError::NotConnected)
    }

    /// Ends the present run, if there is one.
    async fn end(run: &mut Option<Run>) {
        if let Some(mut ending) = run.take() {
            ending.link.stopping.cancel();
            ending.link.wish(Wish::End);
            // An error only says that it was aborted with the runtime.
            let _ = (&mut ending.task).await;
        }
    }
}

fn not_built(error: &ClientBuilderError) -> StoreError {
    // Beside parts that are missing, which none is: the storage failed its test.
    StoreError::Validation(error.to_string())
}

/// Tells WhatsApp that the link ends: now, or as soon as a device that is linked is live.
async fn deregister(active: &Active) {
    let Active { link, client } = active;
    if !seed::is_client_linked(client) {
        return;
    }
    let mut stage = link.stage.subscribe();
    let settled = stage.wait_for(|stage| matches!(stage, Stage::Live | Stage::Over)).await;
    if settled.is_ok_and(|stage| *stage == Stage::Live) {
        // What comes of it is no news: it was asked for.
        link.stopping.cancel();
        Box::pin(client.logout()).await;
    }
}

/// What a run needs to come to its end.
struct Ending {
    events: Subscription,
    /// Puts the history to the disk.
    keeper: AbortOnDropHandle<()>,
    /// Reads it from there.
    reader: AbortOnDropHandle<()>,
    store: Store,
    whom_to_ask: Arc<RwLock<Option<Active>>>,
}

/// A run: connects until it is over, then leaves nothing behind.
async fn run(active: Active, keys: Keys, ending: Ending) {
    let Active { link, client } = active;
    let Ending { events, keeper, reader, store, whom_to_ask } = ending;
    supervisor::supervise(&link, &client).await;
    link.wish(Wish::End);
    // Writes what is still to be written; a second call does no harm.
    Box::pin(client.disconnect()).await;
    drop(events);
    // The phone does not send it again.
    link.end_history();
    let history = async {
        // An error only says that it was aborted with the runtime.
        let _ = keeper.await;
        let _ = reader.await;
    };
    if tokio::time::timeout(HISTORY, history).await.is_err() {
        tracing::warn!("a part of the history could not be kept in time");
    }
    link.over.cancel();
    link.tasks.close();
    link.tasks.wait().await;
    link.acks.lost();
    link.stage.send_replace(Stage::Over);
    *whom_to_ask.write().unwrap_or_else(PoisonError::into_inner) = None;
    keys.close();
    if let Some(verdict) = link.verdict() {
        if verdict.is_unlinked()
            && let Err(error) = keys::purge(&store, keys.device()).await
        {
            // The next start will hear once more that they are worthless.
            tracing::warn!(%error, "worthless keys could not be deleted");
        }
        link.mailbox.tell(verdict.into_event());
    }
}

#[async_trait]
impl Session for LinkedSession {
    async fn start(&self) -> Result<(), EngineError> {
        let mut run = self.run.lock().await;
        if let Some(running) = run.as_mut() {
            let ending = running.link.verdict().is_some() || running.task.is_finished();
            if !ending {
                return Ok(());
            }
            // An error only says that it was aborted with the runtime.
            let _ = (&mut running.task).await;
        }
        *run = None;
        let started = self.build().await.map_err(|error| EngineError::Storage(errors::stored(&error)))?;
        *run = Some(started);
        Ok(())
    }

    async fn stop(&self) {
        Self::end(&mut *self.run.lock().await).await;
        self.mailbox.told().await;
    }

    async fn log_out(&self) -> Result<(), EngineError> {
        let mut run = self.run.lock().await;
        if let Some(active) = self.active() {
            let told = tokio::time::timeout(LOG_OUT, deregister(&active)).await;
            if told.is_err() {
                tracing::warn!("WhatsApp could not be told that the link ends");
            }
        }
        Self::end(&mut run).await;
        self.mailbox.told().await;
        keys::purge(&self.store, &self.device).await?;
        Ok(())
    }

    async fn pairing_code(&self, phone_number: &str) -> Result<PairingCode, EngineError> {
        let active = self.active().ok_or(EngineError::NotPairing)?;
        pairing::code(&active.link, &active.client, phone_number).await
    }

    async fn send(&self, message: &OutboundMessage) -> Result<(), EngineError> {
        requests::send(&self.live()?, message).await
    }

    fn message_id(&self) -> String {
        requests::message_id(&self.source)
    }

    async fn mark_read(
        &self,
        chat: &str,
        sender: Option<&str>,
        whatsapp_ids: &[String],
    ) -> Result<(), EngineError> {
        requests::mark_read(&self.live()?, chat, sender, whatsapp_ids).await
    }

    async fn mark_played(
        &self,
        chat: &str,
        sender: Option<&str>,
        whatsapp_ids: &[String],
    ) -> Result<(), EngineError> {
        requests::mark_played(&self.live()?, chat, sender, whatsapp_ids).await
    }

    async fn change_chat(
        &self,
        chat: &str,
        change: &ChatChange,
        newest: Option<&NewestMessage>,
    ) -> Result<(), EngineError> {
        chat_state::change(&self.live()?, chat, change, newest, self.source.now()).await
    }

    async fn reject_call(&self, call: &str, caller: &str) -> Result<(), EngineError> {
        calls::reject(&self.live()?, call, caller).await
    }

    async fn change_label(&self, change: &LabelChange) -> Result<(), EngineError> {
        labels::change(&self.live()?, change).await
    }

    async fn change_message(
        &self,
        chat: &str,
        target: &Target,
        at: Millis,
        action: MessageAction,
    ) -> Result<(), EngineError> {
        message_state::change(&self.live()?, chat, target, at, action).await
    }

    async fn typing(&self, chat: &str, state: TypingState) -> Result<(), EngineError> {
        requests::typing(&self.live()?, chat, state).await
    }

    async fn follow_presence(&self, jid: &str, follow: bool) -> Result<(), EngineError> {
        requests::follow_presence(&self.live()?, jid, follow).await
    }

    async fn set_available(&self, available: bool) -> Result<(), EngineError> {
        self.available.store(available, Ordering::Release);
        match self.live() {
            Ok(live) => requests::set_available(&live, available).await,
            // The next connection asks what is wanted.
            Err(_) => Ok(()),
        }
    }

    async fn find(&self, phone_number: &str) -> Result<Option<String>, EngineError> {
        requests::find(&self.live()?, phone_number).await
    }

    async fn older(&self, chat: &str, oldest: &NewestMessage, count: u32) -> Result<String, EngineError> {
        history::ask_older(&self.live()?, chat, oldest, count).await
    }

    async fn picture(&self, jid: &str) -> Result<Option<Picture>, EngineError> {
        requests::picture(&self.live()?, &*self.endpoint.http, jid).await
    }

    async fn group_subject(&self, jid: &str) -> Result<String, EngineError> {
        requests::group_subject(&self.live()?, jid).await
    }

    async fn upload(&self, source: &MediaSource) -> Result<MediaRef, EngineError> {
        media::upload(&self.live()?, &*self.endpoint.http, source).await
    }

    async fn download(&self, reference: &MediaRef, to: &Path, limit: u64) -> Result<(), EngineError> {
        media::download(&self.live()?, reference, to, limit).await
    }

    async fn reupload(&self, reference: &MediaRef, origin: &MediaOrigin) -> Result<String, EngineError> {
        media::reupload(&self.live()?, reference, origin).await
    }
}
