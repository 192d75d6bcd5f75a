//! Nothing is lost, doubled or reordered, however often the server is killed.

use crate::support::{Server, until};
use serde_json::{Value, json};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, RwLock};
use std::time::Duration;

const KILLS: u32 = 20;
const MESSAGES: usize = 220;

/// The texts of one kind, in the order in which they stand.
fn texts(items: &[Value], prefix: &str) -> Vec<String> {
    items
        .iter()
        .filter_map(|item| item["text"].as_str())
        .filter(|text| text.starts_with(prefix))
        .map(str::to_owned)
        .collect()
}

/// All of one kind, each once, in the order in which they were sent.
#[track_caller]
fn complete(items: &[Value], prefix: &str, place: &str) {
    let expected: Vec<String> = (0..MESSAGES).map(|n| format!("{prefix}{n}")).collect();
    let found = texts(items, prefix);
    let missing: Vec<_> = expected.iter().filter(|text| !found.contains(text)).collect();
    let first =
        found.iter().zip(&expected).position(|(found, expected)| found != expected).unwrap_or(found.len());
    let around = &found[first.saturating_sub(3)..found.len().min(first + 8)];
    assert!(
        found == expected,
        "{place}: {} of {}, missing {missing:?}, out of order from {first}: {around:?}",
        found.len(),
        expected.len()
    );
}

/// All messages of a chat, page by page.
fn thread(server: &Server, chat: &str) -> Vec<Value> {
    let mut all: Vec<Value> = Vec::new();
    let mut before = String::new();
    loop {
        let page = server.get(&format!("/chats/{chat}/messages?limit=200{before}"));
        let items = page["items"].as_array().unwrap().clone();
        all.splice(0..0, items);
        let Some(next) = page["next"].as_str() else { return all };
        before = format!("&before={next}");
    }
}

#[test]
fn both_sides_send_while_the_server_is_killed_again_and_again() {
    let server = Server::start();
    let own =
        server.post("/sandbox/phones", json!({"name": "Own phone"}))["number"].as_str().unwrap().to_owned();
    let other =
        server.post("/sandbox/phones", json!({"name": "Other phone"}))["number"].as_str().unwrap().to_owned();
    let device = server.linked_device(&own);
    let start = server.get("/events")["cursor"].as_str().unwrap().to_owned();
    // One message first, so that the chat is there.
    server.post(&format!("/sandbox/phones/{other}/messages"), json!({"to": own, "text": "hello"}));
    let chat = until("the chat", || {
        server.get("/chats")["items"]
            .as_array()?
            .iter()
            .find(|chat| chat["phoneNumber"] == other.as_str())
            .map(|chat| chat["id"].as_str().unwrap().to_owned())
    });

    let server = Arc::new(RwLock::new(server));
    let done = Arc::new(AtomicBool::new(false));
    // Whoever gets no answer asks again, as every client has to: the same key, the same message.
    let sender = |path: String, prefix: &'static str, body: fn(&str, String) -> Value, to: String| {
        let server = server.clone();
        std::thread::spawn(move || {
            for n in 0..MESSAGES {
                let (key, body) = (format!("{prefix}{n}"), body(&to, format!("{prefix}{n}")));
                until("an answer", || {
                    let answer = server.read().unwrap().call_with(
                        "POST",
                        &path,
                        Some(&body),
                        &[("idempotency-key", &key)],
                    );
                    match answer {
                        Ok((200..=299, _)) => Some(()),
                        Ok((409, problem)) => panic!("{problem}"),
                        _ => None,
                    }
                });
                std::thread::sleep(Duration::from_millis(25));
            }
        })
    };
    let operator =
        sender(format!("/chats/{chat}/messages"), "out-", |_, text| json!({"text": text}), other.clone());
    let phone = sender(
        format!("/sandbox/phones/{other}/messages"),
        "in-",
        |to, text| json!({"to": to, "text": text}),
        own.clone(),
    );
    let killer = {
        let (server, done) = (server.clone(), done.clone());
        std::thread::spawn(move || {
            let mut kills = 0;
            while kills < KILLS || !done.load(Ordering::Relaxed) {
                if kills < KILLS {
                    // A different moment each time.
                    std::thread::sleep(Duration::from_millis(150 + u64::from(kills * 37 % 200)));
                    let mut server = server.write().unwrap();
                    server.kill();
                    server.run();
                    kills += 1;
                } else {
                    std::thread::sleep(Duration::from_millis(50));
                }
            }
        })
    };
    operator.join().unwrap();
    phone.join().unwrap();
    done.store(true, Ordering::Relaxed);
    killer.join().unwrap();
    let server = server.read().unwrap();
    server.wait_for_status(&device, "connected");

    // On the phone of the other side: each of ours once, in order.
    let held =
        || server.get(&format!("/sandbox/phones/{other}/messages"))["items"].as_array().unwrap().clone();
    until("everything of ours on the phone", || (texts(&held(), "out-").len() >= MESSAGES).then_some(()));
    complete(&held(), "out-", "on the other phone");
    complete(&held(), "in-", "on the other phone");

    // Here: each of theirs once, in order, and ours, which all were sent.
    until("everything of theirs here", || {
        (texts(&thread(&server, &chat), "in-").len() >= MESSAGES).then_some(())
    });
    let here = thread(&server, &chat);
    complete(&here, "in-", "in the thread");
    complete(&here, "out-", "in the thread");
    until("every tick", || {
        let here = thread(&server, &chat);
        here.iter()
            .filter(|message| message["fromMe"] == true)
            .all(|message| message["status"] != "queued" && message["status"] != "failed")
            .then_some(())
    });

    // In the log: one event for each, in the same order, and no hole in the seqs.
    let mut since = start;
    let (mut logged, mut last) = (Vec::new(), since.rsplit('-').next().unwrap().parse::<i64>().unwrap());
    loop {
        let page = server.get(&format!("/events?since={since}&limit=1000"));
        assert!(page["resync"].is_null(), "{page}");
        let items = page["items"].as_array().unwrap();
        if items.is_empty() {
            break;
        }
        for event in items {
            let seq: i64 = event["cursor"].as_str().unwrap().rsplit('-').next().unwrap().parse().unwrap();
            // Codes that have expired are left out; nothing else is.
            assert!(seq > last, "{seq} after {last}");
            last = seq;
            if event["type"] == "message.new" {
                logged.push(event["data"]["message"].clone());
            }
        }
        since = page["next"].as_str().unwrap().to_owned();
    }
    complete(&logged, "in-", "in the log");
    complete(&logged, "out-", "in the log");
}
