//! Exports of the real binary: whole, escaped, and recognisable where they were cut.

use crate::support;
use crate::support::{API_KEY, Server, databases};
use base64::Engine as _;
use serde_json::{Value, json};
use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;
use switchboard::server::storage::{Database, Location, NoRecorder, Query, Store, query};

const MESSAGES: usize = 10_000;
const BAD: &str = "<script>alert('x')</script> & \"quoted\" \u{202e}שלום\n</p><img src=x onerror=alert(1)>";

/// Puts many messages into a chat while the server is down.
fn fill(server: &Server, environment: &[(&'static str, String)], chat: &str, device: &str) {
    let address = environment.iter().find(|(name, _)| *name == "SWITCHBOARD_DATABASE_URL");
    let location = match address {
        Some((_, url)) => Location::Postgres(url.clone()),
        None => Location::Sqlite(server.folder.join("data/switchboard.db")),
    };
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let database = Database::open(&location).await.unwrap();
        let store = Store::start(database, std::sync::Arc::new(NoRecorder)).await.unwrap();
        for chunk in (0..MESSAGES).collect::<Vec<_>>().chunks(500) {
            let row = |n: &usize| {
                let text = if n % 100 == 7 { BAD.to_owned() } else { format!("{n} {}", "x".repeat(2_000)) };
                vec![
                    format!("msg_000{n:06}").into(),
                    chat.into(),
                    device.into(),
                    format!("W{n}").into(),
                    n.is_multiple_of(2).into(),
                    "34600999333@s.whatsapp.net".into(),
                    "text".into(),
                    text.into(),
                    // Several of one millisecond, so that pages end within one.
                    i64::try_from(n / 7).unwrap().into(),
                    "read".into(),
                ]
            };
            let head = "INSERT INTO messages (id, chat_id, device_id, whatsapp_id, from_me, sender, kind, body, timestamp, status)";
            store.execute(Query::insert(head, chunk.iter().map(row).collect(), "")).await.unwrap();
        }
        let rename = "INSERT INTO contacts (device_id, jid, saved_name) VALUES ($1, '34600999333@s.whatsapp.net', $2) \
            ON CONFLICT (device_id, jid) DO UPDATE SET saved_name = excluded.saved_name";
        store.execute(query(rename).bind(device).bind("<b>Ana</b> \"López\"/..")).await.unwrap();
    });
    // With its tasks go its connections: the writer keeps one for as long as it lives.
    runtime.shutdown_timeout(Duration::from_secs(5));
}

/// A response of a path, as far as it came.
struct File {
    status: u16,
    content_type: String,
    disposition: String,
    policy: String,
    text: String,
    /// Whether the end of the body came.
    whole: bool,
}

fn file(server: &Server, path: &str) -> File {
    let mut response = ureq::get(format!("{}/api/v1{path}", server.url))
        .config()
        .http_status_as_error(false)
        .build()
        .header("x-api-key", API_KEY)
        .header("accept-encoding", "identity")
        .call()
        .unwrap();
    let header = |name: &str| {
        response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
    };
    let (content_type, disposition, policy) =
        (header("content-type"), header("content-disposition"), header("content-security-policy"));
    let status = response.status().as_u16();
    let mut bytes = Vec::new();
    let whole = response.body_mut().as_reader().read_to_end(&mut bytes).is_ok();
    File { status, content_type, disposition, policy, text: String::from_utf8(bytes).unwrap(), whole }
}

fn lines(text: &str) -> Vec<Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn an_export_has_everything_in_order_and_one_that_was_cut_shows_it() {
    for environment in databases() {
        let mut server = Server::start_with(&environment);
        // A phone that does not answer by itself.
        server.post("/sandbox/phones", json!({"name": "Ana", "number": "34600999333"}));
        let device = server.linked_device("34600111222");
        let sent =
            server.post(&format!("/devices/{device}/chats/34600999333/messages"), json!({"text": "Last"}));
        let chat = sent["chatId"].as_str().unwrap().to_owned();
        server.kill();
        fill(&server, &environment, &chat, &device);
        server.run();
        let there = {
            let mut count = 0;
            let mut before = String::new();
            loop {
                let page = server.get(&format!("/chats/{chat}/messages?limit=200{before}"));
                count += page["items"].as_array().unwrap().len();
                let Some(next) = page["next"].as_str() else { break count };
                before = format!("&before={next}");
            }
        };
        assert!(there > MESSAGES);

        let one = file(&server, &format!("/chats/{chat}/export"));
        assert!(one.whole);
        assert_eq!((one.status, one.content_type.as_str()), (200, "application/jsonl"));
        assert!(
            one.disposition.starts_with("attachment; filename=\"b-Ana-b-L-pez-20"),
            "{}",
            one.disposition
        );
        let rows = lines(&one.text);
        assert_eq!((&rows[0]["type"], &rows[0]["chat"]["id"]), (&json!("header"), &json!(chat)));
        let messages: Vec<&Value> =
            rows.iter().filter(|row| row["type"] == "message").map(|row| &row["message"]).collect();
        assert_eq!(messages.len(), there);
        assert_eq!(*rows.last().unwrap(), json!({"type": "end", "chats": 1, "messages": there}));
        let order: Vec<(i64, &str)> = messages
            .iter()
            .map(|message| (message["timestamp"].as_i64().unwrap(), message["id"].as_str().unwrap()))
            .collect();
        assert!(order.windows(2).all(|two| two[0] < two[1]), "oldest first, each once");
        assert_eq!(messages[7]["text"], BAD);
        assert_eq!(*messages[7], server.get(&format!("/messages/{}", order[7].1)), "as everywhere");

        let all = lines(&file(&server, "/export?format=jsonl").text);
        assert_eq!((&all[0]["type"], &all[0]["chat"]), (&json!("header"), &Value::Null));
        let (chats, end) = (all.iter().filter(|row| row["type"] == "chat").count(), all.last().unwrap());
        let count = all.iter().filter(|row| row["type"] == "message").count();
        assert_eq!(*end, json!({"type": "end", "chats": chats, "messages": count}));
        assert!(count >= there && chats > 1);

        let page = file(&server, &format!("/chats/{chat}/export?format=html"));
        assert_eq!((page.status, page.content_type.as_str()), (200, "text/html; charset=utf-8"));
        assert!(page.disposition.contains(".html\""), "{}", page.disposition);
        assert!(
            page.policy.starts_with("default-src 'none'") && page.text.contains(&page.policy),
            "{}",
            page.policy
        );
        assert!(page.text.trim_end().ends_with("</html>"));
        assert!(page.text.contains(&format!("<footer>{there} messages</footer>")));
        assert_eq!(page.text.matches("<article ").count(), there);
        assert_eq!(page.text.matches("&lt;script&gt;alert(&#39;x&#39;)").count(), MESSAGES / 100);
        assert!(page.text.contains("<title>&lt;b&gt;Ana&lt;/b&gt; &quot;López&quot;/..</title>"));
        for never in ["<script", "<img", "<b>", "http://", "https://"] {
            assert!(!page.text.contains(never), "{never}");
        }

        for (path, status) in [
            (format!("/chats/{chat}/export?format=pdf"), 400),
            ("/export?format=pdf".to_owned(), 400),
            ("/chats/cht_nothing/export".to_owned(), 404),
        ] {
            assert_eq!(file(&server, &path).status, status, "{path}");
        }

        // The server dies in the middle: neither the body nor what is in it comes to its end.
        let mut socket = TcpStream::connect(server.url.trim_start_matches("http://")).unwrap();
        socket.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
        write!(socket, "GET /api/v1/chats/{chat}/export HTTP/1.1\r\nhost: x\r\nx-api-key: {API_KEY}\r\n\r\n")
            .unwrap();
        let mut start = [0; 4_096];
        socket.read_exact(&mut start).unwrap();
        server.kill();
        let mut rest = Vec::new();
        drop(socket.read_to_end(&mut rest));
        let text = String::from_utf8_lossy(&rest);
        assert!(text.contains("\"type\":\"message\"") && !text.contains("\"type\":\"end\""), "it was cut");
        assert!(!text.ends_with("\r\n0\r\n\r\n"));
    }
}

/// What Python makes of an archive: whether it is whole, and each of its files.
fn unpack(server: &Server, path: &str) -> std::collections::BTreeMap<String, Vec<u8>> {
    let mut response =
        ureq::get(format!("{}/api/v1{path}", server.url)).header("x-api-key", API_KEY).call().unwrap();
    assert_eq!(response.headers()["content-type"], "application/zip");
    let name = response.headers()["content-disposition"].to_str().unwrap().to_owned();
    assert!(name.contains(".zip\""), "{name}");
    let mut bytes = Vec::new();
    response.body_mut().as_reader().read_to_end(&mut bytes).unwrap();
    let folder = server.folder.join(format!("unpacked-{}", path.len()));
    std::fs::create_dir_all(&folder).unwrap();
    let archive = folder.join("archive.zip");
    std::fs::write(&archive, bytes).unwrap();
    let tested = std::process::Command::new("python3")
        .args(["-c", "import sys, zipfile\nz = zipfile.ZipFile(sys.argv[1])\nassert z.testzip() is None\nz.extractall(sys.argv[2])"])
        .args([&archive, &folder.join("in")])
        .output()
        .unwrap();
    assert!(tested.status.success(), "{}", String::from_utf8_lossy(&tested.stderr));
    // Where there is one, the other program that everybody has.
    if let Ok(unzip) = std::process::Command::new("unzip").arg("-tqq").arg(&archive).output() {
        assert!(unzip.status.success(), "{}", String::from_utf8_lossy(&unzip.stdout));
    }
    let mut files = std::collections::BTreeMap::new();
    let mut folders = vec![folder.join("in")];
    while let Some(next) = folders.pop() {
        for entry in std::fs::read_dir(next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else {
                let name = path.strip_prefix(folder.join("in")).unwrap().to_str().unwrap().to_owned();
                files.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    files
}

#[test]
fn a_bundle_opens_and_shows_everything_with_its_files() {
    let server = Server::start();
    server.post("/sandbox/phones", json!({"name": "Ana", "number": "34600999333"}));
    let device = server.linked_device("34600111222");
    let path = format!("/devices/{device}/chats/34600999333/messages");
    let send = |body: Value| server.post(&path, body);
    let first = send(json!({"text": "Lunch? <b>"}));
    let chat = first["chatId"].as_str().unwrap().to_owned();
    let id = |message: &Value| message["id"].as_str().unwrap().to_owned();
    send(json!({"text": "An answer", "quoted": id(&first)}));
    server.ok("PUT", &format!("/messages/{}/reaction", id(&first)), Some(&json!({"emoji": "🍷"})));
    send(json!({"poll": {"name": "When?", "options": ["At eight", "At nine"]}}));
    send(
        json!({"location": {"latitude": 40.4168, "longitude": -3.7038, "name": "Sol", "address": "Madrid"}}),
    );
    send(json!({"contact": {"name": "Carla", "phoneNumbers": ["34600333444"]}}));
    let edited = send(json!({"text": "before"}));
    server.ok("PATCH", &format!("/messages/{}", id(&edited)), Some(&json!({"text": "after"})));
    let revoked = send(json!({"text": "never mind"}));
    server.ok("DELETE", &format!("/messages/{}", id(&revoked)), None);
    let photo = include_bytes!("../../src/server/sandbox/pictures/marcus.jpg");
    let media = support::api::upload(&server, "image/jpeg", photo);
    send(json!({"media": {"id": media}, "text": "Look"}));
    send(json!({"media": {"id": media}, "text": "Again"}));
    // What came and was not fetched is not there, and the page says so.
    server.post(
        "/sandbox/phones/34600999333/messages",
        json!({
            "to": "34600111222",
            "media": {"content": base64::engine::general_purpose::STANDARD.encode(b"\x89PNG\r\n\x1a\n"), "contentType": "image/png"},
            "text": "Not fetched",
        }),
    );
    support::until("the picture", || {
        let page = server.get(&format!("/chats/{chat}/messages"));
        page["items"].as_array()?.iter().any(|one| one["text"] == "Not fetched").then_some(())
    });

    let files = unpack(&server, &format!("/chats/{chat}/export?format=zip"));
    let text = |name: &str| String::from_utf8(files[name].clone()).unwrap();
    let page = text(&format!("chats/{chat}.html"));
    for shown in [
        "Lunch? &lt;b&gt;",
        "<blockquote>",
        "🍷",
        "<li dir=\"auto\">At eight · 0</li>",
        "Sol",
        "40.4168, -3.7038",
        "Carla <bdi>34600333444</bdi>",
        "after",
        "· edited",
        "This message was taken back.",
        "This file was not fetched",
    ] {
        assert!(page.contains(shown), "{shown} is not in:\n{page}");
    }
    for never in ["<script", "<b>", "never mind", "before"] {
        assert!(!page.contains(never), "{never}");
    }
    let held: Vec<&String> = files.keys().filter(|name| name.starts_with("media/")).collect();
    assert_eq!(held.len(), 1, "the file that went twice is there once: {held:?}");
    assert!(files[held[0]] == photo && held[0].ends_with(".jpg"));
    assert_eq!(page.matches(&format!("<img src=\"../{}\"", held[0])).count(), 2);
    assert!(page.trim_end().ends_with("</html>"));
    assert!(text("index.html").contains(&format!("chats/{chat}.html")));

    // Everything: a page for each chat, as the chat's own is. Ticks may still climb between the two.
    let name = format!("chats/{chat}.html");
    let all = support::until("the same page in both", || {
        let one = unpack(&server, &format!("/chats/{chat}/export?format=zip"));
        let all = unpack(&server, "/export?format=zip");
        (all[&name].len() == one[&name].len()).then_some(all)
    });
    let chats = server.get("/chats?limit=200")["items"].as_array().unwrap().len();
    assert_eq!(all.keys().filter(|name| name.starts_with("chats/")).count(), chats);
    let html = file(&server, "/export?format=html");
    assert_eq!((html.status, html.text.matches("<h2 ").count()), (200, chats));
    assert!(html.text.contains("At eight") && !html.text.contains("<img"));
    assert_eq!(file(&server, &format!("/chats/{chat}/export?format=pdf")).status, 400);
}
