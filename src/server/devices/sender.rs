//! One device's sender, for as long as it is connected. Each chat goes out in its own order; a few chats go out at
//! a time, so that none waits for another that WhatsApp does not answer.

mod attempt;
mod outcome;

use super::acks::Acks;
use super::context::Context;
use crate::protocol::Millis;
use crate::server::engine::Session;
use crate::server::storage::{StorageError, query};
use futures_util::StreamExt as _;
use futures_util::stream::FuturesUnordered;
use std::collections::{HashSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Notify;

/// How many chats go out at a time.
const AT_ONCE: usize = 8;
/// How many chats are looked up at a time.
const LOOK_AHEAD: usize = 64;
/// The pause after the database could not be used.
const TROUBLE: Duration = Duration::from_secs(1);

/// Sends what is queued for one device, for as long as it is connected.
pub struct Sender {
    pub context: Context,
    pub session: Arc<dyn Session>,
    pub acks: Arc<Acks>,
    pub wake: Arc<Notify>,
}

/// The oldest row of a chat.
struct Head {
    id: String,
    chat: String,
}

impl Sender {
    /// Runs until it is dropped. It may be dropped at any point: whatever was not settled is sent again,
    /// under the same id.
    pub async fn run(self) {
        // A new connection is a new chance: nothing waits for what went wrong on the old one.
        let due = query("UPDATE outbox SET due_at = 0 WHERE device_id = $1").bind(&self.context.device);
        if let Err(error) = self.context.journal.store().execute(due).await {
            tracing::error!(device = %self.context.device, %error, "the outbox cannot be written");
        }
        let mut sending = FuturesUnordered::new();
        // The chats that are going out: the order within a chat is worth more than speed.
        let mut busy: HashSet<String> = HashSet::new();
        let mut ready: VecDeque<Head> = VecDeque::new();
        loop {
            let mut pause = None;
            if sending.len() < AT_ONCE && ready.is_empty() {
                let mut over = Vec::new();
                let found = {
                    let heads = self.heads(&busy);
                    tokio::pin!(heads);
                    // What goes out may hold what this waits for, such as a connection to the database: so it has
                    // to go on meanwhile.
                    loop {
                        tokio::select! {
                            found = &mut heads => break found,
                            Some(chat) = sending.next() => over.push(chat),
                        }
                    }
                };
                for chat in over {
                    busy.remove(&chat);
                    // It was passed over as busy, and may have more to send.
                    self.wake.notify_one();
                }
                (ready, pause) = match found {
                    Ok(heads) => heads,
                    Err(error) => {
                        tracing::error!(device = %self.context.device, %error, "the outbox cannot be read");
                        (VecDeque::new(), Some(TROUBLE))
                    }
                };
            }
            while sending.len() < AT_ONCE
                && let Some(head) = ready.pop_front()
            {
                busy.insert(head.chat.clone());
                sending.push(self.take(head));
            }
            tokio::select! {
                Some(chat) = sending.next() => { busy.remove(&chat); }
                () = self.wake.notified() => {}
                () = sleep(pause) => {}
            }
        }
    }

    /// The oldest rows of chats that are not busy, as far as they are due, and how long until the next one is.
    async fn heads(
        &self,
        busy: &HashSet<String>,
    ) -> Result<(VecDeque<Head>, Option<Duration>), StorageError> {
        // From chat to chat by the index: a chat with very much to send costs no more than one with little.
        let select = query(
            "WITH RECURSIVE waiting (chat_id) AS ( \
               SELECT min(f.chat_id) FROM outbox f WHERE f.device_id = $1 \
               UNION ALL \
               SELECT (SELECT min(n.chat_id) FROM outbox n WHERE n.device_id = $1 AND n.chat_id > w.chat_id) \
               FROM waiting w WHERE w.chat_id IS NOT NULL) \
             SELECT o.id, o.chat_id, o.due_at FROM waiting w JOIN outbox o ON o.device_id = $1 AND o.id = \
               (SELECT min(p.id) FROM outbox p WHERE p.device_id = $1 AND p.chat_id = w.chat_id) \
             ORDER BY CASE WHEN o.due_at <= $2 THEN 0 ELSE o.due_at END, o.id LIMIT $3",
        );
        let now = self.context.source.now();
        let limit = i64::try_from(LOOK_AHEAD + busy.len()).unwrap_or(i64::MAX);
        let rows = self
            .context
            .journal
            .store()
            .rows(select.bind(&self.context.device).bind(now).bind(limit))
            .await?;
        let (mut due, mut next) = (VecDeque::new(), None);
        for row in &rows {
            let head = Head { id: row.text("id")?, chat: row.text("chat_id")? };
            let early: Millis = row.int("due_at")? - now;
            match () {
                () if busy.contains(&head.chat) => {}
                () if early <= 0 => due.push_back(head),
                () => {
                    next = Some(Duration::from_millis(early.unsigned_abs()));
                    break;
                }
            }
        }
        Ok((due, next))
    }

    /// Sends the first row of a chat; answers which chat is free again.
    async fn take(&self, head: Head) -> String {
        if let Err(error) = self.attempt(&head.id).await {
            tracing::error!(device = %self.context.device, %error, "the outbox cannot be used");
            tokio::time::sleep(TROUBLE).await;
        }
        head.chat
    }
}

/// Never returns where there is nothing to wait for.
async fn sleep(pause: Option<Duration>) {
    match pause {
        Some(pause) => tokio::time::sleep(pause).await,
        None => std::future::pending().await,
    }
}
