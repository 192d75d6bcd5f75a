//! What phones send and hold.

use super::Sandbox;
use crate::server::sandbox::model::{NewPhoneMessage, PhoneMedia, PhoneMessage};
use crate::server::sandbox::phone::{Chat, Request, media};
use crate::server::sandbox::rows::messages;
use crate::server::sandbox::{SandboxError, cdn, limits};
use sha2::{Digest as _, Sha256};
use whatsapp_rust::waproto::buffa::Message as _;
use whatsapp_rust::waproto::whatsapp as wa;

/// WhatsApp's id of the message that a phone sends under a key of its user's.
fn keyed_id(number: &str, key: &str) -> String {
    let hash = Sha256::digest(format!("{number}\n{key}"));
    hash.iter().take(9).fold("3EB0".to_owned(), |id, byte| id + &format!("{byte:02X}"))
}

impl Sandbox {
    /// A phone sends a text to a number, a JID or a group. The message is committed when this returns.
    ///
    /// # Errors
    /// As [`Sandbox::send`].
    pub async fn send_text(&self, number: &str, to: &str, text: &str) -> Result<PhoneMessage, SandboxError> {
        self.send(number, NewPhoneMessage::text(to, text), None).await
    }

    /// The same, once for each `key`: asked for again, it answers the message that is there.
    ///
    /// # Errors
    /// As [`Sandbox::send`].
    pub async fn send_text_once(
        &self,
        number: &str,
        to: &str,
        text: &str,
        key: &str,
    ) -> Result<PhoneMessage, SandboxError> {
        self.send(number, NewPhoneMessage::text(to, text), Some(key)).await
    }

    /// A phone sends a message of any kind, or does something to one; it is committed when this returns.
    /// Answers the message as the phone holds it: of what is done to a message, that message. Under a `key`
    /// it is sent once, and asked for again it answers the message that is there.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] for an unknown phone, recipient, group or message,
    /// [`SandboxError::Invalid`] for what is out of its limits or does not go together,
    /// [`SandboxError::Conflict`] for what the message does not allow, and [`SandboxError::Exists`] if the
    /// key stands for another message.
    pub async fn send(
        &self,
        number: &str,
        message: NewPhoneMessage,
        key: Option<&str>,
    ) -> Result<PhoneMessage, SandboxError> {
        self.net.open()?;
        let number = limits::number(number)?;
        let chat = Chat::parse(&message.to)?;
        let (message, id) = (Box::new(message), key.map(|key| keyed_id(&number, key)));
        self.ask(&number, |reply| Request::Send { chat, message, id, reply }).await
    }

    /// The media of a message that a phone holds, opened with the message's key: the proof that what was
    /// uploaded arrives.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] for an unknown phone or message, for one without media, and for media
    /// that the media server does not have; [`SandboxError::Crypto`] if it is not what was sealed.
    pub async fn media(&self, number: &str, id: &str) -> Result<PhoneMedia, SandboxError> {
        let number = limits::number(number)?;
        self.settled(&number).await?;
        let row = messages::anywhere(&self.net.store, &number, id).await?;
        let row =
            row.ok_or_else(|| SandboxError::NotFound(format!("the phone {number} holds no message {id}")))?;
        let message = wa::Message::decode_from_slice(row.raw.as_slice()).map_err(SandboxError::crypto)?;
        let missing = |text: &str| SandboxError::NotFound(text.to_owned());
        let found = media::find(&message).ok_or_else(|| missing("this message has no media"))?;
        let sealed = cdn::read(&self.net.store, &found.name).await?;
        let sealed = sealed.ok_or_else(|| missing("the media server does not have this media"))?;
        let bytes = found.open(&sealed)?;
        Ok(PhoneMedia { content_type: found.content_type, file_name: found.file_name, bytes })
    }

    /// Everything that a phone holds, in the order in which it got or sent it: what was delivered, and how
    /// often. Of one chat (a number, a JID or a group) if one is given.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] for an unknown phone.
    pub async fn messages(
        &self,
        number: &str,
        chat: Option<&str>,
    ) -> Result<Vec<PhoneMessage>, SandboxError> {
        let number = limits::number(number)?;
        let chat = chat.map(Chat::parse).transpose()?.map(|chat| chat.key());
        // What is on its way to the phone belongs to the answer.
        self.settled(&number).await?;
        let rows = messages::of(&self.net.store, &number, chat.as_deref()).await?;
        Ok(rows.iter().map(|row| PhoneMessage::of(&number, row)).collect())
    }

    /// Marks everything in a chat read; its authors see it. Answers how many messages were unread.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] for an unknown phone.
    pub async fn read(&self, number: &str, chat: &str) -> Result<usize, SandboxError> {
        let (number, chat) = (limits::number(number)?, Chat::parse(chat)?);
        self.ask(&number, |reply| Request::Read { chat, reply }).await
    }
}
