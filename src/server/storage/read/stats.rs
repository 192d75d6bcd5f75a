//! Numbers of a workspace, or of those of its devices that somebody may see.

use super::damaged;
use crate::protocol::{DeviceStatus, MessageStatus, Millis};
use crate::server::reach::Reach;
use crate::server::storage::{StorageError, Store, query};
use serde::Serialize;
use std::collections::BTreeMap;

const DAY: Millis = 24 * 3_600 * 1_000;

/// What a workspace's numbers are now. Every number is counted from the database, none is kept beside it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Stats {
    pub devices: DeviceCounts,
    pub chats: ChatCounts,
    pub messages: MessageCounts,
}

/// How many devices there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DeviceCounts {
    pub total: i64,
    pub connected: i64,
    /// By status; every status is named, also where nobody is in it.
    pub by_status: BTreeMap<String, i64>,
}

/// How many chats there are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct ChatCounts {
    pub total: i64,
    /// Messages of others that were not read here, in all chats.
    pub unread: i64,
}

/// How many messages there are: those that were written since midnight UTC, and all.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct MessageCounts {
    pub today: Traffic,
    pub total: Traffic,
    /// When the newest of ours that WhatsApp has taken was written; `null` where there is none.
    pub last_sent_at: Option<Millis>,
    /// When the newest of others was written; `null` where there is none.
    pub last_received_at: Option<Millis>,
}

impl MessageCounts {
    /// Takes in that the newest message of this kind was written then.
    fn last(&mut self, from_me: bool, status: MessageStatus, at: Millis) {
        let last = match (from_me, status) {
            (false, _) => &mut self.last_received_at,
            (true, MessageStatus::Failed | MessageStatus::Queued) => return,
            (true, _) => &mut self.last_sent_at,
        };
        *last = (*last).max(Some(at));
    }
}

/// Messages by where they are.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Traffic {
    /// Ours that WhatsApp has taken.
    pub sent: i64,
    /// Those of others.
    pub received: i64,
    /// Ours that will not be tried again by themselves.
    pub failed: i64,
    /// Ours that are still to go out.
    pub queued: i64,
}

impl Traffic {
    fn count(&mut self, from_me: bool, status: MessageStatus, messages: i64) {
        *match (from_me, status) {
            (false, _) => &mut self.received,
            (true, MessageStatus::Failed) => &mut self.failed,
            (true, MessageStatus::Queued) => &mut self.queued,
            (true, _) => &mut self.sent,
        } += messages;
    }
}

/// The numbers of what is within reach; today is the day of `now`, in UTC.
///
/// # Errors
/// [`StorageError`].
pub async fn stats(store: &Store, reach: &Reach, now: Millis) -> Result<Stats, StorageError> {
    let mut stats = Stats::default();
    stats.devices.by_status =
        DeviceStatus::ALL.iter().map(|status| (status.as_str().to_owned(), 0)).collect();

    let devices =
        query("SELECT status, count(*) AS count FROM devices WHERE workspace_id = $1").bind(&reach.workspace);
    for row in store.rows(reach.within(devices, " AND id IN").then(" GROUP BY status")).await? {
        let (status, count) = (row.text("status")?, row.int("count")?);
        if DeviceStatus::parse(&status).ok_or_else(|| damaged("status"))? == DeviceStatus::Connected {
            stats.devices.connected = count;
        }
        stats.devices.total += count;
        stats.devices.by_status.insert(status, count);
    }

    // Sums are NULL where there is nothing to sum, and of another type than what was summed on PostgreSQL.
    let chats = query(
        "SELECT count(*) AS count, CAST(COALESCE(sum(unread), 0) AS BIGINT) AS unread FROM chats WHERE workspace_id = $1",
    )
    .bind(&reach.workspace);
    if let Some(row) = store.row(reach.within(chats, " AND device_id IN")).await? {
        stats.chats = ChatCounts { total: row.int("count")?, unread: row.int("unread")? };
    }

    let messages = query(
        "SELECT m.from_me, m.status, count(*) AS count, max(m.timestamp) AS newest, \
         CAST(sum(CASE WHEN m.timestamp >= $2 THEN 1 ELSE 0 END) AS BIGINT) AS today \
         FROM messages m JOIN chats c ON c.id = m.chat_id WHERE c.workspace_id = $1",
    )
    .bind(&reach.workspace)
    .bind(now - now.rem_euclid(DAY));
    let messages = reach.within(messages, " AND c.device_id IN").then(" GROUP BY m.from_me, m.status");
    for row in store.rows(messages).await? {
        let from_me = row.flag("from_me")?;
        let status = MessageStatus::parse(&row.text("status")?).ok_or_else(|| damaged("status"))?;
        stats.messages.total.count(from_me, status, row.int("count")?);
        stats.messages.today.count(from_me, status, row.int("today")?);
        stats.messages.last(from_me, status, row.int("newest")?);
    }
    Ok(stats)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{DeviceId, WorkspaceId};
    use crate::server::storage::testing::stores;

    const NOON: Millis = 1_700_000_000_000 - 1_700_000_000_000 % DAY + DAY / 2;

    async fn run(store: &Store, text: &'static str) {
        store.execute(query(text)).await.unwrap();
    }

    #[tokio::test]
    async fn counts_what_is_there_and_only_what_is_within_reach() {
        for test in stores().await {
            let store = &test.store;
            run(store, "INSERT INTO workspaces (id, name, created_at) VALUES ('w', 'w', 0), ('x', 'x', 0)")
                .await;
            run(store, "INSERT INTO devices (id, workspace_id, name, status, created_at, wanted, linked) VALUES \
                ('a', 'w', 'a', 'connected', 0, 1, 1), ('b', 'w', 'b', 'qr_required', 0, 1, 0), ('c', 'x', 'c', 'connected', 0, 1, 1)").await;
            run(store, "INSERT INTO chats (id, workspace_id, device_id, jid, kind, unread, last_activity) VALUES \
                ('ca', 'w', 'a', '1@s.whatsapp.net', 'direct', 2, 0), ('cb', 'w', 'b', '1@s.whatsapp.net', 'direct', 3, 0), \
                ('cc', 'x', 'c', '1@s.whatsapp.net', 'direct', 9, 0)").await;
            let rows = [
                ("m1", "ca", 1, "queued", NOON),
                ("m2", "ca", 1, "failed", NOON - DAY / 2),
                ("m3", "ca", 1, "read", NOON - DAY / 2 - 1),
                ("m4", "ca", 0, "delivered", NOON),
                ("m5", "cb", 0, "read", NOON - DAY),
                ("m6", "cc", 0, "read", NOON),
            ];
            for (id, chat, from_me, status, at) in rows {
                let insert = query(
                    "INSERT INTO messages (id, chat_id, device_id, whatsapp_id, from_me, sender, kind, body, timestamp, status) \
                    VALUES ($1, $2, 'a', $1, $3, 's', 'text', 't', $4, $5)",
                );
                store
                    .execute(insert.bind(id).bind(chat).bind(i64::from(from_me)).bind(at).bind(status))
                    .await
                    .unwrap();
            }
            let workspace: WorkspaceId = "w".parse().unwrap();
            let whole = stats(store, &Reach::whole(workspace.clone()), NOON).await.unwrap();
            assert_eq!((whole.devices.total, whole.devices.connected), (2, 1));
            assert_eq!(whole.devices.by_status["qr_required"], 1);
            assert_eq!(whole.devices.by_status["failed"], 0);
            assert_eq!(whole.chats, ChatCounts { total: 2, unread: 5 });
            assert_eq!(whole.messages.today, Traffic { sent: 0, received: 1, failed: 1, queued: 1 });
            assert_eq!(whole.messages.total, Traffic { sent: 1, received: 2, failed: 1, queued: 1 });

            let (sent, received) = (whole.messages.last_sent_at, whole.messages.last_received_at);
            assert_eq!((sent, received), (Some(NOON - DAY / 2 - 1), Some(NOON)));

            let one: DeviceId = "b".parse().unwrap();
            let some = stats(store, &Reach::only(workspace.clone(), [one]), NOON).await.unwrap();
            assert_eq!((some.devices.total, some.chats.unread), (1, 3));
            assert_eq!(some.messages.total, Traffic { received: 1, ..Traffic::default() });

            let nothing = stats(store, &Reach::only(workspace, []), NOON).await.unwrap();
            assert_eq!(nothing.messages, MessageCounts::default());
            assert_eq!((nothing.devices.total, nothing.chats), (0, ChatCounts::default()));
        }
    }
}
