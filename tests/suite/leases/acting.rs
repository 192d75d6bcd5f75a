//! Whoever was sent away does nothing more, also while they do not read what they are told.

use crate::leases::client::{Client, Kind, long_poll};
use crate::leases::wires::{Credential, Scene, agent};
use crate::leases::{now, server, token};
use serde_json::{Value, json};
use std::io::Write as _;
use std::time::{Duration, Instant};

/// Sends `send_message` without waiting for anything.
fn send(client: &mut Client, scene: &Scene, text: &str) {
    let packet = format!("42{}", json!(["send_message", { "to": scene.other, "message": text }]));
    match client {
        // Sent away already: then that is what it is told.
        Client::Posts { url } => drop(agent().post(&*url).send(&packet)),
        Client::Stalled(stream, _) => {
            let payload = packet.as_bytes();
            // One masked text frame, of a length in 16 bits.
            let mut frame = vec![0x81, 0x80 | 126];
            frame.extend_from_slice(&u16::try_from(payload.len()).unwrap().to_be_bytes());
            frame.extend_from_slice(&[0; 4]);
            frame.extend_from_slice(payload);
            let _ = stream.write_all(&frame);
        }
        Client::Reads(_) => panic!("it reads"),
    }
}

fn arrived(scene: &Scene) -> Vec<Value> {
    let held = scene.server.get(&format!("/sandbox/phones/{}/messages", scene.other));
    held["items"].as_array().unwrap().iter().map(|message| message["text"].clone()).collect()
}

#[test]
fn a_key_that_is_revoked_sends_nothing_more() {
    let server = server();
    let scene = Scene::set(&server);
    for polls in [false, true] {
        let made = server.post("/api-keys", json!({ "name": "brief", "permission": "send" }));
        let key = Credential::Key(made["key"].as_str().unwrap().to_owned());
        let mut client = Client::open(&scene, Kind::SocketIo { path: "/socket.io", polls }, &key, false);
        let (before, after) = (format!("before {polls}"), format!("after {polls}"));
        send(&mut client, &scene, &before);
        crate::support::until("the first message", || arrived(&scene).contains(&json!(before)).then_some(()));
        server.ok("DELETE", &format!("/api-keys/{}", made["id"].as_str().unwrap()), None);
        send(&mut client, &scene, &after);
        // One of somebody else, sent later, comes: so what was sent before it is not on its way any more.
        let chat = json!({ "text": format!("later {polls}") });
        server.post(&format!("/devices/{}/chats/{}/messages", scene.device, scene.other), chat);
        crate::support::until("the last message", || {
            arrived(&scene).contains(&json!(format!("later {polls}"))).then_some(())
        });
        assert!(!arrived(&scene).contains(&json!(after)));
    }
}

#[test]
fn a_long_poll_does_not_answer_what_is_not_theirs_any_more() {
    let server = server();
    let scene = Scene::set(&server);
    let expires = now() + 2_500;
    let token = token("pia", &scene.workspace, expires);
    let began = Instant::now();
    let url = format!("{}/api/v1/events?wait=30&token={token}", server.url);
    let (status, body) = long_poll(&url);
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
    assert_eq!(status, 401, "{body}");
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["code"], "unauthenticated");
    assert!(problem["detail"].as_str().is_some_and(|detail| detail.contains("expired")), "{body}");
}
