//! Whoever comes back gets what was missed, in order and once, also from a server that was killed meanwhile.

use crate::device_namespace::wire::{BOTH, By, Heard, Wire};
use crate::device_namespace::{device, namespace};
use crate::support::{API_KEY, Server};
use serde_json::{Value, json};

fn open(server: &Server, by: By, query: &str) -> Wire {
    Wire::open(server, by, query, &[("apiKey", API_KEY)])
}

fn rename(server: &Server, id: &str, name: &str) {
    server.ok("PATCH", &format!("/devices/{id}"), Some(&json!({ "name": name })));
}

fn named(wire: &mut Wire, name: &str) -> Heard {
    let heard = wire.heard();
    assert_eq!((heard.name.as_str(), &heard.payload["name"]), ("connection:status", &json!(name)));
    heard
}

#[test]
fn a_stock_client_comes_back_to_a_server_that_was_killed() {
    let mut server = Server::start();
    let id = device(&server, "zero");
    for (round, by) in BOTH.into_iter().enumerate() {
        let at = if round == 0 { namespace(&id) } else { "/".to_owned() };
        let mut wire = open(&server, by, "");
        let entered = wire.enter(&at, &Value::Null).unwrap();
        wire.wait_for("connection:status", |_| true);
        rename(&server, &id, "one");
        let seen = named(&mut wire, "one");
        wire.cut();
        rename(&server, &id, "two");
        server.kill();
        server.run();
        rename(&server, &id, "three");

        let mut back = open(&server, by, "");
        let auth = json!({ "pid": entered["pid"], "offset": seen.offset });
        let again = back.enter(&at, &auth).unwrap();
        assert_eq!(again, entered, "the client takes itself for the one that it was");
        named(&mut back, "two");
        named(&mut back, "three");
        rename(&server, &id, "four");
        let last = named(&mut back, "four");

        // Another credential with the same pid is somebody else; it goes on where it says that it was.
        back.cut();
        let forged = format!("{}x", entered["pid"].as_str().unwrap());
        let mut other = open(&server, by, "");
        let auth = json!({ "pid": forged, "offset": last.offset });
        assert_ne!(other.enter(&at, &auth).unwrap()["sid"], entered["sid"]);
        rename(&server, &id, "five");
        named(&mut other, "five");
    }
}

#[test]
fn whoever_was_cut_off_before_the_first_word_is_told_the_present() {
    let server = Server::start();
    let id = device(&server, "zero");
    let mut wire = open(&server, By::Polling, "");
    let entered = wire.enter(&namespace(&id), &Value::Null).unwrap();
    wire.cut();
    rename(&server, &id, "one");
    let mut back = open(&server, By::Polling, "");
    let again = back.enter(&namespace(&id), &json!({ "pid": entered["pid"] })).unwrap();
    assert_eq!(again["sid"], entered["sid"]);
    assert_eq!(back.heard().name, "state");
    named(&mut back, "one");
    rename(&server, &id, "two");
    named(&mut back, "two");
}

#[test]
fn a_client_may_say_itself_where_it_was() {
    let mut server = Server::start();
    let id = device(&server, "zero");
    rename(&server, &id, "one");
    let cursor = server.get("/events")["cursor"].as_str().unwrap().to_owned();
    rename(&server, &id, "two");
    server.kill();
    server.run();
    let query = format!("&since={cursor}");
    for (query, auth) in [(query.as_str(), Value::Null), ("", json!({ "since": cursor }))] {
        let mut wire = open(&server, By::WebSocket, query);
        wire.enter(&namespace(&id), &auth).unwrap();
        let two = named(&mut wire, "two");
        assert_eq!(two.offset, two.payload["cursor"]);
    }
    // Options never change; what the client has seen since is later.
    let now = server.get("/events")["cursor"].clone();
    let mut wire = open(&server, By::WebSocket, &query);
    wire.enter(&namespace(&id), &json!({ "pid": "unknown", "offset": now })).unwrap();
    rename(&server, &id, "three");
    named(&mut wire, "three");
}

#[test]
fn a_position_that_cannot_be_served_is_told_and_followed_by_the_present() {
    let server = Server::start();
    let id = device(&server, "zero");
    let cursor = server.get("/events")["cursor"].as_str().unwrap().to_owned();
    let epoch = cursor.split('-').next().unwrap();
    let ahead = format!("{epoch}-99999");
    for (auth, reason) in [
        (json!({ "since": "elsewhere-1" }), "epoch"),
        (json!({ "since": ahead }), "ahead"),
        (json!({ "since": "no position" }), "epoch"),
        (json!({ "since": 5 }), "epoch"),
        (json!({ "since": "x".repeat(5_000) }), "epoch"),
        (json!({ "since": format!("{epoch}--1") }), "epoch"),
        (json!({ "pid": "p".repeat(600), "offset": "of another server" }), "epoch"),
        (json!({ "pid": 5, "offset": "elsewhere-1" }), "epoch"),
    ] {
        let mut wire = open(&server, By::WebSocket, "");
        wire.enter(&namespace(&id), &auth).unwrap();
        let resync = wire.heard();
        assert_eq!((resync.name.as_str(), &resync.payload["reason"]), ("resync", &json!(reason)), "{auth}");
        assert_eq!(resync.payload["cursor"], json!(cursor));
        assert_eq!(wire.heard().name, "state");
        assert_eq!(named(&mut wire, "zero").offset, json!(cursor));
    }
    // Nothing to be told of means nothing is lost either: these say nothing.
    for auth in
        [json!({ "since": null }), json!({ "since": "" }), json!({ "offset": [] }), json!({ "pid": {} })]
    {
        let mut wire = open(&server, By::WebSocket, "");
        wire.enter(&namespace(&id), &auth).unwrap();
        assert_eq!(wire.heard().name, "state", "{auth}");
    }
}
