//! Seed 0's words: one payload for each thing that happens to a connection, with exactly the seed's fields,
//! and `cursor` beside them.

use crate::model::time;
use crate::protocol::{
    Cause, ConnectionEntry, ConnectionKind, Cursor, Device, DeviceId, Event, EventKind, Millis, Qr,
};
use crate::server::gateway::qr_picture;
use crate::server::journal::Logged;
use serde_json::{Value, json};
use std::sync::Arc;

/// A payload but for `userId`, which is each watcher's own: made once for all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Payload {
    head: String,
    tail: String,
}

impl Payload {
    fn new(kind: &str, bot: &DeviceId, fields: &[(&str, Value)], cursor: &Cursor) -> Self {
        let head = format!(r#"{{"type":{},"botId":{},"userId":"#, json!(kind), json!(bot));
        let cursor = [("cursor", json!(cursor))];
        let fields = fields.iter().chain(&cursor).map(|(name, value)| format!(",{}:{value}", json!(name)));
        Self { head, tail: fields.chain(["}".to_owned()]).collect() }
    }

    /// The JSON for one watcher.
    pub fn for_user(&self, user: &str) -> String {
        format!("{}{}{}", self.head, json!(user), self.tail)
    }
}

/// What this dialect makes of an event of the log.
struct Rendering(Option<Payload>);

/// What a watcher is told of an event; made once for all of them.
pub fn payload(logged: &Logged) -> Option<Payload> {
    let rendering: Arc<Rendering> = logged.rendered(|event| Rendering(render(event)));
    rendering.0.clone()
}

fn render(event: &Event) -> Option<Payload> {
    let cursor = &event.cursor;
    match &event.kind {
        EventKind::DeviceQr { qr } => code(event.device_id.as_ref()?, qr, cursor),
        EventKind::DeviceDeleted { id } => {
            let reason = "The device was removed.";
            Some(end(ConnectionKind::Disconnected, id, "deleted", reason, event.at, cursor))
        }
        EventKind::DeviceUpdated { device, previous_status } => {
            match ConnectionKind::of(*previous_status, device)? {
                ConnectionKind::Connected => Some(connected(device, event.at, cursor)),
                kind @ (ConnectionKind::Disconnected | ConnectionKind::Failed) => {
                    let (code, reason) = why(device.cause.as_ref());
                    Some(end(kind, &device.id, &code, &reason, event.at, cursor))
                }
                _ => None,
            }
        }
        _ => None,
    }
}

/// The connection stands. `sessionId` names this connection: it stays the same until the next.
pub fn connected(device: &Device, at: Millis, cursor: &Cursor) -> Payload {
    let since = device.connected_at.unwrap_or(at);
    let fields = [
        ("phoneNumber", json!(device.phone_number.as_deref().unwrap_or_default())),
        ("displayName", json!(device.display_name.as_deref().unwrap_or(&device.name))),
        ("timestamp", json!(iso(since))),
        ("sessionId", json!(format!("{}_{since}", device.id))),
    ];
    Payload::new("whatsapp_connected", &device.id, &fields, cursor)
}

/// A new code to scan, as a picture.
pub fn code(bot: &DeviceId, qr: &Qr, cursor: &Cursor) -> Option<Payload> {
    let picture = qr_picture::data_url(&qr.qr)
        .inspect_err(|error| tracing::error!(device = %bot, %error, "a code has no picture"))
        .ok()?;
    let fields = [
        ("qrCode", json!(picture)),
        ("timestamp", json!(iso(qr.issued_at))),
        ("expiresAt", json!(iso(qr.expires_at))),
        ("attempt", json!(qr.attempt)),
    ];
    Some(Payload::new("qr_code_updated", bot, &fields, cursor))
}

/// An entry of the history that tells of an end, for whoever comes afterwards.
pub fn past_end(device: &Device, entry: Option<&ConnectionEntry>, now: Millis, cursor: &Cursor) -> Payload {
    let (code, reason) = why(device.cause.as_ref());
    let kind = entry.map_or(ConnectionKind::Disconnected, |entry| entry.kind);
    end(kind, &device.id, &code, &reason, entry.map_or(now, |entry| entry.at), cursor)
}

fn end(
    kind: ConnectionKind,
    bot: &DeviceId,
    code: &str,
    reason: &str,
    at: Millis,
    cursor: &Cursor,
) -> Payload {
    let name = match kind {
        ConnectionKind::Failed => "connection_attempt_failed",
        _ => "whatsapp_disconnected",
    };
    let fields = [("reason", json!(reason)), ("timestamp", json!(iso(at))), ("code", json!(code))];
    Payload::new(name, bot, &fields, cursor)
}

/// The cause's code, and its words; the seed's own where it has some.
fn why(cause: Option<&Cause>) -> (String, String) {
    let Some(cause) = cause else {
        return ("restarted".to_owned(), "The connection is being restarted.".to_owned());
    };
    let code = json!(cause.code).as_str().unwrap_or_default().to_owned();
    let reason = if code == "qr_expired" { "QR code expired".to_owned() } else { cause.text.clone() };
    (code, reason)
}

/// As JavaScript's `toISOString` writes it: `2025-01-01T00:00:00.000Z`.
pub fn iso(at: Millis) -> String {
    let seconds = time::iso(at);
    format!("{}.{:03}Z", seconds.trim_end_matches('Z'), at.rem_euclid(1_000))
}

#[cfg(test)]
mod tests;
