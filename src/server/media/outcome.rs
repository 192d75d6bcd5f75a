//! What became of a file, told to everybody who has it in a thread.

use super::rows;
use crate::protocol::{EventKind, Media as Shown, MediaId, MediaInfo, MediaState, MessageChange};
use crate::server::storage::{Query, StorageError, Store, Tx, query, read};

/// Writes what became of a file that was fetched, and logs each message that shows it, in one transaction.
pub async fn settle(store: &Store, id: &MediaId, update: Query) -> Result<(), StorageError> {
    let id = id.clone();
    store
        .write(move |tx| {
            Box::pin(async move { if tx.execute(update).await? > 0 { tell(tx, &id).await } else { Ok(()) } })
        })
        .await
}

async fn tell(tx: &mut Tx<'_>, id: &MediaId) -> Result<(), StorageError> {
    let select = query("SELECT * FROM media WHERE id = $1").bind(id);
    let Some(record) = tx.row(select).await?.map(|row| rows::record(&row)).transpose()? else {
        return Ok(());
    };
    let select = query("SELECT id FROM messages WHERE media_id = $1 ORDER BY id").bind(id);
    for row in tx.rows(select).await? {
        let Some(row) = tx.row(read::message_query(&row.parse("id")?)).await? else { continue };
        let mut message = read::to_message(&row)?;
        let Some(media) = &mut message.details.media else { continue };
        let before = media.clone();
        show(&record.info, media);
        if *media == before {
            continue;
        }
        let details = serde_json::to_string(&message.details)
            .map_err(|error| StorageError::Database(error.to_string()))?;
        let update = query("UPDATE messages SET details = $2 WHERE id = $1").bind(&message.id).bind(details);
        tx.execute(update).await?;
        let Some(chat) = tx.row(read::chat_query(&message.chat_id)).await? else { continue };
        let (chat, device) = (read::to_chat(&chat)?, message.device_id.clone());
        let kind = EventKind::MessageUpdated { message, chat, change: MessageChange::Media };
        tx.note(record.workspace.clone(), Some(device), kind);
    }
    Ok(())
}

/// Shows in a message what is known of its file now.
fn show(info: &MediaInfo, media: &mut Shown) {
    media.state = Some(info.state);
    media.cause.clone_from(&info.cause);
    if info.state != MediaState::Available {
        return;
    }
    media.content_type.clone_from(&info.content_type);
    media.size = info.size.unwrap_or(media.size);
    media.sha256.clone_from(&info.sha256);
    media.width = info.width.or(media.width);
    media.height = info.height.or(media.height);
    media.seconds = info.duration_ms.map(seconds).or(media.seconds);
}

/// Whole seconds, as WhatsApp counts: never 0.
pub fn seconds(millis: u64) -> u32 {
    u32::try_from(millis.div_ceil(1_000)).unwrap_or(u32::MAX).max(1)
}
