//! The parts that wait, and how far the whole is.

use super::super::context::Context;
use crate::protocol::{DeviceId, HistoryKind, HistoryState};
use crate::server::engine::{HistoryPart, WaitingPart};
use crate::server::storage::{Row, StorageError, Store, Tx, query};

/// Keeps a part as it came.
pub async fn add(context: &Context, part: HistoryPart) -> Result<(), StorageError> {
    let context = context.clone();
    let store = context.journal.store().clone();
    store.write(move |tx| Box::pin(async move { insert(tx, &context, part).await })).await
}

async fn insert(tx: &mut Tx<'_>, context: &Context, part: HistoryPart) -> Result<(), StorageError> {
    let by_itself = part.kind != HistoryKind::OnDemand;
    let (now, size) = (context.source.now(), part.payload.len());
    let packed = i64::try_from(size).unwrap_or(i64::MAX);
    let mut within = true;
    if by_itself {
        // More is on its way, so whatever was said before, it is not finished.
        let upsert = "INSERT INTO history_state (device_id, kind, chats, messages, left_out, bytes, started_at, changed_at) \
            VALUES ($1, $2, 0, 0, 0, $3, $4, $4) ON CONFLICT (device_id) DO UPDATE SET \
            kind = excluded.kind, bytes = history_state.bytes + excluded.bytes, changed_at = excluded.changed_at, finished_at = NULL \
            RETURNING bytes";
        let upsert = query(upsert).bind(&context.device).bind(part.kind.as_str()).bind(packed).bind(now);
        let bytes = tx.row(upsert).await?.map(|row| row.int("bytes")).transpose()?.unwrap_or(packed);
        within = bytes <= context.history.bytes();
    }
    let insert = query(
        "INSERT INTO history_parts (device_id, id, kind, chunk, progress, request, payload, size, within, next_chat, chats, messages, left_out) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, 0, 0)",
    );
    let insert = insert
        .bind(&context.device)
        .bind(context.source.id("hst"))
        .bind(part.kind.as_str())
        .bind(part.chunk.map(i64::from))
        .bind(part.progress.map(i64::from))
        .bind(part.request)
        .bind(part.payload)
        .bind(i64::try_from(part.size).unwrap_or(i64::MAX))
        .bind(within);
    tx.execute(insert).await.map(drop)
}

/// The oldest part that waits.
pub async fn next(store: &Store, device: &DeviceId) -> Result<Option<WaitingPart>, StorageError> {
    let select = query("SELECT * FROM history_parts WHERE device_id = $1 ORDER BY id LIMIT 1").bind(device);
    store.row(select).await?.map(|row| waiting(&row)).transpose()
}

fn waiting(row: &Row) -> Result<WaitingPart, StorageError> {
    let small = |column| {
        let value = row.opt_int(column)?;
        Ok::<_, StorageError>(value.and_then(|value| u32::try_from(value).ok()))
    };
    Ok(WaitingPart {
        id: row.text("id")?,
        next_chat: row.number("next_chat")?,
        part: HistoryPart {
            kind: HistoryKind::parse(&row.text("kind")?),
            chunk: small("chunk")?,
            progress: small("progress")?,
            request: row.opt_text("request")?,
            payload: row.blob("payload")?,
            size: row.number("size")?,
        },
    })
}

/// How far a device's history is.
pub async fn state(store: &Store, device: &DeviceId) -> Result<HistoryState, StorageError> {
    let select = query(
        "SELECT (SELECT count(*) FROM history_parts p WHERE p.device_id = $1) AS waiting, s.* FROM devices d \
         LEFT JOIN history_state s ON s.device_id = d.id WHERE d.id = $1",
    );
    let row = store.row(select.bind(device)).await?;
    let Some(row) = row else { return Err(StorageError::Database("a device vanished".to_owned())) };
    let count = |column| Ok::<_, StorageError>(row.opt_int(column)?.unwrap_or(0).unsigned_abs());
    Ok(HistoryState {
        kind: row.opt_text("kind")?.map(|kind| HistoryKind::parse(&kind)),
        progress: row.opt_int("progress")?.map(percent),
        chats: count("chats")?,
        messages: count("messages")?,
        left_out: count("left_out")?,
        waiting: count("waiting")?,
        finished: row.opt_int("finished_at")?.is_some(),
        started_at: row.opt_int("started_at")?,
        finished_at: row.opt_int("finished_at")?,
    })
}

/// 0 to 100.
pub fn percent(value: i64) -> u8 {
    u8::try_from(value.clamp(0, 100)).unwrap_or(100)
}

/// Forgets what waits, with the keys: it is another account's for the next link.
pub async fn forget(tx: &mut Tx<'_>, device: &DeviceId) -> Result<(), StorageError> {
    for table in [
        "DELETE FROM history_parts WHERE device_id = $1",
        "DELETE FROM history_state WHERE device_id = $1",
        "DELETE FROM history_requests WHERE device_id = $1",
    ] {
        tx.execute(query(table).bind(device)).await?;
    }
    Ok(())
}
