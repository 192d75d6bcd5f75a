//! Profile pictures: fetched once the device is live, kept by the hash of their bytes.

use super::context::Context;
use super::{identity, rows};
use crate::protocol::EventKind;
use crate::server::engine::{EngineError, Picture, Session};
use crate::server::storage::{StorageError, query};
use sha2::{Digest as _, Sha256};
use std::sync::Arc;
use std::time::Duration;

/// The largest picture that is kept, in bytes: WhatsApp's previews have a few thousand.
pub const MAX_BYTES: usize = 512 * 1024;
/// How many are asked for after one connect, newest chats first.
const PER_CONNECT: i64 = 100;
/// The pause between two questions, so that WhatsApp is not flooded.
const PAUSE: Duration = Duration::from_millis(20);

/// Content types that browsers show and that hold no script.
const TYPES: [&str; 3] = ["image/jpeg", "image/png", "image/webp"];

/// Asks for the pictures of the newest chats that were never asked for. Runs until it is done or dropped.
pub async fn fetch_missing(context: Context, session: Arc<dyn Session>) {
    let select = query(
        "SELECT c.jid FROM chats c LEFT JOIN contacts k ON k.device_id = c.device_id AND k.jid = c.jid \
         WHERE c.device_id = $1 AND k.picture_id IS NULL ORDER BY c.last_activity DESC LIMIT $2",
    );
    let rows = match context.journal.store().rows(select.bind(&context.device).bind(PER_CONNECT)).await {
        Ok(rows) => rows,
        Err(error) => {
            return tracing::warn!(device = %context.device, %error, "chats without a picture cannot be listed");
        }
    };
    for row in rows {
        let Ok(jid) = row.text("jid") else { continue };
        if let Err(error) = fetch(&context, &session, &jid).await {
            tracing::debug!(device = %context.device, %error, "a picture was not fetched");
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// Asks for one picture and keeps what came, also that there is none.
///
/// # Errors
/// [`EngineError`] if WhatsApp did not say.
pub async fn fetch(context: &Context, session: &Arc<dyn Session>, jid: &str) -> Result<(), EngineError> {
    let picture = session.picture(jid).await?;
    let usable = |picture: &Picture| {
        picture.bytes.len() <= MAX_BYTES && TYPES.contains(&picture.content_type.as_str())
    };
    keep(context, jid.to_owned(), picture.filter(usable)).await?;
    Ok(())
}

async fn keep(context: &Context, mut jid: String, picture: Option<Picture>) -> Result<(), StorageError> {
    let context = context.clone();
    let store = context.journal.store().clone();
    store
        .write(move |tx| {
            Box::pin(async move {
                identity::number_of(tx, &context, &mut jid).await?;
                let (id, hash) = match picture {
                    // Empty, not NULL: it was asked for, and there is none.
                    None => (String::new(), None),
                    Some(picture) => {
                        let hash: String = Sha256::digest(&picture.bytes).iter().map(|byte| format!("{byte:02x}")).collect();
                        let insert = query("INSERT INTO pictures (hash, content_type, bytes) VALUES ($1, $2, $3) ON CONFLICT (hash) DO NOTHING");
                        tx.execute(insert.bind(&hash).bind(picture.content_type).bind(picture.bytes)).await?;
                        (picture.id, Some(hash))
                    }
                };
                let before = query("SELECT picture_hash FROM contacts WHERE device_id = $1 AND jid = $2");
                let before = tx.row(before.bind(&context.device).bind(&jid)).await?;
                let before = before.map(|row| row.opt_text("picture_hash")).transpose()?.flatten();
                let upsert = "INSERT INTO contacts (device_id, jid, phone_number, picture_id, picture_hash, lid) VALUES ($1, $2, $3, $4, $5, \
                    (SELECT i.lid FROM identities i WHERE i.device_id = $1 AND i.number = $3 ORDER BY i.at DESC LIMIT 1)) \
                    ON CONFLICT (device_id, jid) DO UPDATE SET picture_id = excluded.picture_id, picture_hash = excluded.picture_hash";
                let number = crate::server::storage::read::number_of(&jid);
                tx.execute(query(upsert).bind(&context.device).bind(&jid).bind(number).bind(id).bind(hash.clone())).await?;
                // Nothing where nothing was is no news; a picture that is gone is.
                if before == hash {
                    return Ok(());
                }
                rows::note_contact(tx, &context, &jid).await?;
                let select = query("SELECT id FROM chats WHERE device_id = $1 AND jid = $2").bind(&context.device).bind(&jid);
                if let Some(row) = tx.row(select).await? {
                    let chat = rows::chat(tx, &row.parse("id")?).await?;
                    tx.note(context.workspace.clone(), Some(context.device.clone()), EventKind::ChatUpdated { chat });
                }
                Ok(())
            })
        })
        .await
}
