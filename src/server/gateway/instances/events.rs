//! What each event of the log is called here.

use crate::protocol::{Device, DeviceId, DeviceStatus, Event, EventKind, Millis, Qr};
use crate::server::gateway::dialect::Said;
use crate::server::gateway::root_namespace::answer::object;
use serde_json::{Value, json};

/// Whether an event is one for the members of its instance's room.
#[must_use]
pub fn concerns(kind: &EventKind) -> bool {
    matches!(
        kind,
        EventKind::DeviceUpdated { .. } | EventKind::DeviceQr { .. } | EventKind::DeviceDeleted { .. }
    )
}

/// What the members of an instance's room are told.
#[must_use]
pub fn said(event: &Event) -> Vec<Said> {
    match &event.kind {
        EventKind::DeviceUpdated { device, previous_status } if device.status != *previous_status => {
            changed(device, *previous_status, event.at)
        }
        EventKind::DeviceQr { qr } => event.device_id.iter().map(|id| code(id, qr)).collect(),
        EventKind::DeviceDeleted { id } => {
            let payload =
                json!({ "instanceId": id, "reason": "The instance was removed.", "code": "deleted" });
            vec![("instance:disconnected", object(payload))]
        }
        _ => Vec::new(),
    }
}

/// The present state: of the instance's status where it is given, and of the code that waits to be scanned.
#[must_use]
pub fn present(id: &DeviceId, device: Option<&Device>, qr: Option<&Qr>) -> Vec<Said> {
    let mut said = Vec::new();
    if let Some(device) = device {
        let metadata = metadata(device, json!({ "current": true }));
        said.push(status(device, device.status, metadata));
        said.extend((device.status == DeviceStatus::Connected).then(|| connected(device)));
    }
    said.extend(qr.map(|qr| code(id, qr)));
    said
}

fn changed(device: &Device, before: DeviceStatus, at: Millis) -> Vec<Said> {
    let mut said = vec![status(device, before, metadata(device, json!({ "timestamp": at })))];
    match device.status {
        DeviceStatus::Connected => said.push(connected(device)),
        DeviceStatus::Disconnected | DeviceStatus::LoggedOut => said.push(disconnected(device)),
        DeviceStatus::Failed => {
            if before == DeviceStatus::Connected {
                said.push(disconnected(device));
            }
            let (error, code) = reason(device);
            let payload = json!({ "instanceId": device.id, "error": error, "code": code });
            said.push(("instance:error", object(payload)));
        }
        _ => {}
    }
    said
}

fn status(device: &Device, before: DeviceStatus, metadata: Value) -> Said {
    let payload = json!({
        "instanceId": device.id,
        "oldStatus": spelled(before),
        "newStatus": spelled(device.status),
        "metadata": metadata,
    });
    ("instance:status:changed", object(payload))
}

fn connected(device: &Device) -> Said {
    let payload = json!({
        "instanceId": device.id,
        "phone": device.phone_number,
        "displayName": device.display_name,
    });
    ("instance:connected", object(payload))
}

fn disconnected(device: &Device) -> Said {
    let (reason, code) = reason(device);
    ("instance:disconnected", object(json!({ "instanceId": device.id, "reason": reason, "code": code })))
}

fn code(id: &DeviceId, qr: &Qr) -> Said {
    let payload =
        json!({ "instanceId": id, "qrCode": qr.qr, "expiry": qr.expires_at, "attempt": qr.attempt });
    ("instance:qr:generated", object(payload))
}

/// Why it is in its state, for people and for programs.
fn reason(device: &Device) -> (Value, Value) {
    match &device.cause {
        Some(cause) => (json!(cause.text), json!(cause.code)),
        None => (json!(device.status), json!(device.status)),
    }
}

fn metadata(device: &Device, more: Value) -> Value {
    let mut metadata = object(json!({
        "name": device.name,
        "phone": device.phone_number,
        "displayName": device.display_name,
        "cause": device.cause,
    }));
    metadata.extend(object(more));
    metadata.into()
}

/// As seed 2 spells it: `QR_REQUIRED`, `CONNECTED` …
fn spelled(status: DeviceStatus) -> String {
    status.as_str().to_ascii_uppercase()
}
