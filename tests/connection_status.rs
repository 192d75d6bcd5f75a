//! Seed 0 against the real binary: a page that shows a code, waits for its scan, and is told at once.

#![cfg(feature = "ssr")]

mod support;

use serde_json::{Value, json};
use std::io::{BufRead as _, BufReader};
use std::net::TcpStream;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};
use support::{Server, until};
use tungstenite::client::IntoClientRequest as _;
use tungstenite::protocol::CloseFrame;
use tungstenite::stream::MaybeTlsStream;
use tungstenite::{Message, WebSocket};

/// Somebody who is signed in, by the cookie of our own pages.
struct Person {
    id: String,
    cookie: String,
}

impl Person {
    fn of(server: &Server) -> Self {
        let agent = agent();
        let link = server.sign_in.clone().expect("a link");
        let signed_in = agent.get(format!("{}{link}", server.url)).call().unwrap();
        let cookie =
            signed_in.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
        let me = agent.get(format!("{}/api/v1/me", server.url)).header("cookie", &cookie).call().unwrap();
        let me: Value = serde_json::from_str(&me.into_body().read_to_string().unwrap()).unwrap();
        Self { id: me["userId"].as_str().unwrap().to_owned(), cookie }
    }

    fn query(&self, device: &str) -> String {
        format!("botId={device}&userId={}", self.id)
    }

    fn headers(&self) -> Vec<(&'static str, String)> {
        vec![("cookie", self.cookie.clone())]
    }
}

fn agent() -> ureq::Agent {
    let config = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0);
    config.timeout_global(Some(Duration::from_secs(60))).build().into()
}

type Headers = [(&'static str, String)];

/// A watcher over the WebSocket.
struct Socket(WebSocket<MaybeTlsStream<TcpStream>>);

impl Socket {
    fn try_open(server: &Server, query: &str, headers: &Headers) -> Result<Self, tungstenite::Error> {
        let address = format!("{}/ws/connection-status?{query}", server.url.replace("http", "ws"));
        let mut request = address.into_client_request().unwrap();
        for (name, value) in headers {
            request.headers_mut().insert(*name, value.parse().unwrap());
        }
        let (socket, _) = tungstenite::connect(request)?;
        if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
            stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
        }
        Ok(Self(socket))
    }

    fn open(server: &Server, query: &str, headers: &Headers) -> Self {
        Self::try_open(server, query, headers).unwrap()
    }

    /// The problem with which the upgrade is refused.
    #[track_caller]
    fn refused(server: &Server, query: &str, headers: &Headers) -> (u16, Value) {
        match Self::try_open(server, query, headers) {
            Err(tungstenite::Error::Http(response)) => {
                assert_eq!(response.headers()["content-type"], "application/problem+json");
                let body = response.body().clone().unwrap_or_default();
                (response.status().as_u16(), serde_json::from_slice(&body).unwrap_or_default())
            }
            Err(error) => panic!("{error}"),
            Ok(_) => panic!("it was let in: {query}"),
        }
    }

    fn say(&mut self, frame: Value) {
        self.0.send(Message::text(frame.to_string())).unwrap();
    }

    /// The next text frame.
    #[track_caller]
    fn hear(&mut self) -> Value {
        loop {
            match self.0.read().unwrap() {
                Message::Text(text) => return serde_json::from_str(&text).unwrap(),
                Message::Close(frame) => panic!("closed: {frame:?}"),
                _ => {}
            }
        }
    }

    /// The next text frame, which has this type.
    #[track_caller]
    fn expect(&mut self, kind: &str) -> Value {
        let frame = self.hear();
        assert_eq!(frame["type"], kind, "{frame}");
        frame
    }

    /// Reads up to the close; answers the frames before it.
    fn closed(mut self) -> (Vec<Value>, Option<CloseFrame>) {
        let mut frames = Vec::new();
        loop {
            match self.0.read() {
                Ok(Message::Text(text)) => frames.push(serde_json::from_str(&text).unwrap()),
                Ok(Message::Close(frame)) => return (frames, frame),
                Ok(_) => {}
                Err(_) => return (frames, None),
            }
        }
    }
}

/// One server-sent event.
#[derive(Debug, Default, Clone)]
struct Sent {
    event: String,
    id: String,
    data: Value,
}

/// A watcher over server-sent events.
struct Events(Receiver<Sent>);

impl Events {
    fn request(server: &Server, query: &str, headers: &Headers) -> ureq::http::Response<ureq::Body> {
        let address = format!("{}/api/v1/whatsapp/connection-events?{query}", server.url);
        let mut request = agent().get(address);
        for (name, value) in headers {
            request = request.header(*name, value);
        }
        request.call().unwrap()
    }

    fn open(server: &Server, query: &str, headers: &Headers) -> Self {
        let response = Self::request(server, query, headers);
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        assert_eq!(response.headers()["cache-control"], "no-cache");
        let (sent, received) = channel();
        std::thread::spawn(move || {
            let mut event = Sent::default();
            let lines = BufReader::new(response.into_body().into_reader()).lines();
            for line in lines.map_while(Result::ok) {
                match line.split_once(": ") {
                    Some(("event", name)) => event.event = name.to_owned(),
                    Some(("id", id)) => event.id = id.to_owned(),
                    Some(("data", data)) => event.data = serde_json::from_str(data).unwrap(),
                    _ if line.is_empty() => {
                        if sent.send(std::mem::take(&mut event)).is_err() {
                            return;
                        }
                    }
                    _ => {}
                }
            }
        });
        Self(received)
    }

    /// The problem with which the stream is refused.
    #[track_caller]
    fn refused(server: &Server, query: &str, headers: &Headers) -> (u16, Value) {
        let response = Self::request(server, query, headers);
        let status = response.status().as_u16();
        assert_ne!(status, 200, "it was let in: {query}");
        assert_eq!(response.headers()["content-type"], "application/problem+json");
        (status, serde_json::from_str(&response.into_body().read_to_string().unwrap()).unwrap())
    }

    #[track_caller]
    fn hear(&self) -> Sent {
        self.0.recv_timeout(Duration::from_secs(40)).expect("an event")
    }

    /// The next message, which has this type.
    #[track_caller]
    fn expect(&self, kind: &str) -> Sent {
        let sent = self.hear();
        assert_eq!(sent.data["type"], kind, "{sent:?}");
        sent
    }

    /// What comes until the stream ends.
    fn rest(self) -> Vec<Sent> {
        std::iter::from_fn(|| self.0.recv_timeout(Duration::from_secs(40)).ok()).collect()
    }
}

fn device(server: &Server) -> String {
    server.post("/devices", json!({"name": "La Bodega"}))["id"].as_str().unwrap().to_owned()
}

fn phone(server: &Server) -> String {
    server.post("/sandbox/phones", json!({"name": "Ana"}))["number"].as_str().unwrap().to_owned()
}

fn scan(server: &Server, device: &str, number: &str) {
    let qr = server.get(&format!("/devices/{device}/qr"))["qr"].clone();
    server.post(&format!("/sandbox/phones/{number}/scan"), json!({ "qr": qr }));
}

fn names(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[track_caller]
fn assert_time(value: &Value) {
    let text = value.as_str().unwrap();
    assert!(text.len() == 24 && text.ends_with('Z') && text.as_bytes()[10] == b'T', "{text}");
}

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

    let scanned = Instant::now();
    scan(&server, &device, &number);
    let connected = socket.expect("whatsapp_connected");
    let took = scanned.elapsed();
    assert!(took < Duration::from_millis(2_500), "from the scan to the wire, a debug build took {took:?}");
    println!("from the scan to whatsapp_connected: {took:?}");
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
fn what_happened_and_who_watched_is_kept() {
    let mut server = Server::start();
    let (ana, number) = (Person::of(&server), phone(&server));
    let device = server.linked_device(&number);
    let history = format!("/devices/{device}/connections");
    let kinds = |server: &Server| -> Vec<String> {
        let page = server.get(&history);
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["kind"].as_str().unwrap().to_owned())
            .collect()
    };
    assert_eq!(kinds(&server), ["connected", "scanned", "qr_shown", "started"]);
    let connected = server.get(&history)["items"][0].clone();
    let (took, after_scan) =
        (connected["tookMs"].as_i64().unwrap(), connected["afterScanMs"].as_i64().unwrap());
    assert!(took >= after_scan && after_scan >= 0, "{connected}");

    let mut one = Socket::open(&server, &ana.query(&device), &ana.headers());
    one.expect("authenticated");
    one.expect("whatsapp_connected");
    let two = Events::open(&server, &ana.query(&device), &ana.headers());
    two.hear();
    two.expect("whatsapp_connected");
    one.say(json!({"type": "get_connection_analytics"}));
    let numbers = one.expect("connection_analytics");
    assert_eq!((&numbers["botId"], &numbers["userId"]), (&json!(device), &json!(ana.id)));
    assert_eq!(
        numbers["counts"],
        json!({"started": 1, "qrShown": 1, "scanned": 1, "connected": 1, "disconnected": 0, "failed": 0, "watched": 2})
    );
    assert_eq!(numbers["timeToConnectMs"], json!({"last": took, "mean": took}));
    assert_eq!(numbers["scanToConnectMs"], json!({"last": after_scan, "mean": after_scan}));
    assert!(numbers["uptimeMs"].as_i64().unwrap() > 0 && numbers["connectedSince"].is_i64());
    assert!(numbers["observedMs"].as_i64() >= numbers["uptimeMs"].as_i64());
    let watchers = numbers["watchers"].as_array().unwrap();
    let wires: Vec<_> = watchers.iter().map(|watcher| watcher["wire"].as_str().unwrap()).collect();
    assert_eq!((wires, &numbers["watcherCount"]), (vec!["sse", "websocket"], &json!(2)));
    assert_eq!(watchers[0]["watcher"], format!("user:{}", ana.id));
    assert_eq!(server.get(&format!("{history}/analytics"))["watcherCount"], 2);

    drop(two);
    one.0.close(None).unwrap();
    drop(one);
    server.post(&format!("/devices/{device}/disconnect"), json!({}));
    let items = until("the end of the socket's watch", || {
        let items = server.get(&history)["items"].clone();
        let over = |item: &Value| item["wire"] == "websocket" && item["until"].is_i64();
        items.as_array().unwrap().iter().any(over).then_some(items)
    });
    let connection = items.as_array().unwrap().iter().find(|item| item["kind"] == "connected").unwrap();
    assert!(connection["until"].as_i64() >= connection["at"].as_i64(), "{connection}");
    assert_eq!((&items[0]["kind"], &items[0]["code"]), (&json!("disconnected"), &json!("stopped")));

    // Page by page it is the same, also after the power failed; nobody watches any more then.
    server.kill();
    server.run();
    let whole = server.get(&history)["items"].as_array().unwrap().clone();
    let mut paged: Vec<Value> = Vec::new();
    let mut after = String::new();
    loop {
        let page = server.get(&format!("{history}?limit=2{after}"));
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(paged, whole);
    assert_eq!(whole.len(), 7);
    assert_eq!(server.get(&format!("{history}/analytics"))["watcherCount"], 0);
    assert!(whole.iter().all(|item| item["kind"] != "watched" || item["until"].is_i64()));
    assert_eq!(server.call("GET", "/devices/dev_none/connections", None).unwrap().0, 404);
    assert_eq!(server.call("GET", "/devices/dev_none/connections/analytics", None).unwrap().0, 404);
}

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
    both(&query, &token(support::API_KEY), 401, "unauthenticated");
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

#[test]
fn a_watcher_goes_on_where_it_was_after_the_power_failed() {
    let mut server = Server::start();
    let (ana, number) = (Person::of(&server), phone(&server));
    let device = server.linked_device(&number);
    let (query, own) = (ana.query(&device), ana.headers());
    let mut socket = Socket::open(&server, &query, &own);
    socket.expect("authenticated");
    let connected = socket.expect("whatsapp_connected");
    let since = connected["cursor"].as_str().unwrap().to_owned();
    let epoch = since.rsplit_once('-').unwrap().0.to_owned();

    server.kill();
    server.run();
    server.wait_for_status(&device, "connected");
    let mut missed = Vec::new();
    let mut again = Socket::open(&server, &format!("{query}&since={since}"), &own);
    let hello = again.expect("authenticated");
    assert_eq!((&hello["recovered"], &hello["epoch"]), (&json!(true), &json!(epoch)));
    missed.push(again.expect("whatsapp_disconnected"));
    missed.push(again.expect("whatsapp_connected"));
    assert_ne!(missed[1]["sessionId"], connected["sessionId"]);
    // Without `since`, the present alone.
    let mut fresh = Socket::open(&server, &query, &own);
    assert_eq!(fresh.expect("authenticated")["recovered"], false);
    assert_eq!(fresh.expect("whatsapp_connected")["sessionId"], missed[1]["sessionId"]);

    // What the browser remembers is newer than the address.
    let mut headers = own.clone();
    headers.push(("last-event-id", since.clone()));
    let events = Events::open(&server, &format!("{query}&since={epoch}-0"), &headers);
    assert_eq!(events.hear().data["recovered"], true);
    for frame in &missed {
        let sent = events.hear();
        assert_eq!((&sent.data, sent.id.as_str()), (frame, frame["cursor"].as_str().unwrap()));
    }
    // From the very beginning: no code, it has long been used or is over.
    let whole = Events::open(&server, &format!("{query}&since={epoch}-0"), &own);
    assert_eq!(whole.hear().event, "hello");
    let kinds: Vec<_> = std::iter::from_fn(|| {
        let sent = whole.0.recv_timeout(Duration::from_secs(1)).ok()?;
        Some(sent.data["type"].as_str().unwrap().to_owned())
    })
    .filter(|kind| kind != "qr_code_updated")
    .collect();
    assert_eq!(kinds, ["whatsapp_connected", "whatsapp_disconnected", "whatsapp_connected"]);

    // A position that the log cannot serve: told, and then what is true now.
    for (since, reason) in [("elsewhere-1".to_owned(), "epoch"), (format!("{epoch}-999999"), "ahead")] {
        let mut lost = Socket::open(&server, &format!("{query}&since={since}"), &own);
        assert_eq!(lost.expect("authenticated")["recovered"], false);
        let resync = lost.expect("resync");
        assert!(resync["reason"] == reason && resync["cursor"].is_string(), "{resync}");
        lost.expect("whatsapp_connected");
        let lost = Events::open(&server, &format!("{query}&since={since}"), &own);
        lost.hear();
        assert_eq!(lost.expect("resync").data["reason"], reason);
        lost.expect("whatsapp_connected");
    }
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
