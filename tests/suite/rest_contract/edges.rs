//! The limits of requests, at their edges.

use crate::rest_contract::{anonymous, call, post};
use crate::support::{API_KEY, Server, until};
use serde_json::json;
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::{Duration, Instant};

#[test]
fn lists_keep_their_limits_or_refuse() {
    let server = Server::start();
    let device = server.linked_device("34600111222");
    let sent = server.post(&format!("/devices/{device}/chats/34600222333/messages"), json!({"text": "x"}));
    let chat = sent["chatId"].as_str().unwrap();
    for (path, most) in [
        ("/devices".to_owned(), 200),
        ("/chats".to_owned(), 200),
        (format!("/devices/{device}/chats"), 200),
        (format!("/devices/{device}/contacts"), 500),
        (format!("/chats/{chat}/messages"), 200),
        (format!("/devices/{device}/chats/34600222333/messages"), 200),
        ("/events".to_owned(), 1_000),
        ("/search?q=x".to_owned(), 100),
    ] {
        let and = if path.contains('?') { '&' } else { '?' };
        for limit in ["1".to_owned(), most.to_string()] {
            let answer = call(&server, "GET", &format!("/api/v1{path}{and}limit={limit}"), &[], b"");
            assert_eq!(answer.status, 200, "{path} {limit}");
            let page = answer.json();
            assert!(page["items"].is_array() && page.get("next").is_some(), "{path}: {page}");
            assert!(page["items"].as_array().unwrap().len() <= limit.parse().unwrap(), "{path} {limit}");
        }
        for limit in ["0", "-1", "many", "", "1.5", "99999999999999999999", &(most + 1).to_string()] {
            let answer = call(&server, "GET", &format!("/api/v1{path}{and}limit={limit}"), &[], b"");
            assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{path} {limit}");
        }
        let unknown = call(&server, "GET", &format!("/api/v1{path}{and}nobody=knows"), &[], b"");
        assert_eq!(unknown.status, 200, "{path}: unknown parameters are passed over");
    }
    for path in [
        "/devices?after=nonsense".to_owned(),
        "/chats?after=nonsense".to_owned(),
        "/chats?q=".to_owned(),
        format!("/chats?q={}", "x".repeat(201)),
        "/search".to_owned(),
        "/search?q=".to_owned(),
        "/search?q=%C2%BF%E2%80%A6%3F".to_owned(),
        format!("/search?q={}", "x".repeat(201)),
        "/search?q=x&after=nonsense".to_owned(),
        "/search?q=x&kind=nonsense".to_owned(),
        "/search?q=x&chatKind=nonsense".to_owned(),
        "/search?q=x&label=".to_owned(),
        "/search?q=x&from=nonsense".to_owned(),
        "/search?q=x&since=nonsense".to_owned(),
        "/search?q=x&device=%20".to_owned(),
        format!("/devices/{device}/contacts?after=nonsense"),
        format!("/devices/{device}/contacts?q="),
    ] {
        let answer = call(&server, "GET", &format!("/api/v1{path}"), &[], b"");
        assert_eq!((answer.status, answer.code().as_str()), (400, "invalid"), "{path}");
    }
    // Page by page, every contact comes once.
    let contacts =
        || server.get(&format!("/devices/{device}/contacts?limit=500"))["items"].as_array().unwrap().clone();
    // They come with the first synchronisation, which goes on after the device is connected.
    let all = until("the contacts", || {
        let seen = contacts();
        std::thread::sleep(Duration::from_millis(500));
        (seen.len() > 4 && seen == contacts()).then_some(seen)
    });
    let (mut paged, mut after) = (Vec::new(), String::new());
    loop {
        let page = server.get(&format!("/devices/{device}/contacts?limit=2{after}"));
        paged.extend(page["items"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        after = format!("&after={}", next.replace('@', "%40"));
    }
    assert_eq!(paged, all);
    let name = all[1]["name"].as_str().unwrap();
    let found =
        server.get(&format!("/devices/{device}/contacts?q={}", name.to_uppercase().replace(' ', "%20")));
    assert!(found["items"].as_array().unwrap().contains(&all[1]), "{name}: {found}");
    let one = server.get(&format!("/devices/{device}/contacts/{}", all[1]["phoneNumber"].as_str().unwrap()));
    assert_eq!(one, all[1]);
}

#[test]
fn bodies_have_a_size_and_a_time() {
    let server = Server::start();
    let most = 1024 * 1024;
    let body = |size: usize| {
        let frame = json!({"name": ""}).to_string().len();
        json!({"name": "x".repeat(size - frame)})
    };
    let fits = post(&server, "/api/v1/devices", &[], &body(most));
    assert_eq!((fits.status, fits.code().as_str()), (400, "invalid"), "read, and the name is too long");
    let over = post(&server, "/api/v1/devices", &[], &body(most + 1));
    assert_eq!((over.status, over.code().as_str()), (413, "too_large"));

    let mut socket = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    socket.set_read_timeout(Some(Duration::from_millis(200))).unwrap();
    write!(
        socket,
        "POST /api/v1/devices HTTP/1.1\r\nhost: x\r\nx-api-key: {API_KEY}\r\ncontent-type: application/json\r\ncontent-length: 1000\r\n\r\n"
    )
    .unwrap();
    let (start, mut answer) = (Instant::now(), String::new());
    while answer.is_empty() && start.elapsed() < Duration::from_secs(40) {
        // It may be cut while we write.
        drop(socket.write_all(b" "));
        let mut some = [0; 4096];
        if let Ok(read) = socket.read(&mut some) {
            answer.push_str(&String::from_utf8_lossy(&some[..read]));
        }
        std::thread::sleep(Duration::from_millis(500));
    }
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer:?} after {:?}", start.elapsed());
    assert!(answer.contains("\"code\":\"timeout\""), "{answer}");
}

fn raw(server: &Server, head: &str) -> String {
    let mut socket = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
    socket.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
    // It may be cut while we write.
    drop(socket.write_all(head.as_bytes()));
    let mut answer = Vec::new();
    let mut some = [0; 4096];
    if let Ok(read) = socket.read(&mut some) {
        answer.extend_from_slice(&some[..read]);
    }
    String::from_utf8_lossy(&answer).into_owned()
}

#[test]
fn heads_have_limits() {
    let server = Server::start();
    let many: String = (0..200).map(|number| format!("x-{number}: 1\r\n")).collect();
    let answer = raw(&server, &format!("GET /health HTTP/1.1\r\nhost: x\r\n{many}\r\n"));
    assert!(answer.starts_with("HTTP/1.1 431 "), "{answer:?}");
    let large = "x".repeat(1024 * 1024);
    let answer = raw(&server, &format!("GET /health HTTP/1.1\r\nhost: x\r\nx-large: {large}\r\n\r\n"));
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 431 "), "{answer:?}");
    let long = "x".repeat(100_000);
    let answer = raw(&server, &format!("GET /{long} HTTP/1.1\r\nhost: x\r\n\r\n"));
    assert!(answer.starts_with("HTTP/1.1 414 ") || answer.starts_with("HTTP/1.1 431 "), "{answer:?}");
    assert_eq!(call(&server, "GET", "/health", &[], b"").status, 200);
}

#[test]
fn a_code_comes_in_the_form_that_is_liked_best() {
    let server = Server::start();
    let device = server.post("/devices", json!({"name": "x"}))["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/devices/{device}/qr");
    let none = call(&server, "GET", &path, &[], b"");
    assert_eq!((none.status, none.code().as_str()), (409, "not_pairing"));
    server.post(&format!("/devices/{device}/connect"), json!({}));
    crate::support::until("a code", || (call(&server, "GET", &path, &[], b"").status == 200).then_some(()));
    for (accept, status, content_type) in [
        ("*/*", 200, "application/json"),
        ("image/png", 200, "image/png"),
        ("image/svg+xml", 200, "image/svg+xml"),
        ("image/png;q=0.5, image/svg+xml;q=0.9", 200, "image/svg+xml"),
        ("text/html", 406, "application/problem+json"),
        ("application/json;q=0, image/png;q=0.1", 200, "image/png"),
    ] {
        let answer = call(&server, "GET", &path, &[("accept", accept)], b"");
        assert_eq!((answer.status, answer.content_type.as_str()), (status, content_type), "{accept}");
    }
    let code = call(&server, "GET", &path, &[], b"").json();
    assert!(code["qr"].is_string() && code["expiresAt"].is_i64() && code["attempt"] == 1, "{code}");
}

#[test]
fn the_server_says_how_it_is() {
    let server = Server::start();
    let health = anonymous(&server, "GET", "/health", &[], b"");
    assert_eq!((health.status, health.json()), (200, json!({"status": "ok"})));
    let ready = anonymous(&server, "GET", "/ready", &[], b"");
    assert_eq!(
        (ready.status, ready.json()),
        (200, json!({"status": "ready"})),
        "strangers need not know more"
    );
    let known = call(&server, "GET", "/ready", &[], b"").json();
    assert_eq!(known["details"]["network"], "sandbox");
    assert!(known["details"]["version"].is_string() && known["details"]["databaseMs"].is_u64(), "{known}");

    server.post("/devices", json!({"name": "x"}));
    call(&server, "GET", "/api/v1/devices/dev_nowhere", &[], b"");
    call(&server, "GET", "/no/such/page/anywhere", &[], b"");
    call(&server, "MADEUP", "/health", &[], b"");
    let here = anonymous(&server, "GET", "/metrics", &[], b"");
    assert_eq!(here.status, 200, "this computer needs no key");
    let text = String::from_utf8(here.body).unwrap();
    for line in [
        "switchboard_devices{status=\"created\"} 1",
        "switchboard_http_requests_total{method=\"GET\",route=\"/api/v1/devices/{device}\",status=\"404\"} 1",
        "switchboard_outbox_rows 0",
        "# EOF",
    ] {
        assert!(text.lines().any(|found| found == line), "{line} is not in:\n{text}");
    }
    assert!(
        text.contains("method=\"other\"") && !text.contains("MADEUP") && !text.contains("dev_nowhere"),
        "{text}"
    );
    assert!(!text.contains("anywhere"), "paths are no labels: {text}");
    let through = [("x-forwarded-for", "203.0.113.9")];
    assert_eq!(
        anonymous(&server, "GET", "/metrics", &through, b"").status,
        401,
        "a proxy asks for somebody else"
    );
    assert_eq!(call(&server, "GET", "/metrics", &through, b"").status, 200);
}

#[test]
fn devices_come_page_by_page_in_a_stable_order() {
    let server = Server::start();
    let add = |name: String| server.post("/devices", json!({ "name": name }))["id"].clone();
    let ids: Vec<_> = (0..5).map(|number| add(format!("Device {number}"))).collect();
    let all = server.get("/devices");
    let listed: Vec<_> = all["items"].as_array().unwrap().iter().map(|device| device["id"].clone()).collect();
    assert_eq!(listed.len(), 5, "whoever does not page sees all of a few");
    assert!(all["next"].is_null() && ids.iter().all(|id| listed.contains(id)), "{all}");

    let first = server.get("/devices?limit=2");
    assert_eq!(first["items"].as_array().unwrap()[..], all["items"].as_array().unwrap()[..2]);
    let next = first["next"].as_str().unwrap();
    // The place holds when what stood there is gone, and what was added meanwhile comes at the end.
    server.ok("DELETE", &format!("/devices/{}", listed[1].as_str().unwrap()), None);
    let sixth = add("Device 6".into());
    let second = server.get(&format!("/devices?limit=2&after={next}"));
    assert_eq!(second["items"].as_array().unwrap()[..], all["items"].as_array().unwrap()[2..4]);
    let next = second["next"].as_str().unwrap();
    let last = server.get(&format!("/devices?limit=2&after={next}"));
    let last_ids: Vec<_> =
        last["items"].as_array().unwrap().iter().map(|device| device["id"].clone()).collect();
    assert_eq!((last_ids, &last["next"]), (vec![listed[4].clone(), sixth], &json!(null)));
}
