//! What is set of a phone's chats: archived, pinned, muted, marked as unread. The account's app state holds it,
//! so that the phone shows what a linked device did, and they what was done on the phone.

use super::actor::{Chat, Phone};
use super::app_state::Record;
use crate::protocol::{ChatChange, MUTED_ALWAYS, Millis};
use crate::server::sandbox::SandboxError;
use crate::server::sandbox::model::ChatSettings;
use std::collections::HashMap;
use whatsapp_rust::schemas::{self, Schema};
use whatsapp_rust::wacore::appstate_sync::Mutation;
use whatsapp_rust::wacore_binary::Server;
use whatsapp_rust::waproto::buffa::MessageField;
use whatsapp_rust::waproto::whatsapp as wa;
use whatsapp_rust::waproto::whatsapp::sync_action_value::{
    ArchiveChatAction, ClearChatAction, DeleteChatAction, MarkChatAsReadAction, MuteAction, PinAction,
    SyncActionMessageRange,
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
        Ok(chats)
    }

    /// What a chat is called here: a person's number, or a group's JID.
    fn chat_key(&self, jid: &str) -> Option<String> {
        let jid = jid.parse::<whatsapp_rust::Jid>().ok()?;
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
        let jid = chat.jid().to_string();
        let record = |now| record(&jid, change, now);
        self.set(schema(change), &record, None).await
    }
}

/// Up to when the messages of a chat are gone that was cleared or deleted at a time.
fn through(range: Option<&SyncActionMessageRange>, at: Millis) -> Option<Millis> {
    let seen = range.and_then(|range| range.last_message_timestamp).filter(|seen| *seen > 0);
    Some(seen.map_or(at, |seen| at.min(seen.saturating_mul(1_000).saturating_add(999))))
}

fn schema(change: ChatChange) -> &'static Schema {
    match change {
        ChatChange::Archive { .. } => &schemas::ARCHIVE,
        ChatChange::Pin { .. } => &schemas::PIN,
        ChatChange::Mute { .. } => &schemas::MUTE,
        ChatChange::MarkUnread { .. } => &schemas::MARK_CHAT_AS_READ,
        ChatChange::Clear => &schemas::CLEAR_CHAT,
        ChatChange::Delete => &schemas::DELETE_CHAT,
    }
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
