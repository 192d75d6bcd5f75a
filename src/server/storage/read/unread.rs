//! The chats that wait to be read: how many, and which.

use crate::protocol::{ChatId, DeviceId};
use crate::server::reach::Reach;
use crate::server::storage::{StorageError, Store, query};
use std::collections::BTreeMap;

/// The condition of the index `chats_waiting`, to the letter: without it every chat would be looked at.
macro_rules! waiting {
    ($select:literal) => {
        concat!(
            $select,
            " FROM chats c WHERE c.workspace_id = $1 AND c.archived = 0 AND (c.unread > 0 OR c.marked_unread = 1)"
        )
    };
}

/// Chats that wait to be read. What is put away does not, and what is muted does.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct UnreadChats {
    /// How many each device has, where it has any.
    pub counts: BTreeMap<DeviceId, u32>,
    /// Those with the newest activity, newest first.
    pub newest: Vec<(DeviceId, ChatId)>,
}

/// The chats within reach that wait to be read, so many of them by their ids.
///
/// # Errors
/// [`StorageError`].
pub async fn unread_chats(store: &Store, reach: &Reach, most: u32) -> Result<UnreadChats, StorageError> {
    let newest = query(waiting!("SELECT c.device_id, c.id")).bind(&reach.workspace);
    let newest = reach.within(newest, " AND c.device_id IN");
    let newest = newest.then(" ORDER BY c.last_activity DESC, c.id DESC LIMIT").value(i64::from(most) + 1);
    let mut found = UnreadChats::default();
    for row in store.rows(newest).await? {
        found.newest.push((row.parse("device_id")?, row.parse("id")?));
    }
    if found.newest.len() <= usize::try_from(most).unwrap_or(usize::MAX) {
        for (device, _) in &found.newest {
            *found.counts.entry(device.clone()).or_default() += 1;
        }
        return Ok(found);
    }
    found.newest.pop();
    // Named devices would be read by an index that holds all their chats.
    let counts = query(waiting!("SELECT c.device_id, count(*) AS count")).bind(&reach.workspace);
    for row in store.rows(counts.then(" GROUP BY c.device_id")).await? {
        let device = row.parse("device_id")?;
        if reach.covers(&device) {
            found.counts.insert(device, row.number("count")?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::storage::testing::stores;

    async fn run(store: &Store, text: &'static str) {
        store.execute(query(text)).await.unwrap();
    }

    #[tokio::test]
    async fn what_waits_is_counted_for_each_device_within_reach() {
        for test in stores().await {
            let store = &test.store;
            run(store, "INSERT INTO workspaces (id, name, created_at) VALUES ('w', 'w', 0), ('x', 'x', 0)")
                .await;
            run(store, "INSERT INTO devices (id, workspace_id, name, status, created_at, wanted, linked) VALUES \
                ('a', 'w', 'a', 'connected', 0, 1, 1), ('b', 'w', 'b', 'connected', 0, 1, 1), ('c', 'x', 'c', 'connected', 0, 1, 1)").await;
            // Read, new, marked by hand, muted, put away; of another device, and of another workspace.
            run(store, "INSERT INTO chats (id, workspace_id, device_id, jid, kind, unread, marked_unread, muted_until, archived, last_activity) VALUES \
                ('a1', 'w', 'a', '1@s.whatsapp.net', 'direct', 0, 0, NULL, 0, 60), ('a2', 'w', 'a', '2@s.whatsapp.net', 'direct', 3, 0, NULL, 0, 10), \
                ('a3', 'w', 'a', '3@s.whatsapp.net', 'direct', 0, 1, NULL, 0, 50), ('a4', 'w', 'a', '4@s.whatsapp.net', 'direct', 1, 0, 9999999999999, 0, 20), \
                ('a5', 'w', 'a', '5@s.whatsapp.net', 'direct', 7, 1, NULL, 1, 70), ('b1', 'w', 'b', '1@s.whatsapp.net', 'direct', 2, 0, NULL, 0, 30), \
                ('c1', 'x', 'c', '1@s.whatsapp.net', 'direct', 9, 0, NULL, 0, 40)").await;
            let whole = Reach::whole("w".parse().unwrap());
            let [a, b]: [DeviceId; 2] = ["a", "b"].map(|id| id.parse().unwrap());
            let ids = |found: &UnreadChats| {
                found.newest.iter().map(|(_, id)| id.to_string()).collect::<Vec<_>>().join(" ")
            };
            let all = unread_chats(store, &whole, 10).await.unwrap();
            assert_eq!(
                (ids(&all).as_str(), &all.counts),
                ("a3 b1 a4 a2", &BTreeMap::from([(a.clone(), 3), (b.clone(), 1)]))
            );
            // Where not all are named, all are counted.
            let some = unread_chats(store, &whole, 2).await.unwrap();
            assert_eq!((ids(&some).as_str(), &some.counts), ("a3 b1", &all.counts));
            let exactly = unread_chats(store, &whole, 4).await.unwrap();
            assert_eq!(exactly, all);
            let only = Reach::only("w".parse().unwrap(), [b.clone()]);
            for most in [0, 1, 9] {
                let found = unread_chats(store, &only, most).await.unwrap();
                assert_eq!(found.counts, BTreeMap::from([(b.clone(), 1)]), "{most}");
            }
            let none = Reach::only("w".parse().unwrap(), []);
            assert_eq!(unread_chats(store, &none, 9).await.unwrap(), UnreadChats::default());
        }
    }

    #[tokio::test]
    async fn chats_that_do_not_wait_are_not_looked_at() {
        let test = stores().await.swap_remove(0);
        for text in [
            waiting!("EXPLAIN QUERY PLAN SELECT c.device_id, c.id"),
            waiting!("EXPLAIN QUERY PLAN SELECT c.device_id, count(*) AS count"),
        ] {
            let rows = test.store.rows(query(text).bind("w")).await.unwrap();
            let plan: Vec<String> = rows.iter().map(|row| row.text("detail").unwrap()).collect();
            assert!(plan.iter().any(|step| step.contains("chats_waiting")), "{plan:?}");
        }
    }
}
