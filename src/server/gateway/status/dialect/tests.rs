//! Golden tests: event in, payload out, to the letter.

use super::*;
use crate::protocol::{CauseCode, DeviceStatus, NextAction};

const AT: Millis = 1_735_689_600_000;

fn device(status: DeviceStatus, cause: Option<(CauseCode, &str)>) -> Device {
    Device {
        id: "bot_123".parse().unwrap(),
        workspace_id: "wsp_1".parse().unwrap(),
        name: "La Bodega".into(),
        status,
        cause: cause.map(|(code, text)| Cause {
            code,
            text: text.into(),
            next: NextAction::Connect,
            retry_at: None,
        }),
        phone_number: Some("1234567890".into()),
        display_name: Some("User \"Name\"".into()),
        created_at: 0,
        connected_at: (status == DeviceStatus::Connected).then_some(AT),
    }
}

fn told(kind: EventKind) -> Option<String> {
    let event = Event {
        cursor: "e-7".parse().unwrap(),
        id: "evt_1".parse().unwrap(),
        at: AT + 5,
        device_id: Some("bot_123".parse().unwrap()),
        kind,
    };
    render(&event).map(|payload| payload.for_user("user_456"))
}

fn changed(previous_status: DeviceStatus, device: Device) -> Option<String> {
    told(EventKind::DeviceUpdated { device, previous_status })
}

#[test]
fn connected_is_the_seeds_example() {
    assert_eq!(
        changed(DeviceStatus::Authenticating, device(DeviceStatus::Connected, None)).unwrap(),
        r#"{"type":"whatsapp_connected","botId":"bot_123","userId":"user_456","phoneNumber":"1234567890","displayName":"User \"Name\"","timestamp":"2025-01-01T00:00:00.000Z","sessionId":"bot_123_1735689600000","cursor":"e-7"}"#
    );
}

#[test]
fn a_code_is_a_picture() {
    let qr = Qr { qr: "2@abc,def".into(), issued_at: AT, expires_at: AT + 60_000, attempt: 2 };
    let text = told(EventKind::DeviceQr { qr }).unwrap();
    let head = r#"{"type":"qr_code_updated","botId":"bot_123","userId":"user_456","qrCode":"data:image/png;base64,iVBORw0KGgo"#;
    let tail = r#"","timestamp":"2025-01-01T00:00:00.000Z","expiresAt":"2025-01-01T00:01:00.000Z","attempt":2,"cursor":"e-7"}"#;
    assert!(text.starts_with(head) && text.ends_with(tail), "{text}");
    let huge = Qr { qr: "x".repeat(5_000), issued_at: AT, expires_at: AT, attempt: 1 };
    assert_eq!(told(EventKind::DeviceQr { qr: huge }), None);
}

#[test]
fn a_failed_attempt_has_the_seeds_reason() {
    let expired = device(DeviceStatus::Disconnected, Some((CauseCode::QrExpired, "Nobody scanned.")));
    assert_eq!(
        changed(DeviceStatus::QrRequired, expired).unwrap(),
        r#"{"type":"connection_attempt_failed","botId":"bot_123","userId":"user_456","reason":"QR code expired","timestamp":"2025-01-01T00:00:00.005Z","code":"qr_expired","cursor":"e-7"}"#
    );
    let refused = device(DeviceStatus::Failed, Some((CauseCode::PairingFailed, "Linking failed.")));
    let text = changed(DeviceStatus::Authenticating, refused).unwrap();
    assert!(text.contains(r#""type":"connection_attempt_failed""#), "{text}");
    assert!(text.contains(r#""reason":"Linking failed.""#), "{text}");
}

#[test]
fn a_connection_that_ends_says_why() {
    let unlinked = device(DeviceStatus::LoggedOut, Some((CauseCode::UnlinkedByPhone, "The phone did it.")));
    assert_eq!(
        changed(DeviceStatus::Connected, unlinked).unwrap(),
        r#"{"type":"whatsapp_disconnected","botId":"bot_123","userId":"user_456","reason":"The phone did it.","timestamp":"2025-01-01T00:00:00.005Z","code":"unlinked_by_phone","cursor":"e-7"}"#
    );
    let restarting = changed(DeviceStatus::Connected, device(DeviceStatus::Starting, None)).unwrap();
    assert!(restarting.contains(r#""code":"restarted""#), "{restarting}");
    let removed = told(EventKind::DeviceDeleted { id: "bot_123".parse().unwrap() }).unwrap();
    assert!(removed.contains(r#""reason":"The device was removed.""#), "{removed}");
}

#[test]
fn steps_in_between_and_other_events_say_nothing() {
    for (before, now) in [
        (DeviceStatus::Created, DeviceStatus::Starting),
        (DeviceStatus::Starting, DeviceStatus::QrRequired),
        (DeviceStatus::QrRequired, DeviceStatus::Authenticating),
    ] {
        assert_eq!(changed(before, device(now, None)), None, "{now:?}");
    }
    assert_eq!(told(EventKind::history(1, 1)), None);
}

#[test]
fn a_user_cannot_break_out_of_its_field() {
    let payload = connected(&device(DeviceStatus::Connected, None), AT, &"e-7".parse().unwrap());
    let text = payload.for_user("u\",\"botId\":\"other");
    let value: Value = serde_json::from_str(&text).unwrap();
    assert_eq!((&value["botId"], &value["userId"]), (&json!("bot_123"), &json!("u\",\"botId\":\"other")));
}

#[test]
fn times_are_as_javascript_writes_them() {
    assert_eq!(iso(AT + 7), "2025-01-01T00:00:00.007Z");
    assert_eq!(iso(0), "1970-01-01T00:00:00.000Z");
    assert_eq!(iso(-1), "1969-12-31T23:59:59.999Z");
}
