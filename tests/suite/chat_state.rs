//! What is set of chats, both ways: asked for here and seen on the phone, done on the phone and seen here; kept
//! while the device is away.

use crate::support::{Server, databases, until};
use serde_json::{Value, json};

const ALWAYS: i64 = 253_402_300_799_999;
/// In the year 2100.
const LATER: i64 = 4_102_444_800_000;

/// A device, its phone, another phone, and the chat that they have.
struct Pair {
    server: Server,
    device: String,
    own: String,
    other: String,
    chat: String,
}

impl Pair {
    fn new(environment: &[(&'static str, String)]) -> Self {
        let server = Server::start_with(environment);
        let phone = |name: &str| {
            server.post("/sandbox/phones", json!({"name": name}))["number"].as_str().unwrap().to_owned()
        };
        let (own, other) = (phone("Own"), phone("Other"));
        let device = server.linked_device(&own);
        let mut pair = Self { server, device, own, other, chat: String::new() };
        pair.chat = pair.written("first");
        pair
    }

    /// The other writes; answers the chat's id once the text is there.
    fn written(&self, text: &str) -> String {
        let body = json!({"to": self.own, "text": text});
        self.server.post(&format!("/sandbox/phones/{}/messages", self.other), body);
        until("the message", || {
            let chat = self.listed()?;
            (chat["lastMessage"]["text"] == text).then(|| chat["id"].as_str().unwrap().to_owned())
        })
    }

    fn listed(&self) -> Option<Value> {
        let chats = self.server.get(&format!("/devices/{}/chats", self.device));
        chats["items"].as_array()?.iter().find(|chat| chat["phoneNumber"] == self.other.as_str()).cloned()
    }

    fn chat(&self) -> Value {
        self.server.get(&format!("/chats/{}", self.chat))
    }

    fn action(&self, name: &str) -> Value {
        self.server.post(&format!("/chats/{}/{name}", self.chat), json!({}))
    }

    fn patch(&self, body: &Value) -> (u16, Value) {
        self.server.call("PATCH", &format!("/chats/{}", self.chat), Some(body)).unwrap()
    }

    /// The chat on the account's phone.
    fn on_phone(&self) -> Option<Value> {
        let chats = self.server.get(&format!("/sandbox/phones/{}/chats", self.own));
        chats["items"].as_array()?.iter().find(|chat| chat["jid"] == self.other.as_str()).cloned()
    }

    #[track_caller]
    fn phone_shows(&self, field: &str, value: &Value) {
        until(&format!("{field} {value} on the phone"), || {
            self.on_phone().filter(|chat| chat[field] == *value).map(drop)
        });
    }

    #[track_caller]
    fn here_shows(&self, field: &str, value: &Value) {
        until(&format!("{field} {value} here"), || (self.chat()[field] == *value).then_some(()));
    }

    fn person(&self, body: &Value) {
        self.server.ok("POST", &format!("/sandbox/phones/{}/chats/{}", self.own, self.other), Some(body));
    }

    fn events(&self, since: &str) -> Vec<Value> {
        let events = self.server.get(&format!("/events?since={since}&limit=1000"));
        events["items"].as_array().unwrap().clone()
    }
}

#[test]
fn what_is_set_here_stands_on_the_phone() {
    for environment in databases() {
        let pair = Pair::new(&environment);
        let fresh = pair.chat();
        assert_eq!(
            [
                &fresh["archived"],
                &fresh["pinned"],
                &fresh["markedUnread"],
                &fresh["mutedUntil"],
                &fresh["pinnedAt"]
            ],
            [&json!(false), &json!(false), &json!(false), &Value::Null, &Value::Null]
        );
        let pinned = pair.action("pin");
        assert!(pinned["pinned"] == true && pinned["pinnedAt"].is_i64(), "{pinned}");
        pair.phone_shows("pinned", &json!(true));
        // What is archived is not pinned, here and there.
        let archived = pair.action("archive");
        assert_eq!((&archived["archived"], &archived["pinned"]), (&json!(true), &json!(false)));
        pair.phone_shows("archived", &json!(true));
        pair.phone_shows("pinned", &json!(false));
        assert_eq!(pair.action("unarchive")["archived"], false);
        pair.phone_shows("archived", &json!(false));
        assert_eq!(pair.action("mute")["mutedUntil"], ALWAYS);
        pair.phone_shows("mutedUntil", &json!(ALWAYS));
        assert_eq!(pair.action("unmute")["mutedUntil"], Value::Null);
        pair.phone_shows("mutedUntil", &Value::Null);
        let muted = pair.server.post(&format!("/chats/{}/mute", pair.chat), json!({"until": LATER}));
        assert_eq!(muted["mutedUntil"], LATER);
        pair.phone_shows("mutedUntil", &json!(LATER));

        // Reading ends the mark; so does saying that it is not unread, which reads everything.
        pair.server.post(&format!("/chats/{}/read", pair.chat), json!({}));
        assert_eq!(pair.action("unread")["markedUnread"], true);
        pair.phone_shows("markedUnread", &json!(true));
        pair.server.post(&format!("/chats/{}/read", pair.chat), json!({}));
        assert_eq!(pair.chat()["markedUnread"], false);
        pair.phone_shows("markedUnread", &json!(false));
        pair.written("second");
        assert_eq!(pair.chat()["unread"], 1);
        let (status, read) = pair.patch(&json!({"unread": false}));
        assert_eq!((status, &read["unread"], &read["markedUnread"]), (200, &json!(0), &json!(false)));
        pair.phone_shows("unread", &json!(0));

        // Several at once, by number below the device; a key acts once.
        let path = format!("/devices/{}/chats/+{}", pair.device, pair.other);
        let body = json!({"pinned": true, "mutedUntil": null, "unread": true});
        let key = [("idempotency-key", "set-1")];
        let (status, all) = pair.server.call_with("PATCH", &path, Some(&body), &key).unwrap();
        assert_eq!(status, 200, "{all}");
        assert_eq!(
            [&all["pinned"], &all["mutedUntil"], &all["markedUnread"]],
            [&json!(true), &Value::Null, &json!(true)]
        );
        pair.action("unpin");
        let (_, again) = pair.server.call_with("PATCH", &path, Some(&body), &key).unwrap();
        assert_eq!(again["pinned"], false, "the same request pins it once only");
        let (status, other) = pair.server.call_with("PATCH", &path, Some(&json!({})), &key).unwrap();
        assert_eq!((status, &other["code"]), (409, &json!("idempotency_mismatch")));
        pair.phone_shows("pinned", &json!(false));
        pair.phone_shows("markedUnread", &json!(true));

        // The native stream's command does the same.
        let command =
            json!({"type": "change_chat", "chatId": pair.chat, "change": {"type": "pin", "pinned": true}});
        let done = pair.server.post("/commands", json!({"id": "pin-it", "command": command}));
        assert_eq!(done["outcome"]["ok"]["data"]["pinned"], true, "{done}");
        pair.phone_shows("pinned", &json!(true));
    }
}

#[test]
fn what_makes_no_sense_is_refused() {
    let pair = Pair::new(&[]);
    for until in [0, 1, -2] {
        let (status, answer) = pair.patch(&json!({"mutedUntil": until}));
        assert_eq!((status, &answer["code"]), (400, &json!("invalid")), "{until}");
    }
    let (status, answer) = pair.patch(&json!({"archived": "yes"}));
    assert_eq!((status, &answer["code"]), (400, &json!("malformed")));
    for (method, path) in [
        ("POST", "/chats/cht_01jnothing0000000000000000/archive".to_owned()),
        ("DELETE", "/chats/cht_01jnothing0000000000000000".to_owned()),
        ("POST", format!("/devices/{}/chats/34600999888/pin", pair.device)),
        ("DELETE", format!("/devices/{}/chats/34600999888", pair.device)),
    ] {
        let (status, answer) = pair.server.call(method, &path, None).unwrap();
        assert_eq!((status, &answer["code"]), (404, &json!("not_found")), "{method} {path}");
    }
    let chat = format!("/sandbox/phones/{}/chats/34600999888", pair.own);
    assert_eq!(pair.server.call("POST", &chat, Some(&json!({"pinned": true}))).unwrap().0, 404);
    pair.server.ok("POST", &format!("/devices/{}/logout", pair.device), None);
    let (status, answer) = pair.patch(&json!({"archived": true}));
    assert_eq!((status, &answer["code"]), (409, &json!("conflict")));
    assert_eq!(pair.chat()["archived"], false);
}

#[test]
fn what_is_done_on_the_phone_stands_here() {
    let pair = Pair::new(&[]);
    for (field, set, unset) in [
        ("archived", json!(true), json!(false)),
        ("pinned", json!(true), json!(false)),
        ("mutedUntil", json!(LATER), Value::Null),
    ] {
        pair.person(&json!({field: set}));
        pair.here_shows(field, &set);
        pair.person(&json!({field: unset}));
        pair.here_shows(field, &unset);
    }
    pair.person(&json!({"mutedUntil": -1, "unread": true}));
    pair.here_shows("mutedUntil", &json!(ALWAYS));
    pair.here_shows("markedUnread", &json!(true));
    pair.person(&json!({"unread": false}));
    pair.here_shows("markedUnread", &json!(false));
    pair.here_shows("unread", &json!(0));

    // A device that is linked later learns how it is.
    pair.person(&json!({"pinned": true, "unread": true}));
    let second = pair.server.linked_device(&pair.own);
    let chat = until("the history", || {
        let chats = pair.server.get(&format!("/devices/{second}/chats"));
        chats["items"].as_array()?.iter().find(|chat| chat["phoneNumber"] == pair.other.as_str()).cloned()
    });
    let id = chat["id"].as_str().unwrap();
    for (field, value) in
        [("pinned", json!(true)), ("mutedUntil", json!(ALWAYS)), ("markedUnread", json!(true))]
    {
        until(field, || (pair.server.get(&format!("/chats/{id}"))[field] == value).then_some(()));
    }
}

#[test]
fn what_is_asked_for_while_the_device_is_away_is_done_later() {
    let mut pair = Pair::new(&[]);
    pair.server.post(&format!("/devices/{}/disconnect", pair.device), json!({}));
    pair.action("archive");
    pair.action("unarchive");
    pair.action("pin");
    pair.server.post(&format!("/chats/{}/mute", pair.chat), json!({"until": LATER}));
    pair.server.kill();
    pair.server.run();
    assert_eq!((&pair.chat()["pinned"], &pair.chat()["mutedUntil"]), (&json!(true), &json!(LATER)));
    assert_eq!(pair.on_phone().unwrap()["pinned"], false);
    // Meanwhile the person thinks otherwise: what is asked for here comes after it.
    pair.person(&json!({"mutedUntil": -1}));
    pair.server.post(&format!("/devices/{}/connect", pair.device), json!({}));
    pair.phone_shows("pinned", &json!(true));
    pair.phone_shows("mutedUntil", &json!(LATER));
    pair.phone_shows("archived", &json!(false));
    assert_eq!((&pair.chat()["pinned"], &pair.chat()["mutedUntil"]), (&json!(true), &json!(LATER)));
}

#[test]
fn cleared_and_deleted_chats_are_so_on_every_device() {
    let pair = Pair::new(&[]);
    let second = pair.server.linked_device(&pair.own);
    let there = || {
        let chats = pair.server.get(&format!("/devices/{second}/chats"));
        chats["items"].as_array()?.iter().find(|chat| chat["phoneNumber"] == pair.other.as_str()).cloned()
    };
    let theirs =
        until("the chat on the other device", || there().filter(|chat| chat["lastMessage"].is_object()));
    let theirs = theirs["id"].as_str().unwrap().to_owned();

    // A text that waits when the chat is cleared is not sent.
    pair.server.post(&format!("/devices/{}/disconnect", pair.device), json!({}));
    pair.server.post(&format!("/chats/{}/messages", pair.chat), json!({"text": "never sent"}));
    let cleared = pair.action("clear");
    assert_eq!((&cleared["lastMessage"], &cleared["unread"]), (&Value::Null, &json!(0)));
    assert_eq!(pair.server.get(&format!("/chats/{}/messages", pair.chat))["items"], json!([]));
    pair.server.post(&format!("/devices/{}/connect", pair.device), json!({}));
    until("cleared on the other device", || {
        (pair.server.get(&format!("/chats/{theirs}"))["lastMessage"].is_null()).then_some(())
    });
    until("cleared on the phone", || pair.on_phone().is_none().then_some(()));
    pair.written("after it was cleared");
    assert_eq!(pair.on_phone().unwrap()["lastText"], "after it was cleared");
    let held = pair.server.get(&format!("/sandbox/phones/{}/messages", pair.other));
    let texts: Vec<_> = held["items"].as_array().unwrap().iter().map(|one| &one["text"]).collect();
    assert_eq!(texts, ["first", "after it was cleared"]);

    until("the message there", || there().filter(|chat| chat["lastMessage"].is_object()).map(drop));
    let cursor = pair.server.get("/events")["cursor"].as_str().unwrap().to_owned();
    let key = [("idempotency-key", "delete-it")];
    let path = format!("/chats/{}", pair.chat);
    for _ in 0..2 {
        assert_eq!(pair.server.call_with("DELETE", &path, None, &key).unwrap().0, 204);
    }
    assert_eq!(pair.server.call("DELETE", &path, None).unwrap().0, 404);
    assert_eq!(pair.server.call("GET", &path, None).unwrap().0, 404);
    until("deleted on the other device", || {
        (pair.server.call("GET", &format!("/chats/{theirs}"), None).ok()?.0 == 404).then_some(())
    });
    let deleted: Vec<Value> = pair
        .events(&cursor)
        .iter()
        .filter(|event| event["type"] == "chat.deleted")
        .map(|event| event["data"]["chatId"].clone())
        .collect();
    assert_eq!(deleted, [json!(pair.chat), json!(theirs)]);

    // It comes back with its next message, and with no other.
    let again = pair.written("back again");
    assert_ne!(again, pair.chat);
    let messages = pair.server.get(&format!("/chats/{again}/messages"));
    assert_eq!(messages["items"].as_array().unwrap().len(), 1);
}
