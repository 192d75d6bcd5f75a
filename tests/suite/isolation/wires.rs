//! Every wire of events: what happens in one workspace is heard by nobody of another.

use crate::isolation::world::{Credential, World};
use crate::support::socketio::{By, Wire};
use crate::support::sse::EventSource;
use crate::support::until;
use serde_json::{Value, json};
use std::net::TcpStream;
use std::time::Duration;
use tungstenite::client::IntoClientRequest as _;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

/// What is written while everybody listens.
const NEWS: &str = "news that are Ana's only";

type Socket = WebSocket<MaybeTlsStream<TcpStream>>;

fn socket(world: &World, who: &Credential, query: &str) -> Result<Socket, Option<u16>> {
    let url = format!("{}/api/v1/stream{query}", world.server.url.replacen("http", "ws", 1));
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert(who.0, who.1.parse().unwrap());
    match tungstenite::connect(request) {
        Ok((socket, _)) => Ok(socket),
        Err(tungstenite::Error::Http(response)) => Err(Some(response.status().as_u16())),
        Err(_) => Err(None),
    }
}

/// Everything that comes until nothing does.
fn heard(socket: &mut Socket) -> String {
    if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
        stream.set_read_timeout(Some(Duration::from_millis(700))).unwrap();
    }
    let mut all = String::new();
    while let Ok(message) = socket.read() {
        if let Message::Text(text) = message {
            all.push_str(&text);
        }
    }
    all
}

fn heard_by_sse(events: &mut EventSource) -> String {
    let mut all = String::new();
    while let Ok(Some(event)) = events.next(Duration::from_millis(700)) {
        all.push_str(&event.data);
    }
    all
}

fn tell_nothing(world: &World, what: &str, heard: &str) {
    for trace in world.things.traces().into_iter().chain([NEWS]) {
        assert!(!heard.contains(trace), "{what} heard {trace}: {heard}");
    }
}

#[test]
fn what_happens_is_heard_by_its_own_only() {
    let world = World::new();
    let position = world.call(&world.ana, "GET", "/events", None).1["cursor"].as_str().unwrap().to_owned();
    let begin = format!("{}-0", position.rsplit_once('-').unwrap().0);
    let strangers = [
        ("Eve", &world.eve),
        ("Eve's key", &world.eves_key),
        ("another device's key", &world.other_device_key),
    ];
    let listen = |who: &Credential, since: &str| {
        let query = format!("?since={since}");
        let socket = socket(&world, who, &query).expect("the stream opens");
        let header = [(who.0, who.1.as_str())];
        let sse = EventSource::open(&world.server.url, &format!("/api/v1/stream{query}"), &header).unwrap();
        let events =
            EventSource::open(&world.server.url, &format!("/api/v1/events{query}"), &header).unwrap();
        let phones = EventSource::open(&world.server.url, "/api/v1/sandbox/stream", &header).unwrap();
        (socket, sse, events, phones)
    };
    // From the beginning of Ana's log, and from its end.
    let mut listening = Vec::new();
    for (name, stranger) in strangers {
        for since in [&begin, &position] {
            listening.push((name, listen(stranger, since)));
        }
    }
    let mut anas = listen(&world.ana, &position).0;
    world.write_to_ana(NEWS);
    let (mut all, news) = (
        String::new(),
        until("the news", || {
            let found = world.call(&world.ana, "GET", &format!("/events?since={position}"), None).1;
            found.to_string().contains(NEWS).then_some(found)
        }),
    );
    assert!(news["items"].as_array().is_some_and(|items| !items.is_empty()));
    while !all.contains(NEWS) {
        all.push_str(&heard(&mut anas));
    }
    for (name, (mut socket, mut sse, mut events, mut phones)) in listening {
        tell_nothing(&world, &format!("{name} on the WebSocket"), &heard(&mut socket));
        tell_nothing(&world, &format!("{name} on the stream of events"), &heard_by_sse(&mut sse));
        tell_nothing(&world, &format!("{name} on the events"), &heard_by_sse(&mut events));
        let of_phones = heard_by_sse(&mut phones);
        assert!(!of_phones.contains(&world.things.device), "{name} on the phones: {of_phones}");
    }
    for (name, stranger) in strangers {
        for since in [&begin, &position] {
            let answer = world.call(stranger, "GET", &format!("/events?since={since}"), None).1.to_string();
            tell_nothing(&world, &format!("{name} by REST"), &answer);
        }
    }
    // A key for one device hears of that one.
    let path = format!("/devices/{}", world.other_device);
    world.call(&world.ana, "PATCH", &path, Some(&json!({"name": "renamed"})));
    let answer = world.call(&world.other_device_key, "GET", &format!("/events?since={begin}"), None).1;
    let devices: Vec<&Value> =
        answer["items"].as_array().unwrap().iter().map(|event| &event["deviceId"]).collect();
    assert!(
        devices.len() >= 2 && devices.iter().all(|device| **device == json!(world.other_device)),
        "{answer}"
    );
}

#[test]
fn expired_and_foreign_credentials_open_no_wire() {
    let world = World::new();
    assert_eq!(socket(&world, &world.expired_key, "").err(), Some(Some(401)));
    let header = [(world.expired_key.0, world.expired_key.1.as_str())];
    for path in ["/api/v1/stream", "/api/v1/events", "/api/v1/sandbox/stream"] {
        assert!(
            EventSource::open(&world.server.url, path, &header).is_err_and(|head| head.contains("401")),
            "{path}"
        );
    }
    // Socket.IO: one namespace for everybody, and one for each device.
    let key = |who: &Credential| json!({"apiKey": who.1});
    let of_device = format!("/device/{}", world.things.device);
    let nowhere = "/device/dev_01jnothing0000000000000000";
    for stranger in [&world.eves_key, &world.other_device_key] {
        let mut wire = Wire::open_on(&world.server, "/ws", By::WebSocket, "", &[]);
        let (refused, control) =
            (wire.enter(&of_device, &key(stranger)), wire.enter(nowhere, &key(stranger)));
        assert!(refused.is_err(), "{refused:?}");
        assert_eq!(refused, control, "not theirs is as not there");
    }
    let mut wire = Wire::open_on(&world.server, "/ws", By::WebSocket, "", &[]);
    assert!(wire.enter(&of_device, &key(&world.expired_key)).is_err());
    let mut wire = Wire::open_on(&world.server, "/socket.io", By::WebSocket, "", &[]);
    assert!(wire.enter("/", &key(&world.expired_key)).is_err());
    assert!(wire.enter("/", &json!({"token": "e30.e30.e30"})).is_err());
}

#[test]
fn a_revoked_key_is_cut_off_within_a_second() {
    let world = World::new();
    let made =
        world.call(&world.ana, "POST", "/api-keys", Some(&json!({"name": "brief", "permission": "read"}))).1;
    let who: Credential = ("x-api-key", made["key"].as_str().unwrap().to_owned());
    let mut stream = socket(&world, &who, "?since=elsewhere-0").unwrap();
    if let MaybeTlsStream::Plain(stream) = stream.get_ref() {
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
    }
    assert!(stream.read().unwrap().is_text());
    let path = format!("/api-keys/{}", made["id"].as_str().unwrap());
    assert_eq!(world.call(&world.ana, "DELETE", &path, None).0, 204);
    let began = std::time::Instant::now();
    let closed = loop {
        if let Message::Close(frame) = stream.read().unwrap() {
            break frame.expect("a reason");
        }
    };
    assert!(began.elapsed() < Duration::from_secs(1), "{:?}", began.elapsed());
    assert_eq!((u16::from(closed.code), closed.reason.as_str()), (4401, "access revoked"));
    assert_eq!(world.call(&who, "GET", "/me", None).0, 401);
}
