//! How long the lists take in a large database: 50,000 chats, and a million messages or as many as
//! `SWITCHBOARD_BENCH_MESSAGES` says. Not a test that passes or fails: `make bench` runs it (`scripts/bench.sh size`)
//! and prints what it measured, on SQLite and, where `SWITCHBOARD_TEST_POSTGRES` names one, on PostgreSQL.

#![cfg(feature = "ssr")]

mod support;

use std::sync::Arc;
use std::time::{Duration, Instant};
use support::{Server, databases, past, until};
use switchboard::protocol::{ChatId, DeviceId, MessageId};
use switchboard::server::reach::Reach;
use switchboard::server::storage::search::{Sought, Wanted, index_backlog, search};
use switchboard::server::storage::{Database, Location, NoRecorder, Query, Store, query, read};

const CHATS: usize = 50_000;
const DEVICES: usize = 10;
const CALLS: usize = 400;
const START: i64 = 1_700_000_000_000;
/// Every so many messages one goes into the longest chat; the others are spread over all.
const LONGEST_EVERY: usize = 10;

fn number(name: &str, default: usize) -> usize {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

/// The same numbers in every run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % u64::try_from(end).unwrap()).unwrap()
    }

    /// Small numbers come up far more often than large ones, as words do.
    fn skewed(&mut self, end: usize) -> usize {
        let most = self.below(end) + 1;
        self.below(most)
    }
}

fn text(dice: &mut Dice) -> String {
    let length = 3 + dice.below(12);
    (0..length).map(|_| format!("wort{}", dice.skewed(20_000))).collect::<Vec<_>>().join(" ")
}

async fn insert(store: &Store, head: &'static str, rows: Vec<Vec<switchboard::server::storage::Value>>) {
    store.execute(Query::insert(head, rows, "")).await.unwrap();
}

async fn fill(store: &Store, messages: usize) {
    let dice = &mut Dice(7);
    store.execute(query("INSERT INTO workspaces (id, name, created_at) VALUES ('w', 'w', 0)")).await.unwrap();
    for n in 0..DEVICES {
        let device = query(
            "INSERT INTO devices (id, workspace_id, name, status, phone_number, created_at, wanted, linked) VALUES ($1, 'w', 'd', 'created', '34600000000', 0, 0, 0)",
        );
        store.execute(device.bind(format!("dev_{n}"))).await.unwrap();
    }
    // The newest message of each chat, so that its row can be written once.
    let mut newest = vec![None; CHATS];
    let chat_of =
        |n: usize, dice: &mut Dice| if n.is_multiple_of(LONGEST_EVERY) { 0 } else { dice.below(CHATS) };
    let mut preview = Dice(11);
    for n in 0..messages {
        newest[chat_of(n, &mut preview)] = Some(n);
    }
    let chats: Vec<usize> = (0..CHATS).collect();
    for chunk in chats.chunks(2_000) {
        let contact = |n: &usize| {
            vec![
                format!("dev_{}", n % DEVICES).into(),
                format!("34{n:09}@s.whatsapp.net").into(),
                format!("34{n:09}").into(),
                format!("Person {n}").into(),
            ]
        };
        insert(
            store,
            "INSERT INTO contacts (device_id, jid, phone_number, saved_name)",
            chunk.iter().map(contact).collect(),
        )
        .await;
        let chat = |n: &usize| {
            let last = newest[*n];
            let at = last.map_or(START, |last| START + i64::try_from(last).unwrap() * 100);
            vec![
                format!("cht_{n:06}").into(),
                "w".into(),
                format!("dev_{}", n % DEVICES).into(),
                format!("34{n:09}@s.whatsapp.net").into(),
                "direct".into(),
                0_i64.into(),
                last.map(|last| format!("msg_{last:09}")).into(),
                at.into(),
            ]
        };
        insert(store, "INSERT INTO chats (id, workspace_id, device_id, jid, kind, unread, last_message_id, last_activity)", chunk.iter().map(chat).collect()).await;
    }
    let mut spread = Dice(11);
    let all: Vec<usize> = (0..messages).collect();
    for chunk in all.chunks(2_500) {
        let rows = chunk.iter().map(|n| {
            let chat = chat_of(*n, &mut spread);
            vec![
                format!("msg_{n:09}").into(),
                format!("cht_{chat:06}").into(),
                format!("dev_{}", chat % DEVICES).into(),
                format!("3EB0{n:09}").into(),
                (n % 2 == 0).into(),
                format!("34{chat:09}@s.whatsapp.net").into(),
                "text".into(),
                text(dice).into(),
                (START + i64::try_from(*n).unwrap() * 100).into(),
                if n % 50 == 0 { "delivered".into() } else { "read".into() },
            ]
        });
        insert(store, "INSERT INTO messages (id, chat_id, device_id, whatsapp_id, from_me, sender, kind, body, timestamp, status)", rows.collect()).await;
    }
}

/// Calls something so many times and prints how long it took.
async fn measure(what: &str, calls: usize, mut call: impl AsyncFnMut(usize) -> usize) {
    let mut times = Vec::with_capacity(calls);
    let mut items = 0;
    for n in 0..calls {
        let start = Instant::now();
        items += call(n).await;
        times.push(start.elapsed());
    }
    times.sort_unstable();
    let at = |part: usize| times[(times.len() - 1) * part / 100].as_secs_f64() * 1_000.0;
    println!("  {what:<52} p50 {:8.2} ms, p99 {:8.2} ms ({} items a call)", at(50), at(99), items / calls);
}

fn sought(text: &str, chat: Option<&str>) -> Sought {
    Sought {
        wanted: Some(Wanted::parse(text).unwrap()),
        device: None,
        chat: chat.map(|chat| chat.parse().unwrap()),
        sender: None,
        from_me: None,
        kind: None,
        starred: false,
        since: None,
        until: None,
    }
}

async fn lists(store: &Store, messages: usize) {
    let whole = Reach::whole("w".parse().unwrap());
    let device: DeviceId = "dev_3".parse().unwrap();
    let some = Reach::only("w".parse().unwrap(), ["dev_3".parse().unwrap(), "dev_4".parse().unwrap()]);
    let after = |n: usize| {
        let at = START + i64::try_from((n * 7_919) % messages).unwrap() * 100;
        format!("{at}.cht_{:06}", n % CHATS)
    };
    let chats = async |reach: &Reach, device: Option<&DeviceId>, after: Option<String>| {
        read::chat_page(store, reach, device, after.as_deref(), 50).await.unwrap().items.len()
    };
    measure("chats, first page", CALLS, async |_| chats(&whole, None, None).await).await;
    measure("chats, a page further down", CALLS, async |n| chats(&whole, None, Some(after(n))).await).await;
    measure("chats of one device", CALLS, async |n| chats(&whole, Some(&device), Some(after(n))).await).await;
    measure("chats of a key for two devices", CALLS, async |n| chats(&some, None, Some(after(n))).await)
        .await;
    measure("chats by a name that one has", CALLS / 20, async |n| {
        // One that stands far down is looked for one chat after the other.
        let name = format!("person {}", (n * 31) % CHATS);
        read::chats_named(store, &whole, None, &read::ChatsLike::default(), &name, None, 1)
            .await
            .unwrap()
            .items
            .len()
    })
    .await;
    let thread = async |chat: usize, before: Option<MessageId>| {
        let chat: ChatId = format!("cht_{chat:06}").parse().unwrap();
        read::thread_page(store, &whole, &chat, before.as_ref(), 50).await.unwrap().unwrap().messages.len()
    };
    measure("thread, newest page of any chat", CALLS, async |n| thread((n * 7_919) % CHATS, None).await)
        .await;
    measure("thread, newest page of the longest chat", CALLS, async |_| thread(0, None).await).await;
    measure("thread, a page anywhere in the longest chat", CALLS, async |n| {
        let place = (n * 104_729) % messages / LONGEST_EVERY * LONGEST_EVERY;
        thread(0, Some(format!("msg_{place:09}").parse().unwrap())).await
    })
    .await;
}

async fn finding(store: &Store, indexed: usize, messages: usize) {
    let from = format!("msg_{:09}", indexed.min(messages) - 1);
    let backlog = query("INSERT INTO search_backlog (message_id) VALUES ($1)");
    store.execute(backlog.bind(from)).await.unwrap();
    let start = Instant::now();
    while index_backlog(store).await.unwrap() {}
    let rate = f64::from(u32::try_from(indexed.min(messages)).unwrap()) / start.elapsed().as_secs_f64();
    println!("  {} messages taken into the search, {rate:.0} a second", indexed.min(messages));
    let whole = Reach::whole("w".parse().unwrap());
    let find = async |sought: Sought| search(store, &whole, &sought, None, 50).await.unwrap().items.len();
    measure("search, a word that many have", CALLS, async |_| find(sought("wort1", None)).await).await;
    measure("search, a rare word", CALLS, async |n| {
        find(sought(&format!("wort{} wort", 15_000 + n), None)).await
    })
    .await;
    measure("search, two words", CALLS, async |n| find(sought(&format!("wort{} wort3", n % 40), None)).await)
        .await;
    measure("search, within one chat", CALLS, async |_| find(sought("wort", Some("cht_000000"))).await).await;
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
            let phone = serde_json::json!({"name": format!("Person {person}"), "number": person});
            server.post("/sandbox/phones", phone);
        }
        server.kill();
        let (name, location) = match environment.first() {
            Some((_, url)) => ("PostgreSQL", Location::Postgres(url.clone())),
            None => ("SQLite", past::embedded(&server.folder)),
        };
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(past::write(&location, OWN, &people, EACH, 1));
        runtime.shutdown_timeout(Duration::from_secs(5));
        server.run();
        let start = Instant::now();
        let device = server.linked_device(OWN);
        let state = until("the history to be there", || {
            let state = server.get(&format!("/devices/{device}/history"));
            (state["finished"] == true).then_some(state)
        });
        let seconds = start.elapsed().as_secs_f64();
        let messages = state["messages"].as_f64().unwrap();
        println!(
            "{name}: {messages} messages by a scan in {seconds:.1} s, {:.0} a second",
            messages / seconds
        );
    }
}

#[test]
#[ignore = "takes minutes and measures: scripts/bench.sh size"]
fn lists_in_a_large_database() {
    let messages = number("SWITCHBOARD_BENCH_MESSAGES", 1_000_000);
    let indexed = number("SWITCHBOARD_BENCH_INDEXED", 100_000);
    for environment in databases() {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        let folder = std::env::temp_dir().join(format!("switchboard_size_{}", std::process::id()));
        let (name, location) = match environment.first() {
            Some((_, url)) => ("PostgreSQL", Location::Postgres(url.clone())),
            None => ("SQLite", Location::Sqlite(folder.join("size.db"))),
        };
        runtime.block_on(async {
            let database = Database::open(&location).await.unwrap();
            let store = Store::start(database, Arc::new(NoRecorder)).await.unwrap();
            let start = Instant::now();
            fill(&store, messages).await;
            println!(
                "{name}: {CHATS} chats, {messages} messages, written in {:.0} s",
                start.elapsed().as_secs_f64()
            );
            if name == "PostgreSQL" {
                // As its own housekeeping would have done long before.
                tokio::time::sleep(Duration::from_secs(1)).await;
                for table in ["ANALYZE messages", "ANALYZE chats", "ANALYZE contacts"] {
                    store.execute(query(table)).await.unwrap();
                }
            }
            lists(&store, messages).await;
            finding(&store, indexed, messages).await;
        });
        // With its tasks go its connections: the writer keeps one for as long as it lives.
        runtime.shutdown_timeout(Duration::from_secs(5));
        drop(std::fs::remove_dir_all(folder));
    }
}
