//! Requests, transports, and what is refused.

use std::time::Duration;

use axum::http::{HeaderMap, HeaderValue, header, request::Parts};
use tungstenite::{Message, WebSocket, stream::MaybeTlsStream};

use super::{
    super::{Config, Policy, Server},
    dialect::Desk,
    site::Site,
};

async fn site(config: Config) -> Site {
    Site::start(Desk::new(config).server).await
}

#[tokio::test]
async fn refusals_have_the_codes_of_the_reference_server() {
    let site = site(Config::default()).await;
    for (method, query, code) in [
        ("GET", "EIO=4", 0),
        ("GET", "EIO=4&transport=carrier-pigeon", 0),
        ("GET", "EIO=4&transport=polling&sid=unknown", 1),
        ("POST", "EIO=4&transport=polling", 2),
        ("PUT", "EIO=4&transport=polling", 2),
        ("OPTIONS", "EIO=4&transport=polling", 2),
        ("GET", "EIO=4&transport=websocket", 3),
        ("GET", "EIO=3&transport=polling", 5),
        ("GET", "transport=polling", 5),
    ] {
        let answer = site.request(method, &format!("/socket.io/?{query}"), "", "").await;
        assert_eq!(answer.status, 400, "{method} {query}");
        assert!(answer.body.contains(&format!(r#""code":{code}"#)), "{method} {query}: {}", answer.body);
    }
}

#[tokio::test]
async fn a_path_is_only_itself() {
    let site = site(Config::default()).await;
    assert_eq!(site.get("/ws/connection-status").await.body, "another service");
    assert_eq!(site.get("/ws/other?EIO=4&transport=polling").await.status, 404);
    for path in ["/ws", "/ws/", "/socket.io", "/socket.io/"] {
        let answer = site.get(&format!("{path}?EIO=4&transport=polling")).await;
        assert!(answer.body.starts_with('0'), "{path}");
        assert!(answer.head.contains("cache-control: no-store"));
    }
}

struct Strict;

impl Policy for Strict {
    fn admit(&self, request: &Parts) -> Result<(), String> {
        let foreign = request.headers.get(header::ORIGIN).is_some_and(|origin| origin != "https://ours");
        if foreign { Err("Foreign origin".to_owned()) } else { Ok(()) }
    }

    fn cross_origin(&self, _: &Parts) -> HeaderMap {
        let allow = (header::ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("https://ours"));
        HeaderMap::from_iter([allow])
    }
}

#[tokio::test]
async fn the_caller_says_who_may_open_a_session() {
    let server = Server::builder(Config::default()).policy(Strict).build().expect("a server");
    let site = Site::start(server).await;
    let path = "/ws/?EIO=4&transport=polling";
    let ours = site.request("GET", path, "Origin: https://ours\r\n", "").await;
    assert_eq!(ours.status, 200);
    assert!(ours.head.contains("access-control-allow-origin: https://ours"));
    let foreign = site.request("GET", path, "Origin: https://other\r\n", "").await;
    assert_eq!((foreign.status, foreign.body.contains("Foreign origin")), (403, true));
    assert_eq!(site.request("OPTIONS", path, "", "").await.status, 204);
}

#[tokio::test]
async fn there_are_only_so_many_sessions() {
    let site = site(Config { max_sessions: 1, ..Config::default() }).await;
    let only = site.open("").await;
    let answer = site.get("/ws/?EIO=4&transport=polling").await;
    assert_eq!((answer.status, answer.head.contains("retry-after")), (503, true));
    only.post("1").await;
    site.until("there is room again", |server| server.sessions() == 0).await;
    assert_eq!(site.get("/ws/?EIO=4&transport=polling").await.status, 200);
}

#[tokio::test]
async fn a_second_poll_ends_the_session() {
    let site = site(Config::default()).await;
    let client = site.open("").await;
    let second = async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        client.poll().await.status
    };
    let (first, second) = tokio::join!(client.poll(), second);
    assert_eq!((first.body.as_str(), second), ("1", 400));
    assert!(client.is_gone().await);
}

#[tokio::test]
async fn max_payload_holds_for_polling() {
    let site = site(Config { max_payload: 100, ..Config::default() }).await;
    let client = site.enter("/", "&key=k", "").await;
    let fits = format!(r#"42["{}"]"#, "x".repeat(94));
    assert_eq!((fits.len(), client.post(&fits).await.status), (100, 200));
    assert_eq!(client.post(&format!("{fits} ")).await.status, 413);
    assert!(client.is_gone().await);
}

#[tokio::test]
async fn max_payload_holds_for_websockets() {
    let site = site(Config { max_payload: 1_000, ..Config::default() }).await;
    let ended = tokio::task::spawn_blocking(move || {
        let mut socket = site.websocket("&key=k");
        let until = |socket: &mut WebSocket<MaybeTlsStream<_>>, start: &str| {
            while !socket.read().expect("an answer").to_text().is_ok_and(|text| text.starts_with(start)) {}
        };
        socket.send(Message::text("40")).expect("sent");
        until(&mut socket, "40");
        socket.send(Message::text(format!(r#"421["{}"]"#, "x".repeat(990)))).expect("sent");
        until(&mut socket, "431");
        let _ = socket.send(Message::text(format!("4{}", "x".repeat(1_000))));
        std::iter::from_fn(|| socket.read().ok())
            .find_map(|message| if let Message::Close(why) = message { Some(why) } else { None })
            .flatten()
            .map(|why| u16::from(why.code))
    });
    assert_eq!(ended.await.expect("no panic"), Some(1009));
}

#[tokio::test]
async fn a_websocket_takes_base64_as_well() {
    let site = site(Config::default()).await;
    let echoed = tokio::task::spawn_blocking(move || {
        let mut socket = site.websocket("&key=k");
        for packet in ["40", "451-5[\"echo\",{\"_placeholder\":true,\"num\":0}]", "bAQID"] {
            socket.send(Message::text(packet)).expect("sent");
        }
        std::iter::from_fn(|| socket.read().ok()).find(Message::is_binary)
    });
    assert_eq!(echoed.await.expect("no panic"), Some(Message::binary(vec![1, 2, 3])));
}

#[tokio::test]
async fn an_empty_session_id_is_none_and_polling_is_no_websocket() {
    let site = site(Config::default()).await;
    assert!(site.get("/ws/?EIO=4&transport=polling&sid=").await.body.starts_with("0{"));
    let upgrade =
        "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n";
    let answer = site.request("GET", "/ws/?EIO=4&transport=polling", upgrade, "").await;
    assert_eq!((answer.status, answer.body.contains(r#""code":3"#)), (400, true), "{}", answer.body);
}

#[tokio::test]
async fn garbage_ends_the_session() {
    let site = site(Config::default()).await;
    for body in ["", "x", "9", "2", "4abc", r#"42["early"]"#, "b*", "bAAAA", "44{}", "40[1]"] {
        let client = site.open("&key=k").await;
        client.post(body).await;
        // What the layer above finds out is found out a moment later.
        let gone = async { while !client.poll().await.body.ends_with('1') && !client.is_gone().await {} };
        tokio::time::timeout(Duration::from_secs(5), gone)
            .await
            .unwrap_or_else(|_| panic!("{body:?} did nothing"));
    }
}

#[tokio::test]
async fn a_websocket_takes_over() {
    let site = site(Config::default()).await;
    let client = site.open("&key=k").await;
    let sid = client.sid.clone();
    let parked = client.poll();
    let upgrade = tokio::task::spawn_blocking({
        let query = format!("&sid={sid}");
        let address = site.address;
        let site = Site { address, server: site.server.clone() };
        move || {
            std::thread::sleep(Duration::from_millis(100));
            let mut socket = site.websocket(&query);
            socket.send(Message::text("2probe")).expect("sent");
            assert_eq!(socket.read().ok(), Some(Message::text("3probe")));
            // The client sends this once its poll has come home.
            std::thread::sleep(Duration::from_millis(100));
            socket.send(Message::text("5")).expect("sent");
            socket.send(Message::text("40")).expect("sent");
            let entered = socket.read().expect("an answer");
            assert!(entered.to_text().is_ok_and(|text| text.starts_with("40{")));
            socket
        }
    });
    let (poll, socket) = tokio::join!(parked, upgrade);
    assert_eq!(poll.body, "6");
    assert_eq!(client.poll().await.status, 400, "polling is over");
    drop(socket.expect("no panic"));
    site.until("the session ends with its WebSocket", |server| server.sessions() == 0).await;
}
