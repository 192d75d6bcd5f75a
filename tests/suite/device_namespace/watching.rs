//! What happens to a device reaches whoever watches it, in order and once.

use crate::device_namespace::wire::{By, Wire, with_key};
use crate::device_namespace::{device, namespace, phone, text, write};
use crate::support::{API_KEY, Server};
use serde_json::{Value, json};

fn names(wire: &mut Wire, count: usize) -> Vec<String> {
    (0..count).map(|_| wire.heard().name).collect()
}

#[test]
fn a_device_is_linked_used_and_removed_before_its_watchers_eyes() {
    let server = Server::start();
    let (own, other) = (phone(&server, "Own phone"), phone(&server, "Other phone"));
    let id = device(&server, "Front desk");
    let at = namespace(&id);
    let query = format!("&apiKey={API_KEY}");
    let mut wire = Wire::open(&server, By::WebSocket, &query, &[]);
    wire.enter(&at, &Value::Null).unwrap();
    let mut all = Wire::open(&server, By::Polling, &query, &[]);
    all.enter("/", &Value::Null).unwrap();

    // The seed's way: create, watch, scan, ready.
    let present = wire.heard();
    assert_eq!((present.name.as_str(), &present.payload["status"]), ("state", &json!("created")));
    assert_eq!(names(&mut wire, 1), ["connection:status"]);
    server.post(&format!("/devices/{id}/connect"), json!({}));
    wire.wait_for("state", |payload| payload["status"] == "qr_required");
    let qr = wire.wait_for("qr", |_| true);
    assert_eq!(qr.payload["deviceId"], json!(id));
    assert!(qr.payload["timestamp"].as_i64().unwrap() > 1_700_000_000_000);
    assert_eq!(qr.offset, qr.payload["cursor"]);
    server.post(&format!("/sandbox/phones/{own}/scan"), json!({ "qr": qr.payload["qr"] }));
    let authenticated = wire.wait_for("authenticated", |_| true);
    assert_eq!(authenticated.payload["phoneNumber"], json!(own));
    assert!(authenticated.payload["clientName"].is_string());
    let ready = wire.wait_for("ready", |_| true);
    assert_eq!(ready.payload["phoneNumber"], json!(own));
    let status = wire.wait_for("connection:status", |_| true);
    assert_eq!(
        (&status.payload["connected"], &status.payload["status"]),
        (&json!(true), &json!("connected"))
    );

    // In.
    let before = server.get("/events")["cursor"].as_str().unwrap().to_owned();
    write(&server, &other, &own, "Hola");
    wire.wait_for("chat:update", |payload| {
        payload["chat"]["unread"] == 1 && payload["chat"]["phoneNumber"] == json!(other)
    });
    let got = wire.wait_for("message", |payload| text(payload) == "Hola");
    let message = &got.payload["message"];
    assert_eq!(
        (&message["fromMe"], &message["body"], &message["from"], &message["to"], &message["type"]),
        (&json!(false), &json!("Hola"), &json!(other), &json!(own), &json!("chat"))
    );
    // Whoever keeps this cursor does not get the message again: it is the event's own.
    let logged =
        server.get(&format!("/events?since={before}&limit=1000"))["items"].as_array().unwrap().clone();
    let event = logged.iter().find(|event| event["data"]["message"]["id"] == message["id"]).unwrap();
    assert_eq!(got.payload["cursor"], event["cursor"]);

    // Typing passes live.
    let chat = message["chatId"].as_str().unwrap().to_owned();
    let typing = |state: &str| {
        let path = format!("/sandbox/phones/{other}/typing");
        server.ok("POST", &path, Some(&json!({ "to": own, "state": state })));
    };
    typing("composing");
    let typed = wire.wait_for("typing:start", |_| true);
    assert_eq!((&typed.payload["chatId"], &typed.payload["from"]), (&json!(chat), &json!(other)));
    typing("paused");
    wire.wait_for("typing:stop", |_| true);

    // Out: the ladder of a queued send.
    let sent = server.post(&format!("/devices/{id}/chats/{other}/messages"), json!({ "text": "Sí" }));
    let created = wire.wait_for("message:create", |payload| text(payload) == "Sí");
    assert_eq!(created.payload["message"]["id"], sent["id"]);
    for (status, ack) in [("queued", 0), ("sent", 1), ("delivered", 2)] {
        let step = wire.wait_for("message:status", |payload| payload["messageId"] == sent["id"]);
        assert_eq!((&step.payload["status"], &step.payload["ack"]), (&json!(status), &json!(ack)));
    }
    server.ok("POST", &format!("/sandbox/phones/{other}/read"), Some(&json!({ "chat": own })));
    let ack = wire.wait_for("message:ack", |payload| payload["status"] == "read");
    assert_eq!(ack.payload["ack"], 3);
    assert_eq!(wire.wait_for("message:read", |_| true).payload["messageId"], sent["id"]);

    // Away, and gone.
    server.post(&format!("/devices/{id}/disconnect"), json!({}));
    assert_eq!(wire.wait_for("disconnected", |_| true).payload["reason"], "stopped");
    server.ok("DELETE", &format!("/devices/{id}"), None);
    assert_eq!(
        wire.wait_for("disconnected", |payload| payload["reason"] == "deleted").payload["deviceId"],
        id
    );
    assert_eq!(wire.packet(), format!("41{at},"));
    let refusal = wire.enter(&at, &Value::Null).unwrap_err();
    assert_eq!(refusal["message"], "Invalid device namespace");

    // The same, in the same order, for whoever watches all devices by polling.
    let mut order = Vec::new();
    loop {
        let heard = all.heard();
        assert_eq!((heard.namespace.as_str(), &heard.payload["deviceId"]), ("/", &json!(id)));
        if ["qr", "authenticated", "ready", "message", "message:read", "disconnected"]
            .contains(&heard.name.as_str())
        {
            order.push(heard.name.clone());
        }
        if heard.name == "disconnected" && heard.payload["reason"] == "deleted" {
            break;
        }
    }
    order.dedup();
    assert_eq!(order, ["qr", "authenticated", "ready", "message", "message:read", "disconnected"]);
    device(&server, "Another");
    all.wait_for("state", |payload| payload["status"] == "created");
}

#[test]
fn whoever_comes_later_is_told_the_present_once() {
    let server = Server::start();
    let own = phone(&server, "Own phone");
    let id = device(&server, "Front desk");
    server.post(&format!("/devices/{id}/connect"), json!({}));
    server.wait_for_status(&id, "qr_required");
    let mut wire = Wire::open(&server, By::WebSocket, "", &[("apiKey", API_KEY)]);
    wire.enter(&namespace(&id), &Value::Null).unwrap();
    // A code that is on its way into the log comes by the log; either way it comes once.
    assert_eq!(wire.heard().payload["status"], "qr_required");
    let qr = wire.wait_for("qr", |_| true);
    assert_eq!(qr.payload["attempt"], 1);
    server.post(&format!("/sandbox/phones/{own}/scan"), json!({ "qr": qr.payload["qr"] }));
    loop {
        let heard = wire.heard();
        assert_ne!(heard.name, "qr", "the code came twice");
        if heard.name == "ready" {
            break;
        }
    }
    wire.wait_for("connection:status", |payload| payload["connected"] == true);
    let mut late = Wire::open(&server, By::Polling, "", &[("apiKey", API_KEY)]);
    late.enter(&namespace(&id), &Value::Null).unwrap();
    let present: Vec<_> = (0..3).map(|_| late.heard()).collect();
    let names: Vec<_> = present.iter().map(|heard| heard.name.as_str()).collect();
    assert_eq!(names, ["state", "ready", "connection:status"]);
    assert_eq!(present[1].payload["phoneNumber"], json!(own));
    assert!(present[2].payload["cursor"].is_string() && present[2].offset == present[2].payload["cursor"]);
}

#[test]
fn one_of_several_devices_can_be_watched_from_the_common_namespace() {
    let server = Server::start();
    let (one, two) = (device(&server, "One"), device(&server, "Two"));
    let mut narrow = Wire::open(&server, By::WebSocket, &format!("&deviceId={two}"), &[]);
    narrow.enter("/", &with_key()).unwrap();
    let mut all = Wire::open(&server, By::WebSocket, "", &[]);
    all.enter("/", &with_key()).unwrap();
    let mut seen = Vec::new();
    while seen.len() < 4 {
        seen.push(all.heard().payload["deviceId"].as_str().unwrap().to_owned());
    }
    assert_eq!(seen, [one.clone(), one.clone(), two.clone(), two.clone()]);
    server.ok("PATCH", &format!("/devices/{one}"), Some(&json!({ "name": "Uno" })));
    server.ok("PATCH", &format!("/devices/{two}"), Some(&json!({ "name": "Dos" })));
    assert_eq!(all.heard().payload["name"], "Uno");
    assert_eq!(all.heard().payload["name"], "Dos");
    assert_eq!(narrow.heard().payload["status"], "created");
    assert_eq!(narrow.heard().payload["name"], "Two");
    assert_eq!(narrow.heard().payload["name"], "Dos", "and nothing of the other");
    server.ok("DELETE", &format!("/devices/{two}"), None);
    narrow.wait_for("disconnected", |_| true);
    assert_eq!(narrow.packet(), "41");
    all.wait_for("disconnected", |payload| payload["deviceId"] == json!(two));
    server.ok("PATCH", &format!("/devices/{one}"), Some(&json!({ "name": "One" })));
    assert_eq!(all.heard().payload["name"], "One", "whoever watches all goes on");
}

#[test]
fn one_session_may_be_in_several_namespaces() {
    let server = Server::start();
    let (one, two) = (device(&server, "One"), device(&server, "Two"));
    let mut wire = Wire::open(&server, By::WebSocket, &format!("&apiKey={API_KEY}"), &[]);
    wire.enter(&namespace(&one), &Value::Null).unwrap();
    wire.enter(&namespace(&two), &Value::Null).unwrap();
    wire.send(&format!("41{},", namespace(&one)));
    wire.wait_for("connection:status", |payload| payload["deviceId"] == json!(two));
    server.ok("PATCH", &format!("/devices/{one}"), Some(&json!({ "name": "Uno" })));
    server.ok("PATCH", &format!("/devices/{two}"), Some(&json!({ "name": "Dos" })));
    let heard = wire.wait_for("connection:status", |payload| payload["name"] != "One");
    assert_eq!((heard.namespace, &heard.payload["name"]), (namespace(&two), &json!("Dos")));
}

/// Its handlers take exactly the arguments that were sent.
#[test]
fn python_gets_no_offset() {
    let server = Server::start();
    let device = device(&server, "Front desk");
    let agent = [("apiKey", API_KEY), ("User-Agent", "python-requests/2.32.3")];
    let mut wire = Wire::open(&server, By::Polling, "&t=1700000000.123", &agent);
    let entered = wire.enter("/", &Value::Null).unwrap();
    assert_eq!(entered["pid"], Value::Null, "it could not say where it was");
    for _ in 0..2 {
        assert_eq!(wire.heard().arguments, 1);
    }
    // Other programs in Python are as good as any.
    let mut wire = Wire::open(&server, By::Polling, "", &agent);
    assert!(wire.enter("/", &Value::Null).unwrap()["pid"].is_string());
    server.ok("PATCH", &format!("/devices/{device}"), Some(&json!({ "name": "Desk" })));
    let heard = wire.wait_for("connection:status", |payload| payload["name"] == "Desk");
    assert_eq!(heard.arguments, 2);
}
