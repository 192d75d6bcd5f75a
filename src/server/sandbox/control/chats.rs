//! What a person does with the chats on their phone.

use super::Sandbox;
use crate::protocol::ChatChange;
use crate::server::engine::MessageAction;
use crate::server::sandbox::model::ChatSettings;
use crate::server::sandbox::phone::{Chat, Request};
use crate::server::sandbox::rows::groups;
use crate::server::sandbox::{SandboxError, limits};
use std::collections::HashMap;

impl Sandbox {
    /// What is set of a phone's chats, by number or by the group's JID, as its linked devices and itself have set
    /// it; chats of which nothing ever was are not there.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] for an unknown phone.
    pub async fn chat_settings(&self, number: &str) -> Result<HashMap<String, ChatSettings>, SandboxError> {
        self.ask(&limits::number(number)?, |reply| Request::ChatSettings { reply }).await
    }

    /// A person archives, pins, mutes or marks a chat on their phone, clears or deletes it.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] for an unknown phone, person or group.
    pub async fn change_chat(
        &self,
        number: &str,
        chat: &str,
        change: ChatChange,
    ) -> Result<(), SandboxError> {
        let (number, chat) = (limits::number(number)?, Chat::parse(chat)?);
        match &chat {
            Chat::Person(peer) => drop(self.net.directory.need(peer)?),
            Chat::Group(id) => {
                let group = groups::get(&self.net.store, id).await?.filter(|group| group.has(&number));
                group.ok_or_else(|| {
                    SandboxError::NotFound(format!("the phone {number} is in no group {id}@g.us"))
                })?;
            }
        }
        self.ask(&number, |reply| Request::ChangeChat { chat, change, reply }).await
    }

    /// A person stars a message on their phone (by WhatsApp's id), or deletes it there for themselves.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] for an unknown phone or message.
    pub async fn change_message(
        &self,
        number: &str,
        chat: &str,
        id: &str,
        action: MessageAction,
    ) -> Result<(), SandboxError> {
        let (number, chat, id) = (limits::number(number)?, Chat::parse(chat)?, id.to_owned());
        self.ask(&number, |reply| Request::ChangeMessage { chat, id, action, reply }).await
    }
}
