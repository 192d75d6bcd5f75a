//! What is kept: what happened, and who watched.

use crate::connection_status::client::{Events, Person, Socket};
use crate::connection_status::phone;
use crate::support::{Server, until};
use serde_json::{Value, json};

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
