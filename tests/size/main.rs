//! How long the lists take in a large database: 50,000 chats, and a million messages or as many as
//! `SWITCHBOARD_BENCH_MESSAGES` says; and how fast it comes in what a phone wrote before the link. No tests that pass
//! or fail: `scripts/bench.sh size` and `scripts/bench.sh history` run them and print what they measured, on SQLite
//! and, where `SWITCHBOARD_TEST_POSTGRES` names one, on PostgreSQL.
//!
//! It is the binary that is measured, over REST, as whoever integrates it sees it: the scripts name the release in
//! `SWITCHBOARD_TEST_BINARY`. This program only asks, so that it makes no difference how it is built itself.

#![cfg(feature = "ssr")]

#[path = "../support/mod.rs"]
mod support;

mod client;
mod fill;

use client::Client;
use fill::{CHATS, LONGEST_EVERY, START, chat_id, message_id};
use serde_json::json;
use std::path::Path;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};
use support::{API_KEY, Server, databases, past, settles};
use switchboard::server::storage::Location;
use tokio::runtime::Runtime;

const DEVICES: usize = 10;
const CALLS: usize = 400;

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// What the database of a server is called, and where it is.
fn database(environment: &[(&'static str, String)], folder: &Path) -> (&'static str, Location) {
    match environment.iter().find(|(name, _)| *name == "SWITCHBOARD_DATABASE_URL") {
        Some((_, url)) => ("PostgreSQL", Location::Postgres(url.clone())),
        None => ("SQLite", past::embedded(folder)),
    }
}

fn lists(all: &Client, two: &Client, device: &str, messages: usize) {
    // Of times picked by chance most would be before the last activity of any chat, where the list has ended.
    let places = all.places("/chats?limit=200");
    let place = |n: usize| places[(n * 7_919) % places.len()].as_str();
    all.measure("chats, first page", CALLS, |_| "/chats?limit=50".to_owned());
    all.measure("chats, a page further down", CALLS, |n| format!("/chats?limit=50&after={}", place(n)));
    all.measure("chats of one device", CALLS, |n| {
        format!("/devices/{device}/chats?limit=50&after={}", place(n))
    });
    two.measure("chats of a key for two devices", CALLS, |n| format!("/chats?limit=50&after={}", place(n)));
    // Whether a second one has it, too, is known only once all were looked at.
    all.measure("chats by a name that one has", CALLS / 20, |n| {
        format!("/chats?limit=1&q=person%20{}", 10_000 + (n * 1_999) % 40_000)
    });
    let thread = |chat: usize| format!("/chats/{}/messages?limit=50", chat_id(chat));
    all.measure("thread, newest page of any chat", CALLS, |n| thread((n * 7_919) % CHATS));
    all.measure("thread, newest page of the longest chat", CALLS, |_| thread(0));
    all.measure("thread, a page anywhere in the longest chat", CALLS, |n| {
        let place = (n * 104_729) % messages / LONGEST_EVERY * LONGEST_EVERY;
        format!("{}&before={}", thread(0), message_id(place))
    });
}

/// Waits until the server has so many of the oldest messages in its search, and prints how fast that went. The very
/// oldest is taken in last.
fn indexing(client: &Client, indexed: usize) {
    let start = Instant::now();
    let (_, page) = client.page(&format!("/chats/{}/messages?limit=1&at={START}", chat_id(0)));
    let text = page["items"][0]["text"].as_str().unwrap();
    let word = text.split(' ').max_by_key(|word| word.len()).unwrap();
    let oldest = format!("/search?q={word}&chat={}&until={}", chat_id(0), START + 1);
    let count = u32::try_from(indexed).unwrap();
    let patience = Duration::from_secs(60) + Duration::from_millis(10) * count;
    while client.page(&oldest).1["items"].as_array().unwrap().is_empty() {
        assert!(start.elapsed() < patience, "the server does not come to an end with its search");
        std::thread::sleep(Duration::from_millis(250));
    }
    let rate = f64::from(count) / start.elapsed().as_secs_f64();
    println!("  {indexed} older messages taken into the search, {rate:.0} a second, with pauses for others");
}

fn finding(client: &Client) {
    let find = |asked: String| format!("/search?limit=50&q={asked}");
    client.measure("search, a word that many have", CALLS, |_| find("wort1".to_owned()));
    client.measure("search, a rare word", CALLS, |n| find(format!("wort{}%20wort", 15_000 + n)));
    client.measure("search, two words", CALLS, |n| find(format!("wort{}%20wort3", n % 40)));
    client.measure("search, within one chat", CALLS, |_| find(format!("wort&chat={}", chat_id(0))));
}

#[test]
#[ignore = "takes minutes and measures: scripts/bench.sh size"]
fn lists_in_a_large_database() {
    let messages = number("SWITCHBOARD_BENCH_MESSAGES", 1_000_000);
    let indexed = number("SWITCHBOARD_BENCH_INDEXED", 100_000).clamp(1, messages);
    let runtime = Runtime::new().unwrap();
    for mut environment in databases() {
        // One caller asks as fast as it is answered.
        environment.push(("SWITCHBOARD_RATE_LIMIT", "0".to_owned()));
        let mut server = Server::start_with(&environment);
        let add = |n: usize| server.post("/devices", json!({"name": format!("Device {n}")}));
        let devices: Vec<String> = (0..DEVICES).map(|n| add(n)["id"].as_str().unwrap().to_owned()).collect();
        let key = json!({"name": "Two devices", "permission": "read", "deviceIds": devices[3..5].to_vec()});
        let key = server.post("/api-keys", key)["key"].as_str().unwrap().to_owned();
        server.kill();
        let (name, location) = database(&environment, &server.folder);
        let start = Instant::now();
        runtime.block_on(fill::fill(&location, &devices, messages));
        let seconds = start.elapsed().as_secs_f64();
        println!("{name}: {CHATS} chats, {messages} messages, written in {seconds:.0} s");
        server.run();
        lists(&Client::new(&server, API_KEY), &Client::new(&server, &key), &devices[3], messages);
        server.kill();
        runtime.block_on(fill::leave_for_search(&location, indexed));
        server.run();
        let client = Client::new(&server, API_KEY);
        indexing(&client, indexed);
        finding(&client);
    }
}

/// From the scan of a code until all that the phone wrote before is here, as a program sees it.
#[test]
#[ignore = "takes minutes and measures: scripts/bench.sh history"]
fn history_by_a_scan() {
    const OWN: &str = "34600111222";
    const EACH: usize = 1_000;
    let chats = number("SWITCHBOARD_BENCH_CHATS", 50);
    for environment in databases() {
        let mut server = Server::start_with(&environment);
        let people: Vec<String> = (0..chats).map(|n| format!("3461{n:07}")).collect();
        for person in &people {
            let phone = json!({"name": format!("Person {person}"), "number": person});
            server.post("/sandbox/phones", phone);
        }
        server.kill();
        let (name, location) = database(&environment, &server.folder);
        let runtime = Runtime::new().unwrap();
        runtime.block_on(past::write(&location, OWN, &people, EACH, 1));
        // With its tasks go its connections: the writer keeps one for as long as it lives.
        runtime.shutdown_timeout(Duration::from_secs(5));
        server.run();
        let began = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs_f64();
        let device = server.linked_device(OWN);
        let history = || server.get(&format!("/devices/{device}/history"));
        settles("the history", || {
            let state = history();
            (state["finished"] != true).then(|| state.to_string())
        });
        // By the server's own clock, which is ours: it is asked only now and then.
        let state = history();
        let at = |name: &str| state[name].as_f64().unwrap() / 1_000.0;
        let (whole, keeping) = (at("finishedAt") - began, at("finishedAt") - at("startedAt"));
        let messages = state["messages"].as_f64().unwrap();
        println!(
            "{name}: {messages} messages by a scan in {whole:.1} s, {:.0} a second; from the first part to the last \
             in {keeping:.1} s, {:.0} a second",
            messages / whole,
            messages / keeping
        );
    }
}
