//! Messages from before there was an index: taken into it once, the newest first, beside everything else.

use super::index::{found_by, index_message};
use crate::protocol::{Details, MessageId};
use crate::server::storage::{StorageError, Store, query};

/// How many messages one transaction takes, so that no writer waits long behind it.
const CHUNK: i64 = 200;

/// Takes the next messages into the index; answers whether there may be more.
///
/// # Errors
/// [`StorageError`].
pub async fn index_backlog(store: &Store) -> Result<bool, StorageError> {
    // Nothing to do is told by a read, at every start.
    if store.row(query("SELECT message_id FROM search_backlog")).await?.is_none() {
        return Ok(false);
    }
    let write = store.write(|tx| {
        Box::pin(async move {
            let Some(row) = tx.row(query("SELECT message_id FROM search_backlog")).await? else {
                return Ok(false);
            };
            let select =
                query("SELECT id, body, details FROM messages WHERE id <= $1 ORDER BY id DESC LIMIT $2");
            let rows = tx.rows(select.bind(row.text("message_id")?).bind(CHUNK + 1)).await?;
            let more = rows.len() > usize::try_from(CHUNK).unwrap_or(usize::MAX);
            let chunk = if more { &rows[..rows.len() - 1] } else { &rows[..] };
            for row in chunk {
                let details: Details = row.opt_json("details")?.unwrap_or_default();
                let text = found_by(&row.text("body")?, &details);
                index_message(tx, &row.parse::<MessageId>("id")?, &text).await?;
            }
            let next = rows.last().filter(|_| more);
            match next {
                Some(next) => {
                    let update = query("UPDATE search_backlog SET message_id = $1");
                    tx.execute(update.bind(next.text("id")?)).await?
                }
                None => tx.execute(query("DELETE FROM search_backlog")).await?,
            };
            Ok(more)
        })
    });
    write.await
}
