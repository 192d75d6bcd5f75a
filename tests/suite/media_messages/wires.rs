//! Every wire tells of a file: native stream, webhook, device namespace, chats.

use crate::media_messages::files;
use crate::media_messages::world::{BEN, World};
use crate::support::receiver::{Receiver, Reply};
use crate::support::socketio::{By, Wire};
use crate::support::{API_KEY, until};
use serde_json::{Value, json};
use tungstenite::Message;
use tungstenite::client::IntoClientRequest as _;

/// The next frame of this type on a native stream.
fn frame(socket: &mut tungstenite::WebSocket<impl std::io::Read + std::io::Write>, kind: &str) -> Value {
    loop {
        if let Message::Text(text) = socket.read().unwrap() {
            let frame: Value = serde_json::from_str(&text).unwrap();
            if frame["type"] == kind {
                return frame;
            }
        }
    }
}

#[test]
fn every_wire_tells_of_a_file_and_of_what_becomes_of_it() {
    let world = World::with(&[("SWITCHBOARD_WEBHOOK_ALLOW", "127.0.0.0/8".to_owned())]);
    let receiver = Receiver::start(|_| Reply::of(200));
    let events = json!(["message.new", "message.updated"]);
    world.server.post("/webhooks", json!({"url": receiver.url, "events": events}));
    let mut devices = Wire::open(&world.server, By::WebSocket, &format!("&apiKey={API_KEY}"), &[]);
    devices.enter(&format!("/device/{}", world.ana), &Value::Null).unwrap();

    let voice = json!({"contentType": "audio/ogg; codecs=opus", "voice": true, "seconds": 2});
    let message = world.comes(&files::ogg(), voice, None);
    let id = message["media"]["id"].as_str().unwrap().to_owned();
    let heard = devices.wait_for("message", |payload| payload["message"]["id"] == message["id"]).payload;
    assert_eq!((&heard["message"]["type"], &heard["message"]["hasMedia"]), (&json!("ptt"), &json!(true)));
    assert_eq!(heard["message"]["media"]["id"], json!(id));
    let told = |change: &Value| {
        until("the delivery", || {
            receiver.posts().into_iter().find(|post| {
                post.body["data"]["message"]["id"] == message["id"] && post.body["data"]["change"] == *change
            })
        })
    };
    assert_eq!(told(&Value::Null).body["data"]["message"]["media"]["state"], "pending");
    assert_eq!(world.content(&id).0, 200);
    assert_eq!(told(&json!("media")).body["data"]["message"]["media"]["state"], "available");
}

#[test]
fn a_file_is_sent_by_a_command_of_the_native_stream_once() {
    let world = World::new();
    let first = world.sends(json!({"text": "hello"}));
    let id = world.upload(&files::png(8, 8), "image/png", "a.png");
    let mut request =
        format!("{}/api/v1/stream", world.server.url.replace("http", "ws")).into_client_request().unwrap();
    request.headers_mut().insert("x-api-key", API_KEY.parse().unwrap());
    let (mut socket, _) = tungstenite::connect(request).unwrap();
    let media = json!({"id": id, "caption": "Look"});
    let command = json!({"type": "send_message", "chatId": first["chatId"], "message": {"media": media}});
    let mut answers = Vec::new();
    for _ in 0..2 {
        let asked = json!({"type": "command", "id": "send-picture", "command": command});
        socket.send(Message::text(asked.to_string())).unwrap();
        answers.push(frame(&mut socket, "result")["outcome"].clone());
    }
    let (sent, again) = (answers[0]["ok"]["data"].clone(), answers[1]["ok"]["data"].clone());
    assert!(sent["id"].is_string(), "{answers:?}");
    assert_eq!(sent["id"], again["id"]);
    let (held, bytes) = world.arrives(BEN, &sent);
    assert!(bytes == files::png(8, 8));
    assert_eq!(held["text"], "Look");
    assert_eq!(world.held(BEN, sent["whatsappId"].as_str().unwrap()).len(), 1);
}
