//! What the sandbox's tests share: a network in a temporary file, and the production client on it.

use std::future::Future;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use switchboard::protocol::DeviceId;
use switchboard::server::engine::linked::Endpoints as _;
use switchboard::server::sandbox::{PhoneMessage, Sandbox, ScanTarget};
use switchboard::server::source::Source;
use switchboard::server::storage::{Database, Location, NoRecorder, Store};
use tokio::sync::mpsc;
use tokio::time::timeout;
use whatsapp_rust::Jid;
use whatsapp_rust::prelude::*;
use whatsapp_rust::sync_task::MajorSyncTask;
use whatsapp_rust::wacore::net::{
    HttpClient, HttpRequest, HttpResponse, Transport, TransportEvent, TransportFactory,
};
use whatsapp_rust::wacore::store::InMemoryBackend;
use whatsapp_rust::wacore::store::traits::DeviceStore as _;
use whatsapp_rust::{anyhow, async_channel, async_trait};

/// How long anything may take: the machine may be busy.
pub const DEADLINE: Duration = Duration::from_secs(40);

/// A folder of its own, removed at the end.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new() -> Self {
        static COUNT: AtomicU64 = AtomicU64::new(0);
        let name =
            format!("switchboard-sandbox-{}-{}", std::process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

/// The store in a folder.
pub async fn store(folder: &Path) -> Store {
    let location = Location::parse("sqlite:sandbox.db", folder).unwrap();
    let database = Database::open(&location).await.unwrap();
    Store::start(database, Arc::new(NoRecorder)).await.unwrap()
}

/// The network in a folder. `RUST_LOG` shows what it logs.
pub async fn open(folder: &Path) -> Arc<Sandbox> {
    drop(
        tracing_subscriber::fmt()
            .with_env_filter(tracing_subscriber::EnvFilter::from_default_env())
            .with_test_writer()
            .try_init(),
    );
    Sandbox::open(store(folder).await, Source::system()).await.unwrap()
}

/// Two phones of its own on a network of its own: their numbers are [`ANA`] and [`BEN`].
pub async fn ana_and_ben(folder: &Path) -> Arc<Sandbox> {
    let sandbox = open(folder).await;
    sandbox.add_phone("Ana", Some(ANA)).await.unwrap();
    sandbox.add_phone("Ben", Some(BEN)).await.unwrap();
    sandbox
}

pub const ANA: &str = "34611000001";
pub const BEN: &str = "34611000002";

/// Waits until something is so.
pub async fn until<T, F: Future<Output = Option<T>>>(what: &str, mut look: impl FnMut() -> F) -> T {
    let found = timeout(DEADLINE, async {
        loop {
            if let Some(found) = look().await {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    });
    found.await.unwrap_or_else(|_| panic!("it never happened: {what}"))
}

struct Dial(Arc<dyn TransportFactory>);
#[async_trait]
impl TransportFactory for Dial {
    async fn create_transport(
        &self,
    ) -> Result<(Arc<dyn Transport>, async_channel::Receiver<TransportEvent>), anyhow::Error> {
        self.0.create_transport().await
    }
}

#[derive(Clone)]
struct Http(Arc<dyn HttpClient>);
#[async_trait]
impl HttpClient for Http {
    async fn execute(&self, request: HttpRequest) -> anyhow::Result<HttpResponse> {
        self.0.execute(request).await
    }
}

/// The stock client with a store in memory.
pub struct Device {
    pub id: DeviceId,
    pub client: Arc<Client>,
    pub backend: Arc<InMemoryBackend>,
    pub http: Arc<dyn HttpClient>,
    events: mpsc::UnboundedReceiver<Arc<Event>>,
    handle: BotHandle,
}

impl Device {
    /// Starts a client with nothing in its store.
    pub async fn new(sandbox: &Sandbox, id: &str) -> Self {
        Self::start(sandbox, id, Arc::new(InMemoryBackend::new())).await
    }

    /// Starts a client on a store that exists.
    pub async fn start(sandbox: &Sandbox, id: &str, backend: Arc<InMemoryBackend>) -> Self {
        let id: DeviceId = id.parse().unwrap();
        let endpoint = sandbox.endpoint(&id);
        let trust = endpoint.trust.unwrap();
        let mut device = backend.load().await.unwrap().unwrap_or_default();
        if device.pn.is_none() {
            device.pn = Some(Jid::pn(trust.placeholder.to_string()));
        }
        device.server_cert_chain = Some(trust.chain);
        backend.save(&device).await.unwrap();
        let (sender, events) = mpsc::unbounded_channel();
        let bot = Bot::builder()
            .with_backend_arc(backend.clone())
            .with_transport_factory(Dial(endpoint.transport))
            .with_http_client(Http(endpoint.http.clone()))
            .with_version((2, 3000, 1_030_000_000))
            .with_event_delivery(EventDelivery::Ordered { capacity: 4_096 })
            .on_event(move |event, client| {
                let skipped = match &*event {
                    Event::AppStateSyncFailed(failed) => failed.skipped.clone(),
                    _ => Vec::new(),
                };
                drop(sender.send(event));
                async move {
                    // The client leaves out a change that arrives while it looks at the same collection.
                    for name in skipped {
                        let (Ok(name), client) = (name.parse(), client.clone()) else { continue };
                        tokio::spawn(async move {
                            tokio::time::sleep(Duration::from_millis(500)).await;
                            client
                                .process_sync_task(MajorSyncTask::AppStateSync { name, full_sync: false })
                                .await;
                        });
                    }
                }
            })
            .build()
            .await
            .unwrap();
        let client = bot.client();
        Self { id, client, backend, http: endpoint.http, events, handle: bot.spawn() }
    }

    /// Starts a client and links it to a phone by QR code; returns once it is connected.
    pub async fn linked(sandbox: &Sandbox, id: &str, number: &str) -> Self {
        let mut device = Self::new(sandbox, id).await;
        let code = device.qr().await;
        sandbox.scan(number, &ScanTarget::Qr(code)).await.unwrap();
        device.connected().await;
        device
    }

    /// Waits for an event.
    pub async fn wait<T>(&mut self, what: &str, mut look: impl FnMut(&Event) -> Option<T>) -> T {
        let found = timeout(DEADLINE, async {
            loop {
                let event =
                    self.events.recv().await.unwrap_or_else(|| panic!("the client ended before: {what}"));
                if let Some(found) = look(&event) {
                    return found;
                }
            }
        });
        found.await.unwrap_or_else(|_| panic!("it never happened: {what}"))
    }

    pub async fn qr(&mut self) -> String {
        let look = |event: &Event| match event {
            Event::PairingQrCode(qr) => Some(qr.code.clone()),
            _ => None,
        };
        self.wait("a QR code", look).await
    }

    pub async fn connected(&mut self) {
        self.wait("connected", |event| matches!(event, Event::Connected(_)).then_some(())).await;
    }

    /// Waits for a message with this text and answers its id.
    pub async fn text(&mut self, text: &str) -> String {
        self.wait(text, |event| {
            let found =
                event.messages().find(|message| message.message.conversation.as_deref() == Some(text));
            found.map(|message| message.info.id.clone())
        })
        .await
    }

    /// Everything that has happened and was not waited for.
    pub fn seen(&mut self) -> Vec<Arc<Event>> {
        std::iter::from_fn(|| self.events.try_recv().ok()).collect()
    }

    /// Ends the client and keeps its store.
    pub async fn stop(self) -> Arc<InMemoryBackend> {
        self.handle.shutdown().await;
        self.backend
    }
}

/// The messages with this text on a phone.
pub async fn held(sandbox: &Sandbox, number: &str, text: &str) -> Vec<PhoneMessage> {
    let messages = sandbox.messages(number, None).await.unwrap();
    messages.into_iter().filter(|message| message.text == text).collect()
}

/// Waits until a phone holds a message with this text.
pub async fn holds(sandbox: &Sandbox, number: &str, text: &str) -> PhoneMessage {
    until(&format!("{number} holds {text:?}"), || async { held(sandbox, number, text).await.pop() }).await
}
