//! Typing, recording, and who is online: both ways, on every wire that shows it. The real binary, with stock clients
//! on both sides.

use crate::support::native::Stream;
use crate::support::socketio::{By, Wire};
use crate::support::{API_KEY, Server, until};
use serde_json::{Value, json};

struct Pair {
    server: Server,
    own: String,
    other: String,
    device: String,
    others_device: String,
    /// Of the own device with the other.
    chat: String,
    /// Of the other device with the own.
    others_chat: String,
}

impl Pair {
    fn new() -> Self {
        let server = Server::start();
        let phone = |name: &str| {
            server.post("/sandbox/phones", json!({"name": name}))["number"].as_str().unwrap().to_owned()
        };
        let (own, other) = (phone("Own"), phone("Other"));
        let (device, others_device) = (server.linked_device(&own), server.linked_device(&other));
        let sent = server.post(&format!("/devices/{device}/chats/{other}/messages"), json!({"text": "Hi"}));
        let chat = sent["chatId"].as_str().unwrap().to_owned();
        let others_chat = until("the chat on the other side", || {
            let chats = server.get(&format!("/devices/{others_device}/chats"));
            let with_own = |chat: &&Value| chat["phoneNumber"] == json!(own);
            chats["items"].as_array()?.iter().find(with_own)?["id"].as_str().map(str::to_owned)
        });
        Self { server, own, other, device, others_device, chat, others_chat }
    }

    fn stream(&self) -> Stream {
        let mut stream = Stream::open(&self.server, "");
        stream.send(json!({"type": "hello"}));
        stream.next(&["hello"]);
        stream
    }
}

/// The next live signal of this kind in a chat for which `is` holds.
fn live(stream: &mut Stream, kind: &str, chat: &str, is: impl Fn(&Value) -> bool) -> Value {
    loop {
        let signal = stream.next(&["live"])["event"].clone();
        if signal["type"] == kind && signal["data"]["chatId"] == chat && is(&signal["data"]) {
            return signal["data"].clone();
        }
    }
}

#[test]
fn typing_and_recording_pass_both_ways_through_every_wire() {
    let pair = Pair::new();
    let mut stream = pair.stream();
    let mut wire = Wire::open(&pair.server, By::WebSocket, &format!("&apiKey={API_KEY}"), &[]);
    wire.enter(&format!("/device/{}", pair.others_device), &Value::Null).unwrap();
    // Out by REST and by the stream, in at the other device by the stream and by its namespace.
    for (n, state) in ["composing", "recording", "paused"].into_iter().enumerate() {
        let path = format!("/chats/{}/typing", pair.chat);
        pair.server.post(&path, json!({"state": state}));
        let seen = live(&mut stream, "typing", &pair.others_chat, |data| data["state"] == state);
        assert_eq!(seen["from"], pair.own);
        let name = if state == "paused" { "typing:stop" } else { "typing:start" };
        let heard = wire.wait_for(name, |payload| payload["state"] == state);
        assert_eq!(heard.payload["chatId"], json!(pair.others_chat));
        let command = json!({"type": "typing", "chatId": pair.chat, "state": state});
        pair.stream().command(&format!("type-{n}"), command);
        live(&mut stream, "typing", &pair.others_chat, |data| data["state"] == state);
        wire.wait_for(name, |payload| payload["state"] == state);
        // And what a phone shows comes in here.
        let typed = json!({"to": pair.own, "state": state});
        pair.server.post(&format!("/sandbox/phones/{}/typing", pair.other), typed);
        let seen = live(&mut stream, "typing", &pair.chat, |data| data["state"] == state);
        assert_eq!(seen["from"], pair.other);
    }
}

#[test]
fn a_presence_is_followed_through_breaks_and_restarts_until_it_is_left() {
    let mut pair = Pair::new();
    let subscription = format!("/chats/{}/presence-subscription", pair.chat);
    let shows = |pair: &Pair, state: &str| {
        pair.server.post(&format!("/sandbox/phones/{}/presence", pair.other), json!({"state": state}));
    };
    let mut stream = pair.stream();
    shows(&pair, "unavailable");
    let first = pair.server.ok("PUT", &subscription, Some(&json!({"seconds": 600})));
    assert_eq!(
        (&first["chatId"], &first["online"]),
        (&json!(pair.chat), &Value::Null),
        "nothing was heard yet"
    );
    assert!(first["followUntil"].is_i64());
    let seen = live(&mut stream, "presence", &pair.chat, |data| data["online"] == false);
    assert!(seen["lastSeen"].is_i64(), "{seen}");
    shows(&pair, "available");
    live(&mut stream, "presence", &pair.chat, |data| data["online"] == true);
    // Whoever asks again gets at once what is known, also by command.
    let known = until("what was heard", || {
        let known = pair.server.ok("PUT", &subscription, None);
        (known["online"] == true).then_some(known)
    });
    assert!(known["heardAt"].as_i64() >= first["heardAt"].as_i64());
    let told = pair.stream().command("follow", json!({"type": "follow_presence", "chatId": pair.chat}));
    assert_eq!(told["ok"]["data"]["online"], true, "{told}");

    // The connection breaks: it is asked for again.
    pair.server.post("/sandbox/faults", json!({"kind": "drop", "device": pair.device}));
    live(&mut stream, "presence", &pair.chat, |data| data["online"] == true);
    shows(&pair, "unavailable");
    live(&mut stream, "presence", &pair.chat, |data| data["online"] == false);

    // The server is killed: when they were last seen is still known, and they are followed again.
    drop(stream);
    pair.server.kill();
    pair.server.run();
    let mut stream = pair.stream();
    pair.server.wait_for_status(&pair.device, "connected");
    shows(&pair, "available");
    live(&mut stream, "presence", &pair.chat, |data| data["online"] == true);
    assert!(pair.server.ok("PUT", &subscription, None)["lastSeen"].is_i64());

    // Left, nothing more is told: typing of theirs, sent after it, is the next that comes.
    pair.server.ok("DELETE", &subscription, None);
    pair.server.ok("DELETE", &subscription, None);
    until("it is left", || {
        shows(&pair, "unavailable");
        let typed = json!({"to": pair.own, "state": "composing"});
        pair.server.post(&format!("/sandbox/phones/{}/typing", pair.other), typed);
        let mut told = false;
        loop {
            let signal = stream.next(&["live"])["event"].clone();
            match signal["type"].as_str() {
                Some("typing") => return (!told).then_some(()),
                _ => told |= signal["data"]["chatId"] == json!(pair.chat),
            }
        }
    });
}

#[test]
fn the_account_hides_and_shows_itself_for_good() {
    let mut pair = Pair::new();
    let mut stream = pair.stream();
    pair.server.ok("PUT", &format!("/chats/{}/presence-subscription", pair.others_chat), None);
    live(&mut stream, "presence", &pair.others_chat, |_| true);
    let presence = format!("/devices/{}/presence", pair.device);
    for available in [false, true, false] {
        pair.server.ok("PUT", &presence, Some(&json!({"available": available})));
        live(&mut stream, "presence", &pair.others_chat, |data| data["online"] == available);
    }
    drop(stream);
    // Another phone that only follows sees it hidden after a restart as well.
    pair.server.kill();
    pair.server.run();
    pair.server.wait_for_status(&pair.device, "connected");
    pair.server.wait_for_status(&pair.others_device, "connected");
    let mut stream = pair.stream();
    let told = pair
        .stream()
        .command("show", json!({"type": "set_presence", "deviceId": pair.device, "available": true}));
    assert!(told["ok"].is_object(), "{told}");
    live(&mut stream, "presence", &pair.others_chat, |data| data["online"] == true);
}

#[test]
fn what_cannot_be_followed_is_refused() {
    let pair = Pair::new();
    let subscription = format!("/chats/{}/presence-subscription", pair.chat);
    for seconds in [0, 299, 86_401] {
        let (status, answer) =
            pair.server.call("PUT", &subscription, Some(&json!({"seconds": seconds}))).unwrap();
        assert_eq!((status, &answer["code"]), (400, &json!("invalid")), "{seconds}");
    }
    for seconds in [300, 86_400] {
        pair.server.ok("PUT", &subscription, Some(&json!({"seconds": seconds})));
    }
    let group = pair.server.post(&format!("/devices/{}/groups", pair.device), json!({"subject": "Ours"}));
    let path = format!("/chats/{}/presence-subscription", group["chatId"].as_str().unwrap());
    let (status, answer) = pair.server.call("PUT", &path, None).unwrap();
    assert_eq!((status, &answer["code"]), (400, &json!("invalid")), "a group is not online");
    // A device that is away is told as soon as it is back.
    pair.server.post(&format!("/devices/{}/disconnect", pair.device), json!({}));
    pair.server.ok("PUT", &subscription, None);
    let mut stream = pair.stream();
    pair.server.post(&format!("/devices/{}/connect", pair.device), json!({}));
    live(&mut stream, "presence", &pair.chat, |_| true);
}
