//! Whoever may not watch, and frames that are none.

use crate::connection_status::client::{Events, Headers, Person, Socket, agent};
use crate::connection_status::device;
use crate::support::{API_KEY, Server};
use serde_json::{Value, json};
use std::time::Instant;
use tungstenite::Message;

#[test]
fn whoever_may_not_watch_is_told_before() {
    let server = Server::start();
    let (ana, device) = (Person::of(&server), device(&server));
    let (query, own) = (ana.query(&device), ana.headers());
    let with = |name: &'static str, value: &str| {
        let mut headers = own.clone();
        headers.push((name, value.to_owned()));
        headers
    };
    let both = |query: &str, headers: &Headers, status: u16, code: &str| {
        let (http, problem) = Events::refused(&server, query, headers);
        assert_eq!((http, problem["code"].as_str().unwrap()), (status, code), "SSE {query}");
        let (http, problem) = Socket::refused(&server, query, headers);
        assert_eq!((http, problem["code"].as_str().unwrap()), (status, code), "WebSocket {query}");
    };
    let token = |token: &str| [("authorization", format!("Bearer {token}"))];
    both(&query, &token("made-up"), 401, "unauthenticated");
    both(&query, &token("a.b.c"), 401, "unauthenticated");
    both(&format!("{query}&token=a.b.c"), &[], 401, "unauthenticated");
    both(&query, &token(API_KEY), 401, "unauthenticated");
    both("", &token("a.b.c"), 401, "unauthenticated");
    both(&format!("userId={}", ana.id), &own, 400, "malformed");
    both(&format!("botId={device}&botId={device}&userId={}", ana.id), &own, 400, "malformed");
    both(&format!("{query}&since=nonsense"), &own, 400, "invalid");
    both(&format!("botId=dev_none&userId={}", ana.id), &own, 404, "not_found");
    both(&format!("botId=no%20id&userId={}", ana.id), &own, 404, "not_found");
    both(&query, &with("origin", "https://evil.example"), 403, "forbidden");
    both(&query, &with("sec-fetch-site", "cross-site"), 403, "forbidden");

    // An SSE stream has no first frame.
    assert_eq!(Events::refused(&server, &query, &[]).0, 401);
    assert_eq!(Events::refused(&server, &query, &[("cookie", "switchboard=made-up".to_owned())]).0, 401);
    assert_eq!(Events::refused(&server, &format!("botId={device}"), &own).0, 400);
    let another = format!("botId={device}&userId=usr_another");
    assert_eq!(Events::refused(&server, &another, &own).0, 403);
    assert_eq!(Events::refused(&server, &query, &with("last-event-id", "nonsense")).0, 400);
    assert_eq!(Socket::refused(&server, "", &[]).0, 400, "nothing to wait for");
    // Without an upgrade there is no first frame either.
    let plain = agent().get(format!("{}/ws/connection-status?{query}", server.url)).call().unwrap();
    assert_eq!(plain.status(), 401);

    // Our own pages may; a foreign cookie on a WebSocket is not what its page meant.
    let origin = server.url.clone();
    Socket::open(&server, &query, &with("origin", &origin)).expect("authenticated");
    for headers in [own.clone(), vec![("cookie", "switchboard=made-up".to_owned())]] {
        let mut waiting = Socket::open(&server, &another, &headers);
        waiting.say(json!({"type": "ping"}));
        assert_eq!(waiting.expect("error")["code"], "unauthenticated");
    }
}

#[test]
fn a_first_frame_that_does_not_do_is_told_and_the_connection_closed() {
    let server = Server::start();
    let (ana, device) = (Person::of(&server), device(&server));
    let end = |frames: &[Message]| {
        let mut socket = Socket::open(&server, &ana.query(&device), &[]);
        for frame in frames {
            // The other end may be closed before the last is written.
            drop(socket.0.send(frame.clone()));
        }
        let (heard, close) = socket.closed();
        let last = heard.last().unwrap().clone();
        assert_eq!(last["type"], "error");
        assert!(last["message"].as_str().is_some_and(|message| !message.is_empty()));
        (heard.len(), last["status"].as_u64().unwrap(), u16::from(close.expect("a close").code))
    };
    let text = |frame: Value| Message::text(frame.to_string());
    assert_eq!(end(&[text(json!({"type": "authenticate", "token": "a.b.c"}))]), (1, 401, 4401));
    assert_eq!(end(&[text(json!({"type": "authenticate"}))]), (1, 400, 4400));
    assert_eq!(end(&[text(json!({"type": "authenticate", "token": "t", "since": "?"}))]), (1, 400, 4400));
    assert_eq!(end(&vec![Message::text("{"); 40]), (17, 400, 4400));
    let began = Instant::now();
    assert_eq!(end(&[]), (1, 401, 4401));
    let waited = began.elapsed();
    assert!((10..14).contains(&waited.as_secs()), "{waited:?}");
}

#[test]
fn bad_frames_are_told_and_end_nothing() {
    let server = Server::start();
    let (ana, device) = (Person::of(&server), device(&server));
    let mut socket = Socket::open(&server, &ana.query(&device), &ana.headers());
    socket.expect("authenticated");
    for bad in ["", "{", "null", "[]", "{\"type\":5}", "{\"type\":\"dance\"}"] {
        socket.0.send(Message::text(bad)).unwrap();
        assert_eq!(socket.expect("error")["code"], "malformed", "{bad}");
    }
    socket.0.send(Message::binary(vec![1, 2, 3])).unwrap();
    assert_eq!(socket.expect("error")["code"], "malformed");
    socket.0.send(Message::text("x".repeat(100_000))).unwrap();
    assert_eq!(socket.expect("error")["code"], "too_large");
    socket.say(json!({"type": "ping"}));
    socket.expect("pong");
    // The device is as it was, and so is the watch.
    server.post(&format!("/devices/{device}/connect"), json!({}));
    socket.expect("qr_code_updated");
    drop(socket.0.send(Message::text("x".repeat(300_000))));
    let (_, close) = socket.closed();
    if let Some(close) = close {
        assert_eq!(u16::from(close.code), 1009);
    }
    assert_eq!(server.get("/devices")["items"].as_array().unwrap().len(), 1, "the server goes on");
}
