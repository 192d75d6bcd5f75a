//! What can be asked of a device's chats.

use super::capabilities::Operation;
use super::commands::{self, Request};
use super::error::DeviceError;
use super::outgoing::{Prepared, Wanted};
use super::receipts::PersonReceipt;
use super::registry::Devices;
use super::{attaching, changes, marks, outbox, outgoing, receipts, rows, sending, wanted_media};
use crate::protocol::{
    Chat, ChatId, ChatKind, DeviceId, EventKind, Message, MessageId, MessageKind, Millis, NewMessage,
    TypingState,
};
use crate::server::crash;
use crate::server::engine::EngineError;
use crate::server::reach::Reach;
use crate::server::storage::{query, read};

impl Devices {
    /// A chat, by its id or by that of a chat that went into it.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`].
    pub async fn chat(&self, reach: &Reach, chat: &ChatId) -> Result<Chat, DeviceError> {
        read::chat(self.inner.journal.store(), reach, chat).await?.ok_or(DeviceError::NotFound("chat"))
    }

    /// Queues a text. It is on disk when this returns; the same request queues once.
    ///
    /// # Errors
    /// [`DeviceError::Invalid`] for a text out of its limits, [`DeviceError::Conflict`] if the device has
    /// no account to send from, [`DeviceError::IdempotencyMismatch`] if the request's id stands for another.
    pub async fn send_text(
        &self,
        reach: &Reach,
        request: Request,
        chat: &ChatId,
        text: &str,
    ) -> Result<Message, DeviceError> {
        let message = NewMessage { text: Some(text.to_owned()), ..NewMessage::default() };
        self.send(reach, request, chat, message).await
    }

    /// Queues a message of any kind, or what is to be done to a message; answers the message that is sent or
    /// changed. It is on disk when this returns; the same request queues once.
    ///
    /// # Errors
    /// As [`Devices::send_text`], and [`DeviceError::NotFound`] for a message that is not in this chat.
    pub async fn send(
        &self,
        reach: &Reach,
        request: Request,
        chat: &ChatId,
        message: NewMessage,
    ) -> Result<Message, DeviceError> {
        let prepared = outgoing::prepare(message)?;
        self.require(operation(&prepared))?;
        let Chat { id: chat, device_id: device, .. } = self.chat(reach, chat).await?;
        let context = self.context(&reach.workspace, &device);
        // What was done before is answered as it was, whatever became of the file since.
        let prepared = self.with_file(reach, prepared).await;
        let write = self.inner.journal.store().write(move |tx| {
            Box::pin(async move { sending::queue(tx, &context, &request, &chat, prepared).await })
        });
        let message = write.await??;
        crash::point("queued");
        self.wake(&device);
        Ok(message)
    }

    /// What is to be sent, with what its file is.
    async fn with_file(&self, reach: &Reach, prepared: Prepared) -> Result<Prepared, DeviceError> {
        let Prepared::Media { media, mut text, mut details, quoted } = prepared else { return Ok(prepared) };
        let (kind, shown) = attaching::attach(&self.inner.media, self, reach, &media).await?;
        if !text.is_empty() && matches!(kind, MessageKind::Audio | MessageKind::Sticker) {
            return Err(DeviceError::Invalid(wanted_media::NO_CAPTION.to_owned()));
        }
        // As with those that come: a document without a text of its own shows its name.
        if let (true, Some(name)) = (text.is_empty(), &shown.file_name) {
            text.clone_from(name);
        }
        details.media = Some(shown);
        Ok(Prepared::Message { kind, text, details, quoted })
    }

    /// The message that a request was answered with before, if it was asked in just these words: see
    /// [`Request::asked_as`].
    ///
    /// # Errors
    /// [`DeviceError::NotFound`] if that message is gone.
    pub async fn answered(&self, reach: &Reach, request: &Request) -> Result<Option<Message>, DeviceError> {
        let store = self.inner.journal.store();
        let Some(id) = commands::recall_asked::<MessageId>(store, request).await? else { return Ok(None) };
        let found = read::message(store, reach, &id).await?.ok_or(DeviceError::NotFound("message"))?;
        Ok(Some(found))
    }

    /// The texts that a message had before it was edited, oldest first, each with the time until which it stood.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`].
    pub async fn earlier_texts(
        &self,
        reach: &Reach,
        message: &MessageId,
    ) -> Result<Vec<(Millis, String)>, DeviceError> {
        let store = self.inner.journal.store();
        let found = read::message(store, reach, message).await?.ok_or(DeviceError::NotFound("message"))?;
        Ok(changes::earlier_texts(store, &found.id).await?)
    }

    /// Who got, read and played a message of ours.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`].
    pub async fn receipts(
        &self,
        reach: &Reach,
        message: &MessageId,
    ) -> Result<Vec<PersonReceipt>, DeviceError> {
        let store = self.inner.journal.store();
        let found = read::message(store, reach, message).await?.ok_or(DeviceError::NotFound("message"))?;
        Ok(receipts::of_message(store, &found.id).await?)
    }

    /// A message in WhatsApp's own encoding, where it is kept so: of kinds that are not taken apart wholly.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`].
    pub async fn raw_message(&self, reach: &Reach, message: &MessageId) -> Result<Vec<u8>, DeviceError> {
        let store = self.inner.journal.store();
        let found = read::message(store, reach, message).await?.ok_or(DeviceError::NotFound("message"))?;
        let row = store.row(query("SELECT raw FROM messages WHERE id = $1").bind(&found.id)).await?;
        let raw = row.map(|row| row.opt_blob("raw")).transpose()?.flatten();
        raw.ok_or(DeviceError::NotFound("raw message"))
    }

    /// Queues a failed message again; the same request queues once.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`], or [`DeviceError::Conflict`] if it did not fail.
    pub async fn retry(
        &self,
        reach: &Reach,
        request: Request,
        message: &MessageId,
    ) -> Result<Message, DeviceError> {
        self.require(Operation::Retry)?;
        let found = read::message(self.inner.journal.store(), reach, message)
            .await?
            .ok_or(DeviceError::NotFound("message"))?;
        let context = self.context(&reach.workspace, &found.device_id);
        let id = found.id;
        let write = self
            .inner
            .journal
            .store()
            .write(move |tx| Box::pin(async move { outbox::retry(tx, &context, &request, &id).await }));
        let message = write.await??;
        self.wake(&message.device_id);
        Ok(message)
    }

    /// Marks everything up to a message as read, and has the senders told.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`].
    pub async fn mark_read(
        &self,
        reach: &Reach,
        chat: &ChatId,
        up_to: &MessageId,
    ) -> Result<(), DeviceError> {
        self.require(Operation::MarkRead)?;
        let Chat { id: chat, device_id: device, .. } = self.chat(reach, chat).await?;
        let context = self.context(&reach.workspace, &device);
        let up_to = up_to.clone();
        let write =
            self.inner.journal.store().write(move |tx| {
                Box::pin(async move { marks::mark_read(tx, &context, &chat, &up_to).await })
            });
        if write.await? {
            self.wake(&device);
        }
        Ok(())
    }

    /// Tells the other side that we type. Nobody is told while the device is away.
    ///
    /// # Errors
    /// [`DeviceError::NotFound`].
    pub async fn typing(&self, reach: &Reach, chat: &ChatId, state: TypingState) -> Result<(), DeviceError> {
        self.require(Operation::Typing)?;
        let chat = self.chat(reach, chat).await?;
        if let Some(session) = self.shown(&chat.device_id).and_then(|shown| shown.session()) {
            session.typing(&chat.jid, state).await?;
        }
        Ok(())
    }

    /// The chat with a number, a JID, a LID or a group; made if it is not there yet. A number that this device
    /// does not know is looked up on WhatsApp first.
    ///
    /// # Errors
    /// [`DeviceError::Invalid`] for what is no address, [`EngineError::NoSuchRecipient`] if nobody has the
    /// number, [`EngineError::NotConnected`] if it would have to be looked up and cannot be.
    pub async fn open_chat(&self, reach: &Reach, device: &DeviceId, to: &str) -> Result<Chat, DeviceError> {
        let found = self.get(reach, device).await?;
        let store = self.inner.journal.store();
        let jid = read::canonical(store, device, address(to)?).await?;
        if let Some(chat) = read::chat_by_jid(store, device, &jid).await? {
            return self.chat(reach, &chat.id).await;
        }
        let kind = if jid.ends_with("@g.us") { ChatKind::Group } else { ChatKind::Direct };
        self.require(Operation::FindNumber)?;
        let session =
            self.shown(&found.id).and_then(|shown| shown.session()).ok_or(EngineError::NotConnected)?;
        let (jid, subject) = match (kind, read::number_of(&jid)) {
            (ChatKind::Group, _) => {
                let subject = session.group_subject(&jid).await?;
                (jid, Some(subject))
            }
            (ChatKind::Direct, Some(number)) => {
                (session.find(number).await?.ok_or(EngineError::NoSuchRecipient)?, None)
            }
            (ChatKind::Direct, None) => (jid, None),
        };
        let context = self.context(&reach.workspace, device);
        let write = store.write(move |tx| {
            Box::pin(async move {
                let id = rows::ensure_chat(tx, &context, &jid, kind, context.source.now()).await?;
                if let Some(subject) = subject {
                    tx.execute(query("UPDATE chats SET subject = $2 WHERE id = $1").bind(&id).bind(subject))
                        .await?;
                }
                let chat = rows::chat(tx, &id).await?;
                tx.note(
                    context.workspace.clone(),
                    Some(context.device.clone()),
                    EventKind::ChatUpdated { chat: chat.clone() },
                );
                Ok(chat)
            })
        });
        Ok(write.await?)
    }

    pub(super) fn wake(&self, device: &DeviceId) {
        if let Some(shown) = self.shown(device) {
            shown.wake.notify_one();
        }
    }
}

/// What an engine has to be able to do for this to be sent.
fn operation(prepared: &Prepared) -> Operation {
    match prepared {
        Prepared::Message { kind, .. } => match kind {
            MessageKind::Image
            | MessageKind::Video
            | MessageKind::Audio
            | MessageKind::Document
            | MessageKind::Sticker => Operation::SendMedia,
            MessageKind::Location => Operation::SendLocation,
            MessageKind::Contact => Operation::SendContact,
            MessageKind::Poll => Operation::SendPoll,
            _ => Operation::SendText,
        },
        Prepared::Media { .. } => Operation::SendMedia,
        Prepared::Change { change, .. } => match change {
            Wanted::Reaction(_) => Operation::React,
            Wanted::Edit { .. } => Operation::Edit,
            Wanted::Revoke => Operation::Revoke,
            Wanted::Vote(_) => Operation::Vote,
            Wanted::Pin(_) => Operation::PinMessage,
        },
        Prepared::Forward(_) => Operation::Forward,
    }
}

/// The JID of a person or group: from a phone number in any usual spelling, or from a JID.
///
/// # Errors
/// [`DeviceError::Invalid`] for what is neither.
pub fn address(text: &str) -> Result<String, DeviceError> {
    let text = text.trim();
    if text.contains('@') { check_jid(text) } else { Ok(format!("{}@s.whatsapp.net", digits(text)?)) }
}

/// The digits of a phone number in E.164, with or without `+`, blanks and the usual separators.
pub(super) fn digits(text: &str) -> Result<String, DeviceError> {
    let text = text.trim();
    let rest = text.strip_prefix('+').unwrap_or(text);
    let separators = [' ', '-', '.', '(', ')'];
    let digits: String = rest.chars().filter(|c| !separators.contains(c)).collect();
    let fits = (7..=15).contains(&digits.len())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && !digits.starts_with('0');
    if fits {
        Ok(digits)
    } else {
        Err(DeviceError::Invalid("a phone number has 7 to 15 digits, the country's code first".to_owned()))
    }
}

/// A JID of a person or group, without a device.
fn check_jid(text: &str) -> Result<String, DeviceError> {
    let invalid = || DeviceError::Invalid("this is no address of a person or group on WhatsApp".to_owned());
    let (user, server) = text.split_once('@').ok_or_else(invalid)?;
    let user = user.split(':').next().unwrap_or(user);
    let plain = !user.is_empty() && user.len() <= 40 && user.bytes().all(|b| b.is_ascii_digit() || b == b'-');
    match server {
        "s.whatsapp.net" | "c.us" if plain => Ok(format!("{}@s.whatsapp.net", digits(user)?)),
        "g.us" | "lid" if plain => Ok(format!("{user}@{server}")),
        _ => Err(invalid()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_addresses_in_every_usual_spelling() {
        for text in ["34600111222", "+34 600 111 222", "+34-600-111-222", " (34) 600.111.222 "] {
            assert_eq!(digits(text).unwrap(), "34600111222");
        }
        for text in ["", "+", "123456", "0034600111222", "1234567890123456", "34600x11222", "٣٤٦٠٠١١١٢٢"]
        {
            assert!(digits(text).is_err(), "{text}");
        }
        assert_eq!(check_jid("34600111222:7@s.whatsapp.net").unwrap(), "34600111222@s.whatsapp.net");
        assert_eq!(check_jid("34600111222@c.us").unwrap(), "34600111222@s.whatsapp.net");
        assert_eq!(check_jid("120363000000000001@g.us").unwrap(), "120363000000000001@g.us");
        for text in ["@g.us", "a@g.us", "34600111222@example.com", "34600111222"] {
            assert!(check_jid(text).is_err(), "{text}");
        }
    }
}
