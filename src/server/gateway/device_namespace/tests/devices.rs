//! A device's life, and what is told of the present.

use super::super::present;
use super::{AT, becomes, chat, device, logged, message, read, watch};
use crate::protocol::{
    Cause, CauseCode, DeviceStatus, EventKind, MessageStatus, NextAction, PairingCode, Qr,
};
use crate::server::gateway::dialect::{Offset, Translate as _};
use serde_json::{Value, json};
use std::collections::HashMap;

fn connection(status: &str, before: Value, connected: bool, cause: Value) -> Value {
    json!({
        "status": status, "previousStatus": before, "connected": connected, "phoneNumber": "34600111222",
        "clientName": "La Bodega", "name": "Front desk", "cause": cause, "connectedAt": null,
    })
}

fn updated(status: DeviceStatus, before: DeviceStatus) -> EventKind {
    EventKind::DeviceUpdated { device: device(status), previous_status: before }
}

#[test]
fn a_device_from_its_first_day_to_its_last() {
    use DeviceStatus::{Authenticating, Connected, Created, Disconnected, QrRequired, Starting};
    let state = |status: &str, before: Value| {
        ("state", json!({ "status": status, "previousStatus": before, "cause": null }))
    };
    let status = |status: &str, before: Value, connected| {
        ("connection:status", connection(status, before, connected, Value::Null))
    };
    let authenticated =
        || ("authenticated", json!({ "phoneNumber": "34600111222", "clientName": "La Bodega" }));
    let ready = || ("ready", json!({ "phoneNumber": "34600111222", "clientName": "La Bodega" }));

    becomes(
        EventKind::DeviceCreated { device: device(Created) },
        &[state("created", Value::Null), status("created", Value::Null, false)],
    );
    becomes(
        updated(Starting, Created),
        &[state("starting", json!("created")), status("starting", json!("created"), false)],
    );
    becomes(
        updated(QrRequired, Starting),
        &[state("qr_required", json!("starting")), status("qr_required", json!("starting"), false)],
    );
    let qr = Qr { qr: "2@a,b".into(), expires_at: AT + 60_000, issued_at: AT, attempt: 1 };
    becomes(
        EventKind::DeviceQr { qr },
        &[("qr", json!({ "qr": "2@a,b", "issuedAt": AT, "expiresAt": AT + 60_000, "attempt": 1 }))],
    );
    let pairing_code =
        PairingCode { code: "ABCD1234".into(), phone_number: "34600111222".into(), expires_at: 5 };
    becomes(
        EventKind::DevicePairingCode { pairing_code },
        &[("pairing:code", json!({ "code": "ABCD1234", "phoneNumber": "34600111222", "expiresAt": 5 }))],
    );
    becomes(
        updated(Authenticating, QrRequired),
        &[
            state("authenticating", json!("qr_required")),
            authenticated(),
            status("authenticating", json!("qr_required"), false),
        ],
    );
    becomes(
        updated(Connected, Authenticating),
        &[
            state("connected", json!("authenticating")),
            ready(),
            status("connected", json!("authenticating"), true),
        ],
    );
    becomes(
        updated(Connected, Starting),
        &[
            state("connected", json!("starting")),
            authenticated(),
            ready(),
            status("connected", json!("starting"), true),
        ],
    );
    becomes(
        updated(Connected, Disconnected),
        &[
            state("connected", json!("disconnected")),
            ready(),
            status("connected", json!("disconnected"), true),
        ],
    );
    // Another name: nothing about its state.
    becomes(updated(Connected, Connected), &[status("connected", json!("connected"), true)]);
    becomes(
        EventKind::DeviceDeleted { id: "dev_a".parse().unwrap() },
        &[(
            "disconnected",
            json!({ "reason": "deleted", "text": "The device was removed with everything that it had." }),
        )],
    );
}

#[test]
fn every_end_has_a_reason() {
    use DeviceStatus::{Connected, Disconnected, Failed, LoggedOut};
    let reason = |code: &str, next: &str| json!({ "reason": code, "text": "Why.", "next": next });
    for (status, spelled, code, next, mut expected) in [
        (
            Disconnected,
            "disconnected",
            CauseCode::ConnectionLost,
            NextAction::Wait,
            reason("connection_lost", "wait"),
        ),
        (
            LoggedOut,
            "logged_out",
            CauseCode::UnlinkedByPhone,
            NextAction::Relink,
            reason("unlinked_by_phone", "relink"),
        ),
        (Failed, "failed", CauseCode::Replaced, NextAction::CloseOther, reason("replaced", "close_other")),
    ] {
        let mut ended = device(status);
        let retry_at = (status == Disconnected).then_some(9);
        ended.cause = Some(Cause { code, text: "Why.".into(), next, retry_at });
        let mut cause = json!({ "code": expected["reason"], "text": "Why.", "next": expected["next"] });
        if let Some(at) = retry_at {
            (expected["retryAt"], cause["retryAt"]) = (json!(at), json!(at));
        }
        becomes(
            EventKind::DeviceUpdated { device: ended, previous_status: Connected },
            &[
                ("state", json!({ "status": spelled, "previousStatus": "connected", "cause": cause })),
                ("disconnected", expected),
                ("connection:status", connection(spelled, json!("connected"), false, cause.clone())),
            ],
        );
    }
    let bare = EventKind::DeviceUpdated { device: device(Failed), previous_status: Connected };
    let made = watch(false).event(&logged(7, bare)).unwrap();
    assert_eq!(read(made.get(false)[1].text()).2["reason"], "failed", "without a cause, the status");
}

#[test]
fn the_present_is_told_once_and_only_its_end_is_a_position() {
    let qr = Qr { qr: "2@now".into(), expires_at: AT + 1, issued_at: AT, attempt: 2 };
    let at = Offset::after("e-7".parse().unwrap());
    let names = |status, qr: Option<&Qr>| {
        let frames = present::frames("/device/dev_a", present::said(&device(status), qr, AT), &at, true);
        frames
            .iter()
            .map(|frame| read(frame.text()))
            .map(|(_, name, payload, offset)| {
                assert_eq!((&payload["deviceId"], &payload["timestamp"]), (&json!("dev_a"), &json!(AT)));
                let position = name == "connection:status";
                assert_eq!(payload.get("cursor").is_some(), position);
                assert_eq!(offset.is_string(), position);
                name
            })
            .collect::<Vec<_>>()
    };
    assert_eq!(names(DeviceStatus::Connected, None), ["state", "ready", "connection:status"]);
    assert_eq!(names(DeviceStatus::QrRequired, Some(&qr)), ["state", "qr", "connection:status"]);
    assert_eq!(names(DeviceStatus::Failed, None), ["state", "connection:status"]);
    // A code of a device that waits for none is on its way out.
    assert_eq!(present::code(&device(DeviceStatus::Connected), |_| Some(qr.clone())), None);
    assert_eq!(present::code(&device(DeviceStatus::QrRequired), |_| Some(qr.clone())), Some(qr.clone()));

    let mut watch = watch(false);
    (watch.covered, watch.codes) = (7, HashMap::from([("dev_a".parse().unwrap(), "2@now".to_owned())]));
    let update = || updated(DeviceStatus::Connected, DeviceStatus::Starting);
    assert!(watch.event(&logged(7, update())).is_none() && watch.event(&logged(8, update())).is_some());
    assert!(watch.event(&logged(8, EventKind::DeviceQr { qr: qr.clone() })).is_none());
    let next = Qr { qr: "2@next".into(), ..qr };
    assert!(watch.event(&logged(7, EventKind::DeviceQr { qr: next.clone() })).is_none());
    assert!(watch.event(&logged(9, EventKind::DeviceQr { qr: next })).is_some());
    let message = message(false, MessageStatus::Delivered);
    let new = EventKind::MessageNew { message, chat: chat() };
    assert!(watch.event(&logged(6, new)).is_some(), "messages are no part of the present");
}

#[test]
fn the_end_of_the_only_device_is_the_end() {
    let deleted = || logged(7, EventKind::DeviceDeleted { id: "dev_a".parse().unwrap() });
    let mut one = watch(false);
    assert!(one.event(&deleted()).is_some() && one.is_over());
    let mut all = watch(true);
    assert!(all.event(&deleted()).is_some() && !all.is_over());
    all.only = Some("dev_a".parse().unwrap());
    assert!(all.event(&deleted()).is_some() && all.is_over(), "`?deviceId=` has no other");
}
