//! What is set of a phone's chats: archived, pinned, muted, marked as unread. The account's app state holds it,
//! so that the phone shows what a linked device did, and they what was done on the phone.

use super::actor::{Chat, Phone};
use super::app_state::Record;
use crate::protocol::{ChatChange, MUTED_ALWAYS, Millis};
use crate::server::engine::MessageAction;
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::model::ChatSettings;
use crate::server::sandbox::rows::{messages, timers};
use std::collections::HashMap;
use whatsapp_rust::Jid;
use whatsapp_rust::schemas::{self, Schema};
use whatsapp_rust::wacore::appstate_sync::Mutation;
use whatsapp_rust::wacore_binary::Server;
use whatsapp_rust::waproto::buffa::MessageField;
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::message::protocol_message::Type;
use whatsapp_rust::waproto::whatsapp::sync_action_value::{
    ArchiveChatAction, ClearChatAction, DeleteChatAction, DeleteMessageForMeAction, MarkChatAsReadAction,
    MuteAction, PinAction, StarAction, SyncActionMessageRange,
};

/// The collections that say how chats are.
const COLLECTIONS: [&str; 2] = [schemas::ARCHIVE.collection.as_str(), schemas::MUTE.collection.as_str()];
/// The collection that says what labels there are, and which chats have them.
const LABELS: &str = schemas::LABEL_EDIT.collection.as_str();

impl Phone {
    /// What is set of the chats, by their keys; chats of which nothing ever was are not there.
    ///
    /// # Errors
    /// [`SandboxError::Storage`].
    pub async fn chat_settings(&mut self) -> Result<HashMap<String, ChatSettings>, SandboxError> {
        let account = self.opened().await?.row.clone();
        let mut chats = HashMap::new();
        for collection in COLLECTIONS {
            for entry in self.replica(&account, collection).await?.1 {
                self.take_entry(&entry, &mut chats);
            }
        }
        let entries = self.replica(&account, LABELS).await?.1;
        self.take_labels(&entries, &mut chats);
        for (chat, seconds) in timers::of(&self.net.store, &account.number).await? {
            chats.entry(chat).or_default().expires_in = (seconds > 0).then_some(seconds);
        }
        Ok(chats)
    }

    /// What a chat is called here: a person's number, or a group's JID.
    fn chat_key(&self, jid: &str) -> Option<String> {
        let jid = jid.parse::<Jid>().ok()?;
        match (jid.server, self.net.directory.person(&jid)) {
            (Server::Group, _) => Some(format!("{}@g.us", jid.user)),
            (_, Some(account)) => Some(account.number.clone()),
            (_, None) => None,
        }
    }

    /// Which chats have which labels, of those that there are.
    fn take_labels(&self, entries: &[Mutation], chats: &mut HashMap<String, ChatSettings>) {
        let (mut names, mut given) = (HashMap::new(), HashMap::new());
        for entry in entries {
            let Some(value) = &entry.action_value else { continue };
            let Some(id) = entry.index.get(1).cloned() else { continue };
            if let Some(action) = value.label_edit_action.as_option() {
                let name = action.name.clone().filter(|_| !action.deleted.unwrap_or(false));
                names.insert(id, name);
            } else if let Some(action) = value.label_association_action.as_option()
                && let Some(chat) = entry.index.get(2).and_then(|jid| self.chat_key(jid))
            {
                given.insert((chat, id), action.labeled.unwrap_or(false));
            }
        }
        for ((chat, id), labeled) in given {
            if let (true, Some(Some(name))) = (labeled, names.get(&id)) {
                chats.entry(chat).or_default().labels.push(name.clone());
            }
        }
        for chat in chats.values_mut() {
            chat.labels.sort();
        }
    }

    fn take_entry(&self, entry: &Mutation, chats: &mut HashMap<String, ChatSettings>) {
        let Some(value) = &entry.action_value else { return };
        let Some(key) = entry.index.get(1).and_then(|jid| self.chat_key(jid)) else { return };
        let at = value.timestamp.unwrap_or(0);
        let chat = chats.entry(key).or_default();
        if let Some(action) = value.archive_chat_action.as_option() {
            chat.archived = action.archived.unwrap_or(false);
        } else if let Some(action) = value.pin_action.as_option() {
            chat.pinned_at = action.pinned.unwrap_or(false).then_some(at);
        } else if let Some(action) = value.mute_action.as_option() {
            let until = action.mute_end_timestamp.unwrap_or(-1);
            let until = if until < 0 { MUTED_ALWAYS } else { until };
            chat.muted_until = action.muted.unwrap_or(false).then_some(until);
        } else if let Some(action) = value.mark_chat_as_read_action.as_option() {
            chat.marked_unread = !action.read.unwrap_or(true);
        } else if let Some(action) = value.star_action.as_option() {
            let Some(id) = entry.index.get(2) else { return };
            chat.starred.remove(id);
            if action.starred == Some(true) {
                chat.starred.insert(id.clone());
            }
        } else if value.delete_message_for_me_action.is_set() {
            chat.deleted.extend(entry.index.get(2).cloned());
        } else if let Some(action) = value.clear_chat_action.as_option() {
            chat.gone_until = chat.gone_until.max(through(action.message_range.as_option(), at));
        } else if let Some(action) = value.delete_chat_action.as_option() {
            chat.gone_until = chat.gone_until.max(through(action.message_range.as_option(), at));
        }
    }

    /// The person changes a chat. Its messages are read along with it where it is marked as read.
    ///
    /// # Errors
    /// [`SandboxError::Storage`], [`SandboxError::Busy`] if linked devices keep writing first.
    pub async fn change_chat(&mut self, chat: &Chat, change: ChatChange) -> Result<(), SandboxError> {
        if change == (ChatChange::MarkUnread { unread: false }) {
            self.read(chat).await?;
        }
        if let ChatChange::Disappear { seconds } = change {
            return self.set_timer(chat, seconds).await;
        }
        let jid = chat.jid().to_string();
        let record = |now| record(&jid, change, now);
        match schema(change) {
            Some(schema) => self.set(schema, &record, None).await,
            None => Ok(()),
        }
    }
}

impl Phone {
    /// The person lets messages of a chat disappear: the other side is told by a message.
    async fn set_timer(&mut self, chat: &Chat, seconds: u32) -> Result<(), SandboxError> {
        if matches!(chat, Chat::Group(_)) {
            return Err(SandboxError::Invalid("that of a group is set by a device".to_owned()));
        }
        let message = super::bootstrap::protocol(wa::message::ProtocolMessage {
            r#type: Some(Type::EPHEMERAL_SETTING),
            ephemeral_expiration: Some(seconds),
            ephemeral_setting_timestamp: Some(self.net.source.now().div_euclid(1_000)),
            ..Default::default()
        });
        self.send(chat.clone(), message.into()).await.map(drop)
    }

    /// The person stars a message on their phone, or deletes it there for themselves.
    ///
    /// # Errors
    /// [`SandboxError::NotFound`] for a message that this phone does not hold, [`SandboxError::Storage`],
    /// [`SandboxError::Busy`] if linked devices keep writing first.
    pub async fn change_message(
        &mut self,
        chat: &Chat,
        id: &str,
        action: MessageAction,
    ) -> Result<(), SandboxError> {
        let me = self.me.number.clone();
        let row = messages::in_chat(&self.net.store, &me, &chat.key(), id).await?;
        let gone = || SandboxError::NotFound(format!("the phone {me} holds no message {id} in this chat"));
        let row = row.ok_or_else(gone)?;
        let others = matches!(chat, Chat::Group(_)) && !row.from_me;
        let author = if others { Jid::pn(row.sender.as_str()).to_string() } else { "0".to_owned() };
        let from_me = if row.from_me { "1" } else { "0" };
        let index = vec![chat.jid().to_string(), row.id, from_me.to_owned(), author];
        let sent = row.timestamp.div_euclid(1_000);
        let record = |now| {
            let mut value = wa::SyncActionValue { timestamp: Some(now), ..Default::default() };
            match action {
                MessageAction::Star(starred) => {
                    value.star_action = MessageField::some(StarAction { starred: Some(starred) });
                }
                MessageAction::DeleteForMe => {
                    let action =
                        DeleteMessageForMeAction { delete_media: Some(true), message_timestamp: Some(sent) };
                    value.delete_message_for_me_action = MessageField::some(action);
                }
            }
            Record { index: index.clone(), value }
        };
        let schema = match action {
            MessageAction::Star(_) => &schemas::STAR,
            MessageAction::DeleteForMe => &schemas::DELETE_MESSAGE_FOR_ME,
        };
        self.set(schema, &record, None).await
    }
}

/// Up to when the messages of a chat are gone that was cleared or deleted at a time.
fn through(range: Option<&SyncActionMessageRange>, at: Millis) -> Option<Millis> {
    let seen = range.and_then(|range| range.last_message_timestamp).filter(|seen| *seen > 0);
    Some(seen.map_or(at, |seen| at.min(seen.saturating_mul(1_000).saturating_add(999))))
}

fn schema(change: ChatChange) -> Option<&'static Schema> {
    Some(match change {
        ChatChange::Archive { .. } => &schemas::ARCHIVE,
        ChatChange::Pin { .. } => &schemas::PIN,
        ChatChange::Mute { .. } => &schemas::MUTE,
        ChatChange::MarkUnread { .. } => &schemas::MARK_CHAT_AS_READ,
        ChatChange::Clear => &schemas::CLEAR_CHAT,
        ChatChange::Delete => &schemas::DELETE_CHAT,
        // That is no app state.
        ChatChange::Disappear { .. } => return None,
    })
}

fn record(jid: &str, change: ChatChange, now: Millis) -> Record {
    let mut index = vec![jid.to_owned()];
    let mut value = wa::SyncActionValue { timestamp: Some(now), ..Default::default() };
    match change {
        ChatChange::Archive { archived } => {
            let action = ArchiveChatAction { archived: Some(archived), ..Default::default() };
            value.archive_chat_action = MessageField::some(action);
        }
        ChatChange::Pin { pinned } => {
            value.pin_action = MessageField::some(PinAction { pinned: Some(pinned) });
        }
        ChatChange::Mute { until } => {
            let end = until.map_or(0, |until| if until >= MUTED_ALWAYS { -1 } else { until });
            value.mute_action = MessageField::some(MuteAction {
                muted: Some(until.is_some()),
                mute_end_timestamp: Some(end),
                ..Default::default()
            });
        }
        ChatChange::MarkUnread { unread } => {
            let action = MarkChatAsReadAction { read: Some(!unread), ..Default::default() };
            value.mark_chat_as_read_action = MessageField::some(action);
        }
        ChatChange::Disappear { .. } => {}
        ChatChange::Clear => {
            // Starred messages and media go with the rest.
            index.extend(["1".to_owned(), "1".to_owned()]);
            value.clear_chat_action = MessageField::some(ClearChatAction::default());
        }
        ChatChange::Delete => {
            index.push("1".to_owned());
            value.delete_chat_action = MessageField::some(DeleteChatAction::default());
        }
    }
    Record { index, value }
}
