//! What the settings read of the server's answers.

use crate::model::settings::{
    ApiKey, Delivery, DeviceNumbers, Person, SignInLink, Webhook, events_of, permille,
};
use crate::protocol::{ConnectionAnalytics, ConnectionEntry, ConnectionKind, Permission, decode};

#[test]
fn a_key_shows_itself_once() {
    let made = r#"{"id":"key_1","name":"CRM","hint":"swb_ab","permission":"send","deviceIds":["dev_1"],
        "createdAt":5,"createdBy":"user:usr_1","expiresAt":null,"lastUsedAt":9,"key":"swb_abc"}"#;
    let key: ApiKey = decode(made).unwrap();
    assert_eq!((key.permission, key.key.as_deref()), (Permission::Send, Some("swb_abc")));
    assert_eq!(
        (key.device_ids.map(|ids| ids.len()), key.expires_at, key.last_used_at),
        (Some(1), None, Some(9))
    );
    let listed =
        r#"{"id":"key_1","name":"CRM","hint":"swb_ab","permission":"admin","deviceIds":null,"createdAt":5}"#;
    let key: ApiKey = decode(listed).unwrap();
    assert_eq!((key.device_ids, key.key), (None, None));
}

#[test]
fn a_webhook_and_its_deliveries_are_read() {
    let hook = r#"{"id":"whk_1","url":"https://x.example/h","description":"","events":["message.*"],"deviceIds":null,
        "enabled":false,"disabledBecause":"gone","secretEnding":"wxyz","cursor":"e-1","pending":2,"dead":1,"createdAt":1}"#;
    let hook: Webhook = decode(hook).unwrap();
    assert_eq!((hook.enabled, hook.pending, hook.dead, hook.secret), (false, 2, 1, None));
    let delivery = r#"{"id":"whk_1-e-7","webhookId":"whk_1","type":"message.new","eventId":"evt_1","cursor":"e-7",
        "deviceId":null,"state":"dead","attempts":16,"nextAttemptAt":null,"createdAt":1,"finishedAt":2,
        "history":[{"attempt":1,"at":1,"durationMs":12,"status":500,"error":"it answered 500","response":""}]}"#;
    let delivery: Delivery = decode(delivery).unwrap();
    assert_eq!((delivery.state.as_str(), delivery.attempts), ("dead", 16));
    assert_eq!(delivery.history[0].status, Some(500));
}

#[test]
fn people_have_their_link_when_they_are_added() {
    let person = r#"{"id":"usr_1","workspaceId":"wsp_1","name":"Ana","email":null,"permission":"read",
        "externalId":null,"hasPassword":false,"createdAt":1,"signInLink":"/sign-in?token=t"}"#;
    let person: Person = decode(person).unwrap();
    assert_eq!((person.permission, person.has_password), (Permission::Read, false));
    assert_eq!(person.sign_in_link.as_deref(), Some("/sign-in?token=t"));
    let again: SignInLink = decode(r#"{"signInLink":"/sign-in?token=u"}"#).unwrap();
    assert_eq!(again.sign_in_link, "/sign-in?token=u");
}

#[test]
fn a_devices_health_is_read() {
    let numbers = r#"{"devices":{},"chats":{},"messages":{"today":{"sent":1,"received":2,"failed":0,"queued":3},
        "total":{"sent":10,"received":20,"failed":1,"queued":3},"lastSentAt":null,"lastReceivedAt":77}}"#;
    let numbers: DeviceNumbers = decode(numbers).unwrap();
    assert_eq!((numbers.messages.total.queued, numbers.messages.last_received_at), (3, Some(77)));
    let analytics = r#"{"since":1,"counts":{"started":4,"connected":3},"connectedSince":null,"uptimeMs":500,
        "observedMs":1000,"timeToConnectMs":{"last":5,"mean":6},"scanToConnectMs":{},"watcherCount":0,"watchers":[]}"#;
    let analytics: ConnectionAnalytics = decode(analytics).unwrap();
    assert_eq!((analytics.counts.connected, analytics.counts.failed), (3, 0));
    let entry = r#"{"id":"c1","at":5,"kind":"qr_shown"}"#;
    assert_eq!(decode::<ConnectionEntry>(entry).unwrap().kind, ConnectionKind::QrShown);
}

#[test]
fn events_are_written_as_people_write_lists() {
    assert_eq!(
        events_of(" message.*, device.updated\nchat.updated "),
        ["message.*", "device.updated", "chat.updated"]
    );
    assert!(events_of(" , ").is_empty());
}

#[test]
fn shares_of_time_stay_within_it() {
    assert_eq!((permille(0, 0), permille(5, 10), permille(50, 10)), (None, Some(500), Some(1000)));
}
