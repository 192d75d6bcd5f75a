//! The present truth: what a client is told that does not say where it was.

use super::events::About;
use crate::protocol::{Device, DeviceId, DeviceStatus, Millis, Qr};
use crate::server::gateway::dialect::{Offset, Said};
use crate::server::gateway::socketio::Frame;
use serde_json::json;

/// Of one device: `state`, `qr` or `ready`, and `connection:status`.
pub fn said(device: &Device, qr: Option<&Qr>, now: Millis) -> Vec<Said> {
    let about = About { device: &device.id, at: now };
    let mut said = vec![about.state(device, None)];
    said.extend(qr.map(|qr| about.say("qr", json!(qr))));
    if device.status == DeviceStatus::Connected {
        said.push(about.ready(device));
    }
    said.push(about.connection(device, None));
    said
}

/// The code that belongs to a device's state, if it waits for one to be scanned.
pub fn code(device: &Device, shown: impl FnOnce(&DeviceId) -> Option<Qr>) -> Option<Qr> {
    if device.status == DeviceStatus::QrRequired { shown(&device.id) } else { None }
}

/// The frames of all this in a namespace. Only the last says where the client is then: one that was cut off before
/// it is told everything again.
pub fn frames(namespace: &str, said: Vec<Said>, at: &Offset, offsets: bool) -> Vec<Frame> {
    let last = said.len().saturating_sub(1);
    let frame = |(place, (name, mut payload)): (usize, Said)| {
        let is_last = place == last;
        if is_last {
            payload.insert("cursor".to_owned(), at.cursor.to_string().into());
        }
        let offset = (is_last && offsets).then(|| at.to_string());
        match Frame::event_of(namespace, name, &payload, offset.as_deref()) {
            Ok(frame) => Some(frame),
            Err(error) => {
                tracing::error!(%error, name, "the present has no form in this dialect");
                None
            }
        }
    };
    said.into_iter().enumerate().filter_map(frame).collect()
}
