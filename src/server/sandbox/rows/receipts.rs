//! How far messages came with those who got them.
//!
//! A receipt may be faster than the copy of the message that is on its way to the author's own phone (or to
//! the reader's): it is kept, and the copy catches up with it when it arrives.

use super::messages::{self, MessageRow};
use crate::protocol::MessageStatus;
use crate::server::storage::{Query, StorageError, Tx, Value, query};

/// Notes that `reader` has (or has read) messages that `author` sent, and raises them on the author's
/// phone: in a group, once every other member has come that far. Answers the ids of those that changed.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn note(
    tx: &mut Tx<'_>,
    author: &str,
    reader: &str,
    group: Option<&str>,
    ids: &[String],
    status: MessageStatus,
) -> Result<Vec<String>, StorageError> {
    let rows: Vec<Vec<Value>> =
        ids.iter().map(|id| vec![author.into(), id.into(), reader.into(), status.as_str().into()]).collect();
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let later = match status {
        MessageStatus::Read => "ON CONFLICT (number, id, member) DO UPDATE SET status = 'read'",
        _ => "ON CONFLICT (number, id, member) DO NOTHING",
    };
    tx.execute(Query::insert("INSERT INTO sandbox_receipts (number, id, member, status)", rows, later))
        .await?;
    let Some(group) = group else {
        return messages::raise(tx, author, author, ids, status).await;
    };
    let mut complete = Vec::new();
    for id in ids {
        if everybody(tx, author, group, id, status).await? {
            complete.push(id.clone());
        }
    }
    messages::raise(tx, author, author, &complete, status).await
}

/// Whether every other member of a group has a message, or has read it.
async fn everybody(
    tx: &mut Tx<'_>,
    author: &str,
    group: &str,
    id: &str,
    status: MessageStatus,
) -> Result<bool, StorageError> {
    let missing = query(
        "SELECT count(*) AS n FROM sandbox_members WHERE group_id = $1 AND number <> $2 AND number NOT IN \
         (SELECT member FROM sandbox_receipts WHERE number = $2 AND id = $3 AND (status = $4 OR status = 'read'))",
    );
    let row = tx.row(missing.bind(group).bind(author).bind(id).bind(status.as_str())).await?;
    Ok(row.map_or(Ok(1), |row| row.int("n"))? == 0)
}

/// Raises a message that was just stored on a phone to where the receipts that were faster have brought
/// it. Answers its status.
///
/// # Errors
/// [`StorageError::Database`].
pub async fn catch_up(
    tx: &mut Tx<'_>,
    number: &str,
    row: &MessageRow,
) -> Result<MessageStatus, StorageError> {
    let known = query("SELECT member, status FROM sandbox_receipts WHERE number = $1 AND id = $2");
    let known = tx.rows(known.bind(&row.sender).bind(&row.id)).await?;
    let mut status = row.status;
    for receipt in &known {
        // Of one's own: what others have done with it. Of others': what was done with it here.
        if row.from_me != (receipt.text("member")? == number) {
            let reached = MessageStatus::parse(&receipt.text("status")?).unwrap_or(row.status);
            status = status.max(reached);
        }
    }
    if row.from_me
        && let Some(group) = row.chat.strip_suffix("@g.us")
    {
        status = row.status;
        for reached in [MessageStatus::Delivered, MessageStatus::Read] {
            if !known.is_empty() && everybody(tx, number, group, &row.id, reached).await? {
                status = reached;
            }
        }
    }
    if status > row.status {
        messages::raise(tx, number, &row.sender, std::slice::from_ref(&row.id), status).await?;
    }
    Ok(status)
}
