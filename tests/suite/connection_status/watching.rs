//! What a watcher is told, and how soon.

use crate::connection_status::client::{Events, Person, Socket};
use crate::connection_status::{assert_time, device, names, phone, scan};
use crate::support::Server;
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn from_the_code_to_the_connection_on_both_wires() {
    let server = Server::start();
    let (ana, device, number) = (Person::of(&server), device(&server), phone(&server));
    let mut socket = Socket::open(&server, &ana.query(&device), &ana.headers());
    let hello = socket.expect("authenticated");
    assert_eq!(
        (&hello["recovered"], &hello["botId"], &hello["userId"]),
        (&json!(false), &json!(device), &json!(ana.id))
    );
    assert!(hello["epoch"].is_string() && hello["top"].is_i64(), "{hello}");
    let events = Events::open(&server, &ana.query(&device), &ana.headers());
    let first = events.hear();
    assert_eq!((first.event.as_str(), &first.data["recovered"]), ("hello", &json!(false)));

    server.post(&format!("/devices/{device}/connect"), json!({}));
    let code = socket.expect("qr_code_updated");
    assert_eq!(
        names(&code),
        ["attempt", "botId", "cursor", "expiresAt", "qrCode", "timestamp", "type", "userId"]
    );
    assert!(code["qrCode"].as_str().unwrap().starts_with("data:image/png;base64,iVBORw0KGgo"));
    assert_time(&code["timestamp"]);
    let sent = events.expect("qr_code_updated");
    assert_eq!((&sent.data, sent.id.as_str()), (&code, code["cursor"].as_str().unwrap()));

    // Whoever comes now sees the same code at once.
    let mut late = Socket::open(&server, &ana.query(&device), &ana.headers());
    late.expect("authenticated");
    assert_eq!(late.expect("qr_code_updated")["qrCode"], code["qrCode"]);

    scan(&server, &device, &number);
    let connected = socket.expect("whatsapp_connected");
    assert_eq!(
        names(&connected),
        ["botId", "cursor", "displayName", "phoneNumber", "sessionId", "timestamp", "type", "userId"]
    );
    assert_eq!(
        (&connected["botId"], &connected["userId"], &connected["phoneNumber"]),
        (&json!(device), &json!(ana.id), &json!(number))
    );
    assert!(!connected["displayName"].as_str().unwrap().is_empty());
    assert_time(&connected["timestamp"]);
    assert_eq!(events.expect("whatsapp_connected").data, connected);
    assert_eq!(late.expect("whatsapp_connected"), connected);
    let mut later = Socket::open(&server, &ana.query(&device), &ana.headers());
    later.expect("authenticated");
    assert_eq!(later.expect("whatsapp_connected")["sessionId"], connected["sessionId"]);

    // Another name is no connection.
    server.ok("PATCH", &format!("/devices/{device}"), Some(&json!({"name": "Other"})));
    server.post(&format!("/devices/{device}/disconnect"), json!({}));
    let gone = socket.expect("whatsapp_disconnected");
    assert_eq!(names(&gone), ["botId", "code", "cursor", "reason", "timestamp", "type", "userId"]);
    assert_eq!(gone["code"], "stopped");
    assert_eq!(events.expect("whatsapp_disconnected").data, gone);
    let mut after = Socket::open(&server, &ana.query(&device), &ana.headers());
    after.expect("authenticated");
    assert_eq!(after.expect("whatsapp_disconnected")["reason"], gone["reason"]);
}

#[test]
fn an_attempt_that_comes_to_nothing_is_told() {
    let server = Server::start();
    let (ana, device) = (Person::of(&server), device(&server));
    let mut socket = Socket::open(&server, &ana.query(&device), &ana.headers());
    socket.expect("authenticated");
    server.post("/sandbox/faults", json!({"kind": "refuse", "seconds": 30}));
    server.post(&format!("/devices/{device}/connect"), json!({}));
    let failed = socket.expect("connection_attempt_failed");
    assert_eq!(failed["code"], "unreachable");
    assert!(failed["reason"].as_str().unwrap().contains("WhatsApp"), "{failed}");
    let events = Events::open(&server, &ana.query(&device), &ana.headers());
    events.hear();
    events.expect("connection_attempt_failed");
}

#[test]
fn a_quiet_wire_says_that_it_is_there() {
    let server = Server::start();
    let (ana, device) = (Person::of(&server), device(&server));
    let mut socket = Socket::open(&server, &ana.query(&device), &ana.headers());
    socket.expect("authenticated");
    let events = Events::open(&server, &ana.query(&device), &ana.headers());
    let hello = events.hear();
    let began = Instant::now();
    assert!(socket.0.read().unwrap().is_ping());
    let beat = events.hear();
    assert!((28..36).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
    assert_eq!((&beat.data, &beat.event), (&json!({"type": "heartbeat"}), &String::new()));
    assert_eq!(beat.id, hello.id);
}

/// Three times, because the machine of a test does other things, too: the best one counts.
#[test]
fn a_scan_is_on_the_wire_in_less_than_a_second() {
    let server = Server::start();
    let ana = Person::of(&server);
    let times = (0..3).map(|_| {
        let (device, number) = (device(&server), phone(&server));
        let mut socket = Socket::open(&server, &ana.query(&device), &ana.headers());
        socket.expect("authenticated");
        server.post(&format!("/devices/{device}/connect"), json!({}));
        socket.expect("qr_code_updated");
        let before = Instant::now();
        scan(&server, &device, &number);
        socket.expect("whatsapp_connected");
        before.elapsed()
    });
    let times: Vec<Duration> = times.collect();
    println!("from the scan to whatsapp_connected: {times:?}");
    assert!(times.iter().any(|took| *took < Duration::from_secs(1)), "{times:?}");
}
