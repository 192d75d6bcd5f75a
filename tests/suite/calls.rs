//! Calls: what rings, and each way in which it ends, as events on the stream and at a webhook, and in the thread.

use crate::support;
use crate::support::receiver::{Receiver, Reply};
use crate::support::sse::EventSource;
use crate::support::{API_KEY, Server, until};
use serde_json::{Value, json};
use std::time::Duration;

const OWN: &str = "34600111222";

/// A linked device that somebody calls, with a stream and a webhook that listen.
struct Scene {
    server: Server,
    device: String,
    caller: String,
    receiver: Receiver,
    stream: EventSource,
}

impl Scene {
    fn new() -> Self {
        let server = Server::start_with(&[("SWITCHBOARD_WEBHOOK_ALLOW", "127.0.0.0/8".to_owned())]);
        let caller = server.post("/sandbox/phones", json!({"name": "Caller"}));
        let caller = caller["number"].as_str().unwrap().to_owned();
        let device = server.linked_device(OWN);
        let receiver = Receiver::start(|_| Reply::of(200));
        server.post(
            "/webhooks",
            json!({"url": receiver.url, "events": ["message.new", "message.updated"], "deviceIds": [device]}),
        );
        let path = format!("/api/v1/events?since={}", server.get("/events")["cursor"].as_str().unwrap());
        let stream = EventSource::open(&server.url, &path, &[("x-api-key", API_KEY)]).unwrap();
        Self { server, device, caller, receiver, stream }
    }

    fn call(&self, from: &str, more: Value) {
        let to = if from == OWN { self.caller.as_str() } else { OWN };
        let mut body = json!({"to": to});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.server.post(&format!("/sandbox/phones/{from}/call"), body);
    }

    fn rings(&self, video: bool) {
        self.call(&self.caller, json!({"video": video}));
    }

    /// The next event of a call on the stream.
    fn next(&mut self) -> (String, Value) {
        loop {
            let event = self.stream.next(Duration::from_secs(30)).unwrap().expect("an event in time");
            let frame: Value = serde_json::from_str(&event.data).unwrap();
            let event = &frame["event"];
            let message = event["data"]["message"].clone();
            if message["notice"].is_object() {
                return (event["type"].as_str().unwrap().to_owned(), message);
            }
        }
    }

    /// The next call: its notice as it began, and how it ended.
    fn ended(&mut self) -> (Value, Value) {
        let (new, began) = self.next();
        assert_eq!((new.as_str(), &began["notice"]["code"]), ("message.new", &json!("incoming_call")));
        let (updated, ended) = self.next();
        assert_eq!((updated.as_str(), &ended["id"]), ("message.updated", &began["id"]));
        (began, ended)
    }

    /// The notices in the thread, oldest first; none before there is a thread.
    fn thread(&self) -> Vec<Value> {
        let path = format!("/devices/{}/chats/{}/messages", self.device, self.caller);
        let (_, page) = self.server.call("GET", &path, None).unwrap();
        page["items"].as_array().cloned().unwrap_or_default()
    }

    /// The webhook gets the same.
    fn posted(&self, id: &Value, code: &str) {
        until("the webhook", || {
            let posts = self.receiver.posts();
            let of = |post: &support::receiver::Post| {
                let message = &post.body["data"]["message"];
                message["id"] == *id && message["notice"]["code"] == code
            };
            posts.iter().any(of).then_some(())
        });
    }

    /// How the newest call stands everywhere.
    fn stands(&self, ended: &Value, code: &str) {
        assert_eq!(ended["notice"]["code"], code);
        assert_eq!(ended["notice"]["by"], self.caller.as_str());
        let thread = self.thread();
        let last = thread.last().unwrap();
        assert_eq!(
            (&last["id"], &last["kind"], &last["notice"]),
            (&ended["id"], &json!("system"), &ended["notice"])
        );
        self.posted(&ended["id"], code);
    }
}

#[test]
fn a_call_that_nobody_takes_is_missed() {
    let mut scene = Scene::new();
    scene.rings(true);
    let (began, ended) = {
        let (_, began) = scene.next();
        scene.call(&scene.caller.clone(), json!({"end": true}));
        (began, scene.next().1)
    };
    assert_eq!(
        (&began["notice"]["code"], &began["notice"]["value"]),
        (&json!("incoming_call"), &json!("video"))
    );
    assert_eq!(began["id"], ended["id"]);
    scene.stands(&ended, "missed_call");
    scene.posted(&ended["id"], "incoming_call");
    // The caller gives up by itself as well.
    scene.rings(false);
    let (began, ended) = scene.ended();
    assert_eq!(began["notice"]["value"], "voice");
    scene.stands(&ended, "missed_call");
    assert_eq!(scene.thread().len(), 2);
    // A notice is nothing unread.
    let chats = scene.server.get(&format!("/devices/{}/chats", scene.device));
    let chat =
        chats["items"].as_array().unwrap().iter().find(|chat| chat["id"] == ended["chatId"]).unwrap().clone();
    assert_eq!(chat["unread"], 0, "{chat}");
}

#[test]
fn a_call_is_taken_or_declined_on_the_phone() {
    let mut scene = Scene::new();
    for (how, code) in [("answer", "answered_call"), ("decline", "rejected_call")] {
        scene.rings(false);
        let (_, began) = scene.next();
        scene.call(OWN, json!({how: true}));
        let (_, ended) = scene.next();
        assert_eq!(ended["id"], began["id"]);
        scene.stands(&ended, code);
    }
    // There is none any more, and one can only do one thing.
    let path = format!("/sandbox/phones/{OWN}/call");
    let refused = |body: Value| scene.server.call("POST", &path, Some(&body)).unwrap().0;
    assert_eq!(refused(json!({"to": scene.caller, "answer": true})), 400);
    assert_eq!(refused(json!({"to": scene.caller, "answer": true, "decline": true})), 400);
}

#[test]
fn we_decline_a_call() {
    let mut scene = Scene::new();
    scene.rings(false);
    let (_, began) = scene.next();
    let reject = format!("/messages/{}/reject", began["id"].as_str().unwrap());
    let declined = scene.server.post(&reject, json!({}));
    assert_eq!((&declined["id"], &declined["notice"]["code"]), (&began["id"], &json!("rejected_call")));
    let (_, ended) = scene.next();
    scene.stands(&ended, "rejected_call");
    // It rings no more: the phone that could take it has nothing to take.
    let path = format!("/sandbox/phones/{OWN}/call");
    until("the end of the call", || {
        let body = json!({"to": scene.caller, "answer": true});
        (scene.server.call("POST", &path, Some(&body)).unwrap().0 == 400).then_some(())
    });
    // Once more is no error and no event; a call that is over and what is no call cannot be declined.
    assert_eq!(scene.server.post(&reject, json!({}))["notice"]["code"], "rejected_call");
    scene.rings(false);
    let (_, began) = scene.next();
    scene.call(&scene.caller.clone(), json!({"end": true}));
    let (_, ended) = scene.next();
    assert_eq!((&ended["id"], &ended["notice"]["code"]), (&began["id"], &json!("missed_call")));
    let over = format!("/messages/{}/reject", began["id"].as_str().unwrap());
    assert_eq!(scene.server.call("POST", &over, None).unwrap().0, 409);
    let caller = scene.caller.clone();
    scene.server.post(&format!("/sandbox/phones/{caller}/messages"), json!({"to": OWN, "text": "Call me"}));
    let text = until("the text", || scene.thread().into_iter().find(|message| message["text"] == "Call me"));
    let no_call = format!("/messages/{}/reject", text["id"].as_str().unwrap());
    assert_eq!(scene.server.call("POST", &no_call, None).unwrap().0, 409);
    assert_eq!(scene.server.call("POST", "/messages/msg_nothing/reject", None).unwrap().0, 404);
}

#[test]
fn calls_while_the_device_was_away_are_told_when_it_is_back() {
    let mut scene = Scene::new();
    let device = scene.device.clone();
    scene.server.post(&format!("/devices/{device}/disconnect"), json!({}));
    // One that nobody takes, and one that is taken on the phone.
    let caller = scene.caller.clone();
    scene.rings(false);
    scene.call(&caller, json!({"end": true}));
    scene.rings(true);
    scene.call(OWN, json!({"answer": true}));
    scene.server.post(&format!("/devices/{device}/connect"), json!({}));
    let codes = until("both calls", || {
        let thread = scene.thread();
        let codes: Vec<String> = thread
            .iter()
            .filter_map(|message| message["notice"]["code"].as_str())
            .map(str::to_owned)
            .collect();
        (codes.len() == 2 && codes.iter().any(|code| code == "answered_call")).then_some(codes)
    });
    assert!(codes.contains(&"missed_call".to_owned()), "{codes:?}");
    let (new, first) = scene.next();
    assert_eq!((new.as_str(), &first["notice"]["code"]), ("message.new", &json!("missed_call")));
    scene.posted(&first["id"], "missed_call");
    // They are told once, however often the device comes back.
    scene.server.post(&format!("/devices/{device}/restart"), json!({}));
    scene.server.wait_for_status(&device, "connected");
    scene.server.post(&format!("/sandbox/phones/{caller}/messages"), json!({"to": OWN, "text": "after"}));
    until("a message after it", || {
        scene.thread().iter().any(|message| message["text"] == "after").then_some(())
    });
    assert_eq!(scene.thread().len(), 3);
}
