//! What is set of a chat, both ways. WhatsApp keeps it as app state: entries that every device of an account
//! writes and reads, encrypted, in order.

use super::errors;
use super::jids::{self, Numbers};
use super::requests::as_addressed;
use super::session::Active;
use crate::protocol::{ChatChange, MUTED_ALWAYS, Millis};
use crate::server::engine::{EngineError, NewestMessage, SessionEvent};
use whatsapp_rust::Jid;
use whatsapp_rust::features::{AppStateError, SyncActionMessageRange, message_key, message_range};
use whatsapp_rust::types::events::Event;
use whatsapp_rust::waproto::whatsapp::Conversation;

/// WhatsApp's spelling of "always".
const INDEFINITE: i64 = -1;

pub(super) async fn change(
    live: &Active,
    chat: &str,
    change: &ChatChange,
    newest: Option<&NewestMessage>,
    now: Millis,
) -> Result<(), EngineError> {
    if let ChatChange::Disappear { seconds } = *change {
        return disappear(live, jids::parse(chat)?, seconds).await;
    }
    let chat = as_addressed(&live.client, jids::parse(chat)?).await;
    let range = newest.map(|newest| range(&chat, newest)).transpose()?;
    let actions = live.client.chat_actions();
    let told = match *change {
        ChatChange::Archive { archived: true } => Box::pin(actions.archive_chat(&chat, range)).await,
        ChatChange::Archive { archived: false } => Box::pin(actions.unarchive_chat(&chat, range)).await,
        ChatChange::Pin { pinned: true } => Box::pin(actions.pin_chat(&chat)).await,
        ChatChange::Pin { pinned: false } => Box::pin(actions.unpin_chat(&chat)).await,
        ChatChange::Mute { until: Some(MUTED_ALWAYS) } => Box::pin(actions.mute_chat(&chat)).await,
        ChatChange::Mute { until: Some(until) } if until > now => {
            Box::pin(actions.mute_chat_until(&chat, until)).await
        }
        // It waited for so long that it is over.
        ChatChange::Mute { .. } => Box::pin(actions.unmute_chat(&chat)).await,
        ChatChange::MarkUnread { unread } => Box::pin(actions.mark_chat_as_read(&chat, !unread, range)).await,
        ChatChange::Disappear { .. } => Ok(()),
        ChatChange::Clear => Box::pin(actions.clear_chat(&chat, true, true, range)).await,
        ChatChange::Delete => Box::pin(actions.delete_chat(&chat, true, range)).await,
    };
    told.map_err(|error| match error {
        // The phone has not sent the key of the app state yet.
        AppStateError::InvalidRequest(text) => EngineError::NoAnswer(text),
        error => errors::asked(&error),
    })
}

/// Sets after how many seconds new messages disappear: no app state, but a message, or a setting of the group.
async fn disappear(live: &Active, chat: Jid, seconds: u32) -> Result<(), EngineError> {
    let client = &live.client;
    if jids::is_group(&chat) {
        let told = Box::pin(client.groups().set_ephemeral(&chat, seconds)).await;
        return told.map_err(|error| errors::asked(&error));
    }
    let chat = as_addressed(client, chat).await;
    let _durable = live.link.sending();
    let sent = Box::pin(client.set_chat_disappearing_timer(chat, seconds)).await;
    sent.map(drop).map_err(|error| errors::sent(&error))
}

/// Up to where the chat was seen. WhatsApp counts whole seconds here.
fn range(chat: &Jid, newest: &NewestMessage) -> Result<SyncActionMessageRange, EngineError> {
    let sender = newest.sender.as_deref().map(jids::parse).transpose()?;
    let key = message_key(&newest.whatsapp_id, chat, newest.from_me, sender.as_ref());
    let seconds = newest.timestamp.div_euclid(1_000);
    Ok(message_range(seconds, None, vec![(key, seconds)]))
}

/// A change of a chat that a device of the account made, if the event is one.
pub(super) async fn meaning(numbers: &dyn Numbers, event: &Event) -> Option<SessionEvent> {
    let (jid, change, at) = match event {
        Event::ArchiveUpdate(update) => {
            let archived = update.action.archived.unwrap_or(false);
            (&update.jid, ChatChange::Archive { archived }, update.timestamp)
        }
        Event::PinUpdate(update) => {
            let pinned = update.action.pinned.unwrap_or(false);
            (&update.jid, ChatChange::Pin { pinned }, update.timestamp)
        }
        Event::MuteUpdate(update) => {
            let until = muted(update.action.muted, update.action.mute_end_timestamp);
            (&update.jid, ChatChange::Mute { until }, update.timestamp)
        }
        Event::MarkChatAsReadUpdate(update) => {
            let unread = !update.action.read.unwrap_or(true);
            (&update.jid, ChatChange::MarkUnread { unread }, update.timestamp)
        }
        Event::ClearChatUpdate(update) => (&update.jid, ChatChange::Clear, update.timestamp),
        Event::DeleteChatUpdate(update) => (&update.jid, ChatChange::Delete, update.timestamp),
        _ => return None,
    };
    let mut at = at.timestamp_millis();
    let range = match event {
        Event::ClearChatUpdate(update) => update.action.message_range.as_option(),
        Event::DeleteChatUpdate(update) => update.action.message_range.as_option(),
        _ => None,
    };
    // What came after the newest message that whoever did it saw is kept.
    if let Some(seen) = range.and_then(|range| range.last_message_timestamp).filter(|seen| *seen > 0) {
        at = at.min(seen.saturating_mul(1_000).saturating_add(999));
    }
    let jid = jids::by_number(numbers, jid, None).await;
    jids::is_chat(&jid).then(|| SessionEvent::Chat { jid: jids::text(&jid), change, at })
}

/// Until when a chat is muted; WhatsApp's times here are milliseconds.
fn muted(muted: Option<bool>, until: Option<i64>) -> Option<Millis> {
    match until {
        _ if muted != Some(true) => None,
        None | Some(INDEFINITE) => Some(MUTED_ALWAYS),
        Some(until) => Some(until.clamp(0, MUTED_ALWAYS)),
    }
}

/// What the history says of a chat: only what it says, for its parts do not all say everything.
pub(super) fn of_history(chat: &Conversation, at: Millis) -> Vec<(ChatChange, Millis)> {
    // Times of the history are seconds.
    let millis = |seconds: u64| i64::try_from(seconds).unwrap_or(i64::MAX).saturating_mul(1_000);
    let archived = chat.archived.map(|archived| (ChatChange::Archive { archived }, at));
    let pinned = chat.pinned.map(|since| match since {
        0 => (ChatChange::Pin { pinned: false }, at),
        since => (ChatChange::Pin { pinned: true }, millis(u64::from(since))),
    });
    let muted = chat.mute_end_time.map(|until| {
        let until = (until > 0).then(|| millis(until).min(MUTED_ALWAYS));
        (ChatChange::Mute { until }, at)
    });
    // What is not marked by hand may well have unread messages: that is told by their count.
    let marked = chat.marked_as_unread.filter(|marked| *marked);
    let marked = marked.map(|unread| (ChatChange::MarkUnread { unread }, at));
    let expires = chat.ephemeral_expiration.map(|seconds| {
        let since = chat.ephemeral_setting_timestamp.filter(|since| *since > 0);
        (ChatChange::Disappear { seconds }, since.map_or(at, |since| since.saturating_mul(1_000)))
    });
    [archived, pinned, muted, marked, expires].into_iter().flatten().collect()
}
