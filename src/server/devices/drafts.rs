//! What people began to write: each their own, on every device that they use. WhatsApp knows nothing of it.

use super::capabilities::Operation;
use super::context::Context;
use super::error::DeviceError;
use super::registry::Devices;
use crate::protocol::{ChatDraft, ChatId, EventKind, MAX_TEXT_LENGTH};
use crate::server::reach::Reach;
use crate::server::storage::{StorageError, Tx, query};

impl Devices {
    /// Keeps what somebody began to write in a chat; an empty text gives it up. Answers the draft.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`], [`DeviceError::Invalid`] for a text that is too long or has a NUL character.
    pub async fn set_draft(
        &self,
        reach: &Reach,
        principal: &str,
        chat: &ChatId,
        text: &str,
    ) -> Result<Option<ChatDraft>, DeviceError> {
        self.require(Operation::Drafts)?;
        if text.chars().count() > MAX_TEXT_LENGTH || text.contains('\0') {
            return Err(DeviceError::Invalid(format!(
                "a draft has at most {MAX_TEXT_LENGTH} characters, none of them NUL"
            )));
        }
        let chat = self.chat(reach, chat).await?;
        let context = self.context(&reach.workspace, &chat.device_id);
        let (principal, text) = (principal.to_owned(), text.to_owned());
        let write = self.inner.journal.store().write(move |tx| {
            Box::pin(async move {
                if text.is_empty() {
                    let delete = query("DELETE FROM drafts WHERE chat_id = $1 AND principal = $2");
                    if tx.execute(delete.bind(&chat.id).bind(&principal)).await? > 0 {
                        note(tx, &context, &chat.id, principal, None);
                    }
                    return Ok(None);
                }
                let now = context.source.now();
                let upsert = query(
                    "INSERT INTO drafts (chat_id, principal, body, at) VALUES ($1, $2, $3, $4) \
                     ON CONFLICT (chat_id, principal) DO UPDATE SET body = excluded.body, at = excluded.at \
                     WHERE drafts.body <> excluded.body",
                );
                let upsert = upsert.bind(&chat.id).bind(&principal).bind(&text).bind(now);
                if tx.execute(upsert).await? > 0 {
                    let draft = ChatDraft { text, at: now };
                    note(tx, &context, &chat.id, principal, Some(draft.clone()));
                    return Ok(Some(draft));
                }
                let at = query("SELECT at FROM drafts WHERE chat_id = $1 AND principal = $2");
                let at = tx.row(at.bind(&chat.id).bind(&principal)).await?;
                Ok(Some(ChatDraft { text, at: at.map_or(Ok(now), |row| row.int("at"))? }))
            })
        });
        Ok(write.await?)
    }
}

/// Somebody sends a text: if that is what they began to write, it is written.
pub async fn sent(
    tx: &mut Tx<'_>,
    context: &Context,
    principal: &str,
    chat: &ChatId,
    text: &str,
) -> Result<(), StorageError> {
    if text.is_empty() {
        return Ok(());
    }
    let select = query("SELECT body FROM drafts WHERE chat_id = $1 AND principal = $2");
    let Some(row) = tx.row(select.bind(chat).bind(principal)).await? else { return Ok(()) };
    // Whoever sends it may have taken blanks off its ends.
    if row.text("body")?.trim() != text.trim() {
        return Ok(());
    }
    let delete = query("DELETE FROM drafts WHERE chat_id = $1 AND principal = $2");
    tx.execute(delete.bind(chat).bind(principal)).await?;
    note(tx, context, chat, principal.to_owned(), None);
    Ok(())
}

fn note(tx: &mut Tx<'_>, context: &Context, chat: &ChatId, owner: String, draft: Option<ChatDraft>) {
    let updated = EventKind::DraftUpdated { chat_id: chat.clone(), owner, draft };
    tx.note(context.workspace.clone(), Some(context.device.clone()), updated);
}
