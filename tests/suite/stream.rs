//! The native stream as a program sees it: resume, commands that act once, bad frames that end nothing.

use crate::support::native::Stream;
use crate::support::sse::EventSource;
use crate::support::{API_KEY, Server};
use serde_json::{Value, json};
use std::time::Duration;
use tungstenite::Message;

fn named(frame: &Value) -> &str {
    frame["event"]["data"]["device"]["name"].as_str().unwrap()
}

#[test]
fn a_client_goes_on_where_it_was_by_address_or_by_first_frame() {
    let mut server = Server::start();
    let mut live = Stream::open(&server, "");
    live.send(json!({"type": "hello"}));
    let hello = live.next(&["hello"]);
    assert_eq!((&hello["recovered"], &hello["top"]), (&json!(false), &json!(0)));
    let epoch = hello["epoch"].as_str().unwrap().to_owned();
    for name in ["one", "two", "three"] {
        server.post("/devices", json!({"name": name}));
        assert_eq!(named(&live.next(&["event"])), name);
    }
    let since = format!("{epoch}-1");
    let check = |mut stream: Stream| {
        assert_eq!(stream.next(&["hello", "event"])["recovered"], true);
        assert_eq!(named(&stream.next(&["event"])), "two");
        let three = stream.next(&["event"]);
        assert_eq!(named(&three), "three");
        assert_eq!(three["event"]["cursor"], format!("{epoch}-3"));
        assert_eq!(three["event"]["type"], "device.created");
    };
    check(Stream::open(&server, &format!("?since={since}")));
    let mut by_frame = Stream::open(&server, "");
    by_frame.send(json!({"type": "hello", "since": since}));
    check(by_frame);

    // Killed and started again: the same log, the same positions.
    server.kill();
    server.run();
    check(Stream::open(&server, &format!("?since={since}")));
    let mut lost = Stream::open(&server, "?since=elsewhere-1");
    assert_eq!(lost.next(&["hello"])["recovered"], false);
    let resync = lost.next(&["resync"]);
    assert_eq!((&resync["reason"], &resync["cursor"]), (&json!("epoch"), &json!(format!("{epoch}-3"))));
    server.post("/devices", json!({"name": "four"}));
    assert_eq!(named(&lost.next(&["event"])), "four");
}

#[test]
fn a_client_that_says_nothing_is_served_from_now_on() {
    let server = Server::start();
    let mut silent = Stream::open(&server, "");
    assert_eq!(silent.next(&["hello"])["recovered"], false);
    server.post("/devices", json!({"name": "one"}));
    assert_eq!(named(&silent.next(&["event"])), "one");
}

#[test]
fn a_command_acts_once_also_after_a_reconnect() {
    let server = Server::start();
    let create = json!({"type": "create_device", "name": "La Bodega"});
    let mut stream = Stream::open(&server, "");
    let first = stream.command("cmd-1", create.clone());
    drop(stream);
    let mut stream = Stream::open(&server, "");
    assert_eq!(stream.command("cmd-1", create), first);
    assert_eq!(server.get("/devices")["items"].as_array().unwrap().len(), 1);
    let other = stream.command("cmd-1", json!({"type": "create_device", "name": "Another"}));
    assert_eq!(other["error"]["code"], "idempotency_mismatch");
    let missing = stream.command("cmd-2", json!({"type": "delete_device", "deviceId": "dev_none"}));
    assert_eq!(missing["error"]["code"], "not_found");
}

#[test]
fn commands_count_as_requests_and_what_is_too_fast_may_come_again() {
    let server = Server::start_with(&[("SWITCHBOARD_RATE_LIMIT", "8".to_owned())]);
    let mut stream = Stream::open(&server, "");
    stream.send(json!({"type": "hello"}));
    stream.next(&["hello"]);
    let create = |number: usize| json!({"type": "create_device", "name": format!("Device {number}")});
    let mut refused = Vec::new();
    for number in 0..30 {
        let outcome = stream.command(&format!("cmd-{number}"), create(number));
        if outcome.get("error").is_none() {
            continue;
        }
        let problem = &outcome["error"];
        assert_eq!(
            (&problem["code"], &problem["status"]),
            (&json!("rate_limited"), &json!(429)),
            "{problem}"
        );
        assert!(
            problem["retryAfter"].as_i64().is_some_and(|seconds| (1..=2).contains(&seconds)),
            "{problem}"
        );
        refused.push(number);
    }
    assert!(!refused.is_empty() && refused.len() < 30, "{refused:?}");
    // The same ids again, on the same connection: each acts, once.
    for number in refused {
        let done = (0..20).any(|_| {
            std::thread::sleep(Duration::from_millis(200));
            stream.command(&format!("cmd-{number}"), create(number)).get("error").is_none()
        });
        assert!(done, "{number}");
    }
    std::thread::sleep(Duration::from_secs(1));
    assert_eq!(server.get("/devices")["items"].as_array().unwrap().len(), 30);
}

#[test]
fn bad_frames_are_told_and_end_nothing() {
    let server = Server::start();
    let mut stream = Stream::open(&server, "");
    stream.send(json!({"type": "hello"}));
    stream.next(&["hello"]);
    for bad in [
        "",
        "{",
        "null",
        "[]",
        "{\"type\":\"dance\"}",
        "{\"type\":\"command\",\"id\":\"a b\",\"command\":{\"type\":\"create_device\",\"name\":\"x\"}}",
    ] {
        stream.0.send(Message::text(bad)).unwrap();
        assert_eq!(stream.next(&["error"])["problem"]["code"], "malformed", "{bad}");
    }
    stream.0.send(Message::binary(vec![1, 2, 3])).unwrap();
    assert_eq!(stream.next(&["error"])["problem"]["code"], "malformed");
    stream.send(json!({"type": "hello"}));
    assert_eq!(stream.next(&["error"])["problem"]["code"], "malformed", "hello is only the first");
    stream.send(json!({"type": "ping"}));
    stream.next(&["pong"]);
}

#[test]
fn a_frame_beyond_the_limit_closes_the_connection() {
    let server = Server::start();
    let mut stream = Stream::open(&server, "");
    stream.send(json!({"type": "hello"}));
    stream.next(&["hello"]);
    // The other end may close before all of it is written.
    drop(stream.0.send(Message::text("x".repeat(513 * 1024))));
    while let Ok(message) = stream.0.read() {
        if message.is_close() {
            break;
        }
    }
    assert_eq!(server.get("/devices")["items"].as_array().unwrap().len(), 0, "the server goes on");
}

#[test]
fn server_sent_events_carry_the_same_frames_and_their_cursors() {
    let server = Server::start();
    for name in ["one", "two"] {
        server.post("/devices", json!({"name": name}));
    }
    let cursor = server.get("/events")["cursor"].as_str().unwrap().to_owned();
    let epoch = cursor.rsplit_once('-').unwrap().0.to_owned();
    let agent: ureq::Agent =
        ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(20))).build().into();
    let request = agent
        .get(format!("{}/api/v1/stream?since={epoch}-0", server.url))
        .header("x-api-key", API_KEY)
        .header("accept", "text/event-stream");
    // What the browser remembers is newer than the address.
    let mut response = request.header("last-event-id", format!("{epoch}-1")).call().unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    let mut lines =
        std::io::BufRead::lines(std::io::BufReader::new(response.body_mut().as_reader())).map(Result::unwrap);
    let mut field =
        |name: &str| lines.by_ref().find_map(|line| line.strip_prefix(name).map(str::to_owned)).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&field("data: ")).unwrap()["recovered"], true);
    assert_eq!(field("id: "), format!("{epoch}-2"));
    assert_eq!(named(&serde_json::from_str(&field("data: ")).unwrap()), "two");
}

#[test]
fn a_stranger_is_refused_before_the_upgrade() {
    let server = Server::start();
    let refused = tungstenite::connect(format!("{}/api/v1/stream", server.url.replace("http", "ws")));
    assert!(matches!(refused, Err(tungstenite::Error::Http(response)) if response.status() == 401));
}

#[test]
fn what_happens_right_after_the_opening_is_told_without_since() {
    let server = Server::start();
    // The client says nothing, and so its position is that of the moment at which it was let in.
    let mut silent = Stream::open(&server, "");
    let made = server.post("/devices", json!({"name": "At once"}));
    let (hello, event) = (silent.next(&["hello"]), silent.next(&["event"]));
    assert_eq!(event["event"]["data"]["device"]["id"], made["id"]);
    let before = format!("{}-{}", hello["epoch"].as_str().unwrap(), hello["top"]);
    let missed = server.get(&format!("/events?since={before}"));
    assert_eq!(missed["items"][0]["id"], event["event"]["id"], "its position is the one before");
    // One that acts itself sees what it did; an empty position is none.
    let mut acting = Stream::open(&server, "?since=");
    let create = json!({"type": "create_device", "name": "Mine"});
    acting.send(json!({"type": "command", "id": "c1", "command": create}));
    loop {
        let frame = acting.next(&["event", "result"]);
        if frame["type"] == "event" {
            assert_eq!(named(&frame), "Mine");
            break;
        }
    }
    // And one that says where it was goes on from there.
    let cursor = event["event"]["cursor"].clone();
    let mut behind = Stream::open(&server, "");
    behind.send(json!({"type": "hello", "since": cursor}));
    server.post("/devices", json!({"name": "Later"}));
    assert_eq!(behind.next(&["hello"])["recovered"], true);
    assert_eq!(named(&behind.next(&["event"])), "Mine");
    assert_eq!(named(&behind.next(&["event"])), "Later");
}

#[test]
fn who_sees_only_a_part_of_the_log_is_told_its_end_as_soon_as_all_before_it_is_through() {
    let server = Server::start();
    let mine = server.post("/devices", json!({"name": "mine"}));
    let key = json!({"name": "part", "permission": "read", "deviceIds": [mine["id"]]});
    let key = server.post("/api-keys", key)["key"].as_str().unwrap().to_owned();
    for name in ["another", "and one more"] {
        server.post("/devices", json!({"name": name}));
    }
    let end = server.get("/events")["cursor"].as_str().unwrap().to_owned();
    let (epoch, top) = end.rsplit_once('-').unwrap();
    // Whether or not it is shown any of what is before: within the patience of a read, which a ping is beyond.
    for seen in [0, 1] {
        let query = format!("?since={epoch}-{seen}");
        let mut part = Stream::open_as(&server, &key, &query);
        assert_eq!(part.next(&["hello"])["top"].to_string(), top);
        let mut sse =
            EventSource::open(&server.url, &format!("/api/v1/stream{query}"), &[("x-api-key", key.as_str())])
                .unwrap();
        let mut next = || sse.next(Duration::from_secs(10)).unwrap().expect("in time");
        assert!(next().data.contains("\"hello\""));
        if seen == 0 {
            assert_eq!(named(&part.next(&["event", "cursor"])), "mine");
            assert!(next().data.contains("device.created"));
        }
        assert_eq!(part.next(&["event", "cursor"])["cursor"], end);
        let last = next();
        assert_eq!(last.id, end);
        let frame: Value = serde_json::from_str(&last.data).unwrap();
        assert_eq!((&frame["type"], &frame["cursor"]), (&json!("cursor"), &json!(end)));
    }
    // Whoever sees all of it knows by the last event.
    let mut whole = Stream::open(&server, &format!("?since={epoch}-1"));
    assert_eq!(whole.next(&["hello"])["recovered"], true);
    assert_eq!(named(&whole.next(&["event", "cursor"])), "another");
    assert_eq!(named(&whole.next(&["event", "cursor"])), "and one more");
    whole.send(json!({"type": "ping"}));
    assert_eq!(whole.next(&["event", "cursor", "pong"])["type"], "pong");
}
