//! What one socket is told: of the log, of the present state of what it subscribed to, and of the numbers.

use super::NAMESPACE;
use super::answer::Payload;
use super::session::Session;
use crate::protocol::{
    Cursor, Device, DeviceId, DeviceStatus, EventKind, LiveEvent, Message, MessageId, MessageStatus,
};
use crate::server::gateway::chat;
use crate::server::gateway::dialect::{Frames, Said, Translate};
use crate::server::gateway::instances::{self, StatsBoard};
use crate::server::gateway::socketio::{Frame, Socket};
use crate::server::gateway::state::App;
use crate::server::journal::Logged;
use crate::server::storage::read;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// How long a client that comes back may take to subscribe again before the log goes on without it ...
const GRACE: Duration = Duration::from_secs(1);
/// ... and how long after a subscription the next is waited for.
const QUIET: Duration = Duration::from_millis(150);

/// Failed messages that are told one by one; if more fail at once, as when a device is removed with all that it was
/// still to send, the rest is told by their status alone.
const MOST_FAILED: usize = 100;

/// What an event is to everybody, and to those who are told of its instance. Each made once for all sockets.
struct ToAll(Option<Arc<Frames>>);
struct ToMembers(Option<Arc<Frames>>);

fn frames(cursor: &Cursor, said: Vec<Said>) -> Option<Arc<Frames>> {
    (!said.is_empty()).then(|| Arc::new(Frames::new(NAMESPACE, cursor, said)))
}

/// What a socket heard of an instance while its present state was on the way: that it is not told again.
#[derive(Default)]
struct Heard {
    status: Option<DeviceStatus>,
    qr: Option<String>,
}

/// The dialects' translation for one socket.
pub struct Translation {
    app: App,
    socket: Socket<Session>,
    asked: watch::Receiver<u64>,
    stats: Option<watch::Receiver<Option<Frame>>>,
    /// The client may subscribe before the log is read.
    waits: bool,
    heard: HashMap<DeviceId, Heard>,
    present: Vec<Device>,
    /// Messages that have failed, of which the client is still to be told to whom they were.
    failed: Vec<MessageId>,
    unsent: Vec<Message>,
}

impl Translation {
    pub fn new(app: &App, socket: Socket<Session>, stats: &StatsBoard, waits: bool) -> Self {
        let session = socket.session();
        let reach = &session.principal.reach;
        // Whoever sees only some devices is not told the numbers of all.
        let stats = reach.is_whole().then(|| stats.follow(&reach.workspace));
        let asked = session.asked.watch();
        Self {
            app: app.clone(),
            socket,
            asked,
            stats,
            waits,
            heard: HashMap::new(),
            present: Vec::new(),
            failed: Vec::new(),
            unsent: Vec::new(),
        }
    }

    /// Notes what the socket is about to hear of an instance.
    fn hears(&mut self, id: &DeviceId, kind: &EventKind) {
        let heard = self.heard.get_mut(id);
        match (kind, heard) {
            (EventKind::DeviceUpdated { device, .. }, Some(heard)) => heard.status = Some(device.status),
            (EventKind::DeviceQr { qr }, Some(heard)) => heard.qr = Some(qr.qr.clone()),
            (EventKind::DeviceDeleted { .. }, _) => self.socket.leave(&instances::room(id)),
            _ => {}
        }
    }

    /// The present state of an instance, without what the socket has just heard.
    fn state(&self, device: &Device, heard: &Heard) -> Vec<Said> {
        let status = (heard.status != Some(device.status)).then_some(device);
        let qr = self.app.devices.qr(&device.id).filter(|qr| {
            device.status == DeviceStatus::QrRequired && heard.qr.as_deref() != Some(qr.qr.as_str())
        });
        instances::present(&device.id, status, qr.as_ref())
    }
}

impl Translate for Translation {
    fn event(&mut self, logged: &Logged) -> Option<Arc<Frames>> {
        let event = &logged.event;
        if let Some(id) = event.device_id.as_ref().filter(|_| instances::concerns(&event.kind))
            && instances::hears(&self.socket, id)
        {
            self.hears(id, &event.kind);
            let make = |event: &_| {
                let mut said = chat::said(event);
                said.extend(instances::said(event));
                said
            };
            return logged.rendered(|event| ToMembers(frames(&event.cursor, make(event)))).0.clone();
        }
        if let EventKind::MessageStatus { message_id, status: MessageStatus::Failed, .. } = &event.kind
            && self.failed.len() < MOST_FAILED
        {
            self.failed.push(message_id.clone());
        }
        logged.rendered(|event| ToAll(frames(&event.cursor, chat::said(event)))).0.clone()
    }

    fn signal(&mut self, event: &LiveEvent) -> Option<Frame> {
        let (chat, name, payload) = chat::signal(event)?;
        self.socket.is_in(&chat::room(chat)).then(|| Frame::event_of(NAMESPACE, name, &payload, None).ok())?
    }

    async fn admitted(&mut self) {
        if !self.waits {
            return;
        }
        let socket = self.socket.clone();
        let asked = &mut self.asked;
        let subscribed = async {
            while socket.session().asked.is_empty() {
                if asked.changed().await.is_err() {
                    return;
                }
            }
            while let Ok(Ok(())) = tokio::time::timeout(QUIET, asked.changed()).await {}
        };
        drop(tokio::time::timeout(GRACE, subscribed).await);
    }

    async fn called(&mut self) {
        if !self.failed.is_empty() {
            return;
        }
        let Self { socket, asked, stats, .. } = self;
        let asked = async {
            while socket.session().asked.is_empty() {
                if asked.changed().await.is_err() {
                    std::future::pending::<()>().await;
                }
            }
        };
        let counted = async {
            if let Some(stats) = stats
                && stats.changed().await.is_ok()
            {
                // It stays marked as new until `aside` has said it.
                stats.mark_changed();
                return;
            }
            std::future::pending().await
        };
        tokio::select! {
            () = asked => {}
            () = counted => {}
        }
    }

    async fn prepare(&mut self) -> i64 {
        let mut top = 0;
        for id in std::mem::take(&mut self.failed) {
            let reach = &self.socket.session().principal.reach;
            match read::message(self.app.journal.store(), reach, &id).await {
                // Somebody may have tried it again meanwhile.
                Ok(message) => {
                    self.unsent.extend(message.filter(|message| message.status == MessageStatus::Failed));
                }
                Err(error) => tracing::error!(%error, "a failed message cannot be read"),
            }
        }
        for id in self.socket.session().asked.take() {
            let reach = self.socket.session().principal.reach.narrowed(id);
            match read::devices_at(self.app.journal.store(), &reach).await {
                Ok((devices, at)) => {
                    top = top.max(at.seq);
                    self.heard.extend(devices.iter().map(|device| (device.id.clone(), Heard::default())));
                    self.present.extend(devices);
                }
                Err(error) => tracing::error!(%error, "an instance's state cannot be read"),
            }
        }
        top
    }

    fn aside(&mut self, at: &Cursor) -> Vec<Frame> {
        let mut frames = Vec::new();
        let mut heard = std::mem::take(&mut self.heard);
        for device in std::mem::take(&mut self.present) {
            if !self.socket.is_in(&instances::room(&device.id)) {
                continue;
            }
            let heard = heard.remove(&device.id).unwrap_or_default();
            for (name, mut payload) in self.state(&device, &heard) {
                payload.insert("cursor".to_owned(), at.to_string().into());
                frames.extend(encode(name, &payload));
            }
        }
        for message in std::mem::take(&mut self.unsent) {
            let (name, mut payload) = chat::unsent(&message);
            payload.insert("cursor".to_owned(), at.to_string().into());
            frames.extend(encode(name, &payload));
        }
        if let Some(stats) = &mut self.stats
            && stats.has_changed().unwrap_or(false)
        {
            frames.extend(stats.borrow_and_update().clone());
        }
        frames
    }
}

fn encode(name: &'static str, payload: &Payload) -> Option<Frame> {
    Frame::event_of(NAMESPACE, name, payload, None)
        .inspect_err(|error| tracing::error!(%error, name, "a state has no form in this dialect"))
        .ok()
}
