//! What is pinned in a chat.

use super::{message_select, to_message};
use crate::protocol::{ChatId, Message, Millis};
use crate::server::storage::{StorageError, Store, query};
use std::cmp::Reverse;

/// How many pinned messages are listed at most. WhatsApp's own clients let three of a chat be pinned at a time.
const MOST_PINNED: i64 = 50;

macro_rules! pinned {
    ($explain:literal) => {
        concat!(
            $explain,
            message_select!(
                "",
                "messages m ",
                "WHERE m.chat_id = $1 AND m.pinned_until > $2 ORDER BY m.pinned_until DESC LIMIT $3"
            )
        )
    };
}

/// The messages that are pinned in a chat for longer than this, the one that was pinned last first. Ask only for chats
/// that the caller may see.
///
/// # Errors
/// [`StorageError`].
pub async fn pinned(store: &Store, chat: &ChatId, now: Millis) -> Result<Vec<Message>, StorageError> {
    let rows = store.rows(query(pinned!("")).bind(chat).bind(now).bind(MOST_PINNED)).await?;
    let mut messages = rows.iter().map(to_message).collect::<Result<Vec<_>, _>>()?;
    messages.sort_by_key(|message| {
        Reverse((message.details.pinned_at, message.details.pinned_until, message.id.clone()))
    });
    Ok(messages)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::storage::testing::{furnish, stores};

    /// As whoever pins keeps it: the column says what the details say.
    async fn pin(store: &Store, id: &str, until: Option<i64>, at: Option<i64>) {
        let mut says = serde_json::Map::new();
        says.extend(until.map(|until| ("pinnedUntil".to_owned(), until.into())));
        says.extend(at.map(|at| ("pinnedAt".to_owned(), at.into())));
        let details = serde_json::Value::Object(says).to_string();
        let update = query("UPDATE messages SET details = $2, pinned_until = $3 WHERE id = $1");
        store.execute(update.bind(id).bind(details).bind(until)).await.unwrap();
    }

    #[tokio::test]
    async fn what_is_still_pinned_is_listed_and_the_newest_pin_is_first() {
        for test in stores().await {
            let store = &test.store;
            furnish(store).await;
            for text in [
                "INSERT INTO chats (id, workspace_id, device_id, jid, kind, unread, last_activity) VALUES ('cht_2', 'w', 'dev_1', '34600333444@s.whatsapp.net', 'direct', 0, 0)",
                "INSERT INTO messages (id, chat_id, device_id, whatsapp_id, from_me, sender, kind, body, timestamp, status) VALUES \
                 ('msg_2', 'cht_1', 'dev_1', 'B', 0, '34600222333@s.whatsapp.net', 'text', 'b', 2000, 'read'), \
                 ('msg_3', 'cht_1', 'dev_1', 'C', 0, '34600222333@s.whatsapp.net', 'text', 'c', 3000, 'read'), \
                 ('msg_4', 'cht_1', 'dev_1', 'D', 0, '34600222333@s.whatsapp.net', 'text', 'd', 4000, 'read'), \
                 ('msg_5', 'cht_2', 'dev_1', 'E', 0, '34600333444@s.whatsapp.net', 'text', 'e', 5000, 'read')",
            ] {
                store.execute(query(text)).await.unwrap();
            }
            let chat: ChatId = "cht_1".parse().unwrap();
            let listed = async |now| {
                let all = pinned(store, &chat, now).await.unwrap();
                all.iter().map(|message| message.text.clone()).collect::<Vec<_>>().join(" ")
            };
            assert_eq!(listed(0).await, "");
            // For a month, and after that for a day; before it was kept when; and in another chat.
            pin(store, "msg_2", Some(90_000), Some(50_000)).await;
            pin(store, "msg_4", Some(70_000), Some(60_000)).await;
            pin(store, "msg_3", Some(80_000), None).await;
            pin(store, "msg_5", Some(90_000), Some(70_000)).await;
            assert_eq!(listed(60_000).await, "d b c");
            assert_eq!(listed(70_000).await, "b c");
            pin(store, "msg_2", None, None).await;
            assert_eq!(listed(60_000).await, "d c");
            assert_eq!(listed(80_000).await, "");
            // More than are listed: those that are pinned for longest.
            for n in 0..=MOST_PINNED {
                let insert = query(
                    "INSERT INTO messages (id, chat_id, device_id, whatsapp_id, from_me, sender, kind, body, timestamp, status) \
                     VALUES ($1, 'cht_1', 'dev_1', $1, 0, '34600222333@s.whatsapp.net', 'text', 'more', 6000, 'read')",
                );
                let id = format!("msg_more{n}");
                store.execute(insert.bind(&id)).await.unwrap();
                pin(store, &id, Some(200_000 + n), Some(n)).await;
            }
            let all = pinned(store, &chat, 100_000).await.unwrap();
            assert_eq!(i64::try_from(all.len()).unwrap(), MOST_PINNED);
            assert!(all.iter().all(|message| message.details.pinned_until != Some(200_000)));
        }
    }

    #[tokio::test]
    async fn what_is_not_pinned_is_not_looked_at() {
        let test = stores().await.swap_remove(0);
        let explain = query(pinned!("EXPLAIN QUERY PLAN ")).bind("cht_1").bind(0_i64).bind(MOST_PINNED);
        let rows = test.store.rows(explain).await.unwrap();
        let plan: Vec<String> = rows.iter().map(|row| row.text("detail").unwrap()).collect();
        assert!(plan.iter().any(|step| step.contains("messages_pinned")), "{plan:?}");
    }
}
