//! Keys that reach some devices, expire or are revoked, and the devices of other workspaces.

use crate::device_namespace::wire::{BOTH, By, Wire, with_key};
use crate::device_namespace::{device, namespace};
use crate::support::{API_KEY, Server};
use serde_json::{Value, json};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

const SECRET: &str = "a secret of thirty-two characters";

fn now() -> u64 {
    u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// A new key, with its id.
fn key(server: &Server, more: &Value) -> (String, String) {
    let mut body = json!({ "name": "Test", "permission": "read" });
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
    let made = server.post("/api-keys", body);
    (made["key"].as_str().unwrap().to_owned(), made["id"].as_str().unwrap().to_owned())
}

fn enter(server: &Server, by: By, key: &str, namespace: &str) -> Result<Wire, Value> {
    let mut wire = Wire::open(server, by, "", &[("X-API-Key", key)]);
    wire.enter(namespace, &Value::Null).map(|_| wire)
}

/// The socket is told why, and is out; its session, which is in nothing else, ends.
#[track_caller]
fn ends(wire: &mut Wire, namespace: &str, reason: &str, within: Duration) {
    let at = Instant::now();
    assert_eq!(wire.wait_for("session:ended", |_| true).payload["reason"], reason);
    let name = if namespace == "/" { String::new() } else { format!("{namespace},") };
    assert_eq!(wire.packet(), format!("41{name}"));
    assert_eq!(wire.try_packet(), None);
    assert!(at.elapsed() < within, "{:?}", at.elapsed());
}

#[test]
fn a_key_for_some_devices_sees_no_others() {
    let server = Server::start();
    let (one, two) = (device(&server, "One"), device(&server, "Two"));
    let (narrow, _) = key(&server, &json!({ "deviceIds": [one] }));
    for (by, other) in [(By::WebSocket, two.as_str()), (By::Polling, "dev_unknown")] {
        let refusal = enter(&server, by, &narrow, &namespace(other)).map(|_| ()).unwrap_err();
        assert_eq!(
            refusal,
            json!({ "message": "Invalid device namespace", "data": { "code": "not_found" } })
        );
    }
    let mut wire = Wire::open(&server, By::WebSocket, &format!("&deviceId={two}&apiKey={narrow}"), &[]);
    assert_eq!(wire.enter("/", &Value::Null).unwrap_err()["message"], "Invalid device namespace");
    for namespace in [namespace(&one), "/".to_owned()] {
        let mut wire = enter(&server, By::WebSocket, &narrow, &namespace).unwrap();
        assert_eq!(wire.heard().name, "state");
        assert_eq!(wire.heard().payload["name"], "One");
        server.ok("PATCH", &format!("/devices/{two}"), Some(&json!({ "name": "Two" })));
        server.ok("PATCH", &format!("/devices/{one}"), Some(&json!({ "name": "One" })));
        assert_eq!(wire.heard().payload["deviceId"], json!(one), "nothing of the other");
    }
}

#[test]
fn revoking_a_key_ends_its_sockets_and_no_others() {
    let server = Server::start();
    let id = device(&server, "One");
    for (by, at) in [(By::WebSocket, namespace(&id)), (By::Polling, "/".to_owned())] {
        let (gone, key_id) = key(&server, &json!({}));
        let (stays, _) = key(&server, &json!({}));
        let mut wire = enter(&server, by, &gone, &at).unwrap();
        let mut other = enter(&server, by, &stays, &at).unwrap();
        server.ok("DELETE", &format!("/api-keys/{key_id}"), None);
        ends(&mut wire, &at, "access revoked", Duration::from_secs(2));
        let refusal = enter(&server, by, &gone, &at).map(|_| ()).unwrap_err();
        assert_eq!(refusal["message"], "Invalid API key");
        server.ok("PATCH", &format!("/devices/{id}"), Some(&json!({ "name": "Uno" })));
        other.wait_for("connection:status", |payload| payload["name"] == "Uno");
        server.ok("PATCH", &format!("/devices/{id}"), Some(&json!({ "name": "One" })));
    }
}

#[test]
fn a_key_counts_until_it_expires() {
    let server = Server::start();
    let id = device(&server, "One");
    let (short, _) = key(&server, &json!({ "expiresAt": now() + 2_500 }));
    let mut wire = enter(&server, By::WebSocket, &short, &namespace(&id)).unwrap();
    ends(&mut wire, &namespace(&id), "token expired", Duration::from_secs(5));
    let refusal = enter(&server, By::WebSocket, &short, &namespace(&id)).map(|_| ()).unwrap_err();
    assert_eq!(refusal["message"], "Invalid API key");
}

#[test]
fn another_key_does_not_take_a_socket_over() {
    let server = Server::start();
    let id = device(&server, "zero");
    let at = namespace(&id);
    for by in BOTH {
        let (mine, _) = key(&server, &json!({}));
        let mut wire = Wire::open(&server, by, "", &[("apiKey", &mine)]);
        let entered = wire.enter(&at, &Value::Null).unwrap();
        let seen = wire.wait_for("connection:status", |_| true).offset;
        let auth = json!({ "pid": entered["pid"], "offset": seen });
        let mut thief = Wire::open(&server, by, "", &[("apiKey", API_KEY)]);
        let stolen = thief.enter(&at, &auth).unwrap();
        assert!(stolen["sid"] != entered["sid"] && stolen["pid"] != entered["pid"]);
        server.ok("PATCH", &format!("/devices/{id}"), Some(&json!({ "name": "one" })));
        assert_eq!(wire.heard().payload["name"], "one", "the socket is still its owner's");
        assert_eq!(thief.heard().payload["name"], "one");
        server.ok("PATCH", &format!("/devices/{id}"), Some(&json!({ "name": "zero" })));
    }
}

#[test]
fn devices_of_other_workspaces_are_not_there() {
    let server = Server::start_with(&[
        ("SWITCHBOARD_JWT_SECRET", SECRET.into()),
        ("SWITCHBOARD_PROVISION_USERS", "true".into()),
    ]);
    let ours = device(&server, "Ours");
    let claims = json!({ "sub": "somebody", "workspace": "elsewhere", "exp": now() / 1_000 + 600 });
    let secret = jsonwebtoken::EncodingKey::from_secret(SECRET.as_bytes());
    let token = jsonwebtoken::encode(&jsonwebtoken::Header::default(), &claims, &secret).unwrap();
    let agent: ureq::Agent = ureq::Agent::new_with_defaults();
    let mut made = agent
        .post(format!("{}/api/v1/devices", server.url))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .send(json!({ "name": "Theirs" }).to_string())
        .unwrap();
    let made: Value = serde_json::from_str(&made.body_mut().read_to_string().unwrap()).unwrap();
    let theirs = made["id"].as_str().unwrap().to_owned();

    let jwt = format!("&access-token={token}");
    let mut stranger = Wire::open(&server, By::WebSocket, &jwt, &[]);
    for wrong in [&ours, "dev_unknown"] {
        let refusal = stranger.enter(&namespace(wrong), &Value::Null).unwrap_err();
        assert_eq!(refusal["message"], "Invalid device namespace");
    }
    stranger.enter(&namespace(&theirs), &Value::Null).unwrap();
    stranger.enter("/", &Value::Null).unwrap();
    let mut us = Wire::open(&server, By::Polling, "", &[]);
    let refusal = us.enter(&namespace(&theirs), &with_key()).unwrap_err();
    assert_eq!(refusal["message"], "Invalid device namespace");
    us.enter("/", &with_key()).unwrap();
    assert_eq!(us.wait_for("state", |_| true).payload["deviceId"], json!(ours));
    server.ok("PATCH", &format!("/devices/{ours}"), Some(&json!({ "name": "Still ours" })));
    us.wait_for("connection:status", |payload| payload["name"] == "Still ours");
    // What happens to theirs comes behind what happened to ours: nothing of that was told before.
    agent
        .patch(format!("{}/api/v1/devices/{theirs}", server.url))
        .header("authorization", format!("Bearer {token}"))
        .header("content-type", "application/json")
        .send(json!({ "name": "Renamed" }).to_string())
        .unwrap();
    loop {
        let heard = stranger.heard();
        assert_eq!(heard.payload["deviceId"], json!(theirs), "nothing of ours");
        if heard.payload["name"] == "Renamed" {
            break;
        }
    }
}

#[test]
fn where_no_key_can_exist_the_server_says_so() {
    let server = Server::start_with(&[("SWITCHBOARD_API_KEY", String::new())]);
    let refused = |server: &Server, key: &str| {
        enter(server, By::WebSocket, key, "/").map(|_| ()).unwrap_err()["message"].clone()
    };
    assert_eq!(refused(&server, "any"), "Server configuration error");
    assert_eq!(refused(&server, ""), "API key is required", "whoever shows nothing is told what to show");
    let server = Server::start();
    assert_eq!(refused(&server, "any"), "Invalid API key");
}

#[test]
fn wrong_keys_cost_on_every_wire_and_the_right_one_is_let_in() {
    let server = Server::start_with(&[("SWITCHBOARD_AUTH_FAILURE_LIMIT", "4".into())]);
    let refused = |key: &str| enter(&server, By::WebSocket, key, "/").map(|_| ()).unwrap_err();
    let answers: Vec<Value> = (0..6).map(|n| refused(&format!("wrong-{n}"))).collect();
    assert!(answers.iter().all(|answer| answer["message"] == "Invalid API key"), "{answers:?}");
    assert_eq!(answers[0]["data"]["code"], "unauthenticated");
    assert_eq!(answers[5]["data"]["code"], "rate_limited");
    let mut chat = Wire::open_on(&server, "/socket.io", By::WebSocket, "", &[]);
    let refusal = chat.enter("/", &json!({ "token": "e30.e30.e30" })).unwrap_err();
    assert_eq!(
        (&refusal["message"], &refusal["data"]["code"]),
        (&json!("Too many attempts"), &json!("rate_limited"))
    );
    enter(&server, By::WebSocket, API_KEY, "/").expect("a good key is no guess");
}
