//! The rules of these namespaces: who enters, what they are told, and what they may say.

use super::access;
use super::present;
use super::watch::Watch;
use crate::protocol::{CursorError, DeviceId, ResyncReason};
use crate::server::auth::{Auth, Principal};
use crate::server::devices::Devices;
use crate::server::gateway::dialect::{LogFeed, Offset, Reader, Said, Stay, knows_offsets, resync, since};
use crate::server::gateway::socketio::{
    Args, Event, Frame, Handshake, Keeper, Lost, Namespace, Opened, Position, Refusal, Socket, Start,
    StatelessKeeper,
};
use crate::server::gateway::state::App;
use crate::server::journal::Journal;
use crate::server::reach::Reach;
use crate::server::source::Source;
use crate::server::storage::{StorageError, read};
use serde_json::json;
use std::collections::HashMap;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// `/device/{deviceId}`, and `/`: the same but for the devices.
pub struct DeviceNamespace {
    journal: Journal,
    devices: Devices,
    auth: Auth,
    source: Source,
    stopping: CancellationToken,
    keeper: Arc<StatelessKeeper>,
}

/// One client that came in.
pub struct Watcher {
    principal: Principal,
    stay: Stay,
    /// Of what the client may see, what it asked for.
    reach: Reach,
    /// The only device that it watches, in the namespace of that device or in `/`.
    only: Option<DeviceId>,
    since: Option<Result<Offset, CursorError>>,
    /// Whether its events carry offsets.
    offsets: bool,
}

/// The present truth, and the position up to which it holds.
struct Present {
    said: Vec<Said>,
    at: Offset,
    codes: HashMap<DeviceId, String>,
}

impl DeviceNamespace {
    pub fn new(app: &App) -> Self {
        Self {
            journal: app.journal.clone(),
            devices: app.devices.clone(),
            auth: app.auth.clone(),
            source: app.source.clone(),
            stopping: app.stopping.clone(),
            keeper: Arc::default(),
        }
    }

    /// The device that a client names, if it may see it.
    async fn device(&self, reach: &Reach, named: &str) -> Result<DeviceId, Refusal> {
        let id: DeviceId = named.parse().map_err(|_| access::no_such_device())?;
        match read::device(self.journal.store(), reach, &id).await {
            Ok(Some(device)) => Ok(device.id),
            Ok(None) => Err(access::no_such_device()),
            Err(error) => Err(access::broken(&error)),
        }
    }

    async fn present(&self, reach: &Reach) -> Result<Present, StorageError> {
        let (devices, cursor) = read::devices_at(self.journal.store(), reach).await?;
        let now = self.source.now();
        let (mut said, mut codes) = (Vec::new(), HashMap::new());
        for device in devices {
            let code = present::code(&device, |id| self.devices.qr(id));
            said.extend(present::said(&device, code.as_ref(), now));
            codes.extend(code.map(|code| (device.id, code.qr)));
        }
        Ok(Present { said, at: Offset::after(cursor), codes })
    }

    fn reader(&self, socket: &Socket<Watcher>) -> Reader<Watch> {
        let watcher = socket.session();
        Reader {
            namespace: socket.namespace().to_owned(),
            stopping: self.stopping.clone(),
            translate: Watch {
                in_all: socket.namespace() == "/",
                only: watcher.only.clone(),
                covered: 0,
                codes: HashMap::new(),
                over: false,
            },
            offsets: watcher.offsets,
            first: Vec::new(),
        }
    }

    /// From what the client says itself; with the present truth where it says nothing, or nothing of use.
    async fn open(&self, socket: &Socket<Watcher>) -> Result<LogFeed<Watch>, Lost> {
        let watcher = socket.session();
        let lost = match &watcher.since {
            None => None,
            Some(Err(CursorError)) => Some(ResyncReason::Epoch),
            Some(Ok(since)) => {
                let reader = self.reader(socket);
                let feed = LogFeed::open(&self.journal, &watcher.reach, Some(since), reader).await?;
                match feed.lost() {
                    None => return Ok(feed),
                    lost => lost,
                }
            }
        };
        let mut present = self.present(&watcher.reach).await.map_err(unreadable)?;
        if present.said.is_empty() && watcher.only.is_some() {
            // It was there when the client entered.
            return Err(Lost);
        }
        let resync = lost.map(|reason| resync(reason, &present.at.cursor));
        present.said.splice(0..0, resync);
        let since = present.at.clone();
        self.begin(socket, present, &since).await
    }

    /// Tells the present first, then what happened since the position.
    async fn begin(
        &self,
        socket: &Socket<Watcher>,
        present: Present,
        since: &Offset,
    ) -> Result<LogFeed<Watch>, Lost> {
        let watcher = socket.session();
        let mut reader = self.reader(socket);
        reader.first = present::frames(&reader.namespace, present.said, since, reader.offsets);
        reader.translate.covered = present.at.cursor.seq;
        reader.translate.codes = present.codes;
        LogFeed::open(&self.journal, &watcher.reach, Some(since), reader).await
    }

    /// For a client that comes back as the one that it was.
    async fn reopen(&self, socket: &Socket<Watcher>, past: &Position) -> Result<LogFeed<Watch>, Lost> {
        let reach = &socket.session().reach;
        let opened = past.opened.as_deref().and_then(|opened| opened.parse::<Offset>().ok());
        match (&past.seen, opened) {
            // It was cut off before it had heard all of the present.
            (None, Some(opened)) => {
                let present = self.present(reach).await.map_err(unreadable)?;
                let feed = self.begin(socket, present, &opened).await?;
                if feed.lost().is_some() { Err(Lost) } else { Ok(feed) }
            }
            _ => LogFeed::reopen(&self.journal, reach, past, self.reader(socket)).await,
        }
    }
}

fn unreadable(error: StorageError) -> Lost {
    tracing::error!(%error, "the present cannot be read");
    Lost
}

impl Namespace for DeviceNamespace {
    type Session = Watcher;

    async fn authenticate(&self, handshake: &Handshake) -> Result<Watcher, Refusal> {
        let (principal, lease) = access::authenticate(&self.auth, handshake).await?;
        // What names no device, such as an empty `?deviceId=`, must not open all of them by mistake.
        let named = match (handshake.param("deviceId"), handshake.auth("deviceId")) {
            (Some(named), _) => Some(named),
            (None, Some(named)) => Some(named.as_str().unwrap_or_default()),
            (None, None) => handshake.query("deviceId"),
        };
        let (reach, only) = match named {
            None => (principal.reach.clone(), None),
            Some(named) => {
                let device = self.device(&principal.reach, named).await?;
                (principal.reach.narrowed(device.clone()), Some(device))
            }
        };
        let (since, offsets) = (since(handshake), knows_offsets(handshake));
        Ok(Watcher { principal, stay: Stay::new(lease), reach, only, since, offsets })
    }

    fn owner(&self, session: &Watcher) -> String {
        session.principal.name()
    }

    fn keeper(&self) -> Option<Arc<dyn Keeper>> {
        Some(Arc::clone(&self.keeper) as Arc<dyn Keeper>)
    }

    fn recovers(&self, session: &Watcher) -> bool {
        session.offsets
    }

    async fn feed(&self, socket: &Socket<Watcher>, start: Start) -> Result<Opened, Lost> {
        let feed = match &start {
            Start::Now => self.open(socket).await?,
            Start::After(past) => self.reopen(socket, past).await?,
        };
        let start = feed.start();
        Ok(Opened::new(feed, Some(start)))
    }

    async fn expelled(&self, socket: &Socket<Watcher>) -> Option<Frame> {
        socket.session().stay.over(socket.namespace()).await
    }

    /// These namespaces tell and are told nothing, but for `ping`: whoever waits for an answer gets one.
    async fn event(&self, socket: &Socket<Watcher>, event: Event) {
        let Some(ack) = event.ack else { return };
        let answer = match event.name.as_str() {
            "ping" => json!({ "success": true, "timestamp": self.source.now() }),
            _ => json!({
                "success": false,
                "error": "This namespace only tells of events; use the REST API to act.",
                "code": "not_supported",
            }),
        };
        if let Err(error) = ack.send(&Args::one(answer)) {
            tracing::debug!(socket = socket.id(), %error, "an answer did not leave");
        }
    }
}
