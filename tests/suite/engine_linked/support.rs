//! A network, an engine on it, and a sink that remembers what it was told.

use async_trait::async_trait;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use switchboard::protocol::{DeviceId, Network};
use switchboard::server::engine::linked::LinkedEngine;
use switchboard::server::engine::{
    Engine as _, EngineError, EventSink, HistoryChat, HistoryPart, HistoryPiece, HistorySink, Inbound,
    InboundMessage, OutboundMessage, Outgoing, Session, SessionEvent, WaitingPart,
};
use switchboard::server::sandbox::{Fault, FaultKind, PhoneMessage, Sandbox, ScanTarget};
use switchboard::server::source::Source;
use switchboard::server::storage::{Database, Location, NoRecorder, Store, query};
use tokio::sync::{Notify, watch};

/// How long anything may take: the machine may be busy.
const DEADLINE: Duration = Duration::from_secs(60);

pub const OWN: &str = "34611000001";
pub const EVA: &str = "34611000002";
pub const BOB: &str = "34611000003";

pub fn jid(number: &str) -> String {
    format!("{number}@s.whatsapp.net")
}

/// The network with three phones, and an engine on it. All in one store, deleted in the end.
pub struct Net {
    pub sandbox: Arc<Sandbox>,
    pub engine: LinkedEngine,
    pub store: Store,
    folder: PathBuf,
}

impl Drop for Net {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

impl Net {
    pub async fn new() -> Self {
        let source = Source::system();
        let folder = std::env::temp_dir().join(format!("switchboard_test_{}", source.token(16)));
        let location = Location::Sqlite(folder.join("test.sqlite"));
        let store =
            Store::start(Database::open(&location).await.unwrap(), Arc::new(NoRecorder)).await.unwrap();
        store
            .execute(query("INSERT INTO workspaces (id, name, created_at) VALUES ('w', 'w', 0)"))
            .await
            .unwrap();
        for device in ["dev_a", "dev_b"] {
            let insert = query(
                "INSERT INTO devices (id, workspace_id, name, status, created_at, wanted, linked) VALUES ($1, 'w', 'd', 'created', 0, 0, 0)",
            );
            store.execute(insert.bind(device)).await.unwrap();
        }
        let sandbox = Sandbox::open(store.clone(), source.clone()).await.unwrap();
        for (number, name) in [(OWN, "Own"), (EVA, "Eva"), (BOB, "Bob")] {
            sandbox.add_phone(name, Some(number)).await.unwrap();
        }
        let engine = LinkedEngine::new(store.clone(), sandbox.clone(), Network::Sandbox, source);
        Self { sandbox, engine, store, folder }
    }

    /// Where its files are; deleted in the end.
    pub fn folder(&self) -> &std::path::Path {
        &self.folder
    }

    /// A session of this device that nobody started yet.
    pub async fn device(&self, id: &str) -> Device {
        let id: DeviceId = id.parse().unwrap();
        let sink = Arc::new(Sink::default());
        let session = self.engine.open(&id, "Front desk", sink.clone()).await.unwrap();
        Device { id, session, sink }
    }

    /// A session that is linked to this phone by a scan, and live.
    pub async fn linked(&self, id: &str, number: &str) -> Device {
        let device = self.device(id).await;
        device.session.start().await.unwrap();
        let code = device.qr().await;
        self.sandbox.scan(number, &ScanTarget::Qr(code)).await.unwrap();
        device.connected().await;
        device
    }

    pub async fn fault(&self, kind: FaultKind, seconds: Option<u64>) {
        self.sandbox.set_fault(Fault { kind, device: None, ms: None, seconds }).await.unwrap();
    }

    /// The messages with this text on a phone.
    pub async fn held(&self, number: &str, text: &str) -> Vec<PhoneMessage> {
        let messages = self.sandbox.messages(number, None).await.unwrap();
        messages.into_iter().filter(|message| message.text == text).collect()
    }

    /// Waits until a phone holds a message with this text, for which this is so.
    pub async fn holds(&self, number: &str, text: &str, so: impl Fn(&PhoneMessage) -> bool) -> PhoneMessage {
        until(&format!("{number} holds {text:?}"), async || {
            self.held(number, text).await.into_iter().find(&so)
        })
        .await
    }

    /// How many rows are kept for a device.
    pub async fn rows(&self, device: &DeviceId) -> usize {
        let select = query("SELECT id FROM engine_rows WHERE device_id = $1").bind(device);
        self.store.rows(select).await.unwrap().len()
    }
}

/// Waits until something is so.
pub async fn until<T>(what: &str, mut look: impl AsyncFnMut() -> Option<T>) -> T {
    let found = tokio::time::timeout(DEADLINE, async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    found.await.unwrap_or_else(|_| panic!("it never happened: {what}"))
}

pub struct Device {
    pub id: DeviceId,
    pub session: Arc<dyn Session>,
    pub sink: Arc<Sink>,
}

impl Device {
    pub async fn qr(&self) -> String {
        let is_qr = |event: &SessionEvent| match event {
            SessionEvent::Qr { code, .. } => Some(code.clone()),
            _ => None,
        };
        self.sink.event("a code to scan", is_qr).await
    }

    pub async fn connected(&self) -> (String, Option<String>, Option<String>) {
        let is_connected = |event: &SessionEvent| match event {
            SessionEvent::Connected { phone_number, lid, push_name } => {
                Some((phone_number.clone(), lid.clone(), push_name.clone()))
            }
            _ => None,
        };
        self.sink.event("connected", is_connected).await
    }

    /// How long it waits, and whether the server was reached.
    pub async fn disconnected(&self) -> (Duration, bool) {
        let is_disconnected = |event: &SessionEvent| match event {
            SessionEvent::Disconnected { retry_in, reached } => Some((*retry_in, *reached)),
            _ => None,
        };
        self.sink.event("disconnected", is_disconnected).await
    }

    pub fn text(&self, to: &str, text: &str) -> OutboundMessage {
        OutboundMessage {
            whatsapp_id: self.session.message_id(),
            to: to.to_owned(),
            content: Outgoing::text(text),
        }
    }
}

/// Remembers what it was told, and keeps messages or not, as the test wants it.
#[derive(Default)]
pub struct Sink {
    events: Mutex<Vec<SessionEvent>>,
    kept: Mutex<Vec<InboundMessage>>,
    parts: Mutex<Vec<(WaitingPart, bool)>>,
    history: Mutex<Vec<HistoryChat>>,
    /// How many commits are still to fail.
    pub failing: AtomicU32,
    /// How many commits were asked for.
    pub asked: AtomicU32,
    /// While set, commits do not come to an end.
    pub holding: watch::Sender<bool>,
    news: Notify,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[async_trait]
impl EventSink for Sink {
    async fn commit(&self, batch: Vec<Inbound>) -> Result<(), EngineError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.news.notify_waiters();
        let mut holding = self.holding.subscribe();
        holding.wait_for(|holding| !*holding).await.unwrap();
        let fails = self.failing.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| left.checked_sub(1));
        if fails.is_ok() {
            return Err(EngineError::NotConnected);
        }
        for inbound in batch {
            match inbound {
                Inbound::Message(message) => lock(&self.kept).push(*message),
                Inbound::Change(_) | Inbound::Timer(_) | Inbound::Identity(_) => {}
            }
        }
        self.news.notify_waiters();
        Ok(())
    }

    async fn poll_secret(&self, chat: &str, whatsapp_id: &str) -> Option<Vec<u8>> {
        let poll = self.kept().into_iter().find(|m| m.chat == chat && m.whatsapp_id == whatsapp_id)?;
        poll.secret
    }

    async fn event(&self, event: SessionEvent) {
        lock(&self.events).push(event);
        self.news.notify_waiters();
    }
}

/// Parts as they wait, in memory; their chats are told as they are read.
#[async_trait]
impl HistorySink for Sink {
    async fn history_part(&self, part: HistoryPart) -> Result<(), EngineError> {
        let mut parts = lock(&self.parts);
        let id = format!("part_{}", parts.len());
        parts.push((WaitingPart { id, part, next_chat: 0 }, false));
        Ok(())
    }

    async fn next_history_part(&self) -> Result<Option<WaitingPart>, EngineError> {
        Ok(lock(&self.parts).iter().find(|(_, through)| !through).map(|(part, _)| part.clone()))
    }

    async fn history_piece(&self, piece: HistoryPiece) -> Result<(), EngineError> {
        let mut parts = lock(&self.parts);
        let part = parts.iter_mut().find(|(part, _)| part.id == piece.part).unwrap();
        part.0.next_chat = piece.next_chat;
        part.1 = piece.last;
        drop(parts);
        lock(&self.history).extend(piece.chats);
        self.news.notify_waiters();
        Ok(())
    }
}

impl Sink {
    /// Waits for a chat of the history.
    pub async fn past(&self, jid: &str) -> HistoryChat {
        self.wait("a chat of the history", |sink| {
            lock(&sink.history).iter().find(|chat| chat.jid == jid).cloned()
        })
        .await
    }

    /// Waits until something is so.
    pub async fn wait<T>(&self, what: &str, look: impl Fn(&Self) -> Option<T>) -> T {
        let found = tokio::time::timeout(DEADLINE, async {
            loop {
                let mut news = std::pin::pin!(self.news.notified());
                news.as_mut().enable();
                if let Some(found) = look(self) {
                    return found;
                }
                news.await;
            }
        });
        found.await.unwrap_or_else(|_| panic!("it never happened: {what}; {:#?}", self.told()))
    }

    /// Waits for an event, those included that it was told before.
    pub async fn event<T>(&self, what: &str, look: impl Fn(&SessionEvent) -> Option<T>) -> T {
        self.wait(what, |sink| lock(&sink.events).iter().find_map(&look)).await
    }

    pub async fn message(&self, text: &str) -> InboundMessage {
        self.wait(text, |sink| sink.kept().into_iter().find(|message| message.text == text)).await
    }

    pub fn kept(&self) -> Vec<InboundMessage> {
        lock(&self.kept).clone()
    }

    pub fn told(&self) -> Vec<SessionEvent> {
        lock(&self.events).clone()
    }

    /// Forgets the events until now.
    pub fn forget(&self) {
        lock(&self.events).clear();
    }
}
