//! What phones send and hold.

use super::Sandbox;
use crate::server::sandbox::model::PhoneMessage;
use crate::server::sandbox::phone::{Chat, Request, content};
use crate::server::sandbox::rows::messages;
use crate::server::sandbox::{SandboxError, limits};
use sha2::{Digest as _, Sha256};

/// WhatsApp's id of the message that a phone sends under a key of its user's.
fn keyed_id(number: &str, key: &str) -> String {
    let hash = Sha256::digest(format!("{number}\n{key}"));
    hash.iter().take(9).fold("3EB0".to_owned(), |id, byte| id + &format!("{byte:02X}"))
}

impl Sandbox {
    /// A phone sends a text to a number, a JID or a group. The message is committed when this returns.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] for an unknown phone, recipient or group, [`SandboxError::Invalid`] for a
    /// text or address out of its limits.
    pub async fn send_text(&self, number: &str, to: &str, text: &str) -> Result<PhoneMessage, SandboxError> {
        self.send(number, to, text, None).await
    }

    /// The same, once for each `key`: asked for again, it answers the message that is there.
    ///
    /// # Errors
    /// As [`Sandbox::send_text`], and [`SandboxError::Exists`] if the key stands for another message.
    pub async fn send_text_once(
        &self,
        number: &str,
        to: &str,
        text: &str,
        key: &str,
    ) -> Result<PhoneMessage, SandboxError> {
        self.send(number, to, text, Some(key)).await
    }

    async fn send(
        &self,
        number: &str,
        to: &str,
        text: &str,
        key: Option<&str>,
    ) -> Result<PhoneMessage, SandboxError> {
        self.net.open()?;
        let number = limits::number(number)?;
        let chat = Chat::parse(to)?;
        let message = Box::new(content::text(limits::text(text)?));
        let id = key.map(|key| keyed_id(&number, key));
        self.ask(&number, |reply| Request::Send { chat, message, id, reply }).await
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
