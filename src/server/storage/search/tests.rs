//! Both databases find the same, and what they find is what the definition says.

use super::*;
use crate::protocol::{ChatId, DeviceId, MessageId, MessageKind, WorkspaceId};
use crate::server::reach::Reach;
use crate::server::storage::read::ChatsLike;
use crate::server::storage::testing::{furnish, stores};
use crate::server::storage::{Store, query};
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

fn whole() -> Reach {
    Reach::whole("w".parse().unwrap())
}

fn sought(query: &str) -> Sought {
    Sought {
        wanted: (!query.is_empty()).then(|| Wanted::parse(query).unwrap()),
        device: None,
        chat: None,
        sender: None,
        from_me: None,
        kind: None,
        starred: false,
        since: None,
        until: None,
        chats: ChatsLike::default(),
    }
}

/// Adds a message and indexes it, as whoever keeps messages does.
async fn add(store: &Store, id: &str, chat: &str, at: Millis, text: &str) {
    let (id, chat, text): (MessageId, ChatId, String) =
        (id.parse().unwrap(), chat.parse().unwrap(), text.to_owned());
    store
        .write(move |tx| {
            Box::pin(async move {
                let insert = query(
                    "INSERT INTO messages (id, chat_id, device_id, whatsapp_id, from_me, sender, kind, body, timestamp, status) \
                     SELECT $1, $2, device_id, $1, 0, jid, 'text', $3, $4, 'delivered' FROM chats WHERE id = $2",
                );
                tx.execute(insert.bind(&id).bind(&chat).bind(text.as_str()).bind(at)).await?;
                index_message(tx, &id, &text).await
            })
        })
        .await
        .unwrap();
}

async fn change(store: &Store, id: &str, text: &'static str) {
    let id: MessageId = id.parse().unwrap();
    store.write(move |tx| Box::pin(async move { index_message(tx, &id, text).await })).await.unwrap();
}

/// Everything that is found, page by page.
async fn all(store: &Store, reach: &Reach, sought: &Sought, limit: i64) -> Vec<String> {
    let (mut ids, mut after) = (Vec::new(), None::<String>);
    loop {
        let found = search(store, reach, sought, after.as_deref(), limit).await.unwrap();
        assert!(found.items.len() <= usize::try_from(limit).unwrap());
        ids.extend(found.items.into_iter().map(|message| message.id.to_string()));
        let Some(next) = found.next else { return ids };
        assert!(is_search_place(&next));
        after = Some(next);
    }
}

/// Texts of few different words and letters, so that queries meet them, among them what decomposes, folds and is
/// read as syntax elsewhere.
fn texts() -> impl Strategy<Value = String> {
    let word = prop_oneof![
        4 => prop::sample::select(vec![
            "sevilla", "Sevillá", "SEVI", "mañana", "manana", "Straße", "strasse", "AND", "OR", "NOT", "NEAR", "el", "Él",
            "東京", "東", "привет", "ПРИ", "İi", "ﬁn", "fin", "a_b", "_w", "हिन्दी", "한국어", "שָׁלוֹם", "1234", "12",
        ]).prop_map(str::to_owned),
        1 => "[a-cé\u{301}ß'\"*:&|!()^_ -]{1,6}",
        1 => any::<char>().prop_map(|c| c.to_string()),
    ];
    prop::collection::vec(word, 0..5).prop_map(|words| words.join(" ").replace('\0', ""))
}

#[tokio::test(flavor = "multi_thread")]
async fn both_databases_find_what_a_naive_scan_finds() {
    let mut runner = TestRunner::default();
    let mut draw = || texts().new_tree(&mut runner).unwrap().current();
    let messages: Vec<String> = (0..400).map(|_| draw()).collect();
    let queries: Vec<String> = (0..300).map(|_| draw()).collect();
    let found_at_all = queries.iter().filter_map(|query| Wanted::parse(query));
    let hits = found_at_all.filter(|wanted| messages.iter().any(|text| wanted.is_in(text))).count();
    assert!(hits > 100, "the queries find too little to tell anything: {hits}");
    for test in stores().await {
        let store = &test.store;
        furnish(store).await;
        for (n, text) in messages.iter().enumerate() {
            // Several in one millisecond.
            add(store, &format!("msg_a{n:04}"), "cht_1", i64::try_from(n / 3).unwrap() + 5_000, text).await;
        }
        for query in &queries {
            let Some(wanted) = Wanted::parse(query) else { continue };
            let naive: Vec<String> = (0..messages.len())
                .rev()
                .filter(|n| wanted.is_in(&messages[*n]))
                .map(|n| format!("msg_a{n:04}"))
                .collect();
            assert_eq!(all(store, &whole(), &sought(query), 100).await, naive, "{query:?}");
        }
        assert_eq!(
            all(store, &whole(), &sought("sevilla"), 7).await,
            all(store, &whole(), &sought("sevilla"), 100).await
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_changed_or_deleted_is_found_no_more() {
    for test in stores().await {
        let store = &test.store;
        furnish(store).await;
        add(store, "msg_a", "cht_1", 5_000, "the old words").await;
        add(store, "msg_b", "cht_1", 6_000, "other words").await;
        change(store, "msg_a", "something new").await;
        assert_eq!(all(store, &whole(), &sought("old"), 10).await, Vec::<String>::new());
        assert_eq!(all(store, &whole(), &sought("some new"), 10).await, Vec::<String>::new());
        assert_eq!(all(store, &whole(), &sought("new"), 10).await, ["msg_a"]);
        change(store, "msg_a", "").await;
        change(store, "msg_a", "").await;
        assert_eq!(all(store, &whole(), &sought("new"), 10).await, Vec::<String>::new());
        change(store, "msg_a", "back with words").await;
        assert_eq!(all(store, &whole(), &sought("words"), 10).await, ["msg_b", "msg_a"]);
        store.execute(query("DELETE FROM messages WHERE id = 'msg_b'")).await.unwrap();
        assert_eq!(all(store, &whole(), &sought("words"), 10).await, ["msg_a"]);
        // With its device, everything goes.
        store.execute(query("DELETE FROM devices WHERE id = 'dev_1'")).await.unwrap();
        for left in ["SELECT count(*) AS n FROM message_places", "SELECT count(*) AS n FROM message_words"] {
            assert_eq!(store.row(query(left)).await.unwrap().unwrap().int("n").unwrap(), 0, "{left}");
        }
        // The places are free again, and what stood there is not found in them.
        store.execute(query("DELETE FROM workspaces")).await.unwrap();
        furnish(store).await;
        add(store, "msg_c", "cht_1", 6_000, "nothing of it").await;
        assert_eq!(all(store, &whole(), &sought("words"), 10).await, Vec::<String>::new());
        assert_eq!(all(store, &whole(), &sought("nothing"), 10).await, ["msg_c"]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_stays_within_its_reach_and_its_filters() {
    for test in stores().await {
        let store = &test.store;
        furnish(store).await;
        for text in [
            "INSERT INTO devices (id, workspace_id, name, status, created_at, wanted, linked) VALUES ('dev_2', 'w', 'd', 'created', 0, 0, 0)",
            "INSERT INTO chats (id, workspace_id, device_id, jid, kind, unread, last_activity) VALUES ('cht_2', 'w', 'dev_2', '34600333444@s.whatsapp.net', 'direct', 0, 0)",
            "INSERT INTO chats (id, workspace_id, device_id, jid, kind, unread, last_activity) VALUES ('cht_3', 'w', 'dev_1', '34600333444@s.whatsapp.net', 'direct', 0, 0)",
        ] {
            store.execute(query(text)).await.unwrap();
        }
        add(store, "msg_a", "cht_1", 5_000, "the word").await;
        add(store, "msg_b", "cht_2", 6_000, "the word").await;
        add(store, "msg_c", "cht_3", 7_000, "the word").await;
        let star = r#"UPDATE messages SET details = '{"forwards":1,"starred":true}' WHERE id = 'msg_b'"#;
        store.execute(query(star)).await.unwrap();
        for text in [
            "UPDATE chats SET unread = 1 WHERE id = 'cht_2'",
            "UPDATE chats SET archived = 1 WHERE id = 'cht_3'",
            "UPDATE chats SET kind = 'group' WHERE id = 'cht_1'",
            "INSERT INTO labels (device_id, id, name, color) VALUES ('dev_2', '7', 'Paid', 1)",
            "INSERT INTO chat_labels (device_id, jid, label_id) VALUES ('dev_2', '34600333444@s.whatsapp.net', '7')",
        ] {
            store.execute(query(text)).await.unwrap();
        }
        let like = |chats: ChatsLike| Sought { chats, ..sought("word") };
        let device: DeviceId = "dev_1".parse().unwrap();
        let workspace: WorkspaceId = "w".parse().unwrap();
        let other = Reach::whole("elsewhere".parse().unwrap());
        let one = Reach::only(workspace.clone(), [device.clone()]);
        let both = Reach::only(workspace.clone(), [device.clone(), "dev_2".parse().unwrap()]);
        let none = Reach::only(workspace, []);
        let base = sought("word");
        for (reach, change, expected) in [
            (&whole(), base.clone(), vec!["msg_c", "msg_b", "msg_a"]),
            (&other, base.clone(), vec![]),
            (&one, base.clone(), vec!["msg_c", "msg_a"]),
            (&both, base.clone(), vec!["msg_c", "msg_b", "msg_a"]),
            (&none, base.clone(), vec![]),
            (&other, Sought { device: Some(device.clone()), ..base.clone() }, vec![]),
            (&one, Sought { device: Some("dev_2".parse().unwrap()), ..base.clone() }, vec![]),
            (&one, Sought { chat: Some("cht_2".parse().unwrap()), ..base.clone() }, vec![]),
            (&whole(), Sought { device: Some(device), ..base.clone() }, vec!["msg_c", "msg_a"]),
            (&whole(), Sought { chat: Some("cht_2".parse().unwrap()), ..base.clone() }, vec!["msg_b"]),
            (
                &whole(),
                Sought { sender: Some("34600333444@s.whatsapp.net".into()), ..base.clone() },
                vec!["msg_c", "msg_b"],
            ),
            (&whole(), Sought { from_me: Some(true), ..base.clone() }, vec![]),
            (&whole(), Sought { kind: Some(MessageKind::Image), ..base.clone() }, vec![]),
            (
                &whole(),
                Sought { kind: Some(MessageKind::Text), ..base.clone() },
                vec!["msg_c", "msg_b", "msg_a"],
            ),
            (&whole(), Sought { starred: true, ..base.clone() }, vec!["msg_b"]),
            (&whole(), like(ChatsLike { unread: Some(true), ..ChatsLike::default() }), vec!["msg_b"]),
            (&whole(), like(ChatsLike { archived: Some(true), ..ChatsLike::default() }), vec!["msg_c"]),
            (&whole(), like(ChatsLike { group: Some(true), ..ChatsLike::default() }), vec!["msg_a"]),
            (&whole(), like(ChatsLike { label: Some("7".into()), ..ChatsLike::default() }), vec!["msg_b"]),
            (&one, like(ChatsLike { unread: Some(true), ..ChatsLike::default() }), vec![]),
            (&whole(), Sought { starred: true, ..sought("") }, vec!["msg_b"]),
            (&one, Sought { starred: true, ..sought("") }, vec![]),
            (&whole(), Sought { since: Some(6_000), ..base.clone() }, vec!["msg_c", "msg_b"]),
            (&whole(), Sought { until: Some(6_000), ..base.clone() }, vec!["msg_a"]),
            (&whole(), Sought { since: Some(i64::MAX), ..base.clone() }, vec![]),
            (&whole(), Sought { until: Some(i64::MIN), ..base.clone() }, vec![]),
            // Without a word, the rest decides.
            (&whole(), sought(""), vec!["msg_c", "msg_b", "msg_a", "msg_1"]),
            (&one, sought(""), vec!["msg_c", "msg_a", "msg_1"]),
            (&none, sought(""), vec![]),
            (&other, sought(""), vec![]),
            (&whole(), Sought { since: Some(6_000), until: Some(7_000), ..sought("") }, vec!["msg_b"]),
            (&whole(), Sought { from_me: Some(true), ..sought("") }, vec!["msg_1"]),
            // What ties a message to its chat is no word of it.
            (&whole(), sought("cht_1"), vec![]),
        ] {
            assert_eq!(all(store, reach, &change, 2).await, expected, "{change:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_there_before_the_index_is_taken_into_it() {
    for test in stores().await {
        let store = &test.store;
        assert!(!index_backlog(store).await.unwrap(), "a new database has no backlog");
        furnish(store).await;
        for n in 0..450_i64 {
            let insert = query(
                "INSERT INTO messages (id, chat_id, device_id, whatsapp_id, from_me, sender, kind, body, timestamp, status) \
                 VALUES ($1, 'cht_1', 'dev_1', $1, 0, 's', 'text', 'an old one', $2, 'read')",
            );
            store.execute(insert.bind(format!("msg_a{n:04}")).bind(n)).await.unwrap();
        }
        store
            .execute(query("INSERT INTO search_backlog (message_id) SELECT max(id) FROM messages"))
            .await
            .unwrap();
        // What comes meanwhile is indexed as it comes.
        add(store, "msg_b", "cht_1", 9_000, "an old one, just in").await;
        let mut rounds = 1;
        while index_backlog(store).await.unwrap() {
            rounds += 1;
        }
        assert_eq!(rounds, 3);
        assert_eq!(all(store, &whole(), &sought("old one"), 100).await.len(), 451);
        assert!(!index_backlog(store).await.unwrap());
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn times_out_of_bounds_and_the_longest_text_are_indexed() {
    for test in stores().await {
        let store = &test.store;
        furnish(store).await;
        // Each letter decomposes into many, and every word is another.
        let long: String = (0..7_000).map(|n| format!("ﷺ{n}ﷺﷺ ")).collect();
        let many: String = (0..60_000).map(|n| format!("ж{n} ")).collect();
        for (n, at) in [i64::MIN, -1, 0, 1, i64::MAX].into_iter().enumerate() {
            add(store, &format!("msg_t{n}"), "cht_1", at, "whenever").await;
        }
        add(store, "msg_l", "cht_1", 10, &long).await;
        add(store, "msg_m", "cht_1", 11, &many).await;
        add(store, "msg_w", "cht_1", 12, &"w".repeat(65_536)).await;
        assert_eq!(
            all(store, &whole(), &sought("whenever"), 2).await,
            ["msg_t4", "msg_t3", "msg_t2", "msg_t1", "msg_t0"]
        );
        assert_eq!(all(store, &whole(), &sought("ж100"), 2).await, ["msg_m"]);
        assert_eq!(all(store, &whole(), &sought(&"w".repeat(200)), 2).await, ["msg_w"]);
    }
}

#[test]
fn the_next_of_a_page_has_one_form() {
    for text in ["0.0", "1700000000000.5", "4398046511103.1048575"] {
        assert!(is_search_place(text), "{text}");
    }
    for text in ["", ".", "1", "1.", ".1", "-1.0", "0.-1", "0.1048576", "4398046511104.0", "a.b", "1.2.3"] {
        assert!(!is_search_place(text), "{text}");
    }
}
