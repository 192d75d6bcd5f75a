//! A thousand mixed sends and a thousand receives while the connection breaks, lags and loses acknowledgements:
//! journal, thread and phone have each once, in order, and as it stands in the end.

#![cfg(feature = "ssr")]

mod support;

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use support::mix::Talk;
use support::{Server, databases, settles, until};

const EACH: usize = 1_000;
const CHATS: usize = 4;
/// After how many sends the connection breaks again.
const BREAKS: usize = 150;

/// Says so much in its chats in turn; `path` is where each is posted, `to` whom a phone writes to.
fn say(
    server: &Server,
    said: &AtomicUsize,
    mut talks: Vec<(String, Talk)>,
    path: impl Fn(&str) -> String,
    to: Option<&str>,
) -> Vec<(String, Talk)> {
    for n in 0..EACH {
        let (peer, talk) = &mut talks[n % CHATS];
        let (key, mut next) = (talk.key(), talk.next());
        if let Some(to) = to {
            next.body["to"] = json!(to);
        }
        let headers = [("idempotency-key", key.as_str())];
        let (status, answer) = server.call_with("POST", &path(peer), Some(&next.body), &headers).unwrap();
        assert!((200..300).contains(&status), "{}: {status} {answer}", next.body);
        talk.taken(next, &answer);
        said.fetch_add(1, Ordering::Relaxed);
    }
    talks
}

/// Breaks, lags and loses, in turn, until both sides are through.
fn disturb(
    server: &Server,
    device: &str,
    said: &AtomicUsize,
    over: impl Fn() -> bool,
) -> BTreeMap<&'static str, usize> {
    let mut counts = BTreeMap::new();
    let mut fault = |kind: &'static str, more: Value| {
        *counts.entry(kind).or_default() += 1;
        let mut body = json!({"kind": kind, "device": device});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        server.post("/sandbox/faults", body);
    };
    let (mut turn, mut next) = (0, 0);
    while !over() {
        if said.load(Ordering::Relaxed) >= next {
            server.ok("DELETE", "/sandbox/faults", None);
            match turn % 4 {
                0 => fault("latency", json!({"ms": 25})),
                1 => fault("lose_acks", json!({})),
                2 => fault("drop", json!({})),
                _ => {
                    fault("lose_acks", json!({}));
                    fault("latency", json!({"ms": 10}));
                    fault("drop", json!({}));
                }
            }
            turn += 1;
            next += BREAKS;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    server.ok("DELETE", "/sandbox/faults", None);
    counts
}

/// The newest state of every message of the log, in the order in which they were new.
fn logged(server: &Server, since: &str) -> Vec<Value> {
    let (mut order, mut since) = (Vec::new(), since.to_owned());
    let mut newest: BTreeMap<String, Value> = BTreeMap::new();
    loop {
        let page = server.get(&format!("/events?since={since}&limit=1000"));
        assert!(page["resync"].is_null(), "{page}");
        let items = page["items"].as_array().unwrap();
        if items.is_empty() {
            return order.iter().map(|id: &String| newest[id].clone()).collect();
        }
        for event in items {
            let message = &event["data"]["message"];
            let Some(id) = message["id"].as_str() else { continue };
            if event["type"] == "message.new" {
                order.push(id.to_owned());
            }
            newest.insert(id.to_owned(), message.clone());
        }
        since = page["next"].as_str().unwrap().to_owned();
    }
}

#[test]
fn a_thousand_sends_and_a_thousand_receives_are_each_there_once() {
    for mut environment in databases() {
        environment.push(("SWITCHBOARD_ACK_WAIT", "0.5".to_owned()));
        environment.push(("SWITCHBOARD_SEND_RETRY_DELAY", "0.05".to_owned()));
        environment.push(("SWITCHBOARD_SEND_ATTEMPTS", "30".to_owned()));
        let server = Server::start_with(&environment);
        let phone = |name: String| {
            server.post("/sandbox/phones", json!({"name": name}))["number"].as_str().unwrap().to_owned()
        };
        let own = phone("Own".to_owned());
        let peers: Vec<String> = (0..CHATS).map(|n| phone(format!("Peer {n}"))).collect();
        let device = server.linked_device(&own);
        let since = server.get("/events")["cursor"].as_str().unwrap().to_owned();
        let talks = |name: &str, seed: u64| -> Vec<(String, Talk)> {
            let talk = |(n, peer): (usize, &String)| {
                (peer.clone(), Talk::new(&format!("{name}{n}"), seed + u64::try_from(n).unwrap()))
            };
            peers.iter().enumerate().map(talk).collect()
        };
        let (ours, theirs) = (talks("out", 10), talks("in", 20));
        let said = AtomicUsize::new(0);
        let started = Instant::now();
        let (ours, theirs, faults) = std::thread::scope(|scope| {
            let sends = scope.spawn(|| {
                let path = |peer: &str| format!("/devices/{device}/chats/{peer}/messages");
                say(&server, &said, ours, path, None)
            });
            let receives = scope.spawn(|| {
                let path = |peer: &str| format!("/sandbox/phones/{peer}/messages");
                say(&server, &said, theirs, path, Some(&own))
            });
            let over = || sends.is_finished() && receives.is_finished();
            let faults = disturb(&server, &device, &said, over);
            (sends.join().unwrap(), receives.join().unwrap(), faults)
        });
        let queued = started.elapsed();
        for ((peer, ours), (_, theirs)) in ours.iter().zip(&theirs) {
            settles(&format!("the phone of {peer}"), || {
                let held = server.get(&format!("/sandbox/phones/{peer}/messages?chat={own}"));
                let items = held["items"].as_array().unwrap();
                let of = |mine: bool| items.iter().filter(|one| one["fromMe"] == mine).collect::<Vec<_>>();
                theirs.wrong(&of(true), "id", peer).or_else(|| ours.wrong(&of(false), "id", &own))
            });
            settles(&format!("the thread with {peer}"), || {
                let all = server.thread(&device, peer);
                let of = |mine: bool| all.iter().filter(|one| one["fromMe"] == mine).collect::<Vec<_>>();
                let mine = of(true);
                let waits = mine.iter().find(|one| one["status"] == "queued" || one["status"] == "failed");
                let wrong = waits.map(|one| one.to_string());
                wrong
                    .or_else(|| ours.wrong(&mine, "whatsappId", &own))
                    .or_else(|| theirs.wrong(&of(false), "whatsappId", peer))
            });
        }
        let settled = started.elapsed();
        let all = until("the log", || Some(logged(&server, &since)));
        for ((peer, ours), (_, theirs)) in ours.iter().zip(&theirs) {
            let of = |mine: bool| {
                let is =
                    |one: &&Value| one["fromMe"] == mine && one[if mine { "to" } else { "from" }] == **peer;
                all.iter().filter(is).collect::<Vec<_>>()
            };
            let wrong = ours
                .wrong(&of(true), "whatsappId", &own)
                .or_else(|| theirs.wrong(&of(false), "whatsappId", peer));
            assert_eq!(wrong, None, "the log of {peer}");
        }
        println!(
            "{EACH} sends and {EACH} receives of all kinds in {CHATS} chats, faults {faults:?}: none lost or doubled; \
             taken in {queued:.1?}, everywhere in {settled:.1?}"
        );
    }
}
