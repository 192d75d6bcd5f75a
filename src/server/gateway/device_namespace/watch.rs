//! What one socket is told of what happens.

use super::{events, live};
use crate::protocol::{DeviceId, EventKind, LiveEvent};
use crate::server::gateway::dialect::{Frames, Translate};
use crate::server::gateway::socketio::Frame;
use crate::server::journal::Logged;
use std::collections::HashMap;
use std::sync::Arc;

/// An event in its device's namespace, shared by all sockets there.
struct InDevice(Arc<Frames>);

/// An event in the namespace of all devices.
struct InAll(Arc<Frames>);

/// The name of a device's namespace.
pub fn namespace_of(device: &DeviceId) -> String {
    format!("/device/{device}")
}

/// One socket's view: what it was told as the present is not told to it once more.
pub struct Watch {
    /// Whether the socket is in `/`, and not in a device's namespace.
    pub in_all: bool,
    /// The only device, also in `/`: its end is the socket's.
    pub only: Option<DeviceId>,
    /// Up to this seq, the state of devices is in the present that it was told.
    pub covered: i64,
    /// The codes that it was told as present. A device shows a code a moment before the log has it.
    pub codes: HashMap<DeviceId, String>,
    pub over: bool,
}

impl Watch {
    fn was_told(&self, logged: &Logged) -> bool {
        let event = &logged.event;
        match (&event.kind, &event.device_id) {
            (EventKind::DeviceQr { qr }, Some(device)) => {
                event.cursor.seq <= self.covered || self.codes.get(device).is_some_and(|code| *code == qr.qr)
            }
            (EventKind::DeviceCreated { .. } | EventKind::DeviceUpdated { .. }, _) => {
                event.cursor.seq <= self.covered
            }
            _ => false,
        }
    }
}

impl Translate for Watch {
    fn event(&mut self, logged: &Logged) -> Option<Arc<Frames>> {
        if self.was_told(logged) {
            return None;
        }
        let device = logged.event.device_id.as_ref()?;
        let deleted = matches!(logged.event.kind, EventKind::DeviceDeleted { .. });
        self.over = deleted && self.only.as_ref() == Some(device);
        Some(if self.in_all {
            let frames = logged
                .rendered(|event| InAll(Arc::new(Frames::new("/", &event.cursor, events::said(event)))));
            frames.0.clone()
        } else {
            let frames = logged.rendered(|event| {
                let namespace = namespace_of(device);
                InDevice(Arc::new(Frames::new(&namespace, &event.cursor, events::said(event))))
            });
            frames.0.clone()
        })
    }

    fn signal(&mut self, event: &LiveEvent) -> Option<Frame> {
        let namespace = if self.in_all { "/".to_owned() } else { namespace_of(&event.device_id) };
        let (name, payload) = live::said(event);
        Frame::event_of(&namespace, name, &payload, None).ok()
    }

    fn is_over(&self) -> bool {
        self.over
    }
}
