//! One run of a client, from a start to its stop or end: what its parts share.

use super::acks::Acks;
use super::mailbox::Mailbox;
use crate::protocol::{Millis, PairingCode};
use crate::server::engine::{End, SessionEvent};
use crate::server::source::Source;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError, Weak};
use std::time::Duration;
use tokio::sync::{Notify, mpsc, watch};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use whatsapp_rust::Jid;
use whatsapp_rust::client::Client;
use whatsapp_rust::types::call::{CallAction, IncomingCall};
use whatsapp_rust::wacore::types::events::LazyHistorySync;

/// How long the end of a run waits for messages that are just being kept.
const GRACE: Duration = Duration::from_secs(3);
/// How many calls are remembered.
const RINGING: usize = 32;

/// How far the present connection has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// No connection, or none that was greeted yet.
    Down,
    /// Waits for a phone: codes are shown.
    Codes,
    /// A phone accepted us, and WhatsApp ends the stream so that we come back linked.
    Paired,
    /// Linked and live.
    Live,
    /// The run is over.
    Over,
}

/// Why a run does not go on by itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    QrExhausted,
    Ended(End),
}

impl Verdict {
    pub fn into_event(self) -> SessionEvent {
        match self {
            Self::QrExhausted => SessionEvent::QrExhausted,
            Self::Ended(end) => SessionEvent::Ended(end),
        }
    }

    /// Whether the keys are worthless from now on.
    pub fn is_unlinked(&self) -> bool {
        matches!(self, Self::Ended(End::Unlinked))
    }
}

/// What is to become of the present connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Keep,
    /// Dropped, and made anew after the usual wait.
    Renew,
    /// Dropped for good.
    End,
}

/// What is noted of the present attempt to be connected.
#[derive(Debug, Default, Clone)]
pub(super) struct Attempt {
    /// 1 for the first of the run.
    pub number: u64,
    /// The server said something.
    pub reached: bool,
    /// Since when it is live.
    pub live_since: Option<Millis>,
    /// A message of it could not be kept.
    pub unkept: bool,
}

pub(super) struct Link {
    pub mailbox: Mailbox,
    pub acks: Acks,
    pub source: Source,
    /// Whether the account is to be shown as online.
    pub available: Arc<AtomicBool>,
    /// History on its way to the disk; gone once no more is to come.
    history: Mutex<Option<mpsc::UnboundedSender<LazyHistorySync>>>,
    /// The last calls that rang, by their ids.
    ringing: Mutex<VecDeque<(String, (Jid, Jid))>>,
    /// Tells that a part of the history is on the disk.
    pub history_news: Notify,
    /// Set once no more history is to be read in this run.
    pub history_over: CancellationToken,
    /// All tasks of the run, ours and the client's.
    pub tasks: TaskTracker,
    /// Set as soon as somebody wants the run to stop: from then on nothing is news.
    pub stopping: CancellationToken,
    /// Set once nothing may run any more.
    pub over: CancellationToken,
    pub stage: watch::Sender<Stage>,
    wish: watch::Sender<Wish>,
    attempt: Mutex<Attempt>,
    verdict: Mutex<Option<Verdict>>,
    /// The last code that a phone could enter, and the attempt whose connection it goes with.
    pub code: tokio::sync::Mutex<Option<(u64, PairingCode)>>,
    client: OnceLock<Weak<Client>>,
    /// Messages that are being encrypted or are on their way to the wire.
    sending: AtomicUsize,
}

/// Held while a message of ours is on its way to the wire.
pub(super) struct Sending<'l>(&'l AtomicUsize);

impl Drop for Sending<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::AcqRel);
    }
}

impl Link {
    /// `patience` is how long WhatsApp has to say that it took a message.
    pub fn new(
        mailbox: Mailbox,
        source: Source,
        history: mpsc::UnboundedSender<LazyHistorySync>,
        available: Arc<AtomicBool>,
        patience: Duration,
    ) -> Self {
        Self {
            available,
            mailbox,
            acks: Acks::new(patience),
            source,
            history: Mutex::new(Some(history)),
            ringing: Mutex::default(),
            history_news: Notify::new(),
            history_over: CancellationToken::new(),
            tasks: TaskTracker::new(),
            stopping: CancellationToken::new(),
            over: CancellationToken::new(),
            stage: watch::Sender::new(Stage::Down),
            wish: watch::Sender::new(Wish::Keep),
            attempt: Mutex::default(),
            verdict: Mutex::default(),
            code: tokio::sync::Mutex::default(),
            client: OnceLock::new(),
            sending: AtomicUsize::new(0),
        }
    }

    /// From here until it is dropped, nothing leaves before the keys are on disk ([`super::gate`]).
    pub fn sending(&self) -> Sending<'_> {
        self.sending.fetch_add(1, Ordering::AcqRel);
        Sending(&self.sending)
    }

    pub fn is_sending(&self) -> bool {
        self.sending.load(Ordering::Acquire) > 0
    }

    pub fn attach(&self, client: &Arc<Client>) {
        // Called once, right after the client was made.
        let _ = self.client.set(Arc::downgrade(client));
    }

    /// The client, unless it is gone. Whoever holds it keeps it from going: not for long.
    pub fn client(&self) -> Option<Arc<Client>> {
        self.client.get().and_then(Weak::upgrade)
    }

    /// A new attempt begins; nothing is known of it.
    pub fn begin(&self) {
        {
            let mut attempt = self.attempt();
            *attempt = Attempt { number: attempt.number + 1, ..Attempt::default() };
        }
        self.stage.send_replace(Stage::Down);
        self.wish.send_if_modified(|wish| {
            *wish == Wish::Renew && {
                *wish = Wish::Keep;
                true
            }
        });
    }

    /// What was noted of the present attempt, or of the one that just ended.
    pub fn attempted(&self) -> Attempt {
        self.attempt().clone()
    }

    /// The server said something.
    pub fn reached(&self) {
        self.attempt().reached = true;
    }

    pub fn codes_shown(&self) {
        self.stage.send_replace(Stage::Codes);
    }

    /// A phone accepted us. Told when that is worked off, which may be after the stream ended for it.
    pub fn paired(&self) {
        self.stage.send_if_modified(|stage| {
            let waits = matches!(stage, Stage::Codes | Stage::Down);
            if waits {
                *stage = Stage::Paired;
            }
            waits
        });
    }

    pub fn live(&self) {
        self.attempt().live_since = Some(self.source.now());
        self.stage.send_replace(Stage::Live);
    }

    /// A message that came with this attempt could not be kept.
    pub fn unkept(&self, number: u64) {
        let mut attempt = self.attempt();
        // Of an attempt that is over, nothing is known any more.
        attempt.unkept |= attempt.number == number;
    }

    /// A part of the history came.
    pub fn history(&self, part: LazyHistorySync) {
        if let Some(reader) = &*self.history.lock().unwrap_or_else(PoisonError::into_inner) {
            // Fails only once nobody reads any more.
            let _ = reader.send(part);
        }
    }

    /// Remembers who calls, as WhatsApp names them: whoever declines has to say it so.
    pub fn rings(&self, call: &IncomingCall) {
        if !matches!(call.action, CallAction::Offer { .. }) {
            return;
        }
        let mut ringing = self.ringing.lock().unwrap_or_else(PoisonError::into_inner);
        if ringing.len() >= RINGING {
            ringing.pop_front();
        }
        let known = (call.from.clone(), call.action.call_creator().clone());
        ringing.push_back((call.action.call_id().to_owned(), known));
    }

    /// From where a call came and who made it, if it began to ring in this run.
    pub fn ringing(&self, call: &str) -> Option<(Jid, Jid)> {
        let ringing = self.ringing.lock().unwrap_or_else(PoisonError::into_inner);
        ringing.iter().rev().find(|(id, _)| id == call).map(|(_, known)| known.clone())
    }

    /// No more history is to come: what came is still put to the disk, and read in the next run.
    pub fn end_history(&self) {
        self.history.lock().unwrap_or_else(PoisonError::into_inner).take();
        self.history_over.cancel();
    }

    /// The first word on why the run ends is the one that counts; none does once it is being stopped.
    pub fn decide(&self, verdict: Verdict) {
        if !self.stopping.is_cancelled() {
            self.verdict.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(verdict);
        }
    }

    pub fn verdict(&self) -> Option<Verdict> {
        self.verdict.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Asks [`super::supervisor`] to drop the present connection.
    pub fn wish(self: &Arc<Self>, wish: Wish) {
        if wish == Wish::End {
            // Whatever hangs in what it does has so long to come to an end.
            let over = self.over.clone();
            self.spawn(async move {
                tokio::time::sleep(GRACE).await;
                over.cancel();
            });
        }
        self.wish.send_if_modified(|present| {
            // An end is not taken back by anything less.
            let more = *present != Wish::End && *present != wish;
            if more {
                *present = wish;
            }
            more
        });
    }

    /// Returns once the present connection is wished away.
    pub async fn wished(&self) -> Wish {
        let mut wishes = self.wish.subscribe();
        match wishes.wait_for(|wish| *wish != Wish::Keep).await {
            Ok(wish) => *wish,
            // The sender is in `self`: it cannot be gone.
            Err(_) => Wish::End,
        }
    }

    /// Runs a task that ends with the run at the latest.
    pub fn spawn(self: &Arc<Self>, task: impl Future<Output = ()> + Send + 'static) {
        let over = self.over.clone();
        self.tasks.spawn(async move {
            tokio::select! {
                () = over.cancelled() => {}
                () = task => {}
            }
        });
    }

    fn attempt(&self) -> MutexGuard<'_, Attempt> {
        self.attempt.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
