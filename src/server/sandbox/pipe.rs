//! The wire between a device and the network: bytes over channels, no socket.
//!
//! A [`Pipe`] has the device's end, which is the engine's transport, and ours. Faults act here: bytes are
//! delayed, vanish, or the pipe breaks. Like TCP, what was sent before a clean close still arrives.

use super::fault::Faults;
use crate::protocol::DeviceId;
use async_trait::async_trait;
use bytes::Bytes;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use whatsapp_rust::anyhow;
use whatsapp_rust::async_channel;
use whatsapp_rust::wacore::net::{DisconnectReason, Transport, TransportEvent};

/// How many writes of a device may wait for us; beyond it, the device waits.
const WAITING: usize = 64;

/// Bytes and when they are due.
type Parcel = (Instant, Bytes);

/// What both ends share.
struct Wire {
    id: u64,
    device: DeviceId,
    faults: Arc<Faults>,
    /// Broken, now: nothing that is on its way arrives.
    cut: CancellationToken,
    /// Bytes have vanished: this connection can never go on.
    lossy: AtomicBool,
}

impl Wire {
    /// When bytes that are sent now arrive; `None` if they vanish.
    fn due(&self) -> Option<Instant> {
        let effects = self.faults.effects(&self.device);
        if effects.blackhole {
            self.lossy.store(true, Ordering::Relaxed);
            return None;
        }
        if self.lossy.load(Ordering::Relaxed) {
            self.cut.cancel();
            return None;
        }
        Some(Instant::now() + effects.latency)
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.faults.closed(self.id);
    }
}

/// The device's end.
struct DeviceEnd {
    wire: Arc<Wire>,
    up: Mutex<Option<mpsc::Sender<Parcel>>>,
}

#[async_trait]
impl Transport for DeviceEnd {
    async fn send(&self, data: Bytes) -> Result<(), anyhow::Error> {
        let up = self.up.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(up) = up.filter(|_| !self.wire.cut.is_cancelled()) else {
            return Err(anyhow::anyhow!("the connection is closed"));
        };
        let Some(due) = self.wire.due() else { return Ok(()) };
        tokio::select! {
            sent = up.send((due, data)) => sent.map_err(|_| anyhow::anyhow!("the connection is closed")),
            () = self.wire.cut.cancelled() => Err(anyhow::anyhow!("the connection broke")),
        }
    }

    async fn disconnect(&self) {
        self.up.lock().unwrap_or_else(PoisonError::into_inner).take();
    }
}

/// Our end of a pipe.
pub struct Pipe {
    wire: Arc<Wire>,
    up: mpsc::Receiver<Parcel>,
    next: Option<Parcel>,
    sender: PipeSender,
}

/// Writes to the device. Cheap to clone; the pipe closes cleanly when the last one is gone.
#[derive(Clone)]
pub struct PipeSender {
    wire: Arc<Wire>,
    down: mpsc::UnboundedSender<Parcel>,
    /// What the device has not read yet.
    unread: async_channel::WeakSender<TransportEvent>,
}

impl Pipe {
    /// A new pipe: the device's end of it, and ours.
    pub fn new(
        id: u64,
        device: DeviceId,
        faults: Arc<Faults>,
    ) -> (Arc<dyn Transport>, async_channel::Receiver<TransportEvent>, Self) {
        let cut = CancellationToken::new();
        faults.opened(id, device.clone(), cut.clone());
        let wire = Arc::new(Wire { id, device, faults, cut, lossy: AtomicBool::new(false) });
        let (up, up_end) = mpsc::channel(WAITING);
        let (down, down_end) = mpsc::unbounded_channel();
        let (events, device_events) = async_channel::unbounded();
        let sender = PipeSender { wire: wire.clone(), down, unread: events.downgrade() };
        tokio::spawn(deliver(wire.cut.clone(), down_end, events));
        let device_end = DeviceEnd { wire: wire.clone(), up: Mutex::new(Some(up)) };
        (Arc::new(device_end), device_events, Self { wire, up: up_end, next: None, sender })
    }

    /// Which of our devices is at the other end.
    #[must_use]
    pub fn device(&self) -> &DeviceId {
        &self.wire.device
    }

    /// What the device sent next; `None` once it is gone. May be dropped half-way and called again.
    pub async fn recv(&mut self) -> Option<Bytes> {
        // Kept aside until it is due, so that nothing is lost in a call that is dropped half-way.
        if self.next.is_none() {
            self.next = tokio::select! {
                biased;
                () = self.wire.cut.cancelled() => None,
                parcel = self.up.recv() => parcel,
            };
        }
        let due = self.next.as_ref()?.0;
        if due > Instant::now() {
            tokio::select! {
                () = self.wire.cut.cancelled() => return None,
                () = sleep_until(due) => {}
            }
        }
        self.next.take().map(|(_, bytes)| bytes)
    }

    /// The writing half.
    #[must_use]
    pub fn sender(&self) -> PipeSender {
        self.sender.clone()
    }
}

impl PipeSender {
    /// Sends bytes to the device. They may vanish.
    pub fn send(&self, bytes: Bytes) {
        if let Some(due) = self.wire.due() {
            // A device that is gone does not mind.
            drop(self.down.send((due, bytes)));
        }
    }

    /// Whether the device is gone.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        let read = self.unread.upgrade().is_some_and(|unread| !unread.is_closed());
        self.wire.cut.is_cancelled() || !read
    }

    /// How many writes the device has not read yet.
    #[must_use]
    pub fn backlog(&self) -> usize {
        self.unread.upgrade().map_or(0, |unread| unread.len())
    }

    /// Whether acknowledgements of messages are to get lost.
    #[must_use]
    pub fn loses_acks(&self) -> bool {
        self.wire.faults.effects(&self.wire.device).lose_acks
    }
}

/// Carries bytes to the device when they are due, and tells it when the pipe ended.
async fn deliver(
    cut: CancellationToken,
    mut down: mpsc::UnboundedReceiver<Parcel>,
    events: async_channel::Sender<TransportEvent>,
) {
    // The channel is unbounded: it refuses only when the device is gone.
    drop(events.try_send(TransportEvent::Connected));
    let reason = loop {
        let parcel = tokio::select! {
            biased;
            () = cut.cancelled() => break DisconnectReason::ReadError("the connection broke".to_owned()),
            parcel = down.recv() => parcel,
        };
        let Some((due, bytes)) = parcel else { break DisconnectReason::StreamEnded };
        if due > Instant::now() {
            tokio::select! {
                () = cut.cancelled() => break DisconnectReason::ReadError("the connection broke".to_owned()),
                () = sleep_until(due) => {}
            }
        }
        if events.try_send(TransportEvent::DataReceived(bytes)).is_err() {
            return;
        }
    };
    drop(events.try_send(TransportEvent::Disconnected(reason)));
}
