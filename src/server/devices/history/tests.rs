use super::super::context::Context;
use super::*;
use crate::protocol::{ChatKind, Details, HistoryKind, MessageKind, MessageStatus};
use crate::server::engine::{HistoryChat, HistoryMessage, HistoryPart, HistoryPiece, InboundMessage};
use crate::server::journal::Journal;
use crate::server::source::Source;
use crate::server::storage::testing::databases;
use crate::server::storage::{Database, query};

const NOW: i64 = 1_700_000_000_000;
const CHAT: &str = "34600222333@s.whatsapp.net";

/// A linked device in an empty database.
async fn device(database: Database, history: HistoryLimits) -> Context {
    let source = Source::fixed(NOW, 1);
    let journal = Journal::start(database, source.clone()).await.unwrap();
    for text in [
        "INSERT INTO workspaces (id, name, created_at) VALUES ('w', 'w', 0)",
        "INSERT INTO devices (id, workspace_id, name, status, created_at, wanted, linked) VALUES ('dev_1', 'w', 'd', 'connected', 0, 0, 1)",
        "INSERT INTO streams (workspace_id, epoch, top, floor) VALUES ('w', 'e', 0, 0) ON CONFLICT (workspace_id) DO NOTHING",
    ] {
        journal.store().execute(query(text)).await.unwrap();
    }
    let media = crate::server::media::testing::media(journal.store()).await;
    let (workspace, device) = ("w".parse().unwrap(), "dev_1".parse().unwrap());
    Context {
        journal,
        source,
        media,
        workspace,
        device,
        history,
        pace: crate::server::devices::Pace::default(),
    }
}

/// A message that somebody else wrote.
fn past(chat: &str, id: &str, timestamp: i64, order: Option<i64>) -> HistoryMessage {
    let message = InboundMessage {
        whatsapp_id: id.to_owned(),
        chat: chat.to_owned(),
        chat_kind: ChatKind::Direct,
        sender: chat.to_owned(),
        from_me: false,
        push_name: Some("Eva".to_owned()),
        timestamp,
        kind: MessageKind::Text,
        text: format!("text {id}"),
        details: Box::new(Details::default()),
        secret: None,
        raw: None,
        media: None,
    };
    HistoryMessage { message, status: MessageStatus::Read, order }
}

fn chat(jid: &str, unread: u32, messages: Vec<HistoryMessage>) -> HistoryChat {
    let last_activity = messages.last().map(|last| last.message.timestamp);
    let (jid, kind) = (jid.to_owned(), ChatKind::Direct);
    HistoryChat { jid, kind, name: None, unread, last_activity, state: Vec::new(), messages, end: false }
}

/// A part comes: its id.
async fn came(context: &Context, kind: HistoryKind, progress: u32, bytes: usize) -> String {
    let payload = vec![0; bytes];
    let part = HistoryPart { kind, chunk: None, progress: Some(progress), request: None, payload, size: 0 };
    add(context, part).await.unwrap();
    let newest = query("SELECT id FROM history_parts WHERE device_id = 'dev_1' ORDER BY id DESC LIMIT 1");
    context.journal.store().row(newest).await.unwrap().unwrap().text("id").unwrap()
}

async fn keep_whole(context: &Context, part: String, chats: Vec<HistoryChat>) {
    let next_chat = u32::try_from(chats.len()).unwrap();
    let piece = HistoryPiece { part, chats, names: Vec::new(), next_chat, last: true };
    keep(context, piece).await.unwrap();
}

/// The ids of a chat's messages in the order in which a thread shows them, and whether each is read.
async fn thread(context: &Context, jid: &str) -> Vec<(String, bool)> {
    let select = query(
        "SELECT m.whatsapp_id, m.status FROM messages m JOIN chats c ON c.id = m.chat_id WHERE c.jid = $1 ORDER BY m.timestamp, m.id",
    );
    let rows = context.journal.store().rows(select.bind(jid)).await.unwrap();
    let one = |row: &crate::server::storage::Row| {
        (row.text("whatsapp_id").unwrap(), row.text("status").unwrap() == "read")
    };
    rows.iter().map(one).collect()
}

async fn unread(context: &Context, jid: &str) -> i64 {
    let select = query("SELECT unread FROM chats WHERE jid = $1").bind(jid);
    context.journal.store().row(select).await.unwrap().unwrap().int("unread").unwrap()
}

async fn how_far(context: &Context) -> crate::protocol::HistoryState {
    parts::state(context.journal.store(), &context.device).await.unwrap()
}

#[tokio::test]
async fn two_parts_make_the_same_thread_whichever_comes_first() {
    for newer_first in [true, false] {
        for database in databases().await {
            let context = device(database, HistoryLimits::default()).await;
            let second = NOW - 60_000;
            // All of one second; three are unread, of which one is in the older part.
            let of = |ids: std::ops::Range<i64>| {
                ids.map(|n| past(CHAT, &format!("m{n}"), second, Some(n))).collect::<Vec<_>>()
            };
            let (older, newer) = (of(1..5), of(5..7));
            let mut parts = vec![(HistoryKind::Initial, newer), (HistoryKind::Recent, older)];
            if !newer_first {
                parts.reverse();
            }
            for (kind, messages) in parts {
                let part = came(&context, kind, 50, 1).await;
                keep_whole(&context, part, vec![chat(CHAT, 3, messages)]).await;
            }
            let expected: Vec<_> = (1..7).map(|n| (format!("m{n}"), n < 4)).collect();
            assert_eq!(thread(&context, CHAT).await, expected, "newer first: {newer_first}");
            assert_eq!(unread(&context, CHAT).await, 3);
        }
    }
}

#[tokio::test]
async fn a_piece_that_comes_again_adds_nothing() {
    for database in databases().await {
        let context = device(database, HistoryLimits::default()).await;
        let messages: Vec<_> = (0..600)
            .map(|n| past(CHAT, &format!("m{n:03}"), NOW - 900_000 + n * 500 / 1_000 * 1_000, Some(n + 1)))
            .collect();
        let part = came(&context, HistoryKind::Initial, 100, 1).await;
        let piece = HistoryPiece {
            part: part.clone(),
            chats: vec![chat(CHAT, 0, messages)],
            names: Vec::new(),
            next_chat: 1,
            last: false,
        };
        // As after a crash between the piece and the note of it.
        keep(&context, piece.clone()).await.unwrap();
        keep(&context, piece).await.unwrap();
        let state = how_far(&context).await;
        assert_eq!((state.messages, state.waiting, state.finished), (600, 1, false));
        assert_eq!(next(context.journal.store(), &context.device).await.unwrap().unwrap().next_chat, 1);
        keep_whole(&context, part, Vec::new()).await;
        let state = how_far(&context).await;
        assert_eq!(
            (state.messages, state.waiting, state.progress, state.finished),
            (600, 0, Some(100), true)
        );
        let ids: Vec<_> = thread(&context, CHAT).await.into_iter().map(|(id, _)| id).collect();
        assert_eq!(ids, (0..600).map(|n| format!("m{n:03}")).collect::<Vec<_>>());
        // Whatever comes after the end starts it anew.
        came(&context, HistoryKind::Recent, 10, 1).await;
        assert!(!how_far(&context).await.finished);
    }
}

#[tokio::test]
async fn what_is_beyond_the_limits_is_counted() {
    let limits = HistoryLimits { days: 10, messages_per_chat: 5, megabytes: 1 };
    for database in databases().await {
        let context = device(database, limits).await;
        let day = 24 * 3_600_000;
        let mut messages: Vec<_> =
            (0..3).map(|n| past(CHAT, &format!("old{n}"), NOW - 11 * day + n, None)).collect();
        messages.extend((0..8).map(|n| past(CHAT, &format!("new{n}"), NOW - day + n * 1_000, None)));
        let part = came(&context, HistoryKind::Initial, 50, 1).await;
        keep_whole(&context, part, vec![chat(CHAT, 0, messages)]).await;
        let ids = |thread: Vec<(String, bool)>| thread.into_iter().map(|(id, _)| id).collect::<Vec<_>>();
        assert_eq!(ids(thread(&context, CHAT).await), ["new3", "new4", "new5", "new6", "new7"]);
        assert_eq!(how_far(&context).await.left_out, 6);
        // More than a megabyte: the chat is there, its messages are not.
        let other = "34600999888@s.whatsapp.net";
        let part = came(&context, HistoryKind::Recent, 100, 1 << 20).await;
        keep_whole(&context, part, vec![chat(other, 0, vec![past(other, "x", NOW - day, None)])]).await;
        assert!(thread(&context, other).await.is_empty());
        assert_eq!((how_far(&context).await.left_out, how_far(&context).await.finished), (7, true));
        // What was asked for has no limits.
        let part = came(&context, HistoryKind::OnDemand, 100, 1).await;
        keep_whole(&context, part, vec![chat(CHAT, 0, vec![past(CHAT, "old1", NOW - 11 * day + 1, None)])])
            .await;
        assert_eq!(ids(thread(&context, CHAT).await)[0], "old1");
    }
}
