//! How far messages come: with one person, with each member of a group, and what is listened to. The real binary,
//! with stock clients on both sides.

use crate::support::receiver::{Receiver, Reply};
use crate::support::socketio::{By, Wire};
use crate::support::{API_KEY, Server, databases, until};
use serde_json::{Value, json};

struct Place {
    server: Server,
}

impl Place {
    fn each(test: impl Fn(Self)) {
        for mut environment in databases() {
            environment.push(("SWITCHBOARD_WEBHOOK_ALLOW", "127.0.0.0/8".to_owned()));
            test(Self { server: Server::start_with(&environment) });
        }
    }

    fn phone(&self, name: &str) -> String {
        let phone = self.server.post("/sandbox/phones", json!({"name": name}));
        phone["number"].as_str().unwrap().to_owned()
    }

    /// Everything that was logged of a message, in order.
    fn logged(&self, message: &str) -> Vec<Value> {
        let events = self.server.get(&self.server.log_path())["items"].as_array().unwrap().clone();
        let concerns = |event: &Value| {
            [&event["data"]["messageId"], &event["data"]["message"]["id"]].contains(&&json!(message))
        };
        events.into_iter().filter(concerns).collect()
    }

    /// Who is told of a message by `message.receipt`, and how far.
    fn told(&self, message: &str) -> Vec<(String, String)> {
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        self.logged(message)
            .iter()
            .filter(|event| event["type"] == "message.receipt")
            .map(|event| (text(&event["data"]["person"]), text(&event["data"]["status"])))
            .collect()
    }

    fn message(&self, id: &str) -> Value {
        self.server.get(&format!("/messages/{id}"))
    }
}

fn id(value: &Value) -> String {
    value["id"].as_str().unwrap().to_owned()
}

#[test]
fn a_message_of_a_group_is_read_when_everybody_read_it() {
    Place::each(|place| {
        let server = &place.server;
        let (own, guest, third) = (place.phone("Own"), place.phone("Guest"), place.phone("Third"));
        let (device, guest_device) = (server.linked_device(&own), server.linked_device(&guest));
        let group = server.post(
            &format!("/devices/{device}/groups"),
            json!({"subject": "Lunch", "members": [guest, third]}),
        );
        let jid = group["jid"].as_str().unwrap();
        let chat = group["chatId"].as_str().unwrap();
        let sent = id(&server.post(&format!("/chats/{chat}/messages"), json!({"text": "At two?"})));
        until("both have it", || {
            let told = place.told(&sent);
            let has = |who: &String| told.contains(&(who.clone(), "delivered".to_owned()));
            (has(&guest) && has(&third)).then_some(())
        });

        // One of two reads: told of them, and the message is not read.
        let there = until("the guest has it", || {
            let path = format!("/devices/{guest_device}/chats/{jid}/messages");
            let (status, page) = server.call("GET", &path, None).ok()?;
            let items = page["items"].as_array().filter(|_| status == 200)?.clone();
            items.into_iter().find(|message| message["text"] == "At two?")
        });
        server.post(&format!("/devices/{guest_device}/chats/{jid}/read"), json!({"messageId": there["id"]}));
        until("the guest read it", || {
            place.told(&sent).contains(&(guest.clone(), "read".to_owned())).then_some(())
        });
        assert_eq!(place.message(&sent)["status"], "delivered");
        server.post(&format!("/sandbox/phones/{third}/read"), json!({"chat": jid}));
        until("everybody read it", || (place.message(&sent)["status"] == "read").then_some(()));

        // Each person and each step once, and the state agrees.
        let mut told = place.told(&sent);
        told.sort();
        let all = told.len();
        told.dedup();
        assert_eq!(told.len(), all, "{told:?}");
        assert_eq!(all, 4, "{told:?}");
        let last = place.logged(&sent).into_iter().rfind(|event| event["type"] == "message.status").unwrap();
        assert_eq!(last["data"]["status"], "read");
        let receipts = server.get(&format!("/messages/{sent}/receipts"))["items"].clone();
        let receipts = receipts.as_array().unwrap();
        assert_eq!(receipts.len(), 2);
        assert!(
            receipts.iter().all(|one| one["readAt"].is_i64() && one["playedAt"].is_null()),
            "{receipts:?}"
        );
    });
}

#[test]
fn a_voice_note_is_played_and_its_sender_hears_of_it_on_every_wire() {
    Place::each(|place| {
        let server = &place.server;
        let (own, other) = (place.phone("Own"), place.phone("Other"));
        let (device, others_device) = (server.linked_device(&own), server.linked_device(&other));
        let receiver = Receiver::start(|_| Reply::of(200));
        server.post(
            "/webhooks",
            json!({"url": receiver.url, "events": ["message.receipt"], "deviceIds": [others_device]}),
        );
        let query = format!("&apiKey={API_KEY}");
        let mut wire = Wire::open(server, By::WebSocket, &query, &[]);
        wire.enter(&format!("/device/{others_device}"), &Value::Null).unwrap();

        // Of the sound it is only kept that there is one.
        let voice = json!({"content": "T2dnUwACAAAAAAAAAAA=", "contentType": "audio/ogg; codecs=opus", "voice": true});
        server.post(&format!("/sandbox/phones/{other}/messages"), json!({"to": own, "media": voice}));
        let find = |device: &str, peer: &str| {
            until("the voice note", || {
                let path = format!("/devices/{device}/chats/{peer}/messages");
                let (status, page) = server.call("GET", &path, None).ok()?;
                let items = page["items"].as_array().filter(|_| status == 200)?.clone();
                items.into_iter().find(|message| message["kind"] == "audio")
            })
        };
        let got = id(&find(&device, &other));
        let sent = id(&find(&others_device, &own));
        assert!(place.message(&got)["playedAt"].is_null());
        let (status, answer) =
            server.call("POST", &format!("/messages/{sent}/played"), Some(&json!({}))).unwrap();
        assert_eq!((status, &answer["code"]), (409, &json!("conflict")), "one's own is not listened to");

        let played = server.post(&format!("/messages/{got}/played"), json!({}));
        assert!(played["playedAt"].is_i64());
        assert_eq!(played["status"], "read");
        assert_eq!(server.post(&format!("/messages/{got}/played"), json!({})), played, "once is all");
        assert_eq!(server.get(&format!("/devices/{device}/chats"))["items"][0]["unread"], 0);
        let changes: Vec<_> =
            place.logged(&got).into_iter().filter(|e| e["type"] == "message.updated").collect();
        let changes: Vec<_> = changes.iter().filter(|event| event["data"]["change"] == "played").collect();
        assert_eq!(changes.len(), 1, "{changes:?}");

        until("the sender hears of it", || {
            place.told(&sent).contains(&(own.clone(), "played".to_owned())).then_some(())
        });
        assert_eq!(place.message(&sent)["status"], "read");
        let receipt = server.get(&format!("/messages/{sent}/receipts"))["items"][0].clone();
        assert!(receipt["playedAt"].is_i64() && receipt["readAt"].is_i64(), "{receipt}");
        let trace = server.get(&format!("/messages/{sent}/trace"));
        let steps: Vec<_> = trace["steps"].as_array().unwrap().iter().map(|step| &step["what"]).collect();
        assert!(steps.contains(&&json!("played")), "{steps:?}");
        let heard = wire.wait_for("message:receipt", |payload| payload["status"] == "played");
        assert_eq!((&heard.payload["messageId"], &heard.payload["person"]), (&json!(sent), &json!(own)));
        until("the receiver", || {
            receiver.posts().iter().any(|post| post.body["data"]["status"] == "played").then_some(())
        });
    });
}
