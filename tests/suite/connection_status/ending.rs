//! What ends a watch.

use crate::connection_status::client::{Events, Person, Socket, agent};
use crate::connection_status::device;
use crate::support::Server;
use serde_json::json;
use std::time::{Duration, Instant};

#[test]
fn a_right_that_ends_closes_at_once() {
    let server = Server::start();
    let (ana, device) = (Person::of(&server), device(&server));
    let mut socket = Socket::open(&server, &ana.query(&device), &ana.headers());
    socket.expect("authenticated");
    let events = Events::open(&server, &ana.query(&device), &ana.headers());
    events.hear();
    let out = agent().post(format!("{}/logout", server.url)).header("cookie", &ana.cookie);
    assert_eq!(out.send_empty().unwrap().status(), 303);
    let ended = Instant::now();
    let (frames, close) = socket.closed();
    assert!(ended.elapsed() < Duration::from_secs(1), "{:?}", ended.elapsed());
    assert_eq!((&frames[0]["type"], &frames[0]["status"]), (&json!("error"), &json!(401)));
    let close = close.expect("a close");
    assert_eq!((u16::from(close.code), close.reason.as_str()), (4401, "access revoked"));
    let rest = events.rest();
    assert_eq!((rest.len(), &rest[0].data["status"]), (1, &json!(401)));
    assert_eq!(Events::refused(&server, &ana.query(&device), &ana.headers()).0, 401);
}

#[test]
fn a_device_that_is_removed_ends_its_watches() {
    let server = Server::start();
    let (ana, device) = (Person::of(&server), device(&server));
    let mut socket = Socket::open(&server, &ana.query(&device), &ana.headers());
    socket.expect("authenticated");
    let events = Events::open(&server, &ana.query(&device), &ana.headers());
    events.hear();
    server.ok("DELETE", &format!("/devices/{device}"), None);
    let (frames, close) = socket.closed();
    let kinds: Vec<_> = frames.iter().map(|frame| frame["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["whatsapp_disconnected", "error"]);
    assert_eq!(close.map(|close| u16::from(close.code)), Some(4404));
    assert_eq!(events.rest().last().unwrap().data["status"], 404);
}
